// ingot salvage on containers that were damaged as they are in life.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

using testing::HasSubstr;
using testing::Not;

class SalvageCommandTest : public testing::Test {
 protected:
  void MakeTree() {
    ASSERT_TRUE(Succeeds(in_scratch_ +
                         "mkdir -p tree/d/e && seq 300000 > tree/a && head -c 3000000 /dev/urandom "
                         "> tree/d/noise && seq 9 > tree/d/e/nine && ln tree/a tree/z-link && seq "
                         "99 > tree/d/last"));
  }
  // A tree of several frames; of large members, too.
  void MakeContainer() {
    MakeTree();
    ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q --frame-size 1M -o c.tar.zst tree"));
  }
  // Zeros over the file from `offset` on.
  void Zero(uint64_t offset, uint64_t bytes) {
    ASSERT_TRUE(Succeeds(absl::StrCat(in_scratch_, "dd if=/dev/zero of=c.tar.zst conv=notrunc ",
                                      "bs=1 seek=", offset, " count=", bytes, " status=none")));
  }
  ShellResult Salvage(int expected, const std::string& arguments) {
    ShellResult result;
    EXPECT_TRUE(
        ExitsWith(expected, in_scratch_ + IngotCommand() + "salvage " + arguments, &result));
    return result;
  }
  // As in "whole", but for the times of directories that are no members.
  testing::AssertionResult SameRestored(const std::string& directory) {
    const testing::AssertionResult same =
        Succeeds(absl::StrCat(in_scratch_, "diff -r whole ", directory));
    return same ? SameTrees(scratch_ / "whole/tree", scratch_ / (directory + "/tree")) : same;
  }
  uint64_t Bytes() const { return ReadFile(scratch_ / "c.tar.zst").size(); }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(SalvageCommandTest, OfAWholeContainerItIsARestore) {
  ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + (scratch_ / "tree")));
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-q --frame-size 1M -o c.tar.zst tree"));
  const ShellResult result = Salvage(0, "c.tar.zst -C out");
  EXPECT_THAT(result.error, HasSubstr("nothing is lost"));
  EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "out/tree"));
}

TEST_F(SalvageCommandTest, NamesWhatIsLostAndBringsBackTheRest) {
  MakeContainer();
  Zero(Bytes() / 2, 4096);  // in a slice of the noise
  const ShellResult result = Salvage(4, "c.tar.zst -C out");
  EXPECT_THAT(result.error, HasSubstr("tree/d/noise: lost, with its 3000000 bytes"));
  EXPECT_THAT(result.error, HasSubstr("1 member(s) are known to be lost"));
  ASSERT_TRUE(Succeeds(in_scratch_ + "rm tree/d/noise && touch -r out/tree/d tree/d"));
  EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "out/tree"));
}

// A pipe that broke, a copy that was cut off.
TEST_F(SalvageCommandTest, WithoutItsEnd) {
  MakeTree();
  ASSERT_TRUE(Succeeds(in_scratch_ + "{ " + IngotCreate() +
                       "-q --frame-size 1M -o - tree || true; } | head -c 2500000 > c.tar.zst"));
  EXPECT_TRUE(ExitsWith(4, in_scratch_ + IngotCommand() + "restore c.tar.zst -C none"));
  const ShellResult result = Salvage(4, "c.tar.zst -C out");
  EXPECT_THAT(result.error, HasSubstr("the end of the file"));
  EXPECT_THAT(result.error, HasSubstr("tree/d/noise: lost: its part from byte"));
  EXPECT_TRUE(
      Succeeds(in_scratch_ + "cmp tree/a out/tree/a && cmp tree/d/e/nine out/tree/d/e/nine"));
}

TEST_F(SalvageCommandTest, TheSecondHalfFirst) {
  MakeContainer();
  // The second half first: all frames but the one that is cut are whole.
  ASSERT_TRUE(Succeeds(
      in_scratch_ +
      "half=$(($(stat -c %s c.tar.zst) / 2 / 4096 * 4096)) && tail -c +$((half + 1)) c.tar.zst > "
      "second && truncate -s %4096 second && head -c $half c.tar.zst > first && cat second first "
      "> c.tar.zst"));
  const ShellResult result = Salvage(4, "c.tar.zst -C out");
  EXPECT_THAT(result.error, HasSubstr("tree/d/noise: lost"));
  EXPECT_TRUE(Succeeds(in_scratch_ + "cmp tree/a out/tree/a && cmp tree/d/last out/tree/d/last"));
}

