// Containers of every version of the format, made when it was new, are read for ever.
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

class GoldenTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(In(absl::StrCat("cp ", golden_, GetParam(), " f.tar.zst"))));
  }

  std::string In(const std::string& command) const {
    return absl::StrCat("cd ", scratch_.path(), " && ", command);
  }

  void ExpectAllRestored() const {
    const ShellResult restored = Shell(In(
        "cd out && export LC_ALL=C && (find tree -mindepth 1 -type d -printf '%p %m %T@\n' | sort;"
        " find tree ! -type d -printf '%p %y %m %n %s %l %T@\n' | sort;"
        " find database tree -type f -exec sha256sum {} + | sort -k 2)"));
    EXPECT_EQ(restored.output, ReadFile(absl::StrCat(golden_, "expected.txt")));
  }

  ScratchDirectory scratch_;
  const std::string golden_ = absl::StrCat(INGOT_TESTS_DIR, "/e2e/golden/");
};

TEST_P(GoldenTest, IsWholeAndRestored) {
  EXPECT_TRUE(ExitsWith(0, In(IngotCommand() + "verify f.tar.zst")));
  EXPECT_TRUE(ExitsWith(0, In(IngotCommand() + "restore f.tar.zst -C out")));
  ExpectAllRestored();
  EXPECT_TRUE(Succeeds(
      In(IngotCommand() + "cat f.tar.zst database/dump.sql | cmp - " + "out/database/dump.sql")));
}

TEST_P(GoldenTest, IsSalvagedWithoutItsIndex) {
  ASSERT_TRUE(
      Succeeds(In("truncate -s $(grep -abo IGIB f.tar.zst | head -1 | cut -d: -f1) f.tar.zst")));
  EXPECT_TRUE(ExitsWith(4, In(IngotCommand() + "salvage f.tar.zst -C out")));
  ExpectAllRestored();
}

INSTANTIATE_TEST_SUITE_P(Versions, GoldenTest,
                         testing::Values("labels-1.tar.zst", "labels-2.tar.zst"));

}  // namespace
}  // namespace ingot
