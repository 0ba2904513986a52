// The real program with one operation gone wrong (tests/interposer/fault.h), in a scratch
// directory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace ingot {

struct FaultyOperation {
  std::string call;
  std::string file;
  uint64_t number = 0;
};

struct Fault {
  FaultyOperation operation;
  std::string effect;
  std::string Text() const;  // fields separated by tabs, as INGOT_FAULT
};

struct FaultyRun {
  int exit_code = -1;  // 128 + signal
  std::string output;
  std::string error;
  bool met = false;                 // the operation took place
  std::vector<std::string> record;  // lines of INGOT_FAULT_RECORD
};

// One verb, run again and again. Names in `arguments` are relative to the scratch directory.
class FaultyProgram {
 public:
  FaultyProgram(const ScratchDirectory& scratch, std::string arguments)
      : scratch_(scratch), arguments_(std::move(arguments)) {}

  // INGOT_FAULT as it is; "" for none.
  FaultyRun Run(const std::string& fault) const;

 private:
  const ScratchDirectory& scratch_;
  const std::string arguments_;
};

std::vector<FaultyOperation> OperationsOf(const FaultyRun& run);
// Each with all that can go wrong with such a call.
std::vector<Fault> FaultsOf(const std::vector<FaultyOperation>& operations);
// Whether the program must come to the same end as without it.
bool IsHarmless(const Fault& fault);

// Of all when INGOT_TESTS_LONG is set. Else `usual` of them or INGOT_SWEEP_ROUNDS, by SweepSeed():
// one of each call and effect at least, and then of each as many as of the others.
std::vector<Fault> Sample(std::vector<Fault> faults, uint64_t usual);

// What a sweep counts: faults that took place, by exit code.
struct SweepCount {
  uint64_t runs = 0;
  uint64_t met = 0;
  std::map<int, uint64_t> exit_codes;
  void Add(const FaultyRun& run);
  std::string Text() const;
};

struct FaultSweep {
  uint64_t usual = 0;
  // Of the faults, so many have to take place: what depends on timing need not.
  double share_met = 0;
  // Of each of these calls, a fault has to take place.
  std::vector<std::string> calls;
  std::function<void()> reset;                                // before each run
  std::function<void(const Fault&, const FaultyRun&)> check;  // after it
};

// Runs the program with each of a sample of the faults that may befall the operations of `clean`.
// Ends at a fatal failure.
void SweepFaults(const FaultyProgram& program, const FaultyRun& clean, const FaultSweep& sweep);

// The file system of what the program writes is full, or the quota used up, at any of the bytes
// that `clean` wrote below the scratch directory. `check` gets the text that the system has for it.
void SweepSpace(const FaultyProgram& program, const FaultyRun& clean, uint64_t usual,
                const std::function<void()>& reset,
                const std::function<void(const FaultyRun&, const std::string& text)>& check);

// strerror of an effect, with or without "+".
std::string EffectText(const std::string& effect);

// Hidden temporary files are only left where removing one failed.
testing::AssertionResult HidesNothing(const std::string& directory, const Fault& fault = {});

// Every line of standard error is one of ours; of a failed run there is an error line.
testing::AssertionResult SpeaksPlainly(const FaultyRun& run);

// Whether standard error names the path, or a directory above it.
bool Names(const FaultyRun& run, std::string path);

// Path below `directory` -> type, mode, owner, mtime, attributes, size, holes, the first of its
// hard links' names, content or link target; of directories without size. What has a temporary name
// is left out.
std::map<std::string, std::string> TreeOf(const std::string& directory);

// Verifies the container in this process; path -> all that the index says but the source's facts,
// the same for all names of a file.
// An error says what is wrong.
absl::StatusOr<std::map<std::string, std::string>> MembersOf(const std::string& container);

}  // namespace ingot
