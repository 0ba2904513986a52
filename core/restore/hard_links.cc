#include "core/restore/hard_links.h"

#include <algorithm>
#include <tuple>

#include "core/container/entry_check.h"
#include "core/restore/frame_restorer.h"
#include "io/file_stat.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {

absl::Status HardLinks::LinkTo(const Link& link, const std::string& from) {
  INGOT_ASSIGN_OR_RETURN(const io::SharedFd from_parent, directories_.Open(ParentPath(from)));
  INGOT_ASSIGN_OR_RETURN(io::NewEntryName place, session_->PlaceOf(link.path, &directories_));
  INGOT_ASSIGN_OR_RETURN(
      io::NewEntry entry,
      io::NewEntry::HardLink(std::move(place), from_parent, std::string(LastComponent(from))));
  INGOT_RETURN_IF_ERROR(entry.Commit());
  session_->CountRestored(link.entry);
  return absl::OkStatus();
}

void HardLinks::GiveContent(Link link, IndexEntry carrier) {
  stand_ins_[link.carrier_path] = link.path;
  wanted_.push_back({std::move(carrier), std::move(link.path)});
}

// Before content is read that could not be put there.
absl::Status HardLinks::CheckFree(const std::string& path) {
  if (session_->options->replace) return absl::OkStatus();
  INGOT_ASSIGN_OR_RETURN(const io::NewEntryName place, session_->PlaceOf(path, &directories_));
  if (!io::StatAt(place.parent->get(), place.name).ok()) return absl::OkStatus();
  return absl::AlreadyExistsError("exists");
}

absl::Status HardLinks::TryMake(const IndexEntry& entry) {
  INGOT_ASSIGN_OR_RETURN(const absl::string_view path, session_->PathOf(entry));
  INGOT_RETURN_IF_ERROR(maker_->MakeParents(path));
  INGOT_ASSIGN_OR_RETURN(IndexEntry carrier, FindCarrier(*session_->container, entry));
  Link link{std::string(path), entry, carrier.path};
  if (session_->Selected(carrier)) {
    INGOT_ASSIGN_OR_RETURN(const absl::string_view carrier_path, session_->PathOf(carrier));
    if (!session_->log->Failed(carrier_path)) return LinkTo(link, std::string(carrier_path));
  }
  INGOT_RETURN_IF_ERROR(CheckFree(link.path));
  if (stand_ins_.contains(link.carrier_path)) {
    waiting_.emplace_back(std::move(link), std::move(carrier));
  } else {
    GiveContent(std::move(link), std::move(carrier));
  }
  return absl::OkStatus();
}

absl::Status HardLinks::Make(const IndexEntry& entry) {
  const absl::Status status = TryMake(entry);
  if (status.ok()) return absl::OkStatus();
  INGOT_ASSIGN_OR_RETURN(const absl::string_view path, session_->PathOf(entry));
  return session_->log->NotRestored(path, status);
}

// In the order of the frames, each of which is read once.
absl::Status HardLinks::RestoreStandIns() {
  std::vector<RestoreItem> items = std::exchange(wanted_, {});
  std::sort(items.begin(), items.end(), [](const RestoreItem& a, const RestoreItem& b) {
    return std::tie(a.entry.frame, a.entry.frame_offset) <
           std::tie(b.entry.frame, b.entry.frame_offset);
  });
  FrameRestorer restorer(session_);
  RestoreJob job;
  for (RestoreItem& item : items) {
    if (!job.items.empty() && item.entry.frame != job.frame) {
      INGOT_RETURN_IF_ERROR(restorer.Submit(std::exchange(job, RestoreJob())));
    }
    job.frame = item.entry.frame;
    job.items.push_back(std::move(item));
  }
  if (!job.items.empty()) INGOT_RETURN_IF_ERROR(restorer.Submit(std::move(job)));
  return restorer.Finish();
}

absl::Status HardLinks::Flush() {
  while (!wanted_.empty() || !waiting_.empty()) {
    INGOT_RETURN_IF_ERROR(RestoreStandIns());
    for (auto& [link, carrier] : std::exchange(waiting_, {})) {
      const std::string stand_in = stand_ins_[link.carrier_path];
      if (std::any_of(wanted_.begin(), wanted_.end(),
                      [&stand_in](const RestoreItem& item) { return item.path == stand_in; })) {
        waiting_.emplace_back(std::move(link), std::move(carrier));
      } else if (session_->log->Failed(stand_in)) {
        GiveContent(std::move(link), std::move(carrier));
      } else if (const absl::Status status = LinkTo(link, stand_in); !status.ok()) {
        INGOT_RETURN_IF_ERROR(session_->log->NotRestored(link.path, status));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status HardLinks::MakeAll() {
  const auto visit = [this](const IndexEntry& entry) -> absl::Status {
    if (entry.type != MemberType::kHardLink || !session_->Selected(entry)) return absl::OkStatus();
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    INGOT_RETURN_IF_ERROR(Make(entry));
    return wanted_.size() + waiting_.size() < kBatchMax ? absl::OkStatus() : Flush();
  };
  INGOT_RETURN_IF_ERROR(session_->container->ForEachEntry(session_->blocks, visit));
  return Flush();
}

}  // namespace ingot
