#include "tools/perf_report.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tools/size.h"

namespace ingot {
namespace {

// Above this share of the processors' time, it is them that a run waits for.
constexpr double kSaturated = 0.9;

double Seconds(uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

double ShareOf(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string NameOf(size_t stage) { return std::string(RunStageName(static_cast<RunStage>(stage))); }

uint64_t ThreadTime(const RunTimes& times, const StageTimes& stage) {
  return times.wall * stage.threads;
}

// What the run waited for: the processors, or the stage whose threads rested least. Writing waits
// for nothing but the disk.
std::string Limit(const RunTimes& times, double processors_used) {
  if (processors_used >= kSaturated) return "the processors are the limit";
  size_t busiest = 0;
  double most = 0;
  for (size_t i = 0; i < times.stages.size(); ++i) {
    const StageTimes& stage = times.stages[i];
    const bool writes = static_cast<RunStage>(i) == RunStage::kWrite;
    const double busy =
        ShareOf(stage.busy + (writes ? stage.output_wait : 0), ThreadTime(times, stage));
    if (busy > most) {
      most = busy;
      busiest = i;
    }
  }
  return absl::StrFormat("the busiest stage is %s (%.0f %%)", NameOf(busiest), 100 * most);
}

double ProcessorsUsed(const RunTimes& times) {
  uint64_t cpu = 0;
  for (const StageTimes& stage : times.stages) cpu += stage.cpu;
  return ShareOf(cpu, times.wall * times.processors);
}

}  // namespace

std::string PerfText(const RunTimes& times) {
  if (times.stages.empty()) return "";
  const double used = ProcessorsUsed(times);
  std::string text = absl::StrFormat(
      "time      %s, stages used %.0f %% of %d processors: %s\n"
      "  stage  threads    busy  waiting for input  for output  CPU seconds\n",
      FormatDuration(Seconds(times.wall)), 100 * used, times.processors, Limit(times, used));
  for (size_t i = 0; i < times.stages.size(); ++i) {
    const StageTimes& stage = times.stages[i];
    const uint64_t whole = ThreadTime(times, stage);
    absl::StrAppendFormat(&text, "  %-5s  %7d  %4.0f %%  %15.0f %%  %8.0f %%  %11.2f\n", NameOf(i),
                          stage.threads, 100 * ShareOf(stage.busy, whole),
                          100 * ShareOf(stage.input_wait, whole),
                          100 * ShareOf(stage.output_wait, whole), Seconds(stage.cpu));
  }
  return text;
}

nlohmann::ordered_json PerfJson(const RunTimes& times) {
  nlohmann::ordered_json json;
  json["seconds"] = Seconds(times.wall);
  json["processors"] = times.processors;
  json["stages"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < times.stages.size(); ++i) {
    const StageTimes& stage = times.stages[i];
    json["stages"][NameOf(i)] = {{"threads", stage.threads},
                                 {"busy", Seconds(stage.busy)},
                                 {"input_wait", Seconds(stage.input_wait)},
                                 {"output_wait", Seconds(stage.output_wait)},
                                 {"cpu", Seconds(stage.cpu)}};
  }
  return json;
}

}  // namespace ingot
