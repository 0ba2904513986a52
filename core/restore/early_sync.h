// What was restored so far goes to the disk while the rest is still being restored.
#pragma once

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "io/target_tree.h"

namespace ingot {

// Syncs the target's file system again and again from a thread of its own. Left alone, Linux begins
// to write when a tenth of the memory is dirty, and all of that is then waited for at the end.
class EarlySync {
 public:
  static constexpr absl::Duration kInterval = absl::Milliseconds(500);

  explicit EarlySync(const io::TargetTree* tree);  // outlives it
  ~EarlySync();
  EarlySync(const EarlySync&) = delete;

  // Ends it. The first error: what a failed sync lost, a later one does not tell again.
  absl::Status Finish();

 private:
  void Loop();
  void Join();

  const io::TargetTree* const tree_;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace ingot
