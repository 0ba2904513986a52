// A container of a small tree, and the verbs that read it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/tools/command_line.h"

namespace ingot {

class ReadVerbTest : public testing::Test {
 protected:
  void SetUp() override {
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(scratch_.path());
    std::filesystem::create_directories("tree/sub");
    WriteFile("tree/file", "content");
    ASSERT_EQ(chmod("tree/file", 04750), 0);
    WriteFile("tree/sub/odd\n\x1b[31m\xff", "odd");
    ASSERT_EQ(link("tree/file", "tree/hard"), 0);
    ASSERT_EQ(symlink("file", "tree/soft"), 0);
    const CommandResult created =
        RunCommand({"create", "--io", TestEngineName(), "-q", "-o", "c", "tree"}, {RegisterCreate});
    ASSERT_EQ(created.exit_code, 0) << created.error;
  }
  void TearDown() override { std::filesystem::current_path(before_); }

  CommandResult Run(const std::vector<std::string>& arguments) {
    return RunCommand(arguments, {RegisterList, RegisterCat, RegisterInfo, RegisterVerify,
                                  RegisterRestore, RegisterSalvage});
  }
  // Flips a byte of the first frame.
  void Damage(const std::string& file) {
    std::string bytes = ReadFile(file);
    bytes[20] ^= 1;
    WriteFile(file, bytes);
  }

  ScratchDirectory scratch_;
  std::filesystem::path before_;
};

}  // namespace ingot
