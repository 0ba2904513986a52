// Where the time of a run went, for --perf and info.
#pragma once

#include <string>

#include "core/format/run_times.h"
#include "nlohmann/json.hpp"

namespace ingot {

// A line on the whole and a table with a line for each stage; empty when nothing is known. Shares
// are of the time of all the stage's threads.
std::string PerfText(const RunTimes& times);
// Seconds, of all threads of a stage together.
nlohmann::ordered_json PerfJson(const RunTimes& times);

}  // namespace ingot
