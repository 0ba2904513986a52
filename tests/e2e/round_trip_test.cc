// create -> every way back: ingot, GNU tar, bsdtar, zstd. Content and all metadata must be as they
// were.
#include <string>
#include <vector>

#include "tests/e2e/command.h"

namespace ingot {
namespace {

class RoundTripTest : public testing::Test {
 protected:
  void MakeTree(const std::string& options = "") {
    ASSERT_TRUE(Succeeds(E2eScript("make_nasty_tree.py") + tree_ + " " + options, &made_));
  }
  void Create(const std::string& options = "") {
    ASSERT_TRUE(Succeeds("cd " + scratch_.path() + " && " + IngotCreate() + options +
                         " -o file.tar.zst tree"));
  }
  // A fresh directory to restore into.
  std::string Fresh(const std::string& name) {
    EXPECT_TRUE(Succeeds("mkdir " + (scratch_ / name)));
    return scratch_ / name;
  }

  ScratchDirectory scratch_;
  const std::string tree_ = scratch_ / "tree";
  const std::string file_ = scratch_ / "file.tar.zst";
  ShellResult made_;
};

TEST_F(RoundTripTest, TheNastyTreeIsWhole) {
  MakeTree();
  if (!IsRoot()) SKIP_OR_FAIL("only root can make devices, owners and trusted attributes");
  if (!made_.error.empty())
    SKIP_OR_FAIL("this machine does not let root make all of it: " + made_.error);
}

TEST_F(RoundTripTest, Ingot) {
  MakeTree("--beyond-path-max");
  Create();
  ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + file_));
  const std::string out = Fresh("out");
  ASSERT_TRUE(Succeeds(IngotCommand() + "restore " + file_ + " -C " + out));
  EXPECT_TRUE(SameTrees(tree_, out + "/tree"));
}

TEST_F(RoundTripTest, GnuTar) {
  MakeTree();
  Create();
  const std::string out = Fresh("out");
  ASSERT_TRUE(Succeeds(TarExtract(file_, out)));
  EXPECT_TRUE(SameTrees(tree_, out + "/tree"));
}

TEST_F(RoundTripTest, ZstdThenGnuTar) {
  MakeTree();
  Create();
  ASSERT_TRUE(Succeeds("zstd -q -t " + file_));
  const std::string out = Fresh("out");
  ASSERT_TRUE(Succeeds("zstd -q -d -c " + file_ +
                       " | tar --xattrs --xattrs-include='*' --acls -xpf - -C " + out));
  EXPECT_TRUE(SameTrees(tree_, out + "/tree"));
}

TEST_F(RoundTripTest, Bsdtar) {
  MakeTree();
  Create();
  const std::string out = Fresh("out");
  ASSERT_TRUE(Succeeds(BsdtarExtract(file_, out)));
  // libarchive 3.6 reads the fraction of a negative time with the wrong sign.
  EXPECT_TRUE(SameTrees(tree_, out + "/tree",
                        {"mtime:times/-1", "mtime:times/-1000000001", "mtime:times/-1500000000",
                         "mtime:times/-1576800000250000000"}));
}

TEST_F(RoundTripTest, OneMebibyteFrames) {
  MakeTree();
  Create("--frame-size 1M --level 3");
  ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + file_));
  const std::string ours = Fresh("ours"), theirs = Fresh("theirs");
  ASSERT_TRUE(Succeeds(IngotCommand() + "restore " + file_ + " -C " + ours));
  EXPECT_TRUE(SameTrees(tree_, ours + "/tree"));
  ASSERT_TRUE(Succeeds(TarExtract(file_, theirs)));
  EXPECT_TRUE(SameTrees(tree_, theirs + "/tree"));
}

TEST_F(RoundTripTest, AsAnOrdinaryUser) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root, to become somebody else");
  // Our own build directory may be closed to others.
  ASSERT_TRUE(Succeeds("cd " + scratch_.path() + " && chmod 755 . && cp " + Quote(INGOT_BINARY) +
                       " ingot && cp " INGOT_TESTS_DIR
                       "/e2e/make_nasty_tree.py . && mkdir home && chown 65534:65534 home"));
  const std::string nobody = "cd " + (scratch_ / "home") + " && " + kAsNobody;
  ASSERT_TRUE(Succeeds(nobody + "/usr/bin/python3 ../make_nasty_tree.py tree"));
  ASSERT_TRUE(
      Succeeds(nobody + "../ingot create --io " + TestEngineName() + " -o file.tar.zst tree"));
  ASSERT_TRUE(Succeeds(nobody + "../ingot verify file.tar.zst"));
  ASSERT_TRUE(Succeeds(nobody + "mkdir ours theirs"));
  ASSERT_TRUE(Succeeds(nobody + "../ingot restore file.tar.zst -C ours"));
  EXPECT_TRUE(SameTrees(scratch_ / "home/tree", scratch_ / "home/ours/tree"));
  ASSERT_TRUE(Succeeds(
      nobody + "tar --zstd --xattrs --xattrs-include='*' --acls -xpf file.tar.zst -C theirs"));
  EXPECT_TRUE(SameTrees(scratch_ / "home/tree", scratch_ / "home/theirs/tree"));
}

