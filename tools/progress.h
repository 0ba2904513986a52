// How far a run has come: a line that is drawn over and over on a terminal, or JSON events.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "CLI/CLI.hpp"
#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/create/create.h"
#include "core/restore/restore.h"
#include "tools/report.h"

namespace ingot {

enum class ProgressMode { kAuto, kAlways, kNever };
void AddProgress(CLI::App* verb, ProgressMode* mode);  // --progress auto|never|always

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
  ~Progress();
  Progress(const Progress&) = delete;

  // What is being done now: "content contentstore". Empty: not said.
  void SetStage(std::string stage);

 private:
  enum class Style { kNone, kTerminal, kPlain, kEvents };
  struct Counts {
    uint64_t members = 0;
    uint64_t read_bytes = 0;
    uint64_t written_bytes = 0;
  };
  Progress(ProgressMode mode, Report* report, std::function<Counts()> source);
  static Style StyleFor(ProgressMode mode, const Report& report);
  void Loop();
  void Show();

  const Style style_;
  Report* const report_;
  const std::function<Counts()> source_;
  const absl::Time begin_;
  absl::Time last_time_;  // of the thread alone
  uint64_t last_bytes_ = 0;
  absl::Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::string stage_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// "12,345 members  1.2 GiB read  340.1 MiB written  812.0 MiB/s  3.2 s": one line of progress.
std::string ProgressLine(const std::string& stage, uint64_t members, uint64_t read_bytes,
                         uint64_t written_bytes, double bytes_per_second, double seconds);

}  // namespace ingot
