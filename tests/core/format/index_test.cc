#include "core/format/index.h"

#include <algorithm>
#include <set>

#include "core/format/frame.h"
#include "core/format/front_coding.h"
#include "core/format/index_columns.h"
#include "core/format/index_frame.h"
#include "core/format/seek_table.h"
#include "tests/core/format/hex.h"
#include "tests/core/format/random_member.h"
#include "tests/testing.h"

namespace ingot {
namespace {

struct PathLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return ComparePaths(a, b) < 0;
  }
};

// Entries of one run, in order, with everything in them.
std::vector<IndexEntry> RandomEntries(size_t count, uint64_t seed) {
  RandomMembers random(seed);
  std::set<std::string, PathLess> paths;
  while (paths.size() < count) paths.insert(random.Path());
  std::vector<IndexEntry> entries;
  uint64_t frame = random.Below(1000);
  uint32_t offset = 0;
  for (const std::string& path : paths) {
    IndexEntry entry = DeriveIndexEntry(random.Next());
    entry.path = path;
    if (random.OneIn(5)) {
      frame += 1 + random.Below(3);
      offset = 0;
    }
    entry.frame = frame;
    entry.frame_offset = offset;
    offset += 512 * (1 + static_cast<uint32_t>(random.Below(8)));
    if (entry.type == MemberType::kRegular) {
      entry.digest = HashBytes(path);
      entry.cut = random.OneIn(9);
      entry.zero_filled = random.OneIn(9);
    }
    entry.changed = random.OneIn(9);
    entry.source_device = random.Below(UINT64_MAX);
    entry.source_inode = random.Below(UINT64_MAX);
    entry.source_ctime = random.Time();
    entries.push_back(entry);
  }
  return entries;
}

IndexEntry Entry(const std::string& path, uint64_t frame = 0, uint32_t offset = 0) {
  IndexEntry entry;
  entry.path = path;
  entry.mode = 0644;
  entry.frame = frame;
  entry.frame_offset = offset;
  entry.digest = HashBytes(path);
  return entry;
}

