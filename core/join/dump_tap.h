// A dump on its way into the container, its rows read in passing.
#pragma once

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "core/create/create.h"
#include "core/join/dump_reader.h"

namespace ingot {

// Gives the dump's own bytes and its own errors: what cannot be understood never fails the dump.
// Rows are read by a thread of its own behind a bounded queue, so that the dump program does not
// wait for them: a row of COPY takes 0.05 us, one of INSERT 0.2 us, the copy for the thread 0.01
// us.
class DumpTap : public StreamSource {
 public:
  // `dump` and `sink` must outlive this. The sink is called by one other thread, until Finish or
  // the destructor returns.
  DumpTap(StreamSource* dump, std::optional<DumpDialect> dialect, std::vector<WantedTable> wanted,
          RowSink* sink);
  ~DumpTap() override;

  absl::StatusOr<size_t> Read(absl::Span<char> out) override;
  // All rows have reached the sink then.
  absl::Status Finish() override;

  // After Finish: as DumpReader::Finish and HasTable.
  absl::Status understood() const { return understood_; }
  bool HasTable(size_t table) const { return reader_.HasTable(table); }

 private:
  void Keep(absl::Span<const char> bytes);
  void HandOver();
  void Run();
  void Join();

  StreamSource* const dump_;
  DumpReader reader_;  // the thread's, while it runs
  absl::Status understood_;
  std::string filling_;  // the next piece
  std::thread thread_;   // not joinable: there is none, Keep reads rows itself

  absl::Mutex mutex_;
  std::vector<std::string> queue_ ABSL_GUARDED_BY(mutex_);  // pieces, oldest first
  std::vector<std::string> spare_ ABSL_GUARDED_BY(mutex_);  // buffers to use again
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ingot
