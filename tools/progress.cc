#include "tools/progress.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
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
    : Progress(mode, report, [source] {
        return ProgressCounts{.count = source->members,
                              .read_bytes = source->read_bytes,
                              .written_bytes = source->written_bytes};
      }) {}

// What is read is what is written, near enough.
Progress::Progress(ProgressMode mode, Report* report, const RestoreProgress* source)
    : Progress(mode, report, [source] {
        const uint64_t bytes = source->bytes;
        return ProgressCounts{
            .count = source->members, .read_bytes = bytes, .written_bytes = bytes};
      }) {}

Progress::Progress(ProgressMode mode, Report* report, const VerifyProgress* source,
                   uint64_t bytes_total)
    : Progress(mode, report, [source, bytes_total] {
        return ProgressCounts{.what = "frame",
                              .count = source->frames,
                              .read_bytes = source->bytes,
                              .read_bytes_total = bytes_total};
      }) {}

Progress::Progress(ProgressMode mode, Report* report, std::function<ProgressCounts()> source)
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
  const ProgressCounts counts = source_();
  const double seconds = absl::ToDoubleSeconds(now - begin_);
  const double step = absl::ToDoubleSeconds(now - last_time_);
  const double rate = step > 0 ? static_cast<double>(counts.read_bytes - last_bytes_) / step : 0;
  last_time_ = now;
  last_bytes_ = counts.read_bytes;
  std::string stage;
  {
    absl::MutexLock lock(&mutex_);
    stage = stage_;
  }
  if (style_ == Style::kEvents) {
    nlohmann::ordered_json event;
    if (!stage.empty()) event["stage"] = ToUtf8(stage);
    event[absl::StrCat(counts.what, "s")] = counts.count;
    event["read_bytes"] = counts.read_bytes;
    if (counts.read_bytes_total.has_value()) event["read_bytes_total"] = *counts.read_bytes_total;
    if (counts.written_bytes.has_value()) event["written_bytes"] = *counts.written_bytes;
    event["seconds"] = seconds;
    report_->Event("progress", event);
    return;
  }
  const std::string line = ProgressLine(stage, counts, rate, seconds);
  if (style_ == Style::kTerminal) {
    report_->Transient(line);
  } else {
    report_->Plain(line);
  }
}

std::string ProgressLine(const std::string& stage, const ProgressCounts& counts,
                         double bytes_per_second, double seconds) {
  std::string line =
      absl::StrCat(stage, stage.empty() ? "" : ": ", FormatCount(counts.count), " ", counts.what,
                   counts.count == 1 ? "  " : "s  ", FormatSize(counts.read_bytes));
  if (counts.read_bytes_total.has_value()) {
    const double total = static_cast<double>(std::max<uint64_t>(*counts.read_bytes_total, 1));
    absl::StrAppend(
        &line, " of ", FormatSize(*counts.read_bytes_total),
        absl::StrFormat(" read (%.0f %%)  ", 100 * static_cast<double>(counts.read_bytes) / total));
  } else {
    absl::StrAppend(&line, " read  ");
  }
  if (counts.written_bytes.has_value())
    absl::StrAppend(&line, FormatSize(*counts.written_bytes), " written  ");
  return absl::StrCat(line, FormatSize(static_cast<uint64_t>(bytes_per_second)), "/s  ",
                      FormatDuration(seconds));
}

}  // namespace ingot