TEST_F(SalvageCommandTest, ABackupWithItsDumpAndManifest) {
  MakeTree();
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "-q --dump-command 'seq 400000' --dump-expect 400000 --content tree -o "
                       "c.tar.zst"));
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore -q c.tar.zst -C whole"));
  EXPECT_THAT(Salvage(0, "c.tar.zst -C out").error, HasSubstr("nothing is lost"));
  EXPECT_TRUE(SameRestored("out"));

  Zero(Bytes() - 100, 100);  // the seek table: no member
  EXPECT_TRUE(ExitsWith(4, in_scratch_ + IngotCommand() + "restore c.tar.zst -C none"));
  Salvage(0, "c.tar.zst -C no-table");
  EXPECT_TRUE(SameRestored("no-table"));

  Zero(0, 100);  // the dump's header
  const ShellResult result = Salvage(4, "c.tar.zst -C no-dump");
  EXPECT_THAT(result.error, HasSubstr("database/"));
  EXPECT_THAT(result.error, HasSubstr("part(s) of large members are whole, but of no use"));
  ASSERT_TRUE(Succeeds(in_scratch_ + "rm -r whole/database"));
  EXPECT_TRUE(SameRestored("no-dump"));
}

TEST_F(SalvageCommandTest, PatternsForceAndJson) {
  MakeContainer();
  Zero(Bytes() / 2, 4096);
  EXPECT_THAT(Salvage(0, "c.tar.zst -C some tree/a").error, Not(HasSubstr("noise: lost")));
  EXPECT_TRUE(Succeeds(in_scratch_ + "cmp tree/a some/tree/a && ! test -e some/tree/d"));
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo mine > some/tree/a"));
  EXPECT_THAT(Salvage(1, "c.tar.zst -C some tree/a").error, HasSubstr("exists and was kept"));
  EXPECT_EQ(ReadFile(scratch_ / "some/tree/a"), "mine\n");
  Salvage(0, "--force c.tar.zst -C some tree/a");
  EXPECT_TRUE(Succeeds(in_scratch_ + "cmp tree/a some/tree/a"));
  EXPECT_THAT(Salvage(4, "c.tar.zst -C none noise").error, HasSubstr("noise"));

  const ShellResult json = Salvage(4, "--json c.tar.zst -C json");
  WriteFile(scratch_ / "events", json.error);
  EXPECT_TRUE(Succeeds(in_scratch_ + "/usr/bin/python3 -c '\n"
                                     "import json\n"
                                     "events = [json.loads(line) for line in open(\"events\")]\n"
                                     "lost = [e for e in events if e[\"event\"] == \"loss\"]\n"
                                     "assert [e[\"path\"] for e in lost] == [\"tree/d/noise\"]\n"
                                     "end = [e for e in events if e[\"event\"] == \"salvaged\"]\n"
                                     "assert end[0][\"lost\"] == 1, end\n'"));
}

TEST_F(SalvageCommandTest, WhatHasNothingOfOurs) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "seq 100000 > text && tar --zstd -cf foreign.tar.zst text && "
                                     "touch empty"));
  for (const char* file : {"text", "foreign.tar.zst", "empty"}) {
    const ShellResult result = Salvage(4, absl::StrCat(file, " -C out"));
    EXPECT_EQ(result.error,
              absl::StrCat("ingot: error: ", file, ": nothing of an ingot container is in it\n"));
  }
  Salvage(2, "missing -C out");
  Salvage(2, "text");
  EXPECT_NE(Shell("test -e " + (scratch_ / "out")).exit_code, 0);
}

// Known before the search.
TEST_F(SalvageCommandTest, ATargetThatCannotBe) {
  MakeContainer();
  Zero(Bytes() / 2, 4096);
  ASSERT_TRUE(Succeeds(in_scratch_ + "touch file"));
  EXPECT_EQ(Salvage(1, "c.tar.zst -C file").error, "ingot: error: file is no directory\n");
  EXPECT_EQ(Salvage(1, "c.tar.zst -C no/such").error,
            absl::StrCat("ingot: error: no/such cannot be made: there is no directory ",
                         scratch_ / "no", "\n"));
  Salvage(4, "c.tar.zst -C out/");
  EXPECT_TRUE(Succeeds(in_scratch_ + "cmp tree/a out/tree/a"));
}

TEST_F(SalvageCommandTest, NamesThatAreNotUtf8AreExactInJson) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir tree && seq 9 > $'tree/\\xff' && " + IngotCreate() +
                       "-q -o c.tar.zst tree"));
  Zero(16, 4);
  const ShellResult result = Salvage(4, "--json c.tar.zst -C out");
  EXPECT_THAT(result.error, HasSubstr("\"path_base64\":\"dHJlZS//\""));
}

TEST_F(SalvageCommandTest, IsNamedWhereItIsTheRemedy) {
  MakeContainer();
  Zero(Bytes() - 100, 100);
  for (const char* verb : {"verify", "list", "restore -C out"}) {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(4, in_scratch_ + IngotCommand() + verb + " c.tar.zst", &result));
    EXPECT_THAT(result.error, HasSubstr("ingot salvage")) << verb;
  }
}

}  // namespace
}  // namespace ingot
