// The exit codes that scripts depend on, each from its documented cause.
#include <random>
#include <string>

#include "tests/e2e/command.h"
#include "tests/e2e/running_command.h"

namespace ingot {
namespace {

class ExitCodeTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(in_scratch_ +
                         "mkdir -p tree/d && seq 50000 > tree/text && head -c 3000000 "
                         "/dev/urandom > tree/d/random && touch tree/d/empty"));
  }
  void MakeFile() { ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-o f.tar.zst tree")); }
  // Fails with the code, says something, and leaves no file of that name.
  void ExpectRefused(int code, const std::string& command,
                     const std::string& target = "f.tar.zst") {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(code, in_scratch_ + command, &result));
    EXPECT_NE(result.error, "") << command;
    EXPECT_NE(Shell("test -e " + (scratch_ / target)).exit_code, 0) << command;
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(ExitCodeTest, Usage) {
  ExpectRefused(2, IngotCreate() + "-o f.tar.zst missing");
  ExpectRefused(2, IngotCreate() + "-o f.tar.zst");
  ExpectRefused(2, IngotCreate() + "tree");
  ExpectRefused(2, IngotCreate() + "-o f.tar.zst --no-such-option tree");
  ExpectRefused(2, IngotCreate() + "-o f.tar.zst --level many tree");
  ExpectRefused(2, IngotCreate() + "-o f.tar.zst tree tree/d");  // overlapping roots
  ExpectRefused(2, IngotCommand() + "melt f.tar.zst");
  ExpectRefused(2, IngotBackup() + "--content tree -o f.tar.zst");  // no database
  ExpectRefused(2,
                IngotBackup() +
                    "--database postgresql://user:secret@localhost/db --content tree -o f.tar.zst");
  ExpectRefused(2, IngotBackup() + "--alfresco missing.properties -o f.tar.zst");
}

TEST_F(ExitCodeTest, AnExistingFileIsNotReplaced) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo precious > f.tar.zst"));
  ShellResult result;
  EXPECT_TRUE(ExitsWith(2, in_scratch_ + IngotCreate() + "-o f.tar.zst tree", &result));
  EXPECT_THAT(result.error, testing::HasSubstr("f.tar.zst"));
  EXPECT_EQ(ReadFile(scratch_ / "f.tar.zst"), "precious\n");
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "--force -o f.tar.zst tree"));
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify f.tar.zst"));
}

TEST_F(ExitCodeTest, TheFileIsForItsOwnerAlone) {
  MakeFile();
  ShellResult mode;
  ASSERT_TRUE(Succeeds("stat -c %a " + (scratch_ / "f.tar.zst"), &mode));
  EXPECT_EQ(mode.output, "600\n");
}

TEST_F(ExitCodeTest, UnreadableFilesArePublishedWithoutThem) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root, to become somebody else");
  ASSERT_TRUE(Succeeds(in_scratch_ + "cp " + Quote(INGOT_BINARY) +
                       " ingot && chmod 755 . && mkdir home && chown 65534 home && chmod 000 "
                       "tree/text && mkdir -m 700 tree/closed"));
  ShellResult result, listed;
  EXPECT_TRUE(ExitsWith(3,
                        in_scratch_ + kAsNobody + "./ingot create --io " + TestEngineName() +
                            " -o home/f.tar.zst tree",
                        &result));
  EXPECT_THAT(result.error, testing::HasSubstr("tree/text"));
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "verify home/f.tar.zst"));
  ASSERT_TRUE(Succeeds(
      in_scratch_ +
          "tar --zstd -tf home/f.tar.zst && tar --zstd -xOf home/f.tar.zst ingot/findings.json",
      &listed));
  EXPECT_THAT(listed.output, testing::HasSubstr("tree/d/random\n"));
  EXPECT_THAT(listed.output, testing::Not(testing::HasSubstr("tree/text\n")));
  EXPECT_THAT(listed.output, testing::HasSubstr("\"tree/text\""));
  EXPECT_THAT(listed.output, testing::HasSubstr("\"tree/closed\""));
}

TEST_F(ExitCodeTest, WhatIsNotAContainer) {
  ASSERT_TRUE(Succeeds(in_scratch_ +
                       "touch empty && seq 10000 > text && zstd -q text -o plain.zst && tar "
                       "--zstd -cf plain.tar.zst tree && head -c 9 /dev/zero > nine"));
  for (const char* file : {"empty", "text", "plain.zst", "plain.tar.zst", "nine"}) {
    for (const char* verb : {"verify ", "verify --quick ", "list ", "info ", "restore -C out "}) {
      ShellResult result;
      EXPECT_TRUE(
          ExitsWith(4, in_scratch_ + "mkdir -p out && " + IngotCommand() + verb + file, &result))
          << verb << file;
      EXPECT_THAT(result.error, testing::HasSubstr(file));
    }
  }
  EXPECT_EQ(Shell("ls -A " + (scratch_ / "out")).output, "");
}

