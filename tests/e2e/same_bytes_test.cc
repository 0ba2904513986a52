// The same tree and options give the same bytes, whatever did the work. Only the index root, which
// says when it was made, and the seek table, which says how long that root is, may differ.
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

class SameBytesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + (scratch_ / "tree")));
  }

  testing::AssertionResult SameUpToTheRoot(const std::string& a, const std::string& b) {
    return Succeeds("cd " + scratch_.path() + " && end=$(" + E2eScript("seekable_reader.py") +
                    "last-skippable " + a + ") && other=$(" + E2eScript("seekable_reader.py") +
                    "last-skippable " + b +
                    ") && test $end -gt 1000000 -a $end = $other && cmp -n $end " + a + " " + b);
  }

  ScratchDirectory scratch_;
};

TEST_F(SameBytesTest, OnAnyNumberOfThreadsAndEitherEngine) {
  const std::string in_scratch = "cd " + scratch_.path() + " && ";
  ASSERT_TRUE(
      Succeeds(in_scratch + IngotCommand() + "create --io posix --threads 1 -o first tree"));
  int number = 0;
  for (const char* options :
       {"--io posix --threads 2", "--io posix --threads 8", "--io uring --threads 1",
        "--io uring --threads 2", "--io uring --threads 8", "--io auto",
        "--io posix --threads 8 --memory 96M", "--io uring --threads 2 --memory 64M"}) {
    SCOPED_TRACE(options);
    const std::string name = absl::StrCat("again", number++);
    ASSERT_TRUE(
        Succeeds(in_scratch + IngotCommand() + "create " + options + " -o " + name + " tree"));
    EXPECT_TRUE(SameUpToTheRoot("first", name));
    ASSERT_TRUE(Succeeds("rm " + (scratch_ / name)));
  }
}

TEST_F(SameBytesTest, OnAPipe) {
  ASSERT_TRUE(Succeeds("cd " + scratch_.path() + " && " + IngotCreate() + "-o file tree && " +
                       IngotCreate() + "-o - tree | cat > piped"));
  EXPECT_TRUE(SameUpToTheRoot("file", "piped"));
}

TEST_F(SameBytesTest, AnotherTreeGivesOtherBytes) {
  ASSERT_TRUE(Succeeds("cd " + scratch_.path() + " && " + IngotCreate() +
                       "-o file tree && printf x | dd of=tree/sizes/text bs=1 seek=5000000 " +
                       "conv=notrunc status=none && " + IngotCreate() + "-o other tree"));
  EXPECT_FALSE(SameUpToTheRoot("file", "other"));
}

}  // namespace
}  // namespace ingot
