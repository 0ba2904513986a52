// A dump that another program writes to its standard output.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "io/process.h"
#include "tools/database/dump.h"

namespace ingot::tools {

struct ProgramDumpOptions {
  DatabaseVendor vendor;
  std::string program;  // as messages name it
  std::string tool;     // with its version
  std::string remedy;   // when the program is missing: what to install
  io::ProcessOptions process;
  std::vector<std::string> secrets;  // taken out of every message; empty ones are ignored
  // Of the last kCompletionTailBytes of the output: is the dump whole? Null: nothing tells.
  std::function<bool(absl::string_view tail)> is_complete;
  std::string completion_line;  // for the message when it is not
  std::vector<std::string> warnings;
};

// A client program that is asked a short question.
inline constexpr absl::Duration kAnswerSilenceMax = absl::Minutes(2);

inline constexpr size_t kCompletionTailBytes = 64 << 10;

absl::StatusOr<std::unique_ptr<Dump>> StartProgramDump(ProgramDumpOptions options);

// The first of `programs` that is in PATH; Aborted with `remedy` when none is.
absl::StatusOr<std::string> ChooseProgram(std::initializer_list<const char*> programs,
                                          absl::string_view remedy);

// What `program --version` prints, one line; empty when it prints nothing useful. Cancelled when
// interrupted.
absl::StatusOr<std::string> VersionLine(const std::string& program);

// The last line of `text` that is not blank, without white space at its end.
absl::string_view LastLine(absl::string_view text);

// A program's last error lines for a message: without secrets, without control characters,
// indented, each after a line feed. Empty when there are none.
std::string ErrorLines(absl::string_view error_tail, const std::vector<std::string>& secrets);

// Our own variables that hold passwords: a child that gets its password otherwise must not have
// them.
std::vector<std::string> PasswordVariables();

}  // namespace ingot::tools
