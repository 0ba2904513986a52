// What the tests of all dumps share: reading one to its end, programs that only pretend.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/testing.h"
#include "tools/database/dump.h"

namespace ingot::tools {

struct DumpResult {
  absl::Status status;  // of the first call that failed
  std::string tool;
  std::vector<std::string> warnings;
};

// Reads all of it into the file `path`, with a buffer of an odd size.
inline DumpResult DumpTo(const DumpRequest& request, const std::string& path) {
  DumpResult result;
  absl::StatusOr<std::unique_ptr<Dump>> dump = StartDump(request);
  result.status = dump.status();
  if (!dump.ok()) return result;
  std::ofstream file(path, std::ios::binary);
  std::string buffer(70'001, '\0');
  uint64_t bytes = 0;
  while (true) {
    absl::StatusOr<size_t> size = (*dump)->Read(absl::MakeSpan(buffer));
    result.status = size.status();
    if (!size.ok()) return result;
    if (*size == 0) break;
    file.write(buffer.data(), static_cast<std::streamsize>(*size));
    bytes += *size;
  }
  result.status = (*dump)->Finish();
  result.tool = (*dump)->tool();
  result.warnings = (*dump)->warnings();
  EXPECT_EQ((*dump)->bytes(), bytes);
  return result;
}

// While a dump runs: its program is our child and alive, and no process shows `secret` in its
// arguments or, our own apart, in its environment.
inline void ExpectNotVisible(const std::string& program, const std::string& secret) {
  bool seen = false;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string pid = entry.path().filename();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto content = [&entry](const char* name) {
      std::ifstream file(entry.path() / name, std::ios::binary);  // may be gone by now
      std::ostringstream text;
      text << file.rdbuf();
      return text.str();
    };
    const std::string arguments = content("cmdline");
    EXPECT_FALSE(absl::StrContains(arguments, secret)) << pid << " " << arguments;
    const bool is_child =
        absl::StrContains(content("status"), absl::StrCat("\nPPid:\t", getpid(), "\n"));
    if (!is_child) continue;
    const std::string environment = content("environ");
    EXPECT_FALSE(absl::StrContains(environment, secret)) << pid << " " << arguments;
    seen = seen || (absl::StrContains(arguments, program) && !environment.empty());
  }
  EXPECT_TRUE(seen) << program << " does not run";
}

// PATH as a test wants it, until the end of the scope.
class PathOverride {
 public:
  explicit PathOverride(const std::string& path) : old_(std::getenv("PATH")) {
    setenv("PATH", path.c_str(), 1);
  }
  ~PathOverride() { setenv("PATH", old_.c_str(), 1); }
  PathOverride(const PathOverride&) = delete;
  PathOverride& operator=(const PathOverride&) = delete;

 private:
  std::string old_;
};

// A bash script in `directory` under the name of a real program. It answers --version at once.
inline void FakeProgram(const ScratchDirectory& directory, const std::string& name,
                        const std::string& script) {
  WriteFile(directory / name,
            "#!/bin/bash\nexport PATH=/usr/bin:/bin\n"
            "[ \"$1\" = --version ] && exit 0\n" +
                script + "\n");
  chmod((directory / name).c_str(), 0755);
}

}  // namespace ingot::tools
