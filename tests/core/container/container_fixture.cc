#include "tests/core/container/container_fixture.h"

#include <iostream>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/container/sliced_member.h"
#include "core/format/frame.h"
#include "core/format/index_columns.h"
#include "core/format/index_frame.h"
#include "core/format/tar.h"
#include "io/status.h"
#include "tests/testing.h"

namespace ingot {
namespace {

template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) std::cerr << value.status() << "\n";
  INGOT_CHECK(value.ok());
  return *std::move(value);
}

Member Named(const std::string& path, MemberType type, uint32_t mode) {
  Member member;
  member.path = path;
  member.type = type;
  member.mode = mode;
  member.mtime = {1700000000, 123456789};
  return member;
}

}  // namespace

Member RegularMember(const std::string& path, uint64_t size) {
  Member member = Named(path, MemberType::kRegular, 0644);
  member.size = size;
  return member;
}

Member DirectoryMember(const std::string& path, uint32_t mode) {
  return Named(path, MemberType::kDirectory, mode);
}

Member SymlinkMember(const std::string& path, const std::string& target) {
  Member member = Named(path, MemberType::kSymlink, 0777);
  member.link_target = target;
  return member;
}

Member HardLinkMember(const std::string& path, const std::string& carrier) {
  Member member = Named(path, MemberType::kHardLink, 0644);
  member.link_target = carrier;
  return member;
}

ContainerBuilder::ContainerBuilder() = default;

ContainerBuilder& ContainerBuilder::Run() {
  run_begins_ = true;
  return *this;
}

void ContainerBuilder::RemoveEntry(size_t number) {
  if (number + 1 < entries_.size()) {
    entries_[number + 1].run_begins |= entries_[number].run_begins;
  }
  entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(number));
}

void ContainerBuilder::AppendFrame(absl::string_view stored, uint64_t content_bytes,
                                   FrameLabel label) {
  const absl::Span<const char> bytes(stored.data(), stored.size());
  label.stored_bytes = static_cast<uint32_t>(stored.size());
  label.content_bytes = static_cast<uint32_t>(content_bytes);
  label.stored_digest = HashBytes(bytes);
  if (change_label) change_label(frames_, &label);
  const uint64_t all = LabelledFrameBytes(stored.size());
  std::string out(stored);
  out.resize(all);
  WriteLabel(label, absl::MakeSpan(out));
  seek_.push_back({label.stored_bytes, label.content_bytes, FrameChecksum(bytes)});
  seek_.push_back({static_cast<uint32_t>(all - stored.size()), 0, 0});
  file_ += out;
  stream_bytes_ += content_bytes;
  ++frames_;
}

void ContainerBuilder::CloseFrame(FrameLabel label) {
  FrameCompressor compressor(1);
  std::string stored(FrameBytesMax(frame_.size()), '\0');
  stored.resize(Must(compressor.Compress(frame_, absl::MakeSpan(stored))));
  AppendFrame(stored, frame_.size(), label);
  frame_.clear();
}

ContainerBuilder& ContainerBuilder::AddStoredFrame(absl::string_view stored,
                                                   uint32_t content_bytes) {
  EndFrame();
  AppendFrame(stored, content_bytes, {});
  return *this;
}

ContainerBuilder& ContainerBuilder::EndFrame() {
  if (!frame_.empty()) CloseFrame({});
  return *this;
}

ContainerBuilder& ContainerBuilder::Add(const Member& member, absl::string_view stored) {
  IndexEntry entry = DeriveIndexEntry(member);
  entry.frame = frames_;
  entry.frame_offset = static_cast<uint32_t>(frame_.size());
  if (member.type == MemberType::kRegular) entry.digest = DigestOfMember(member, stored);
  entries_.push_back({std::move(entry), std::exchange(run_begins_, false)});
  absl::StrAppend(&frame_, Must(EncodeTarHeader(member)), stored);
  frame_.append(TarPadding(stored.size()), '\0');
  return *this;
}

ContainerBuilder& ContainerBuilder::AddFile(const std::string& path, absl::string_view content) {
  return Add(RegularMember(path, content.size()), content);
}

ContainerBuilder& ContainerBuilder::AddSliced(const Member& member, absl::string_view stored,
                                              const std::vector<size_t>& slices,
                                              bool header_apart) {
  EndFrame();
  IndexEntry entry = DeriveIndexEntry(member);
  entry.frame = frames_;
  entry.digest = DigestOfMember(member, stored);
  entries_.push_back({std::move(entry), std::exchange(run_begins_, false)});
  FrameLabel label;
  label.member = SlicedMemberId(member.path, member.mtime);
  frame_ = Must(header_apart ? EncodePatchableTarHeader(member) : EncodeTarHeader(member));
  if (header_apart) {
    label.continued = true;
    CloseFrame(label);
    label.continues = true;
  }
  size_t at = 0;
  for (const size_t bytes : slices) {
    absl::StrAppend(&frame_, stored.substr(at, bytes));
    label.continued = at + bytes < stored.size();
    label.member_offset = at;
    if (!label.continued) frame_.append(TarPadding(stored.size()), '\0');
    CloseFrame(label);
    label.continues = true;
    at += bytes;
  }
  INGOT_CHECK(at == stored.size());
  return *this;
}

// As IndexBuilder does it, but without asking whether the entries make sense.
std::string ContainerBuilder::EncodeBlocks(IndexRoot* root) const {
  FrameCompressor compressor = NewIndexCompressor();
  std::string blocks;
  for (size_t begin = 0, end = 0; begin < entries_.size(); begin = end) {
    std::vector<IndexEntry> entries;
    for (end = begin; end < entries_.size() && entries.size() < kIndexBlockEntriesMax; ++end) {
      if (end > begin && entries_[end].run_begins) break;
      entries.push_back(entries_[end].entry);
      root->members += 1;
      root->logical_bytes += entries.back().size;
    }
    const uint32_t count = static_cast<uint32_t>(entries.size());
    const std::string frame = Must(
        SealIndexFrame(IndexFrameKind::kBlock, EncodeIndexColumns(entries), count, &compressor));
    root->blocks.push_back(
        {frame.size(), count, entries_[begin].run_begins, entries[0].path, HashBytes(frame)});
    blocks += frame;
  }
  return blocks;
}

std::string ContainerBuilder::Finish() {
  EndFrame();
  file_.append(EndOfArchiveFrame().data(), EndOfArchiveFrame().size());
  seek_.push_back({static_cast<uint32_t>(EndOfArchiveFrame().size()), kEndOfArchiveContentBytes,
                   FrameChecksum(EndOfArchiveFrame())});
  IndexRoot root;
  root.created = {1700000000, 0};
  root.created_by = "a test";
  root.frames = frames_;
  root.stream_bytes = stream_bytes_ + kEndOfArchiveContentBytes;
  file_ += EncodeBlocks(&root);
  if (change_root) change_root(&root);
  for (const IndexBlockInfo& block : root.blocks) {
    seek_.push_back({static_cast<uint32_t>(block.stored_bytes), 0, 0});
  }
  const std::string root_frame = Must(EncodeIndexRoot(root));
  file_ += root_frame;
  seek_.push_back({static_cast<uint32_t>(root_frame.size()), 0, 0});
  if (change_seek_table) change_seek_table(&seek_);
  return file_ + EncodeSeekTable(seek_);
}

std::string Noise(size_t bytes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string noise(bytes, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  return noise;
}

std::unique_ptr<Container> OpenBytes(const std::string& bytes, const std::string& path) {
  WriteFile(path, bytes);
  return Must(Container::Open(path));
}

}  // namespace ingot
