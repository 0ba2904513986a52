// -o -: a container on standard output; and what a failed one leaves to whoever reads it.
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

class StreamOutputTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(
        "cd " + scratch_.path() +
        " && mkdir tree && head -c 30000000 /dev/urandom > tree/large && seq 100000 > tree/text"));
  }
  // Neither zstd nor tar may take it for a whole archive.
  void ExpectRefused(const std::string& path) {
    EXPECT_NE(Shell("zstd -q -t " + path).exit_code, 0);
    EXPECT_NE(Shell("tar --zstd -tf " + path).exit_code, 0);
    EXPECT_NE(Shell("bsdtar -tf " + path).exit_code, 0);
    EXPECT_EQ(Shell(IngotCommand() + "verify " + path).exit_code, 4);
  }

  ScratchDirectory scratch_;
  const std::string in_scratch_ = "cd " + scratch_.path() + " && ";
};

TEST_F(StreamOutputTest, IsAContainerLikeAnyOther) {
  ASSERT_TRUE(Succeeds(in_scratch_ + IngotCreate() + "-o - tree | cat > f.tar.zst && mkdir out"));
  EXPECT_TRUE(Succeeds(IngotCommand() + "verify " + (scratch_ / "f.tar.zst")));
  ASSERT_TRUE(Succeeds(TarExtract(scratch_ / "f.tar.zst", scratch_ / "out")));
  EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "out/tree"));
}

TEST_F(StreamOutputTest, GoesStraightIntoTar) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "mkdir out && " + IngotCreate() +
                       "-o - tree | tar --zstd -xpf - -C out"));
  EXPECT_TRUE(SameTrees(scratch_ / "tree", scratch_ / "out/tree"));
}

TEST_F(StreamOutputTest, ADumpThatFailsLeavesWhatNobodyReads) {
  ShellResult result;
  EXPECT_TRUE(
      ExitsWith(5,
                in_scratch_ + IngotBackup() +
                    "--dump-command 'seq 2000000; exit 3' --content tree -o - > failed.tar.zst",
                &result));
  EXPECT_NE(result.error, "");
  ExpectRefused(scratch_ / "failed.tar.zst");
}

TEST_F(StreamOutputTest, AnInterruptionLeavesWhatNobodyReads) {
  ASSERT_TRUE(Succeeds(in_scratch_ + "for n in 1 2 3 4; do cp tree/large tree/large$n; done"));
  // Once something is there: bsdtar takes a file of no bytes for an archive of no members.
  EXPECT_TRUE(ExitsWith(130, in_scratch_ + "{ " + IngotCreate() +
                                 "--level 15 --threads 1 -o - tree > failed.tar.zst & for i in "
                                 "{1..3000}; do if [[ -s failed.tar.zst ]]; then break; fi; sleep "
                                 "0.02; done; kill $!; wait $!; }"));
  ExpectRefused(scratch_ / "failed.tar.zst");
}

TEST_F(StreamOutputTest, AReaderThatGoesAwayIsAnErrorAndNoSignal) {
  ShellResult result;
  ASSERT_TRUE(Succeeds(in_scratch_ + "set +o pipefail; " + IngotCreate() +
                           "-o - tree 2> error | head -c 100000 > /dev/null; echo ${PIPESTATUS[0]}",
                       &result));
  EXPECT_EQ(result.output, "1\n");
  EXPECT_EQ(Lines(ReadFile(scratch_ / "error")).size(), 1) << ReadFile(scratch_ / "error");
}

}  // namespace
}  // namespace ingot
