#include "core/restore/early_sync.h"

#include <utility>

#include "absl/status/statusor.h"
#include "io/thread.h"

namespace ingot {

EarlySync::EarlySync(const io::TargetTree* tree) : tree_(tree) {
  absl::StatusOr<std::thread> thread = io::StartThread("ingot-sync", [this] { Loop(); });
  if (thread.ok()) thread_ = *std::move(thread);  // without it, all is written at the end
}

EarlySync::~EarlySync() { Join(); }

absl::Status EarlySync::Finish() {
  Join();
  absl::MutexLock lock(&mutex_);
  return error_;
}

void EarlySync::Join() {
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void EarlySync::Loop() {
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&ended_), kInterval) || !error_.ok()) return;
    }
    const absl::Status status = tree_->Sync();
    absl::MutexLock lock(&mutex_);
    error_.Update(status);
  }
}

}  // namespace ingot
