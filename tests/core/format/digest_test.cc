#include "core/format/digest.h"

#include <algorithm>
#include <random>

#include "core/format/bytes.h"
#include "tests/testing.h"

namespace ingot {
namespace {

std::string RandomBytes(size_t length, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The rule as FORMAT.md has it, without the classes under test.
Digest DigestByTheBook(const std::string& content) {
  if (content.size() <= kChunkBytes) return HashBytes(content);
  std::vector<ChunkRun> runs;
  for (size_t at = 0; at < content.size(); at += kChunkBytes) {
    const Digest digest = HashBytes(absl::MakeConstSpan(content).subspan(at, kChunkBytes));
    if (!runs.empty() && runs.back().digest == digest) {
      ++runs.back().count;
    } else {
      runs.push_back({digest, 1});
    }
  }
  std::string records;
  for (const ChunkRun& run : runs) {
    AppendDigest(run.digest, &records);
    AppendLittle<uint64_t>(run.count, &records);
  }
  return HashBytes(records);
}

Digest Fold(const std::vector<ChunkRun>& runs) {
  ChunkedDigest digest;
  digest.Append(runs);
  return digest.Finish();
}

TEST(DigestTest, IsCanonicalXxh3) {
  EXPECT_EQ(HashBytes({}).Hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(HashBytes(absl::string_view("ingot")).Hex(), HashBytes(std::string("ingot")).Hex());
  EXPECT_NE(HashBytes(absl::string_view("ingot")), HashBytes(std::string("ingoT")));
}

TEST(DigestTest, FollowsTheBookAtEverySizeAroundChunks) {
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, kChunkBytes - 1, kChunkBytes,
                              kChunkBytes + 1, 3 * kChunkBytes, 5 * kChunkBytes + 17}) {
    const std::string content = RandomBytes(static_cast<size_t>(size), size);
    ContentHasher hasher;
    hasher.Data(content);
    EXPECT_EQ(Fold(hasher.Finish()), DigestByTheBook(content)) << size;
  }
}

TEST(DigestTest, DoesNotDependOnHowTheContentComes) {
  std::string content = RandomBytes(4 * kChunkBytes + 100'000, 1);
  std::fill(content.begin() + kChunkBytes / 2, content.begin() + 3 * kChunkBytes + 5, '\0');
  std::mt19937_64 random(2);
  for (int round = 0; round < 5; ++round) {
    ContentHasher hasher;
    for (size_t at = 0; at < content.size();) {
      const size_t length = std::min<size_t>(content.size() - at,
                                             1 + random() % (round == 0 ? 5000 : 2 * kChunkBytes));
      const std::string piece = content.substr(at, length);
      if (piece.find_first_not_of('\0') == std::string::npos) {
        hasher.Zeros(length);
      } else {
        hasher.Data(piece);
      }
      at += length;
    }
    EXPECT_EQ(Fold(hasher.Finish()), DigestByTheBook(content));
  }
}

TEST(DigestTest, SlicesFoldIntoTheWhole) {
  std::string content = RandomBytes(6 * kChunkBytes + 9, 3);
  std::fill(content.begin() + kChunkBytes, content.begin() + 5 * kChunkBytes,
            '\0');  // equal across the cut
  ChunkedDigest folded;
  for (const size_t begin : {size_t{0}, size_t{2} << 20, size_t{3} << 20}) {
    const size_t end = begin == 0                 ? size_t{2} << 20
                       : begin == size_t{2} << 20 ? size_t{3} << 20
                                                  : content.size();
    ContentHasher hasher;
    hasher.Data(absl::MakeConstSpan(content).subspan(begin, end - begin));
    folded.Append(hasher.Finish());
  }
  EXPECT_EQ(folded.Finish(), DigestByTheBook(content));
}

TEST(DigestTest, HolesOfExabytesCostNothing) {
  ContentHasher hasher;
  hasher.Data(std::string("start"));
  hasher.Zeros(uint64_t{INT64_MAX} - 5);
  const std::vector<ChunkRun> runs = hasher.Finish();
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].count, 1u);
  EXPECT_EQ(runs[1].digest, HashBytes(std::string(kChunkBytes, '\0')));
  EXPECT_EQ(runs[1].count, uint64_t{INT64_MAX} / kChunkBytes - 1);
  EXPECT_EQ(runs[2].digest, HashBytes(std::string(kChunkBytes - 1, '\0')));
}

TEST(DigestTest, FinishLeavesAllAsNew) {
  ContentHasher hasher;
  hasher.Data(std::string("something"));
  hasher.Finish();
  hasher.Data(std::string("abc"));
  const std::vector<ChunkRun> runs = hasher.Finish();
  EXPECT_EQ(runs, (std::vector<ChunkRun>{{HashBytes(std::string("abc")), 1}}));
  ChunkedDigest digest;
  digest.Append(
      std::vector<ChunkRun>{{HashBytes(std::string("x")), 1}, {HashBytes(std::string("y")), 2}});
  digest.Finish();
  digest.Append(runs);
  EXPECT_EQ(digest.Finish(), HashBytes(std::string("abc")));
  EXPECT_EQ(digest.Finish(), HashBytes({}));
}

}  // namespace
}  // namespace ingot
