#include "core/verify/frame_check.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/entry_header.h"
#include "core/format/tar.h"
#include "io/status.h"

namespace ingot {
namespace {

// Without what the log says anyway.
absl::string_view WhatHappened(const Container& container, uint64_t frame,
                               const absl::Status& status) {
  absl::string_view message = status.message();
  const std::string place =
      absl::StrCat("frame ", frame, " at byte ", container.frames()[frame].offset, ": ");
  const size_t found = message.find(place);
  if (found != absl::string_view::npos) message.remove_prefix(found + place.size());
  return message;
}

bool AllZero(absl::Span<const char> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == 0; });
}

class FrameChecker {
 public:
  FrameChecker(const FrameCheckJob& job, DamageLog* log) : job_(job), log_(log) {}

  void CheckLabel(const FrameLabel& label);
  void CheckContent(const FrameLabel& label, absl::Span<const char> content);
  // The frame cannot be read, and with it what lies in it.
  void Lose(absl::string_view what);

 private:
  uint64_t frame() const { return job_.plan.frame; }
  // Where to go on after an entry that cannot be parsed.
  uint64_t NextOffset(size_t entry) const {
    const std::vector<IndexEntry>& entries = job_.plan.entries;
    return entry + 1 < entries.size() ? entries[entry + 1].frame_offset : content_.size();
  }
  bool IsSliced(size_t entry) const {
    return job_.beginning != nullptr && entry + 1 == job_.plan.entries.size();
  }
  void DamagedMember(const IndexEntry& entry, absl::string_view what) {
    log_->AddMember(frame(), entry.path, what);
  }
  // After the call that completed it.
  void Complete(SlicedMember& member) {
    if (member.lost()) return;  // told where it was lost
    if (const absl::Status status = member.Outcome(); !status.ok()) {
      DamagedMember(member.entry(), status.message());
    }
  }
  uint64_t CheckPadding(const IndexEntry& entry, uint64_t end);
  uint64_t ContinueMember(const FrameLabel& label);
  uint64_t CheckEntry(size_t number);
  uint64_t BeginSliced(const TarHeader& header, const IndexEntry& entry);
  void LoseSliced(const absl::Status& why);

  const FrameCheckJob& job_;
  DamageLog* const log_;
  absl::Span<const char> content_;
};

void FrameChecker::LoseSliced(const absl::Status& why) {
  if (job_.beginning == nullptr) return;
  job_.beginning->SetHeader(why);
  job_.beginning->AddLost();
}

void FrameChecker::Lose(absl::string_view what) {
  log_->AddFrame(frame(), what);
  if (job_.continuing != nullptr) {
    DamagedMember(job_.continuing->entry(), "a slice of it is lost with the frame");
    job_.continuing->AddLost();
  }
  for (const IndexEntry& entry : job_.plan.entries) {
    DamagedMember(entry, "lost with the frame");
  }
  LoseSliced(absl::DataLossError("its header is lost"));
}

void FrameChecker::CheckLabel(const FrameLabel& label) {
  if (job_.plan.index_incomplete) return;
  const bool continued = job_.beginning != nullptr ||
                         (job_.continuing != nullptr && frame() < job_.continuing->last_frame());
  if (label.continues != (job_.continuing != nullptr) || label.continued != continued) {
    log_->AddFrame(frame(), "its label is wrong on where its members begin and end");
    return;
  }
  const SlicedMember* shared =
      job_.continuing != nullptr ? job_.continuing.get() : job_.beginning.get();
  if (shared != nullptr && !NamesMember(label, shared->entry().path, shared->entry().mtime)) {
    log_->AddMember(frame(), shared->entry().path, "the label names another member");
  }
  if (job_.continuing != nullptr && job_.beginning != nullptr) {
    log_->AddFrame(frame(), "it holds slices of two members");
  }
}

// Padding of a member whose content ends at `end`; returns where the next header begins.
uint64_t FrameChecker::CheckPadding(const IndexEntry& entry, uint64_t end) {
  const uint64_t padding = TarPadding(entry.stored_bytes);
  if (padding > content_.size() - end) {
    DamagedMember(entry, "its padding is cut off");
    return content_.size();
  }
  if (!AllZero(content_.subspan(end, padding))) DamagedMember(entry, "its padding is not zero");
  return end + padding;
}

