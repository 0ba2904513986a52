// Files that others made, given to every verb that reads: each is told apart, with what opens it.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

using testing::HasSubstr;

struct Foreign {
  const char* name;
  const char* make;
  const char* told;
};
const Foreign kForeign[] = {
    {"empty", ": > empty", "too short; it is empty"},
    {"byte", "printf x > byte",
     "too short; it is neither zstd nor tar; if it was a container, ingot salvage finds what is "
     "left"},
    {"garbage", "head -c 100000 /dev/urandom | tr -d '\\050' > garbage",
     "it is neither zstd nor tar; if it was a container, ingot salvage finds what is left"},
    {"zeros", "head -c 100000 /dev/zero > zeros",
     "it is neither zstd nor tar; if it was a container, ingot salvage finds what is left"},
    {"huge", "truncate -s 15T huge || truncate -s 100G huge",
     "it is neither zstd nor tar; if it was a container, ingot salvage finds what is left"},
    {"text.zst", "seq 9999 | zstd -q -o text.zst", "it is zstd"},
    {"gnu.tar", "tar -cf gnu.tar tree", "it is a plain tar archive: tar -xf opens it"},
    {"posix.tar", "tar --format=posix -cf posix.tar tree", "it is a plain tar archive"},
    {"bsd.tar", "bsdtar -cf bsd.tar tree", "it is a plain tar archive"},
    {"gnu.tar.zst", "tar --zstd -cf gnu.tar.zst tree", "it is zstd"},
    {"bsd.tar.zst", "bsdtar --zstd -cf bsd.tar.zst tree",
     "tar --zstd -xf may get at what else it holds"},
    {"gnu.tar.gz", "tar -czf gnu.tar.gz tree", "it is gzip: tar -xzf opens it"},
    {"bsd.tar.xz", "bsdtar -cJf bsd.tar.xz tree", "it is xz: tar -xJf opens it"},
    {"bsd.zip", "bsdtar -a -cf bsd.zip tree", "it is a zip archive"},
};

class ForeignTest : public testing::Test {
 protected:
  std::string In(const std::string& command) const {
    return absl::StrCat("cd ", scratch_.path(), " && ", command);
  }
  ScratchDirectory scratch_;
};

TEST_F(ForeignTest, EveryVerbSaysInOneLineWhatItIs) {
  ASSERT_TRUE(Succeeds(In("mkdir -p tree/d out && seq 1000 > tree/d/f && ln -s f tree/d/l")));
  for (const Foreign& foreign : kForeign) {
    ASSERT_TRUE(Succeeds(In(foreign.make))) << foreign.name;
    for (const std::string verb : {"verify ", "verify --quick ", "list ", "info ", "cat ",
                                   "restore -C out ", "salvage -C out "}) {
      const bool salvage = verb == "salvage -C out ";
      if (salvage && foreign.name == std::string("huge")) continue;  // it reads all of it
      ShellResult result;
      const std::string member = verb == "cat " ? " tree/d/f" : "";
      EXPECT_TRUE(ExitsWith(4, In(IngotCommand() + verb + foreign.name + member), &result));
      EXPECT_THAT(result.error,
                  HasSubstr(salvage ? "nothing of an ingot container is in it" : foreign.told))
          << verb << foreign.name;
      EXPECT_THAT(result.error, HasSubstr(absl::StrCat("ingot: error: ", foreign.name, ": ")));
      EXPECT_EQ(Lines(result.error).size(), 1u) << result.error;
      EXPECT_EQ(result.output, "");
    }
  }
  EXPECT_EQ(Shell(In("ls -A out")).output, "");
}

TEST_F(ForeignTest, WhatIsNoFileAtAll) {
  ASSERT_TRUE(Succeeds(In("mkdir directory out && mkfifo pipe")));
  for (const std::string verb :
       {"verify ", "list ", "info ", "restore -C out ", "salvage -C out "}) {
    for (const std::string name : {"directory", "pipe", "/dev/null", "missing"}) {
      ShellResult result = Shell(In("timeout 20 " + IngotCommand() + verb + name));
      EXPECT_TRUE(result.exit_code == 1 || result.exit_code == 2 || result.exit_code == 4)
          << verb << name << " ended with " << result.exit_code;
      EXPECT_THAT(result.error, HasSubstr(name));
      EXPECT_EQ(Lines(result.error).size(), 1u) << result.error;
    }
  }
}

}  // namespace
}  // namespace ingot
