// Faults in the system calls of a real program. These sources are linked into it and stand between
// it and the C library, liburing and malloc: nothing of the program itself is changed.
//
// An operation is named by what does not depend on how threads run: its call, its file, and how
// many of that call there were on that file before. A call is the same whether made directly or by
// a ring. Files are told relative to INGOT_FAULT_ROOT, random parts of names as "*".
//
// Environment, fields separated by tabs:
//   INGOT_FAULT_ROOT    directory whose files are told relative to it
//   INGOT_FAULT_RECORD  file to append "<call> <file> <number>" to, for each operation before it
//                       happens; what was hit is told as "fault <call> <file> <number> <effect>",
//                       and in the end "memory - <allocations of kLargeBytes or more>"
//   INGOT_FAULT         lines of
//                       "<call> <file> <number> <effect>" an operation that goes wrong
//                       "space <bytes> <effect>"          writes to files below INGOT_FAULT_ROOT,
//                                                         once so many bytes were written
//                       "memory <number>"                 that allocation of kLargeBytes or more
//   INGOT_FAULT_KEEP    directory that gets a hard link of each file that loses its last name
// Effects: an errno's name (once), with a "+" behind it (and all later operations of the kind:
// reading, writing, the ring's or its completions), "short" (half of the bytes), "kill" (the
// process ends before the operation).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace ingot::faults {

inline constexpr size_t kLargeBytes = 4096;

enum class Kind { kReading, kWriting, kRing, kCompletion, kOther };

struct Operation {
  const char* call;
  std::string file;  // as PathOfFd or PathOfName give it
  Kind kind = Kind::kOther;
  uint64_t bytes = 0;  // wanted
};

struct Outcome {
  int error = 0;       // the operation is not to be done and fails so; 0: do it
  uint64_t bytes = 0;  // at most so many of those that are wanted
};

// Counts, records, and says what becomes of it. Does not return for "kill".
Outcome Meet(const Operation& operation);

// Whether this allocation is to be refused.
bool IsRefused(size_t bytes);

// What a power cut needs to know of writes and names (tests/faults/power_cut.h): one more line of
// the record.
void Tell(const std::string& line);
void TellWrite(int fd, uint64_t offset, uint64_t bytes);
void TellSync(int fd);

std::string PathOfFd(int fd);
// "direct" where it is open with O_DIRECT: such a read that fails has another way.
const char* ReadOf(int fd);
std::string PathOfName(int directory_fd, const char* name);
// Without random parts and the root.
std::string Told(const std::string& path);

// Gives the file a second name in INGOT_FAULT_KEEP, if that is set; its path or "-".
std::string Keep(int directory_fd, const char* name);

}  // namespace ingot::faults
