// A large file whose slices several threads write, each at its place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/container/sliced_member.h"
#include "core/restore/member_writer.h"
#include "core/restore/session.h"
#include "io/new_entry.h"

namespace ingot {

// Thread-safe. Of Begin and LoseHeader exactly one is called, for the first frame, and of Continue
// and Lose one for each later frame. Errors that come back end the run; all others are logged, once
// for the member.
class SlicedFile {
 public:
  SlicedFile(const RestoreSession* session, RestoreItem item, uint64_t last_frame);

  const SlicedMember& member() const { return member_; }
  const std::string& path() const { return item_.path; }  // relative

  // `content`: what follows the header in the first frame.
  absl::Status Begin(absl::StatusOr<TarHeader> header, absl::Span<const char> content,
                     io::DirectoryCache* directories);
  absl::Status LoseHeader(const absl::Status& why);
  // `content`: of the frame, which may hold other members behind the slice.
  absl::Status Continue(const FrameLabel& label, uint64_t frame, absl::Span<const char> content);
  absl::Status Lose(const absl::Status& why);

 private:
  absl::Status Write(uint64_t frame, uint64_t stored_offset, absl::Span<const char> data);
  absl::Status Complete();
  absl::Status Tell(const absl::Status& why);

  const RestoreSession* const session_;
  const RestoreItem item_;
  SlicedMember member_;
  std::optional<io::NewEntry> file_;  // constant between SetHeader and Complete

  absl::Mutex mutex_;
  bool told_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ingot