TEST_F(RoundTripTest, ListNamesWhatTarNames) {
  MakeTree("--many 50");
  Create();
  ShellResult tar, ingot;
  ASSERT_TRUE(Succeeds("tar --zstd --quoting-style=literal --show-transformed-names -tf " + file_ +
                           " | sed 's,/$,,'",
                       &tar));
  ASSERT_TRUE(Succeeds(IngotCommand() + "list --json " + file_ +
                           " | /usr/bin/python3 -c '\n"
                           "import base64, json, sys\n"
                           "for line in sys.stdin:\n"
                           "    entry = json.loads(line)\n"
                           "    path = base64.b64decode(entry[\"path_base64\"]) if \"path_base64\" "
                           "in entry else entry[\"path\"].encode()\n"
                           "    sys.stdout.buffer.write(path + b\"\\n\")\n'",
                       &ingot));
  EXPECT_EQ(tar.output, ingot.output);
}

TEST_F(RoundTripTest, CatGivesTheContent) {
  MakeTree("--many 10");
  Create();
  for (const char* path :
       {"sizes/slices", "sizes/empty", "sizes/4194304", "sparse/hole-middle",
        "sparse/all-hole-small", "links/one/before", "names/newline\nin it", "names/latin1-\xfc"}) {
    EXPECT_TRUE(Succeeds(IngotCommand() + "cat " + file_ + " " +
                         Quote(absl::StrCat("tree/", path)) + " | cmp - " +
                         Quote(absl::StrCat(tree_, "/", path))));
  }
}

TEST_F(RoundTripTest, ExcludedIsLeftOut) {
  ASSERT_TRUE(Succeeds("cd " + scratch_.path() +
                       " && mkdir -p tree/keep tree/cache/deep && touch tree/keep/a "
                       "tree/keep/a.tmp tree/cache/deep/b"));
  Create("--exclude '*.tmp' --exclude cache");
  ShellResult listed;
  ASSERT_TRUE(Succeeds("tar --zstd -tf " + file_, &listed));
  EXPECT_EQ(listed.output, "tree/\ntree/keep/\ntree/keep/a\n");
}

TEST_F(RoundTripTest, OneFileSystem) {
  if (!IsRoot()) SKIP_OR_FAIL("needs root, to mount");
  WriteFile(scratch_ / "script",
            "cd " + scratch_.path() +
                "\nmkdir -p tree/mounted\ntouch tree/a\nmount -t tmpfs none tree/mounted\n" +
                "touch tree/mounted/b\n" + IngotCreate() +
                "--one-file-system -o one.tar.zst tree\n" + IngotCreate() +
                "-o all.tar.zst tree\ntar --zstd -tf one.tar.zst\necho and\ntar --zstd -tf "
                "all.tar.zst\n");
  ShellResult listed;
  ASSERT_TRUE(Succeeds("unshare -m bash -e " + (scratch_ / "script"), &listed));
  EXPECT_EQ(listed.output,
            "tree/\ntree/a\ntree/mounted/\nand\ntree/\ntree/a\ntree/mounted/\ntree/mounted/b\n");
}

TEST_F(RoundTripTest, MoreThanEightGibibytesOfData) {
  constexpr uint64_t kBytes = (uint64_t{9} << 30) + 1;
  ASSERT_TRUE(Succeeds("mkdir " + tree_));
  if (!Allocate(tree_ + "/big", kBytes))
    SKIP_OR_FAIL("cannot allocate 9 GiB in " + scratch_.path());
  Create();
  ShellResult listed;
  ASSERT_TRUE(Succeeds("tar --zstd -tvf " + file_ + " | awk '{print $3}' | tail -1", &listed));
  EXPECT_EQ(listed.output, absl::StrCat(kBytes, "\n"));
  EXPECT_TRUE(Succeeds(IngotCommand() + "verify " + file_));
}

TEST(RandomTreeSweep, RoundTrips) {
  const uint64_t rounds = SweepRounds(5);
  for (uint64_t round = 0; round < rounds; ++round) {
    const uint64_t seed = SweepSeed() * 1000 + round;
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ScratchDirectory scratch;
    const char* const frame_sizes[] = {"1M", "2M", "4M", "16M"};
    ASSERT_TRUE(Succeeds(
        absl::StrCat(E2eScript("make_nasty_tree.py"), scratch / "tree", " --random ", seed)));
    ASSERT_TRUE(Succeeds(absl::StrCat("cd ", scratch.path(), " && ", IngotCreate(), " --threads ",
                                      1 + seed % 5, " --frame-size ", frame_sizes[seed % 4],
                                      " -o f.tar.zst tree && mkdir ours theirs")));
    ASSERT_TRUE(Succeeds(IngotCommand() + "verify " + (scratch / "f.tar.zst")));
    ASSERT_TRUE(Succeeds(IngotCommand() + "restore " + (scratch / "f.tar.zst") + " -C " +
                         (scratch / "ours")));
    ASSERT_TRUE(SameTrees(scratch / "tree", scratch / "ours/tree"));
    ASSERT_TRUE(Succeeds(TarExtract(scratch / "f.tar.zst", scratch / "theirs")));
    ASSERT_TRUE(SameTrees(scratch / "tree", scratch / "theirs/tree"));
  }
}

}  // namespace
}  // namespace ingot