uint64_t FrameChecker::ContinueMember(const FrameLabel& label) {
  SlicedMember& member = *job_.continuing;
  const IndexEntry& entry = member.entry();
  if (!member.Header().ok() || label.member_offset > entry.stored_bytes) {
    if (member.Header().ok()) DamagedMember(entry, "its slices are longer than its content");
    member.AddLost();
    return job_.plan.entries.empty() ? content_.size() : job_.plan.entries[0].frame_offset;
  }
  const uint64_t left = entry.stored_bytes - label.member_offset;
  const uint64_t length = std::min<uint64_t>(left, content_.size());
  if (member.AddSlice(frame(), label.member_offset, content_.first(length))) Complete(member);
  return left > content_.size() ? content_.size() : CheckPadding(entry, length);
}

uint64_t FrameChecker::BeginSliced(const TarHeader& header, const IndexEntry& entry) {
  SlicedMember& member = *job_.beginning;
  member.SetHeader(header);
  const absl::Span<const char> slice = content_.subspan(entry.frame_offset + header.header_bytes);
  if (member.AddSlice(frame(), 0, slice)) Complete(member);
  return content_.size();
}

uint64_t FrameChecker::CheckEntry(size_t number) {
  const IndexEntry& entry = job_.plan.entries[number];
  const uint64_t begin = entry.frame_offset;
  const absl::StatusOr<TarHeader> header = ReadEntryHeader(entry, content_.subspan(begin));
  if (!header.ok()) {
    DamagedMember(entry, header.status().message());
    if (IsSliced(number)) LoseSliced(header.status());
    return NextOffset(number);
  }
  const uint64_t content_begin = begin + header->header_bytes;
  const uint64_t room = content_.size() - content_begin;
  if (header->content_bytes > room && IsSliced(number)) return BeginSliced(*header, entry);
  if (header->content_bytes > room) {
    if (!job_.plan.index_incomplete) DamagedMember(entry, "its content is cut off");
    return content_.size();
  }
  if (IsSliced(number)) {
    LoseSliced(absl::DataLossError("it ends in its first frame"));
    DamagedMember(entry, "it ends before the next member begins");
  }
  const absl::Span<const char> stored = content_.subspan(content_begin, header->content_bytes);
  if (entry.type == MemberType::kRegular &&
      DigestOfMember(header->member, stored) != entry.digest) {
    DamagedMember(entry, "its content does not match its digest");
  }
  return CheckPadding(entry, content_begin + header->content_bytes);
}

void FrameChecker::CheckContent(const FrameLabel& label, absl::Span<const char> content) {
  content_ = content;
  uint64_t position = job_.continuing != nullptr ? ContinueMember(label) : 0;
  for (size_t i = 0; i < job_.plan.entries.size(); ++i) {
    const IndexEntry& entry = job_.plan.entries[i];
    if (position != entry.frame_offset && !job_.plan.index_incomplete) {
      DamagedMember(entry, absl::StrCat("its header is not where the member before it ends (",
                                        entry.frame_offset, " instead of ", position, ")"));
    }
    position = CheckEntry(i);
  }
  if (position != content.size() && !job_.plan.index_incomplete) {
    log_->AddFrame(frame(), absl::StrCat(content.size() - position,
                                         " bytes behind its last member belong to none"));
  }
}

}  // namespace

absl::Status CheckFrame(const Container& container, const FrameCheckJob& job, FrameScratch* scratch,
                        DamageLog* log) {
  FrameChecker checker(job, log);
  const absl::StatusOr<FrameLabel> label = container.ReadFrame(job.plan.frame, scratch);
  if (!label.ok()) {
    // Also when the disk fails: others may wait for the header.
    checker.Lose(WhatHappened(container, job.plan.frame, label.status()));
    return IsDamage(label.status()) ? absl::OkStatus() : label.status();
  }
  checker.CheckLabel(*label);
  checker.CheckContent(*label, scratch->content);
  return absl::OkStatus();
}

absl::Status CheckFrameLabel(const Container& container, const FrameCheckJob& job, DamageLog* log) {
  const absl::StatusOr<FrameLabel> label = container.ReadLabel(job.plan.frame);
  if (label.ok()) {
    FrameChecker(job, log).CheckLabel(*label);
    return absl::OkStatus();
  }
  if (!IsDamage(label.status())) return label.status();
  log->AddFrame(job.plan.frame, WhatHappened(container, job.plan.frame, label.status()));
  return absl::OkStatus();
}

}  // namespace ingot
