// Frames, with what of them is to be restored, handed to threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/container/frame_workers.h"
#include "core/restore/frame_directories.h"
#include "core/restore/member_writer.h"
#include "core/restore/session.h"
#include "core/restore/sliced_file.h"

namespace ingot {

struct RestoreJob {
  uint64_t frame = 0;
  std::string known;  // directories that exist, with all above them
  std::string also_known;
  std::shared_ptr<SlicedFile> continuing;  // from earlier frames
  // That begin in the frame, without the next, in order; directories that are closed in it.
  std::vector<RestoreItem> items;
  std::shared_ptr<SlicedFile> beginning;  // goes on in later frames
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
  absl::Status Lose(const RestoreJob& job, const absl::Status& why, FrameDirectories* directories);
  absl::Status RestoreItems(const RestoreJob& job, absl::Span<const char> content,
                            FrameDirectories* directories);
  absl::Status RestoreOne(const RestoreItem& item, absl::Span<const char> content,
                          DirectoryMaker* maker);
  absl::Status BeginSliced(SlicedFile* file, absl::Span<const char> content, DirectoryMaker* maker);

  const RestoreSession* const session_;
  std::vector<FrameDirectories> directories_;  // one for each worker
  FrameWorkers workers_;
};

}  // namespace ingot
