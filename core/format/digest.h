// XXH3-128 and the digests of members. FORMAT.md, "Digests".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "core/member.h"

namespace ingot {

// XXH3-128 in its canonical (big-endian) form.
struct Digest {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const Digest&) const = default;
  std::string Hex() const;
};

Digest HashBytes(absl::Span<const char> data);

// Members of at most this many logical bytes have the XXH3-128 of their content; larger ones the
// XXH3-128 over the run-length coded list of their chunks' digests, {digest, u64 count} each, so
// that a hole of exabytes costs nothing.
inline constexpr uint64_t kWholeDigestBytesMax = 4 * kChunkBytes;

struct ChunkRun {
  Digest digest;
  uint64_t count = 0;
  bool operator==(const ChunkRun&) const = default;
};

// Hashes one stretch of a member's logical content that begins at a chunk boundary: a slice, or all.
// Not thread-safe.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void Data(absl::Span<const char> data);
  void Zeros(uint64_t count);

  // XXH3-128 of everything given. REQUIRES: at most kWholeDigestBytesMax were.
  Digest FinishWhole();
  // The chunks' digests; the last chunk may be short. Equal neighbours are one run.
  std::vector<ChunkRun> FinishChunks();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Folds the slices' chunks, in order, into the digest of a large member. Constant memory.
class ChunkedDigest {
 public:
  ChunkedDigest();
  ~ChunkedDigest();
  ChunkedDigest(ChunkedDigest&&) noexcept;
  ChunkedDigest& operator=(ChunkedDigest&&) noexcept;
  void Append(absl::Span<const ChunkRun> runs);
  Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
