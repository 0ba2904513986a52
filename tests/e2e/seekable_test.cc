// Readers that know zstd's seekable format and nothing of ingot.
#include <string>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

TEST(SeekableTest, AnIndependentReaderSeeksToRandomMembers) {
  ScratchDirectory scratch;
  ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + (scratch / "tree")));
  ASSERT_TRUE(Succeeds("cd " + scratch.path() + " && " + IngotCreate() +
                       "--frame-size 1M -o f.tar.zst tree && zstd -q -d f.tar.zst -o stream.tar"));
  EXPECT_TRUE(Succeeds(absl::StrCat("cd ", scratch.path(), " && ", E2eScript("seekable_reader.py"),
                                    "members f.tar.zst stream.tar --seed ", SweepSeed())));
}

TEST(SeekableTest, FramesStartAtMultiplesOf4096) {
  ScratchDirectory scratch;
  ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + (scratch / "tree --many 100")));
  ASSERT_TRUE(Succeeds("cd " + scratch.path() + " && " + IngotCreate() + "-o f.tar.zst tree"));
  ShellResult frames;
  ASSERT_TRUE(
      Succeeds(E2eScript("seekable_reader.py") + "frames " + (scratch / "f.tar.zst"), &frames));
  int with_content = 0;
  for (const std::string& line : Lines(frames.output)) {
    unsigned long long offset, stored, content;
    ASSERT_EQ(std::sscanf(line.c_str(), "%llu %llu %llu", &offset, &stored, &content), 3) << line;
    if (content == 0) continue;
    EXPECT_EQ(offset % 4096, 0) << line;
    ++with_content;
  }
  EXPECT_GT(with_content, 10);
}

}  // namespace
}  // namespace ingot
