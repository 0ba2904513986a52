#include "core/format/run_times.h"

namespace ingot {

absl::string_view RunStageName(RunStage stage) {
  switch (stage) {
    case RunStage::kWalk:
      return "walk";
    case RunStage::kPlan:
      return "plan";
    case RunStage::kFill:
      return "fill";
    case RunStage::kPress:
      return "press";
    case RunStage::kWrite:
      return "write";
  }
  return "unknown";
}

void AppendRunTimes(const RunTimes& times, std::string* raw) {
  AppendVarint(times.wall, raw);
  AppendVarint(times.processors, raw);
  AppendVarint(times.stages.size(), raw);
  for (const StageTimes& stage : times.stages) {
    AppendVarint(stage.threads, raw);
    AppendVarint(stage.busy, raw);
    AppendVarint(stage.input_wait, raw);
    AppendVarint(stage.output_wait, raw);
    AppendVarint(stage.cpu, raw);
  }
}

RunTimes ReadRunTimes(ByteReader* reader) {
  RunTimes times;
  times.wall = reader->Varint();
  times.processors = reader->Varint();
  times.stages.resize(reader->VarintUpTo(kRunStages));
  for (StageTimes& stage : times.stages) {
    stage.threads = reader->Varint();
    stage.busy = reader->Varint();
    stage.input_wait = reader->Varint();
    stage.output_wait = reader->Varint();
    stage.cpu = reader->Varint();
  }
  return times;
}

}  // namespace ingot
