#include "core/restore/sliced_file.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "io/status.h"

namespace ingot {

SlicedFile::SlicedFile(const RestoreSession* session, RestoreItem item, uint64_t last_frame)
    : session_(session), item_(std::move(item)), member_(item_.entry, last_frame) {}

absl::Status SlicedFile::Tell(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(told_, true)) return absl::OkStatus();
  return session_->log->NotRestored(item_.path, why);
}

absl::Status SlicedFile::LoseHeader(const absl::Status& why) {
  member_.SetHeader(why);
  return Lose(why);
}

absl::Status SlicedFile::Lose(const absl::Status& why) {
  const absl::Status told = Tell(why);
  if (member_.AddLost()) INGOT_RETURN_IF_ERROR(Complete());
  return told;
}

absl::Status SlicedFile::Begin(absl::StatusOr<TarHeader> header, absl::Span<const char> content,
                               io::DirectoryCache* directories) {
  absl::StatusOr<io::NewEntry> file = BeginFile(*session_, item_.path, header->member, directories);
  if (!file.ok()) return LoseHeader(file.status());
  file_ = *std::move(file);
  member_.SetHeader(std::move(header));
  return Write(item_.entry.frame, 0, content);
}

absl::Status SlicedFile::Continue(const FrameLabel& label, uint64_t frame,
                                  absl::Span<const char> content) {
  if (!member_.Header().ok()) return Lose(member_.Header().status());
  const uint64_t total = item_.entry.stored_bytes;
  if (!label.continues || !NamesMember(label, item_.entry.path, item_.entry.mtime) ||
      label.member_offset > total) {
    return Lose(absl::DataLossError(absl::StrCat("frame ", frame, " does not continue it")));
  }
  const uint64_t length = std::min<uint64_t>(content.size(), total - label.member_offset);
  return Write(frame, label.member_offset, content.first(length));
}

absl::Status SlicedFile::Write(uint64_t frame, uint64_t stored_offset,
                               absl::Span<const char> data) {
  const absl::Status written =
      ForEachPiece(member_.Header()->member, stored_offset, data,
                   [this](uint64_t logical_offset, absl::Span<const char> piece) {
                     return file_->WriteAt(logical_offset, piece);
                   });
  if (!written.ok()) return Lose(written);
  return member_.AddSlice(frame, stored_offset, data) ? Complete() : absl::OkStatus();
}

// Every slice has been seen, so no other thread is at work on the file.
absl::Status SlicedFile::Complete() {
  absl::Status status = member_.Outcome();
  if (status.ok()) {
    status = FinishFile(*session_, item_, member_.Header()->member, &*file_);
  }
  file_.reset();
  return status.ok() ? absl::OkStatus() : Tell(status);
}

}  // namespace ingot
