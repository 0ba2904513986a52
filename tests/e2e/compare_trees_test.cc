// The comparer that the end-to-end tests rely on notices each kind of difference.
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

struct Difference {
  const char* name;
  const char* change;  // run in the copy
  const char* kind;
  const char* path;
  bool needs_root = false;
};

void PrintTo(const Difference& difference, std::ostream* out) { *out << difference.name; }

class CompareTreesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Succeeds(
        "cd " + scratch_.path() +
        " && mkdir -p a/d a/empty && echo content > a/file && cp a/file a/d/other && ln a/file "
        "a/d/linked && "
        "ln -s file a/link && mkfifo a/fifo && truncate -s 4M a/sparse && echo x >> a/sparse && "
        "setfattr -n user.note -v text a/file a/d && setfacl -m u:1:r a/file && setfacl -d -m "
        "g:2:rx a/d && "
        "touch -d '2024-01-02 03:04:05.123456789' a/file a/d"));
    if (IsRoot()) {
      ASSERT_TRUE(Succeeds("mknod " + scratch_.path() + "/a/device c 1 3"));
    }
    ASSERT_TRUE(Succeeds("cp -a --sparse=always " + (scratch_ / "a") + " " + (scratch_ / "b")));
  }

  ShellResult Compare(const std::string& options = "") {
    return Shell(E2eScript("compare_trees.py") + (scratch_ / "a") + " " + (scratch_ / "b") + " " +
                 options);
  }

  ScratchDirectory scratch_;
};

TEST_F(CompareTreesTest, ACopyIsEqual) {
  const ShellResult result = Compare();
  EXPECT_EQ(result.exit_code, 0) << result.output << result.error;
  EXPECT_THAT(result.output, testing::StartsWith("equal: "));
}

class CompareTreesDifferenceTest : public CompareTreesTest,
                                   public testing::WithParamInterface<Difference> {};

TEST_P(CompareTreesDifferenceTest, IsNoticed) {
  const Difference& difference = GetParam();
  if (difference.needs_root && !IsRoot()) SKIP_OR_FAIL("needs root");
  ASSERT_TRUE(Succeeds("cd " + (scratch_ / "b") + " && " + difference.change));
  const ShellResult result = Compare();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output,
              testing::HasSubstr(absl::StrCat(difference.kind, ": '", difference.path, "'")))
      << result.error;
}

// `touch -r` and the like keep the directory's times, so that one thing changes at a time.
INSTANTIATE_TEST_SUITE_P(
    Each, CompareTreesDifferenceTest,
    testing::Values(
        Difference{"Missing", "rm d/other", "missing", "d/other"},
        Difference{"Extra", "touch d/more", "extra", "d/more"},
        Difference{"Type", "rm fifo && touch fifo", "type", "fifo"},
        Difference{"Mode", "chmod u+s d/other", "mode", "d/other"},
        Difference{"DirectoryMode", "chmod 1755 empty", "mode", "empty"},
        Difference{"Owner", "chown 1:0 d/other", "owner", "d/other", true},
        Difference{"Group", "chown -h 0:1 link", "owner", "link", true},
        Difference{"Nanosecond", "touch -d '2024-01-02 03:04:05.123456788' file", "mtime", "file"},
        Difference{"DirectoryTime", "touch d", "mtime", "d"},
        Difference{"RootTime", "touch .", "mtime", "."},
        Difference{"SymlinkTime", "touch -h link", "mtime", "link"},
        Difference{"Size", "echo more >> d/other", "size", "d/other"},
        Difference{"Content", "printf C | dd of=d/other conv=notrunc status=none", "content",
                   "d/other"},
        Difference{"ContentInAHole",
                   "printf C | dd of=sparse bs=1 seek=2000000 conv=notrunc status=none", "content",
                   "sparse"},
        Difference{"Target", "ln -sfn fil link", "target", "link"},
        Difference{"Device", "rm device && mknod device c 1 5", "device", "device", true},
        Difference{"AttributeValue", "setfattr -n user.note -v texT file", "xattr", "file"},
        Difference{"AttributeGone", "setfattr -x user.note d", "xattr", "d"},
        Difference{"AttributeMore", "setfattr -n user.more -v x d/other", "xattr", "d/other"},
        Difference{"AccessAcl", "setfacl -x u:1 file", "acl", "file"},
        Difference{"DefaultAcl", "setfacl -k d", "acl", "d"},
        Difference{"LinkBroken", "cp -a file x && mv x file", "links", "file"},
        Difference{"LinkMade", "ln -f d/other x && ln -f x empty/y && ln -f file d/other", "links",
                   "d/other"},
        Difference{"HoleFilled", "cp --sparse=never sparse x && touch -r sparse x && mv x sparse",
                   "sparse", "sparse"}),
    [](const testing::TestParamInfo<Difference>& each) { return each.param.name; });

TEST_F(CompareTreesTest, AnAllowanceCoversItsKindAndPathOnly) {
  ASSERT_TRUE(Succeeds("cd " + (scratch_ / "b") + " && chmod 700 d/other"));
  EXPECT_EQ(Compare("--allow 'mode:d/oth*'").exit_code, 0);
  EXPECT_EQ(Compare("--allow 'mode:file'").exit_code, 1);
  EXPECT_EQ(Compare("--allow 'mtime:d/other'").exit_code, 1);
}

TEST_F(CompareTreesTest, AnAllowanceThatIsNotNeededIsAnError) {
  const ShellResult result = Compare("--allow 'mode:file'");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.output, testing::HasSubstr("no such difference"));
}

}  // namespace
}  // namespace ingot
