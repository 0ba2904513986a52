// bench/compare.py and ingot_limit on a tiny tree, so that neither can rot. Nothing is timed here.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/command.h"

namespace ingot {
namespace {

constexpr int kFiles = 40;

std::string Compare() {
  return absl::StrCat("PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 ",
                      Quote(absl::StrCat(INGOT_TESTS_DIR, "/../bench/compare.py")), " ");
}

class CompareTest : public testing::Test {
 protected:
  void SetUp() override {
    // One file of each sort of size, and a directory in a directory.
    ASSERT_TRUE(Succeeds(absl::StrCat(
        "mkdir -p ", tree_, "/a/b && cd ", tree_, " && seq 100000 > a/text && : > a/empty && ",
        "head -c 5000000 /dev/urandom > a/b/large && for i in $(seq ", kFiles,
        "); do head -c $((i * 997)) /dev/urandom > a/b/$i; done")));
  }
  nlohmann::json Limit(const std::string& words) {
    ShellResult result;
    EXPECT_TRUE(Succeeds(absl::StrCat(Quote(INGOT_LIMIT_BINARY), " ", words), &result));
    return nlohmann::json::parse(result.output, nullptr, false);
  }

  ScratchDirectory scratch_;
  const std::string tree_ = scratch_ / "tree";
  static constexpr int kTreeFiles = kFiles + 3;
  static constexpr uint64_t kTreeBytes = 588'895 + 5'000'000 + 997 * (kFiles * (kFiles + 1) / 2);
};

TEST_F(CompareTest, TheLimitReadsEveryByteOnce) {
  for (const char* how :
       {"", " --threads 1", " --direct 4096", " --ring", " --ring --direct 4096"}) {
    const nlohmann::json told = Limit(absl::StrCat("read ", tree_, how));
    EXPECT_EQ(told["files"], kTreeFiles) << how;
    EXPECT_EQ(told["directories"], 3) << how;
    EXPECT_EQ(told["bytes"], kTreeBytes) << how;
  }
}

TEST_F(CompareTest, TheLimitWritesAllContent) {
  const nlohmann::json told = Limit(absl::StrCat("create ", tree_, " ", scratch_ / "out.zst"));
  EXPECT_EQ(told["bytes"], kTreeBytes);
  ShellResult sizes;
  // A header for each file, and content in blocks.
  ASSERT_TRUE(Succeeds(absl::StrCat("stat -c %s ", scratch_ / "out.zst", "; zstd -dcq ",
                                    scratch_ / "out.zst", " | wc -c; find ", tree_,
                                    " -type f -printf '%s\\n' | awk '{n += 512 + int(($1 + 511) / "
                                    "512) * 512} END {print n}'"),
                       &sizes));
  const std::vector<std::string> lines = Lines(sizes.output);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], absl::StrCat(told["output_bytes"].get<uint64_t>()));
  EXPECT_EQ(lines[1], lines[2]);
}

TEST_F(CompareTest, TheLimitWritesMetadata) {
  // No file of several pieces: those are in no order.
  ASSERT_TRUE(Succeeds("cd " + tree_ +
                       "/a/b && rm large && touch -d '2001-02-03 04:05:06.123456789 UTC' 1 ."));
  Limit(absl::StrCat("create ", tree_, " ", scratch_ / "out.zst", " --metadata"));
  ShellResult listed;
  ASSERT_TRUE(Succeeds("zstd -dcq " + (scratch_ / "out.zst") +
                           " | TZ=UTC tar -tv --full-time | awk '{print $1, $4, $5, $6}'",
                       &listed));
  EXPECT_EQ(Lines(listed.output).size(), kTreeFiles + 1u);
  EXPECT_THAT(listed.output, testing::HasSubstr("drw-r--r-- 2001-02-03 04:05:06.123456789 a/b/\n"));
  EXPECT_THAT(listed.output,
              testing::HasSubstr("-rw-r--r-- 2001-02-03 04:05:06.123456789 a/b/1\n"));
}