TEST_F(ExitCodeTest, EveryFlippedBitIsDamage) {
  MakeFile();
  const std::string whole = ReadFile(scratch_ / "f.tar.zst");
  std::mt19937_64 random(SweepSeed());
  for (uint64_t round = 0; round < SweepRounds(25); ++round) {
    // Half of them near the end, where index and seek table are.
    const size_t from = round % 2 == 0 ? 0 : whole.size() - 5000;
    const size_t offset = from + random() % (whole.size() - from);
    const int bit = static_cast<int>(random() % 8);
    SCOPED_TRACE(absl::StrCat("seed ", SweepSeed(), ", bit ", bit, " of byte ", offset, " of ",
                              whole.size()));
    std::string damaged = whole;
    damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << bit));
    WriteFile(scratch_ / "damaged", damaged);
    EXPECT_TRUE(ExitsWith(4, IngotCommand() + "verify " + (scratch_ / "damaged")));
  }
}

TEST_F(ExitCodeTest, EveryCutIsDamage) {
  MakeFile();
  const std::string whole = ReadFile(scratch_ / "f.tar.zst");
  std::mt19937_64 random(SweepSeed());
  for (const size_t length : {whole.size() - 1, whole.size() - 9, whole.size() / 2, size_t{4096},
                              size_t{random() % whole.size()}}) {
    SCOPED_TRACE(length);
    WriteFile(scratch_ / "cut", whole.substr(0, length));
    EXPECT_TRUE(ExitsWith(4, IngotCommand() + "verify " + (scratch_ / "cut")));
    EXPECT_TRUE(ExitsWith(4, IngotCommand() + "verify --quick " + (scratch_ / "cut")));
  }
  WriteFile(scratch_ / "longer", whole + "x");
  EXPECT_TRUE(ExitsWith(4, IngotCommand() + "verify " + (scratch_ / "longer")));
}

TEST_F(ExitCodeTest, ADumpThatFails) {
  const std::string rest = " --content tree -o f.tar.zst";
  ExpectRefused(5, IngotBackup() + "--dump-command 'echo part; exit 3'" + rest);
  ExpectRefused(5, IngotBackup() + "--dump-command 'echo part; false | cat'" + rest);
  ExpectRefused(5, IngotBackup() + "--dump-command 'echo part; kill -9 $$'" + rest);
  ExpectRefused(5, IngotBackup() + "--dump-command true" + rest);
  ExpectRefused(5, IngotBackup() + "--dump-command /no/such/program" + rest);
  ExpectRefused(5, IngotBackup() +
                       "--dump-command 'echo CREATE; echo cut off' --dump-expect 'dump complete'" +
                       rest);
  ShellResult result;
  EXPECT_TRUE(ExitsWith(5,
                        in_scratch_ + IngotBackup() +
                            "--dump-command 'echo part; echo its own last words >&2; exit 3'" +
                            rest,
                        &result));
  EXPECT_THAT(result.error, testing::HasSubstr("its own last words"));
}

TEST_F(ExitCodeTest, ADumpThatNeverEnds) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > f.tar.zst"));
  for (const char* dump :
       {"echo part; sleep 600", "trap \"\" TERM; echo part; while :; do sleep 1; done",
        "echo part; exec >&-; sleep 600", "sleep 600 & echo part"}) {
    ShellResult result;
    EXPECT_TRUE(ExitsWith(5,
                          in_scratch_ + IngotBackup() +
                              "--force --dump-timeout 1s --dump-command '" + dump +
                              "' --content tree -o f.tar.zst",
                          &result))
        << dump;
    EXPECT_THAT(result.error, testing::HasSubstr("for 1s and was ended (--dump-timeout"));
    EXPECT_TRUE(AllEndIn(scratch_.path(), absl::Seconds(5))) << dump;
    EXPECT_EQ(ReadFile(scratch_ / "f.tar.zst"), "old\n");
  }
  // While it is we who are slow it may take its time.
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotBackup() +
                       "--force --limit-write 2M --dump-timeout 1s --dump-command 'head -c 6000000 "
                       "/dev/urandom' --content tree -o f.tar.zst"));
}

TEST_F(ExitCodeTest, ADumpThatDiesNearItsEnd) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "echo old > f.tar.zst"));
  ShellResult result;
  EXPECT_TRUE(
      ExitsWith(5,
                in_scratch_ + IngotBackup() +
                    "--force --dump-command 'head -c 30000000 /dev/urandom; yes $'\\''oh \\e[31m"
                    "no'\\'' | head -c 100000000 >&2; kill -9 $$' --content tree -o f.tar.zst",
                &result));
  EXPECT_THAT(result.error, testing::HasSubstr("was killed by signal 9"));
  EXPECT_THAT(result.error, testing::HasSubstr("oh ?[31mno"));
  EXPECT_LT(result.error.size(), 4096u);
  EXPECT_EQ(ReadFile(scratch_ / "f.tar.zst"), "old\n");
}

TEST_F(ExitCodeTest, AMemberThatIsNotThere) {
  MakeFile();
  const int code = Shell(in_scratch_ + IngotCommand() + "cat f.tar.zst tree/missing").exit_code;
  EXPECT_TRUE(code == 1 || code == 2) << code;
}

TEST_F(ExitCodeTest, RestoreDoesNotOverwrite) {
  MakeFile();
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir -p out/tree && echo mine > out/tree/text"));
  EXPECT_NE(Shell(in_scratch_ + IngotCommand() + "restore f.tar.zst -C out").exit_code, 0);
  EXPECT_EQ(ReadFile(scratch_ / "out/tree/text"), "mine\n");
  EXPECT_TRUE(Succeeds(in_scratch_ + IngotCommand() + "restore --force f.tar.zst -C out"));
  EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "out/tree"));
}

}  // namespace
}  // namespace ingot
