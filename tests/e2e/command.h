// Running the real command on real trees, with the I/O engine under test.
//
// INGOT_TEST_SEED and INGOT_SWEEP_ROUNDS make sweeps longer and different; each round tells its
// seed when it fails. INGOT_TESTS_LONG turns on what takes minutes.
#pragma once

#include <sys/vfs.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tests/testing.h"

namespace ingot {

inline bool IsRoot() { return geteuid() == 0; }

// In a shell command, for what follows; root alone may.
inline constexpr char kAsNobody[] = "setpriv --reuid=65534 --regid=65534 --clear-groups ";

inline std::string Quote(absl::string_view word) {
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

// The verbs that write a container, with the engine under test; for use in shell commands.
inline std::string IngotCreate() {
  return absl::StrCat(Quote(INGOT_BINARY), " create --io ", TestEngineName(), " ");
}
inline std::string IngotBackup() {
  return absl::StrCat(Quote(INGOT_BINARY), " backup --io ", TestEngineName(), " ");
}
// "'/path/to/ingot' "; the verb follows.
inline std::string IngotCommand() { return absl::StrCat(Quote(INGOT_BINARY), " "); }

// A script of ours beside the tests, or under scripts/, run by the system's own Python.
inline std::string E2eScript(absl::string_view name) {
  return absl::StrCat("/usr/bin/python3 ", Quote(absl::StrCat(INGOT_TESTS_DIR, "/e2e/", name)),
                      " ");
}
inline std::string ProjectScript(absl::string_view name) {
  return absl::StrCat(Quote(absl::StrCat(INGOT_TESTS_DIR, "/../scripts/", name)), " ");
}

// ASSERT_TRUE(Succeeds(command)): a command that ends with 0; its output is shown when it does not.
inline testing::AssertionResult ExitsWith(int expected, const std::string& command,
                                          ShellResult* result = nullptr) {
  ShellResult own = Shell(command);
  if (result != nullptr) *result = own;
  if (own.exit_code == expected) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "exit code " << own.exit_code << ", not " << expected << ": " << command << "\n"
         << own.output.substr(0, 4000) << own.error.substr(0, 4000);
}
inline testing::AssertionResult Succeeds(const std::string& command,
                                         ShellResult* result = nullptr) {
  return ExitsWith(0, command, result);
}

// Content and all metadata, link structure and holes. `allowances`: see compare_trees.py.
inline testing::AssertionResult SameTrees(const std::string& original, const std::string& copy,
                                          const std::vector<std::string>& allowances = {}) {
  std::string command = E2eScript("compare_trees.py") + Quote(original) + " " + Quote(copy);
  for (const std::string& allowance : allowances)
    absl::StrAppend(&command, " --allow ", Quote(allowance));
  return Succeeds(command);
}

// How GNU tar and bsdtar restore all of a container, as README says it.
inline std::string TarExtract(const std::string& container, const std::string& directory) {
  return absl::StrCat("tar --zstd --xattrs --xattrs-include='*' --acls -xpf ", Quote(container),
                      " -C ", Quote(directory));
}
inline std::string BsdtarExtract(const std::string& container, const std::string& directory) {
  return absl::StrCat("LC_ALL=C.UTF-8 bsdtar -xpf ", Quote(container), " -C ", Quote(directory));
}

inline std::vector<std::string> Lines(absl::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Makes a file of allocated zeros that takes no time to make: data to the engine, since it has no
// holes. False where the file system cannot, or would take memory for it.
inline bool Allocate(const std::string& path, uint64_t bytes) {
  constexpr auto kTmpfs = 0x01021994;
  struct statfs system {};
  const std::string directory = path.substr(0, path.rfind('/'));
  if (statfs(directory.c_str(), &system) != 0 || system.f_type == kTmpfs) return false;
  return Shell(absl::StrCat("fallocate -l ", bytes, " ", Quote(path))).exit_code == 0;
}

inline uint64_t EnvironmentNumber(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}
inline uint64_t SweepSeed() { return EnvironmentNumber("INGOT_TEST_SEED", 1); }
inline uint64_t SweepRounds(uint64_t usual) {
  return EnvironmentNumber("INGOT_SWEEP_ROUNDS", usual);
}
inline bool LongTests() { return std::getenv("INGOT_TESTS_LONG") != nullptr; }

}  // namespace ingot
