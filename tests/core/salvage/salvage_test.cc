#include "core/salvage/salvage.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/format/frame.h"
#include "core/format/tar.h"
#include "tests/core/container/container_fixture.h"
#include "tests/core/salvage/damage.h"
#include "tests/testing.h"

namespace ingot {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Runs, slices, a header apart, a sparse member, links, attributes; a frame for nearly each.
ContainerBuilder Rich() {
  ContainerBuilder builder;
  Member tagged = RegularMember("r/tagged", 3);
  tagged.xattrs = {{"user.color", "blue"}};
  Member holes = RegularMember("r/holes", 9 << 20);
  holes.sparse = true;
  holes.extents = {{0, 512}, {3 << 20, 1 << 20}, {(8 << 20) + 4096, 512}};
  const std::string big = Noise((2 << 20) + 5);
  builder.Add(DirectoryMember("r")).AddFile("r/a", "alpha");
  builder.AddSliced(RegularMember("r/big", big.size()), big, {1 << 20, 1 << 20, 5}, true);
  builder.AddFile("r/empty", "").EndFrame();
  builder.AddSliced(holes, Noise((1 << 20) + 1024, 2), {512, 1 << 20, 512});
  builder.Add(HardLinkMember("r/link", "r/a")).EndFrame();
  builder.Add(SymlinkMember("r/sym", "a")).Add(tagged, "xyz");
  // Sorts before the first run, and links to what lies in it.
  builder.Run().AddFile("q", "second run").Add(HardLinkMember("q2", "r/empty"));
  return builder;
}

class SalvageTest : public testing::Test {
 protected:
  static const KnownContainer& Whole() {
    static const KnownContainer known = Know(Rich().Build());
    return known;
  }
  // Where each frame of the container begins, and last where the end-of-archive frame does.
  static std::vector<size_t> FrameBegins(const std::string& bytes) {
    ScratchDirectory scratch;
    const auto container = OpenBytes(bytes, scratch / "c");
    std::vector<size_t> begins;
    for (const FrameInfo& frame : container->frames()) begins.push_back(frame.offset);
    begins.push_back(container->frames().back().offset +
                     LabelledFrameBytes(container->frames().back().stored_bytes));
    return begins;
  }
  static std::vector<std::string> Parts(const std::string& bytes) {
    const std::vector<size_t> begins = FrameBegins(bytes);
    std::vector<std::string> parts;
    for (size_t i = 0; i + 1 < begins.size(); ++i) {
      parts.push_back(bytes.substr(begins[i], begins[i + 1] - begins[i]));
    }
    parts.push_back(bytes.substr(begins.back()));
    return parts;
  }
  static void ExpectAll(const SalvageResult& result) {
    ASSERT_OK(result.status);
    EXPECT_EQ(result.tree, Whole().tree);
    EXPECT_THAT(result.told, IsEmpty());
  }
};

TEST_F(SalvageTest, AWholeContainerIsAllThere) {
  const SalvageResult result = SalvageBytes(Whole().bytes);
  ExpectAll(result);
  EXPECT_TRUE(result.report.NothingLost());
  EXPECT_EQ(result.report.damaged_bytes, 0u);
  EXPECT_EQ(result.report.members, Whole().members.size());
  EXPECT_EQ(result.report.frames, result.report.frames_expected);
}

TEST_F(SalvageTest, WithoutItsTail) {
  const std::vector<size_t> begins = FrameBegins(Whole().bytes);
  // Index, root and seek table gone; then the end of archive, too.
  for (const size_t length : {begins.back() + 15, begins.back()}) {
    const SalvageResult result = SalvageBytes(Whole().bytes.substr(0, length));
    ExpectAll(result);
    EXPECT_FALSE(result.report.NothingLost());  // who knows what was behind it
    EXPECT_FALSE(result.report.has_root);
  }
}

TEST_F(SalvageTest, WithoutItsRootButWithItsBlocks) {
  std::string bytes = Whole().bytes;
  const size_t root = bytes.rfind("IGIR");
  ASSERT_NE(root, std::string::npos);
  bytes[root + 30] ^= 1;
  bytes[FrameBegins(Whole().bytes)[0] + 20] ^= 1;  // r and r/a
  const SalvageResult result = SalvageBytes(bytes);
  ASSERT_OK(result.status);
  EXPECT_THAT(result.told, ElementsAre("r", "r/a", "r/link"));
  EXPECT_FALSE(result.report.has_root);
  ExpectExactSalvage(Whole(), bytes);
}

TEST_F(SalvageTest, ALostBlockOfTheIndexIsCounted) {
  std::string bytes = Whole().bytes;
  const size_t block = bytes.find("IGIB");  // of the first run
  bytes[block + 30] ^= 1;
  bytes[FrameBegins(Whole().bytes)[0] + 20] ^= 1;
  const SalvageResult result = SalvageBytes(bytes);
  EXPECT_THAT(result.told, ElementsAre("r/link"));  // whose carrier has no name any more
  EXPECT_EQ(result.report.index_blocks_lost, 1u);
  EXPECT_EQ(result.report.lost_unnamed, 2u);  // r and r/a
  EXPECT_FALSE(result.report.NothingLost());
}

TEST_F(SalvageTest, ShuffledParts) {
  std::vector<std::string> parts = Parts(Whole().bytes);
  std::mt19937_64 random(7);
  for (int round = 0; round < 5; ++round) {
    std::shuffle(parts.begin(), parts.end(), random);
    std::string bytes;
    for (const std::string& part : parts) {
      bytes += part;
      bytes.resize((bytes.size() + 4095) / 4096 * 4096);  // the tail is no multiple
    }
    const SalvageResult result = SalvageBytes(bytes);
    ExpectAll(result);
    EXPECT_TRUE(result.report.NothingLost());
  }
}

// Also where they do not begin at multiples of 4096 any more.
TEST_F(SalvageTest, PartsCutOutAndPutIn) {
  const std::vector<size_t> begins = FrameBegins(Whole().bytes);
  for (const size_t bytes_put_in : {1, 100, 4097}) {
    for (const size_t part : {size_t{0}, size_t{1}, begins.size() - 1}) {
      std::string bytes = Whole().bytes;
      bytes.insert(begins[part], std::string(bytes_put_in, 'x'));
      const SalvageResult result = SalvageBytes(bytes);
      ExpectAll(result);
      EXPECT_TRUE(result.report.NothingLost());
      EXPECT_EQ(result.report.damaged_bytes, bytes_put_in);
    }
  }
  std::string cut = Whole().bytes;
  cut.erase(begins[2] + 1000, 100);  // in a slice of r/big
  const SalvageResult result = SalvageBytes(cut);
  EXPECT_THAT(result.told, ElementsAre("r/big"));
  EXPECT_EQ(result.report.stray_slices, 2u);  // the other ones
  EXPECT_EQ(result.tree.size(), Whole().tree.size() - 1);
}

TEST_F(SalvageTest, AFrameThatLostItsLabel) {
  std::string bytes = Whole().bytes;
  const size_t label = bytes.find("IGLB");
  bytes[label] ^= 1;
  const SalvageResult result = SalvageBytes(bytes);
  ExpectAll(result);
  EXPECT_EQ(result.report.frames_without_label, 1u);
  EXPECT_TRUE(result.report.NothingLost());  // the index proves it
  EXPECT_GT(result.report.damaged_bytes, 0u);
}

// In its frames there is more than anybody would read of a file of that length.
TEST_F(SalvageTest, WhatCompressesWellIsAllLookedAt) {
  const std::string content(kFrameContentBytesMax, '\0');
  std::string frame(FrameBytesMax(content.size()), '\0');
  frame.resize(*FrameCompressor(1).Compress(content, absl::MakeSpan(frame)));
  ContainerBuilder builder;
  for (int i = 0; i < 18; ++i) builder.AddStoredFrame(frame, kFrameContentBytesMax);
  builder.AddFile("last", "of more than a GiB");
  const SalvageResult result = SalvageBytes(builder.Build());
  EXPECT_EQ(result.report.frames, 19u);
  EXPECT_EQ(result.report.frames_broken, 0u);
  EXPECT_TRUE(result.report.index_complete);
  EXPECT_TRUE(result.tree.contains("last"));
}

// Of a large member: the frame before says that it goes on, the length fits, the index proves it.
TEST_F(SalvageTest, SlicesThatLostTheirLabels) {
  std::vector<size_t> labels;
  for (size_t at = 0; (at = Whole().bytes.find("IGLB", at)) != std::string::npos; ++at) {
    labels.push_back(at);
  }
  const std::vector<std::vector<size_t>> cases = {{2}, {3}, {4}, {2, 3}, {3, 4, 5}, {1, 2, 3, 4}};
  for (const std::vector<size_t>& frames : cases) {
    SCOPED_TRACE(testing::PrintToString(frames));
    std::string bytes = Whole().bytes;
    for (const size_t frame : frames) bytes[labels[frame] + 20] ^= 1;
    const SalvageResult result = SalvageBytes(bytes);
    ExpectAll(result);
    EXPECT_TRUE(result.report.NothingLost());
    EXPECT_EQ(result.report.frames_without_label, frames.size());
    // Without an index it could be a part of something else.
    const SalvageResult unproved =
        SalvageBytes(absl::string_view(bytes).substr(0, FrameBegins(Whole().bytes).back()));
    EXPECT_FALSE(unproved.tree.contains("r/big"));
    EXPECT_THAT(unproved.told, testing::Contains("r/big"));
  }
}

// Of a container without an index, of which the label of its only frame is left.
TEST_F(SalvageTest, ADamagedFrameThatNoIndexNamesIsTold) {
  ContainerBuilder other;
  other.AddFile("n/lost", "nobody knows of it");
  std::string part = Parts(other.Build())[0];
  part[20] ^= 1;
  const SalvageResult result = SalvageBytes(Whole().bytes + part);
  EXPECT_EQ(result.tree, Whole().tree);
  EXPECT_EQ(result.report.frames_broken, 1u);
  EXPECT_FALSE(result.report.NothingLost());
}

TEST_F(SalvageTest, AHardLinkNeverLeadsToAnotherVersion) {
  ContainerBuilder first, second;
  first.AddFile("x", "VERSION-ONE").Add(HardLinkMember("y", "x"));
  second.AddFile("x", "version-two");
  const std::string one = first.Build();
  const std::string two = second.Build();
  for (const std::string& bytes :
       {Parts(one)[0] + two, two + Parts(one)[0], Parts(one)[0] + Parts(two)[0]}) {
    const SalvageResult result = SalvageBytes(bytes);
    ASSERT_OK(result.status);
    EXPECT_EQ(result.tree.size(), 1u);
    EXPECT_THAT(result.told, ElementsAre("x", "y"));
  }
  // The index knows both.
  const SalvageResult known = SalvageBytes(one + Parts(two)[0]);
  EXPECT_EQ(known.tree, Know(one).tree);
  EXPECT_THAT(known.told, ElementsAre("x"));
  // It knows that this x is another one.
  ContainerBuilder apart;
  apart.AddFile("x", "VERSION-ONE").EndFrame().Add(HardLinkMember("y", "x"));
  std::string stale = apart.Build();
  stale.replace(0, 4096, Parts(two)[0]);
  const SalvageResult replaced = SalvageBytes(stale);
  EXPECT_THAT(replaced.told, ElementsAre("x", "y"));
  EXPECT_EQ(replaced.tree.size(), 1u);
}

TEST_F(SalvageTest, TheSameFrameTwiceIsNothingNew) {
  const std::string part = Parts(Whole().bytes)[0];
  const SalvageResult result = SalvageBytes(Whole().bytes + std::string(4096, '\0') + part);
  ExpectAll(result);
  EXPECT_TRUE(result.report.NothingLost());
}

TEST_F(SalvageTest, TwoContainersInOneFile) {
  ContainerBuilder other;
  other.AddFile("q", "of another container").AddFile("z", "zeta");
  const std::string second = other.Build();
  const SalvageResult result = SalvageBytes(Whole().bytes + second);
  ASSERT_OK(result.status);
  TreeContent tree = result.tree;
  EXPECT_EQ(tree.erase("z"), 1u);
  EXPECT_EQ(tree, Whole().tree);  // the first one's q
  EXPECT_THAT(result.told, ElementsAre("q"));
  EXPECT_FALSE(result.report.NothingLost());

  const SalvageResult reversed = SalvageBytes(second + Whole().bytes);
  EXPECT_NE(reversed.tree.at("q"), Whole().tree.at("q"));
  EXPECT_THAT(reversed.told, ElementsAre("q"));
}

// What is left of a frame whose first member is refused does not continue the frame before it.
TEST_F(SalvageTest, AFrameWhoseFirstMemberIsRefused) {
  ContainerBuilder first, second;
  first.AddFile("a", "alpha").EndFrame().AddFile("c", "gamma");
  second.AddFile("a", "another").AddFile("b", "beta");
  const SalvageResult result = SalvageBytes(first.Build() + second.Build());
  ASSERT_OK(result.status);
  EXPECT_THAT(result.told, ElementsAre("a"));
  EXPECT_EQ(result.tree.size(), 3u);
}

// A block that was never written shows what lay there before: a part of an older backup.
TEST_F(SalvageTest, AStaleFrameIsNoPartOfTheContainer) {
  ContainerBuilder now, before;
  now.AddFile("a", "new a").EndFrame().AddFile("b", "new b").EndFrame().AddFile("c", "new c");
  before.AddFile("a", "old a").EndFrame().AddFile("b", "old b").EndFrame();
  std::string bytes = now.Build();
  bytes.replace(4096, 4096, before.Build().substr(4096, 4096));
  const SalvageResult result = SalvageBytes(bytes);
  ASSERT_OK(result.status);
  EXPECT_THAT(result.told, ElementsAre("b"));
  EXPECT_EQ(result.report.Lost(LossKind::kVersion), 1u);
  EXPECT_FALSE(result.report.NothingLost());

  // Before the right one: the index knows which it is.
  const SalvageResult chosen = SalvageBytes(before.Build().substr(4096, 4096) + now.Build());
  EXPECT_EQ(chosen.tree, Know(now.Build()).tree);
}

// A backup that was killed while the dump was still coming: its header says 0 bytes.
TEST_F(SalvageTest, AStreamWhoseEndWasNeverSeenIsLost) {
  const Member dump = RegularMember("database/dump.sql", 0);
  ContainerBuilder builder;
  builder.AddFile("a", "before").Add(dump);
  builder.change_label = [&dump](uint64_t, FrameLabel* label) {
    label->continued = true;
    label->member = SlicedMemberId(dump.path, dump.mtime);
  };
  const std::string whole = builder.Build();
  const SalvageResult result = SalvageBytes(whole.substr(0, FrameBegins(whole).back()));
  EXPECT_THAT(result.tree, ElementsAre(testing::Key("a")));
  EXPECT_THAT(result.told, ElementsAre("database/dump.sql"));
}

// Blocks of an earlier backup that were never overwritten: of the same path and size, in place.
TEST_F(SalvageTest, ASliceOfAnEarlierBackupIsNoPartOfThisOne) {
  const auto dump = [](int64_t seconds) {
    ContainerBuilder builder;
    const std::string content = Noise(2 << 20, static_cast<uint64_t>(seconds));
    Member member = RegularMember("dump", content.size());
    member.mtime.seconds = seconds;
    builder.AddSliced(member, content, {1 << 20, 1 << 20}, true);
    return builder.Build();
  };
  const std::string earlier = dump(1'000'000);
  const std::vector<size_t> begins = FrameBegins(earlier);
  std::string bytes = dump(1'086'400).substr(0, begins.back());
  bytes.replace(begins[1], begins[2] - begins[1], earlier, begins[1], begins[2] - begins[1]);
  const SalvageResult result = SalvageBytes(bytes);
  EXPECT_THAT(result.tree, IsEmpty());
  EXPECT_THAT(result.told, ElementsAre("dump"));
  EXPECT_EQ(result.report.stray_slices, 2u);
}

// Slices tell their member's path and time, and their offset; here two backups have the same.
TEST_F(SalvageTest, SlicesOfTwoVersionsAreNeverMixed) {
  const auto dump = [](uint64_t seed) {
    ContainerBuilder builder;
    const std::string content = Noise((2 << 20) + 5, seed);
    builder.AddSliced(RegularMember("dump", content.size()), content, {1 << 20, 1 << 20, 5}, true);
    return builder.Build();
  };
  const std::string first = dump(1);
  const std::string second = dump(2);
  const size_t tail = FrameBegins(first).back();
  const KnownContainer known_first = Know(first);
  const KnownContainer known_second = Know(second);
  for (const bool with_index : {true, false}) {
    const size_t length = with_index ? first.size() : tail;
    std::string bytes = first.substr(0, length) + second.substr(0, length);
    EXPECT_EQ(SalvageBytes(bytes).tree, known_first.tree);
    // The first one's last slice is lost, but not the second one's.
    bytes[FrameBegins(first)[3] + 8] ^= 1;
    const SalvageResult result = SalvageBytes(bytes);
    EXPECT_EQ(result.tree, known_second.tree) << with_index;
    if (with_index) {
      EXPECT_THAT(result.told, ElementsAre("dump"));
    } else {
      EXPECT_GT(result.report.stray_slices, 0u);
    }
  }
}

// The first one's slice has lost its label or is damaged, the second one has lost its head.
TEST_F(SalvageTest, NoVersionIsCompletedFromAnother) {
  const auto large = [](uint64_t seed) {
    ContainerBuilder builder;
    const std::string content = Noise(4 << 20, seed);
    builder.AddSliced(RegularMember("db", content.size()), content,
                      {1 << 20, 1 << 20, 1 << 20, 1 << 20});
    return builder.Build();
  };
  const std::string first = large(1);
  const std::vector<size_t> begins = FrameBegins(first);
  std::string second = large(2).substr(0, begins.back());
  second[500] ^= 1;
  second[second.find("IGLB") + 20] ^= 1;
  for (const bool label : {true, false}) {
    for (const bool with_index : {true, false}) {
      std::string bytes = first.substr(0, with_index ? first.size() : begins.back()) + second;
      bytes[label ? bytes.find("IGLB", begins[2]) + 20 : begins[2] + 500] ^= 1;
      const SalvageResult result = SalvageBytes(bytes);
      ASSERT_OK(result.status);
      if (label && with_index) {
        EXPECT_EQ(result.tree, Know(first).tree);
      } else {
        EXPECT_THAT(result.tree, IsEmpty());
        EXPECT_THAT(result.told, ElementsAre("db"));
      }
    }
  }
}

TEST_F(SalvageTest, AHeadThatIsThereTwiceIsOne) {
  const std::string content = Noise(2 << 20);
  ContainerBuilder builder;
  builder.AddSliced(RegularMember("z", content.size()), content, {1 << 20, 1 << 20});
  const std::string whole = builder.Build();
  const std::vector<size_t> begins = FrameBegins(whole);
  const std::string head = whole.substr(0, begins[1]);
  const SalvageResult result = SalvageBytes(head + head + whole.substr(0, begins.back()));
  EXPECT_EQ(result.tree, Know(whole).tree);
  EXPECT_THAT(result.told, IsEmpty());
}

// Of two runs, as the paths of two containers lie between each other's: the link is in the first.
TEST_F(SalvageTest, AHardLinkNeverLeadsToWhatTheIndexDoesNotKnow) {
  ContainerBuilder first, second;
  first.AddFile("a/0", "0").AddFile("a/2", "2").EndFrame();
  first.AddFile("b/x", "the one").EndFrame();
  first.AddFile("c/1", "1").Add(HardLinkMember("c/y", "b/x"));
  second.AddFile("a/1", "1").AddFile("b/x", "other").AddFile("c/zz", "z");
  std::string bytes = first.Build();
  bytes[FrameBegins(bytes)[1] + 20] ^= 1;
  const SalvageResult result = SalvageBytes(bytes + Parts(second.Build())[0]);
  ASSERT_OK(result.status);
  EXPECT_FALSE(result.tree.contains("c/y"));
  EXPECT_THAT(result.told, ElementsAre("b/x", "c/y"));
}

// zstd leaves what it cannot make smaller as it is: there a small container's frames can be seen.
TEST_F(SalvageTest, AContainerInsideOfAMemberIsLeftAlone) {
  ContainerBuilder inner;
  for (int i = 0; i < 3; ++i) inner.AddFile(absl::StrCat("inner", i), "x").EndFrame();
  const std::string file = inner.Build();
  const std::string stored =
      RawFrame(absl::StrCat(*EncodeTarHeader(RegularMember("inner.tar.zst", file.size())), file,
                            std::string(TarPadding(file.size()), '\0')));
  FrameLabel label;
  label.stored_bytes = static_cast<uint32_t>(stored.size());
  label.content_bytes = static_cast<uint32_t>(stored.size() - RawFrame("").size());
  label.stored_digest = HashBytes(stored);
  std::string frame = stored;
  frame.resize(LabelledFrameBytes(stored.size()));
  WriteLabel(label, absl::MakeSpan(frame));
  std::string bytes = absl::StrCat(Parts(Whole().bytes)[0], frame);
  const SalvageResult whole = SalvageBytes(bytes);
  ASSERT_OK(whole.status);
  EXPECT_EQ(whole.report.frames, 2u);
  EXPECT_EQ(whole.tree.size(), 3u);  // r, r/a, inner.tar.zst
  // Its frame is damaged behind the inner ones.
  bytes[bytes.size() - frame.size() + stored.size() - 5] ^= 1;
  const SalvageResult damaged = SalvageBytes(bytes);
  ASSERT_OK(damaged.status);
  EXPECT_EQ(damaged.report.frames, 1u);
  EXPECT_EQ(damaged.tree.size(), 2u);
  EXPECT_EQ(damaged.report.frames_broken, 1u);
}

// Nor are its index and its end parts of the outer one, whose frame may have lost its label.
TEST_F(SalvageTest, AWholeContainerInsideOfAMember) {
  ContainerBuilder inner, outer;
  inner.AddFile("inner", Noise(200'000)).EndFrame().AddFile("more", Noise(200'000, 2));
  outer.AddFile("a", "alpha").AddFile("inner.tar.zst", inner.Build()).AddFile("z", "zeta");
  std::string bytes = outer.Build();
  const KnownContainer known = Know(bytes);
  ASSERT_NE(bytes.find("IGIR"), bytes.rfind("IGIR"));
  for (const bool label : {true, false}) {
    if (!label) bytes[bytes.rfind("IGLB") + 20] ^= 1;
    const SalvageResult result = SalvageBytes(bytes);
    ASSERT_OK(result.status);
    EXPECT_EQ(result.tree, known.tree);
    EXPECT_THAT(result.told, IsEmpty());
    EXPECT_TRUE(result.report.NothingLost());
    EXPECT_EQ(result.report.frames_without_label, label ? 0u : 1u);
  }
}

TEST_F(SalvageTest, NothingOfOurs) {
  for (const std::string& bytes :
       {std::string(), std::string(10000, '\0'), Noise(100000), std::string("IGLB")}) {
    const SalvageResult result = SalvageBytes(bytes);
    EXPECT_TRUE(absl::IsDataLoss(result.status)) << result.status;
  }
}

TEST_F(SalvageTest, OnlyWhatIsAskedForIsTold) {
  std::string bytes = Whole().bytes;
  bytes[FrameBegins(Whole().bytes)[0] + 20] ^= 1;
  ScratchDirectory scratch;
  WriteFile(scratch / "c", bytes);
  SalvageOptions options;
  options.spool_directory = scratch.path();
  options.patterns = {"r/a", "r/big"};
  std::vector<std::string> told;
  VerifyProgress progress;
  const auto salvaged = Salvage(scratch / "c", options, &progress,
                                [&told](const Loss& loss) { told.push_back(loss.text); });
  ASSERT_OK(salvaged);
  EXPECT_THAT(told, ElementsAre("r/a: lost, with its 5 bytes"));
}

}  // namespace
}  // namespace ingot
