#include "tools/progress.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "tools/size.h"

namespace ingot {

void AddProgress(CLI::App* verb, ProgressMode* mode) {
  static const std::map<std::string, ProgressMode> modes = {{"auto", ProgressMode::kAuto},
                                                            {"always", ProgressMode::kAlways},
                                                            {"never", ProgressMode::kNever}};
  verb->add_option_function<std::string>(
          "--progress", [mode](const std::string& name) { *mode = modes.at(name); },
          "Show how far it is (default auto: on a terminal)")
      ->check(CLI::IsMember({"auto", "never", "always"}))
      ->type_name("auto|never|always");
}

Progress::Style Progress::StyleFor(ProgressMode mode, const Report& report) {
  if (mode == ProgressMode::kNever) return Style::kNone;
  if (mode == ProgressMode::kAuto && report.quiet()) return Style::kNone;
  if (report.json_events()) return Style::kEvents;
  if (report.is_terminal()) return Style::kTerminal;
  return mode == ProgressMode::kAlways ? Style::kPlain : Style::kNone;
}

Progress::Progress(ProgressMode mode, Report* report, const CreateProgress* source)
    : Progress(mode, report, std::function<Counts()>([source] {
                 return Counts{source->members.load(std::memory_order_relaxed),
                               source->read_bytes.load(std::memory_order_relaxed),
                               source->written_bytes.load(std::memory_order_relaxed)};
               })) {}

// What is read is what is written, near enough.
Progress::Progress(ProgressMode mode, Report* report, const RestoreProgress* source)
    : Progress(mode, report, std::function<Counts()>([source] {
                 const uint64_t bytes = source->bytes.load(std::memory_order_relaxed);
                 return Counts{source->members.load(std::memory_order_relaxed), bytes, bytes};
               })) {}

Progress::Progress(ProgressMode mode, Report* report, std::function<Counts()> source)
    : style_(StyleFor(mode, *report)),
      report_(report),
      source_(std::move(source)),
      begin_(absl::Now()),
      last_time_(begin_) {
  if (style_ != Style::kNone) thread_ = std::thread([this] { Loop(); });
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  thread_.join();
  if (style_ == Style::kTerminal) report_->Transient("");
}

void Progress::SetStage(std::string stage) {
  absl::MutexLock lock(&mutex_);
  stage_ = std::move(stage);
}

void Progress::Loop() {
  const absl::Duration interval = style_ == Style::kTerminal ? kTerminalInterval
                                  : style_ == Style::kEvents ? kEventInterval
                                                             : kPlainInterval;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&ended_), interval)) return;
    }
    Show();
  }
}

void Progress::Show() {
  const absl::Time now = absl::Now();
  const auto [members, read_bytes, written_bytes] = source_();
  const double seconds = absl::ToDoubleSeconds(now - begin_);
  const double step = absl::ToDoubleSeconds(now - last_time_);
  const double rate = step > 0 ? static_cast<double>(read_bytes - last_bytes_) / step : 0;
  last_time_ = now;
  last_bytes_ = read_bytes;
  std::string stage;
  {
    absl::MutexLock lock(&mutex_);
    stage = stage_;
  }
  if (style_ == Style::kEvents) {
    nlohmann::ordered_json event;
    if (!stage.empty()) event["stage"] = ToUtf8(stage);
    event["members"] = members;
    event["read_bytes"] = read_bytes;
    event["written_bytes"] = written_bytes;
    event["seconds"] = seconds;
    report_->Event("progress", std::move(event));
    return;
  }
  const std::string line = ProgressLine(stage, members, read_bytes, written_bytes, rate, seconds);
  if (style_ == Style::kTerminal) {
    report_->Transient(line);
  } else {
    report_->Plain(line);
  }
}

std::string ProgressLine(const std::string& stage, uint64_t members, uint64_t read_bytes,
                         uint64_t written_bytes, double bytes_per_second, double seconds) {
  return absl::StrCat(stage, stage.empty() ? "" : ": ", FormatCount(members),
                      members == 1 ? " member  " : " members  ", FormatSize(read_bytes), " read  ",
                      FormatSize(written_bytes), " written  ",
                      FormatSize(static_cast<uint64_t>(bytes_per_second)), "/s  ",
                      FormatDuration(seconds));
}

}  // namespace ingot