TEST_F(CompareTest, TheLimitMakesTheSameTree) {
  const std::string list = " && find . -type d -printf '%P\\n' -o -printf '%P %s\\n' | sort";
  for (const char* how : {"", " --direct 4096"}) {
    const std::string copy = scratch_ / absl::StrCat("copy", how[0] == '\0' ? "" : "-direct");
    EXPECT_EQ(Limit(absl::StrCat("files ", tree_, " ", copy, how))["files"], kTreeFiles);
    EXPECT_TRUE(Succeeds(absl::StrCat("diff <(cd ", tree_, list, ") <(cd ", copy, list, ")")));
  }
}

TEST_F(CompareTest, TheLimitDecompressesIngotsFile) {
  const std::string file = scratch_ / "f.tar.zst";
  ASSERT_TRUE(Succeeds(IngotCreate() + "-q -o " + file + " " + tree_));
  ShellResult size;
  ASSERT_TRUE(Succeeds("zstd -dcq " + file + " | wc -c", &size));
  for (const char* how : {"", " --direct 1"}) {
    EXPECT_EQ(Limit(absl::StrCat("decompress ", file, how))["bytes"], std::stoull(size.output));
  }
}

TEST_F(CompareTest, ALimitThatCannotReadEndsWithAnError) {
  EXPECT_TRUE(
      ExitsWith(1, absl::StrCat(Quote(INGOT_LIMIT_BINARY), " read ", scratch_ / "nothing")));
  EXPECT_TRUE(ExitsWith(2, absl::StrCat(Quote(INGOT_LIMIT_BINARY), " read")));
}

TEST_F(CompareTest, ComparesReportsAndDraws) {
  ShellResult result;
  ASSERT_TRUE(Succeeds(
      absl::StrCat("cd ", scratch_.path(), " && ", Compare(), "run --ingot ", Quote(INGOT_BINARY),
                   " --limit ", Quote(INGOT_LIMIT_BINARY),
                   " --scratch out --json r.json --rounds 1 ",
                   "--no-warm-up --caches hot small=tree && ", Compare(),
                   "report --svg r.svg r.json && /usr/bin/python3 -c 'import xml.dom.minidom; "
                   "xml.dom.minidom.parse(\"r.svg\")' && test -z \"$(ls -A out)\""),
      &result));
  EXPECT_THAT(result.output, testing::HasSubstr("of the fastest peer"));
  const nlohmann::json report =
      nlohmann::json::parse(ReadFile(scratch_ / "r.json"), nullptr, false);
  std::set<std::string> done;
  for (const nlohmann::json& sample : report["samples"]) {
    EXPECT_GT(sample["wall"], 0);
    done.insert(absl::StrCat(sample["operation"].get<std::string>(), ": ",
                             sample["candidate"].get<std::string>()));
  }
  for (const char* operation : {"create", "verify", "one"})
    EXPECT_TRUE(done.contains(absl::StrCat(operation, ": ingot uring"))) << operation;
  for (const char* peer : {"bsdtar zstd 1", "mksquashfs zstd 1", "restic", "borg zstd 1"}) {
    for (const char* operation : {"create", "one"})
      EXPECT_TRUE(done.contains(absl::StrCat(operation, ": ", peer))) << operation << peer;
  }
  EXPECT_TRUE(done.contains("verify: tar | zstd -1 -T0"));
  EXPECT_TRUE(done.contains("create: ingot posix"));
  EXPECT_TRUE(done.contains("create: ingot on one core"));
  EXPECT_THAT(result.output, testing::HasSubstr("of its own time on one core"));
  EXPECT_THAT(result.output, testing::HasSubstr("overlapped with metadata"));
  if (!IsRoot()) SKIP_OR_FAIL("only root can mount the file system that restores go to");
  EXPECT_TRUE(done.contains("restore: ingot uring"));
  EXPECT_TRUE(done.contains("restore: limit: bare files"));
}

}  // namespace
}  // namespace ingot