IndexRoot Facts() {
  IndexRoot root;
  root.created = {1'800'000'000, 5};
  root.created_by = "ingot 0.1.0";
  root.frames = 3;
  root.stream_bytes = 99;
  root.findings = 1;
  root.times = {.wall = 5'000'000, .processors = 2, .stages = {{16, 1, 2, 3, 4}, {1, 9, 8, 7, 6}}};
  return root;
}

std::string BlockBytes(const io::Spool& spool, const IndexRoot& root, size_t block) {
  uint64_t offset = 0;
  for (size_t i = 0; i < block; ++i) offset += root.blocks[i].stored_bytes;
  std::string bytes(static_cast<size_t>(root.blocks[block].stored_bytes), '\0');
  EXPECT_OK(spool.Read(offset, absl::MakeSpan(bytes)));
  return bytes;
}

class IndexTest : public testing::Test {
 protected:
  ScratchDirectory scratch_;
  io::Spool spool_{scratch_.path(), 64 << 10};
  IndexBuilder builder_{&spool_};
};

TEST(ComparePathsTest, IsTheOrderOfAPreOrderWalk) {
  const std::vector<std::string> ordered = {"a",   "a/b", "a/b/c", "a/c", "a\x01", "a b",
                                            "a-b", "a.b", "ab",    "b",   "\xFF"};
  for (size_t i = 0; i < ordered.size(); ++i) {
    for (size_t j = 0; j < ordered.size(); ++j) {
      const int expected = i < j ? -1 : i > j ? 1 : 0;
      EXPECT_EQ(ComparePaths(ordered[i], ordered[j]), expected) << ordered[i] << " " << ordered[j];
    }
  }
}

TEST(DeriveIndexEntryTest, TakesEverythingThatTheStreamSays) {
  Member member;
  member.path = "f";
  member.size = 1000;
  member.sparse = true;
  member.extents = {{10, 20}, {500, 7}};
  member.xattrs = {{"user.a", "b"}};
  const IndexEntry entry = DeriveIndexEntry(member);
  EXPECT_EQ(entry.size, 1000u);
  EXPECT_EQ(entry.stored_bytes, 27u);
  EXPECT_TRUE(entry.sparse);
  EXPECT_TRUE(entry.has_xattrs);
  EXPECT_EQ(entry.digest, Digest{});
}

TEST(IndexColumnsTest, GoldenBytes) {
  IndexEntry directory = Entry("d");
  directory.type = MemberType::kDirectory;
  directory.mode = 0755;
  directory.digest = {};
  directory.user_name = "root";
  directory.mtime = {100, 1};
  directory.source_ctime = {101, 3};
  IndexEntry file = Entry("d/file", 0, 512);
  file.size = file.stored_bytes = 300;
  file.uid = 1000;
  file.mtime = {90, 0};
  file.source_ctime = {90, 0};
  file.source_inode = 7;
  IndexEntry link = Entry("d/link", 2, 1024);
  link.type = MemberType::kSymlink;
  link.digest = {};
  link.link_target = "file";
  EXPECT_EQ(Hex(EncodeIndexColumns(std::vector<IndexEntry>{directory, file, link})),
            "353032"
            "ed03a403a403"
            "000000"  // types, modes, flags
            "000102"
            "010504"
            "64"
            "2f66696c65"
            "6c696e6b"  // d, d/file, d/link
            "00"
            "04"
            "66696c65"  // the target: file
            "03"
            "0004726f6f74"
            "e80700"
            "0000"
            "000102"  // users
            "01"
            "0000"
            "000000"  // groups
            "c80113b301"
            "01000000"
            "00000000"
            "00000000"  // mtimes
            "020000"
            "02000000"
            "00000000"
            "00000000"  // ctimes
            "ac02"
            "0a6778e08932a5e390dddb9e71f4a720"  // size, digest
            "000002"
            "000102"  // frames, offsets
            "000000"
            "000e0d");
}

TEST_F(IndexTest, RoundTripsAcrossBlocksAndRuns) {
  const std::vector<IndexEntry> first = RandomEntries(5000, 1);
  std::vector<IndexEntry> second = RandomEntries(3, 2);
  for (IndexEntry& entry : second) entry.frame += first.back().frame + 1;
  builder_.BeginRun();
  for (const IndexEntry& entry : first) ASSERT_OK(builder_.Add(entry));
  builder_.BeginRun();
  for (const IndexEntry& entry : second) ASSERT_OK(builder_.Add(entry));
  IndexRoot facts = Facts();
  facts.frames = second.back().frame + 1;
  const absl::StatusOr<IndexRoot> root = builder_.Finish(facts);
  ASSERT_OK(root);
  EXPECT_EQ(root->members, 5003u);
  EXPECT_EQ(root->created_by, "ingot 0.1.0");
  EXPECT_EQ(root->times, Facts().times);
  ASSERT_GE(root->blocks.size(), 4u);
  EXPECT_TRUE(root->blocks.front().run_begins);
  EXPECT_FALSE(root->blocks[1].run_begins);
  EXPECT_TRUE(root->blocks.back().run_begins);
  EXPECT_EQ(root->blocks.back().first_path, second.front().path);

  std::vector<IndexEntry> read;
  for (size_t i = 0; i < root->blocks.size(); ++i) {
    const absl::StatusOr<std::vector<IndexEntry>> block =
        ParseIndexBlock(BlockBytes(spool_, *root, i), root->blocks[i]);
    ASSERT_OK(block);
    EXPECT_LE(block->size(), kIndexBlockEntriesMax);
    read.insert(read.end(), block->begin(), block->end());
  }
  std::vector<IndexEntry> written = first;
  written.insert(written.end(), second.begin(), second.end());
  EXPECT_TRUE(read == written);

  const absl::StatusOr<std::string> encoded = EncodeIndexRoot(*root);
  ASSERT_OK(encoded);
  const absl::StatusOr<IndexRoot> parsed = ParseIndexRoot(*encoded);
  ASSERT_OK(parsed);
  EXPECT_TRUE(*parsed == *root);
}

TEST_F(IndexTest, AnEmptyContainerHasARootWithoutBlocks) {
  IndexRoot facts = Facts();
  facts.frames = 0;
  const IndexRoot root = *builder_.Finish(facts);
  EXPECT_EQ(root.members, 0u);
  EXPECT_EQ(spool_.size(), 0u);
  EXPECT_TRUE(*ParseIndexRoot(*EncodeIndexRoot(root)) == root);
}

TEST_F(IndexTest, LongPathsCutBlocksEarly) {
  for (int i = 0; i < 100; ++i) {
    const std::string number = std::to_string(100 + i);
    ASSERT_OK(
        builder_.Add(Entry(std::string(60'000, 'p') + number, 0, 512 * static_cast<uint32_t>(i))));
  }
  const IndexRoot root = *builder_.Finish(Facts());
  EXPECT_GE(root.blocks.size(), 5u);
  for (size_t i = 0; i < root.blocks.size(); ++i)
    EXPECT_OK(ParseIndexBlock(BlockBytes(spool_, root, i), root.blocks[i]));
  EXPECT_TRUE(*ParseIndexRoot(*EncodeIndexRoot(root)) == root);
}

TEST_F(IndexTest, SizesThatOverflowTheSumAreCounted) {
  IndexEntry entry = Entry("a");
  for (int i = 0; i < 3; ++i) {
    entry.path += "a";
    entry.frame_offset += 512;
    entry.size = INT64_MAX;
    entry.sparse = true;
    ASSERT_OK(builder_.Add(entry));
  }
  EXPECT_EQ(builder_.Finish(Facts())->logical_bytes, UINT64_MAX);
}

TEST_F(IndexTest, BuilderRefusesWhatCannotBe) {
  ASSERT_OK(builder_.Add(Entry("b", 1, 512)));
  EXPECT_EQ(builder_.Add(Entry("a", 2, 0)).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(builder_.Add(Entry("b", 2, 0)).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(builder_.Add(Entry("c", 1, 512)).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(builder_.Add(Entry("c", 0, 0)).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(builder_.Add(Entry("c", 1, 1025)).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(builder_.Add(Entry("c/", 2, 0)).code(), absl::StatusCode::kInternal);
  IndexEntry entry = Entry("c", 2, 0);
  entry.stored_bytes = 1;
  EXPECT_EQ(builder_.Add(entry).code(), absl::StatusCode::kInternal);
  builder_.BeginRun();
  EXPECT_OK(builder_.Add(Entry("a", 2, 0)));
}

TEST_F(IndexTest, NoticesEveryFlippedBitAndTruncationOfABlock) {
  for (const IndexEntry& entry : RandomEntries(3, 5)) ASSERT_OK(builder_.Add(entry));
  const IndexRoot root = *builder_.Finish(Facts());
  std::string bytes = BlockBytes(spool_, root, 0);
  // Also with a root that believes the damaged bytes: the block protects itself.
  IndexBlockInfo believing = root.blocks[0];
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    believing.stored_digest = HashBytes(bytes);
    EXPECT_EQ(ParseIndexBlock(bytes, root.blocks[0]).status().code(), absl::StatusCode::kDataLoss)
        << bit;
    EXPECT_EQ(ParseIndexBlock(bytes, believing).status().code(), absl::StatusCode::kDataLoss)
        << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
  for (size_t length = 0; length < bytes.size(); ++length) {
    const absl::Span<const char> cut = absl::MakeConstSpan(bytes).subspan(0, length);
    believing.stored_bytes = length;
    believing.stored_digest = HashBytes(cut);
    EXPECT_FALSE(ParseIndexBlock(cut, root.blocks[0]).ok());
    EXPECT_FALSE(ParseIndexBlock(cut, believing).ok());
  }
  EXPECT_OK(ParseIndexBlock(bytes, root.blocks[0]));
}

TEST_F(IndexTest, NoticesEveryFlippedBitAndTruncationOfTheRoot) {
  for (const IndexEntry& entry : RandomEntries(3, 6)) ASSERT_OK(builder_.Add(entry));
  std::string bytes = *EncodeIndexRoot(*builder_.Finish(Facts()));
  ASSERT_OK(ParseIndexRoot(bytes));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    EXPECT_EQ(ParseIndexRoot(bytes).status().code(), absl::StatusCode::kDataLoss) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
  }
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(ParseIndexRoot(absl::MakeConstSpan(bytes).subspan(0, length)).ok());
  }
  EXPECT_FALSE(ParseIndexRoot(bytes + '\0').ok());
}

TEST_F(IndexTest, ABlockIsWhatTheRootSays) {
  for (const IndexEntry& entry : RandomEntries(3, 7)) ASSERT_OK(builder_.Add(entry));
  const IndexRoot root = *builder_.Finish(Facts());
  const std::string bytes = BlockBytes(spool_, root, 0);
  IndexBlockInfo info = root.blocks[0];
  info.entries = 4;
  EXPECT_FALSE(ParseIndexBlock(bytes, info).ok());
  info = root.blocks[0];
  info.first_path += "x";
  EXPECT_FALSE(ParseIndexBlock(bytes, info).ok());
  info = root.blocks[0];
  info.stored_digest.bytes[0] ^= 1;
  EXPECT_FALSE(ParseIndexBlock(bytes, info).ok());
  EXPECT_FALSE(ParseIndexRoot(bytes).ok());
  EXPECT_FALSE(ParseIndexBlock(*EncodeIndexRoot(root), root.blocks[0]).ok());
}

TEST_F(IndexTest, RefusesRootsThatContradictThemselves) {
  for (const IndexEntry& entry : RandomEntries(3, 8)) ASSERT_OK(builder_.Add(entry));
  const IndexRoot good = *builder_.Finish(Facts());
  ASSERT_OK(EncodeIndexRoot(good));
  const auto refused = [&good](void (*change)(IndexRoot*)) {
    IndexRoot root = good;
    change(&root);
    return EncodeIndexRoot(root).status().code() == absl::StatusCode::kInternal;
  };
  EXPECT_TRUE(refused([](IndexRoot* root) { root->members += 1; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->frames = 0; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->frames = kSeekEntriesMax + 1; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->version = 2; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->created.nanoseconds = 1'000'000'000; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->created_by = std::string(300, 'x'); }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->times.stages.resize(kRunStages + 1); }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->blocks[0].run_begins = false; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->blocks[0].entries = 0; }));
  EXPECT_TRUE(refused([](IndexRoot* root) { root->blocks[0].first_path.clear(); }));
  EXPECT_TRUE(refused([](IndexRoot* root) {
    root->blocks.push_back(root->blocks[0]);
    root->blocks[1].run_begins = false;
    root->members *= 2;
  }));
}

// Hostile raw bytes under a right hash: nothing that they say may be believed before it is checked.
TEST(IndexFrameTest, HostileRootsAreRefused) {
  FrameCompressor compressor = NewIndexCompressor();
  for (const std::string& raw :
       {std::string(1, '\0'), std::string(100, '\xFF'), std::string(100, '\0')}) {
    for (const uint32_t count : {0u, 1u, 1000u, UINT32_MAX}) {
      const std::string frame = *SealIndexFrame(IndexFrameKind::kRoot, raw, count, &compressor);
      EXPECT_FALSE(ParseIndexRoot(frame).ok());
    }
  }
}

TEST(IndexFrameTest, RefusesRawSizesOverTheCap) {
  FrameCompressor compressor = NewIndexCompressor();
  const std::string frame =
      *SealIndexFrame(IndexFrameKind::kBlock, std::string(1001, 'r'), 1, &compressor);
  EXPECT_OK(OpenIndexFrame(IndexFrameKind::kBlock, frame, 1001));
  EXPECT_FALSE(OpenIndexFrame(IndexFrameKind::kBlock, frame, 1000).ok());
  EXPECT_FALSE(OpenIndexFrame(IndexFrameKind::kRoot, frame, 1001).ok());
}

TEST(IndexColumnsTest, MutatedColumnsAreRefusedOrRight) {
  const std::vector<IndexEntry> entries = RandomEntries(20, 9);
  const std::string raw = EncodeIndexColumns(entries);
  ASSERT_TRUE(*DecodeIndexColumns(raw, 20) == entries);
  EXPECT_FALSE(DecodeIndexColumns(raw, 19).ok());
  EXPECT_FALSE(DecodeIndexColumns(raw, 21).ok());
  EXPECT_FALSE(DecodeIndexColumns(raw + '\0', 20).ok());
  RandomMembers random(10);
  for (int i = 0; i < 30'000; ++i) {
    std::string mutated = raw;
    for (uint64_t n = 1 + random.Below(3); n > 0; --n) {
      mutated[static_cast<size_t>(random.Below(mutated.size()))] =
          static_cast<char>(random.Below(256));
    }
    if (random.OneIn(10)) mutated.resize(static_cast<size_t>(random.Below(mutated.size())));
    const absl::StatusOr<std::vector<IndexEntry>> decoded = DecodeIndexColumns(mutated, 20);
    if (!decoded.ok()) continue;
    for (const IndexEntry& entry : *decoded) EXPECT_EQ(IndexEntryProblem(entry), nullptr);
    EXPECT_TRUE(*DecodeIndexColumns(EncodeIndexColumns(*decoded), 20) == *decoded);
  }
}

TEST(FrontCodingTest, SharesAndBack) {
  const std::vector<std::string> texts = {"", "a", "abc", "abd", "abd", "b", ""};
  FrontCoder coder;
  for (const std::string& text : texts) coder.Add(text);
  std::string bytes;
  coder.AppendTo(&bytes);
  EXPECT_EQ(Hex(bytes),
            "00000102030000"
            "00010201000100"
            "61"
            "6263"
            "64"
            "62");
  ByteReader reader(bytes);
  EXPECT_EQ(ReadFrontCoded(texts.size(), 100, &reader), texts);
  EXPECT_TRUE(reader.AtEnd());
}

TEST(FrontCodingTest, RefusesStringsThatGrowOverTheCap) {
  // A string of 50 bytes, and then nine that share all of it.
  const std::string bytes = Unhex(
                                "00323232323232323232"
                                "32000000000000000000") +
                            std::string(50, 'x');
  ByteReader generous(bytes);
  EXPECT_EQ(ReadFrontCoded(10, 500, &generous).size(), 10u);
  EXPECT_TRUE(generous.ok());
  ByteReader strict(bytes);
  ReadFrontCoded(10, 499, &strict);
  EXPECT_FALSE(strict.ok());
}

TEST(FrontCodingTest, RefusesSharingMoreThanThereIs) {
  const std::string bytes = Unhex(
      "0002"
      "0100"
      "61");
  ByteReader reader(bytes);
  ReadFrontCoded(2, 100, &reader);
  EXPECT_FALSE(reader.ok());
}

TEST(IndexFrameTest, ItsHeadTellsKindAndLength) {
  FrameCompressor compressor = NewIndexCompressor();
  for (const IndexFrameKind kind : {IndexFrameKind::kBlock, IndexFrameKind::kRoot}) {
    const std::string frame = *SealIndexFrame(kind, "raw bytes", 1, &compressor);
    const absl::Span<const char> head = absl::MakeConstSpan(frame).first(kIndexFrameHeadBytes);
    const absl::StatusOr<IndexFrameHead> read = ReadIndexFrameHead(head);
    ASSERT_OK(read);
    EXPECT_EQ(read->kind, kind);
    EXPECT_EQ(read->frame_bytes, frame.size());
    EXPECT_FALSE(ReadIndexFrameHead(head.first(20)).ok());
    for (const size_t at : {0, 8, 7}) {  // magic, tag, a length of gigabytes
      std::string flipped = frame;
      flipped[at] ^= 0x40;
      EXPECT_TRUE(absl::IsDataLoss(
          ReadIndexFrameHead(absl::MakeConstSpan(flipped).first(kIndexFrameHeadBytes)).status()))
          << at;
    }
  }
}

}  // namespace
}  // namespace ingot
