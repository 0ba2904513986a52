// Frames, with what of them is to be restored, handed to threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "core/container/frame_workers.h"
#include "core/restore/member_writer.h"
#include "core/restore/session.h"
#include "core/restore/sliced_file.h"
#include "io/target_tree.h"

namespace ingot {

struct RestoreJob {
  uint64_t frame = 0;
  std::shared_ptr<SlicedFile> continuing;  // from earlier frames
  std::vector<RestoreItem> items;          // that begin in the frame, without the next
  std::shared_ptr<SlicedFile> beginning;   // goes on in later frames
};

// For one thread. Jobs of one sliced file come in the order of its frames.
class FrameRestorer {
 public:
  explicit FrameRestorer(const RestoreSession* session);

  // Blocks while enough is under way. Errors end the run.
  absl::Status Submit(RestoreJob job);
  absl::Status Finish() { return workers_.Finish(); }

 private:
  absl::Status Run(const RestoreJob& job, FrameWorker& worker);
  absl::Status Lose(const RestoreJob& job, const absl::Status& why);
  absl::Status RestoreOne(const RestoreItem& item, absl::Span<const char> content,
                          io::DirectoryCache* directories);
  absl::Status BeginSliced(SlicedFile* file, absl::Span<const char> content,
                           io::DirectoryCache* directories);

  const RestoreSession* const session_;
  std::vector<io::DirectoryCache> directories_;  // one for each worker
  FrameWorkers workers_;
};

}  // namespace ingot
