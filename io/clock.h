// Time as the system tells it.
#pragma once

#include <cstdint>
#include <string>

#include "io/file_stat.h"

namespace ingot::io {

Timestamp WallClock();                  // CLOCK_REALTIME
uint64_t BootNanoseconds();             // CLOCK_BOOTTIME: never set back
uint64_t MonotonicNanoseconds();        // CLOCK_MONOTONIC: cheap, for differences
uint64_t ThreadCpuNanoseconds();        // spent by the calling thread on a processor
std::string FormatUtc(Timestamp time);  // "2026-11-23T16:23:35Z"
std::string HostName();

}  // namespace ingot::io
