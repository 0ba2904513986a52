// How far a run has come: a line that is drawn over and over on a terminal, or JSON events.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/create/create.h"
#include "core/restore/restore.h"
#include "core/verify/verify.h"
#include "tools/report.h"

namespace ingot {

enum class ProgressMode { kAuto, kAlways, kNever };
void AddProgress(CLI::App* verb, ProgressMode* mode);  // --progress auto|never|always

// How far, at one moment.
struct ProgressCounts {
  const char* what = "member";  // is counted; JSON has its plural
  uint64_t count = 0;
  uint64_t read_bytes = 0;
  std::optional<uint64_t> read_bytes_total = std::nullopt;  // where it is known beforehand
  std::optional<uint64_t> written_bytes = std::nullopt;     // where something is written
};

// Shows from a thread of its own until it is destroyed, and then clears its line.
//
//   auto     a line on a terminal, nothing elsewhere or with --quiet; with --json an event a second
//   always   also where standard error is no terminal (a plain line every few seconds), also with
//   --quiet
class Progress {
 public:
  static constexpr absl::Duration kTerminalInterval = absl::Milliseconds(200);
  static constexpr absl::Duration kEventInterval = absl::Seconds(1);
  static constexpr absl::Duration kPlainInterval = absl::Seconds(5);

  // `report` and `source` outlive it.
  Progress(ProgressMode mode, Report* report, const CreateProgress* source);
  Progress(ProgressMode mode, Report* report, const RestoreProgress* source);
  Progress(ProgressMode mode, Report* report, const VerifyProgress* source, uint64_t bytes_total);
  ~Progress();
  Progress(const Progress&) = delete;

  // What is being done now: "content contentstore". Empty: not said.
  void SetStage(std::string stage);

 private:
  enum class Style { kNone, kTerminal, kPlain, kEvents };
  Progress(ProgressMode mode, Report* report, std::function<ProgressCounts()> source);
  static Style StyleFor(ProgressMode mode, const Report& report);
  void Loop();
  void Show();

  const Style style_;
  Report* const report_;
  const std::function<ProgressCounts()> source_;
  const absl::Time begin_;
  absl::Time last_time_;  // of the thread alone
  uint64_t last_bytes_ = 0;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::string stage_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// One line: "12,345 members  1.2 GiB read  340.1 MiB written  812.0 MiB/s  3.2 s" or
// "512 frames  1.2 GiB of 4.8 GiB read (25 %)  812.0 MiB/s  1.5 s".
std::string ProgressLine(const std::string& stage, const ProgressCounts& counts,
                         double bytes_per_second, double seconds);

}  // namespace ingot
