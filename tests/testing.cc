#include "tests/testing.h"

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace ingot {

std::string TestEngineName() {
  const char* name = std::getenv("INGOT_TEST_IO");
  return name == nullptr ? "posix" : name;
}

io::EngineKind TestEngineKind() {
  return TestEngineName() == "uring" ? io::EngineKind::kUring : io::EngineKind::kPosix;
}

std::unique_ptr<io::Engine> TestEngine() {
  std::string fallback;
  absl::StatusOr<std::unique_ptr<io::Engine>> engine = io::NewEngine(TestEngineKind(), &fallback);
  if (!engine.ok()) {
    std::cerr << "no engine to test: " << engine.status() << "\n";
    std::abort();
  }
  return *std::move(engine);
}

ScratchDirectory::ScratchDirectory() {
  const char* base = std::getenv("TMPDIR");
  std::string pattern = std::string(base == nullptr ? "/tmp" : base) + "/ingot-test-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  if (!file.flush()) ADD_FAILURE() << "cannot write " << path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ADD_FAILURE() << "cannot read " << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

ShellResult Shell(const std::string& command) {
  ScratchDirectory scratch;
  WriteFile(scratch / "command", "set -o pipefail\n" + command + "\n");
  const int status = std::system(("bash " + (scratch / "command") + " > " + (scratch / "output") +
                                  " 2> " + (scratch / "error") + " < /dev/null")
                                     .c_str());
  ShellResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.output = ReadFile(scratch / "output");
  result.error = ReadFile(scratch / "error");
  return result;
}

}  // namespace ingot
