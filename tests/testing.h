// What tests share: the engine under test, scratch directories, loud skips.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "io/engine.h"

namespace ingot {

// "uring" or "posix", from INGOT_TEST_IO ("posix" without it).
std::string TestEngineName();
io::EngineKind TestEngineKind();
std::unique_ptr<io::Engine> TestEngine();  // aborts when it cannot be made

// An own empty directory, removed with all in it at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void WriteFile(const std::string& path, const std::string& content);
std::string ReadFile(const std::string& path);

// Properties of a repository whose index jobs are no reason to wait, whatever the time of day.
inline constexpr char kNoIndexJobs[] =
    "solr.backup.alfresco.cronExpression=0 0 2 1 1 ? 2099\n"
    "solr.backup.archive.cronExpression=0 0 4 1 1 ? 2099\n";

// Runs a bash command with pipefail; standard output and error apart.
struct ShellResult {
  int exit_code = -1;  // 128 + signal when killed
  std::string output;
  std::string error;
};
ShellResult Shell(const std::string& command);

inline const absl::Status& GetStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& GetStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

}  // namespace ingot

#define EXPECT_OK(expression)                                                      \
  do {                                                                             \
    const auto& ingot_result = (expression);                                       \
    EXPECT_TRUE(ingot_result.ok()) << ::ingot::GetStatus(ingot_result).ToString(); \
  } while (false)
#define ASSERT_OK(expression)                                                      \
  do {                                                                             \
    const auto& ingot_result = (expression);                                       \
    ASSERT_TRUE(ingot_result.ok()) << ::ingot::GetStatus(ingot_result).ToString(); \
  } while (false)

// Skips, with the reason; fails instead where INGOT_TESTS_FORBID_SKIP is set, as CI does.
#define SKIP_OR_FAIL(reason)                               \
  do {                                                     \
    if (std::getenv("INGOT_TESTS_FORBID_SKIP") != nullptr) \
      FAIL() << "may not be skipped here: " << (reason);   \
    GTEST_SKIP() << (reason);                              \
  } while (false)
