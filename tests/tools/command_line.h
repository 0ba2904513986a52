// The command, run in this process.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "tests/testing.h"
#include "tools/command.h"

namespace ingot {

struct CommandResult {
  int exit_code = -1;
  std::string output;  // of --help and --version alone
  std::string error;
};

inline CommandResult RunCommand(const std::vector<std::string>& arguments,
                                absl::Span<const RegisterVerb> verbs) {
  std::FILE* error = std::tmpfile();
  CommandResult result;
  testing::internal::CaptureStdout();
  result.exit_code = RunCommandLine(arguments, verbs, error);
  result.output = testing::internal::GetCapturedStdout();
  std::rewind(error);
  char buffer[4096];
  while (const size_t count = std::fread(buffer, 1, sizeof(buffer), error)) {
    result.error.append(buffer, count);
  }
  std::fclose(error);
  return result;
}

}  // namespace ingot
