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

inline constexpr size_t kDigestBytes = 16;

// XXH3-128 in its canonical (big-endian) form.
struct Digest {
  std::array<uint8_t, kDigestBytes> bytes{};
  bool operator==(const Digest&) const = default;
  std::string Hex() const;
};

Digest HashBytes(absl::Span<const char> data);
// XXH3-64, where few bytes are to be protected.
uint64_t HashBytes64(absl::Span<const char> data);

void AppendDigest(const Digest& digest, std::string* out);
// REQUIRES: kDigestBytes bytes at `bytes`.
Digest LoadDigest(const char* bytes);

// A member's digest is made of the digests of its chunks (kChunkBytes of logical content each, the
// last one may be short): of a member of at most one chunk it is that chunk's, so simply the
// XXH3-128 of the content; of a larger one it is the XXH3-128 over the run-length coded list of
// chunk digests, {digest, u64 count} each, so that a hole of exabytes costs nothing.
struct ChunkRun {
  Digest digest;
  uint64_t count = 0;
  bool operator==(const ChunkRun&) const = default;
};

// Hashes one stretch of a member's logical content that begins at a chunk boundary: a slice, or
// all. Copies nothing. Not thread-safe.
class ContentHasher {
 public:
  ContentHasher();
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void Data(absl::Span<const char> data);
  void Zeros(uint64_t count);  // whole chunks of zeros cost the same however many

  // The chunks' digests; the last chunk may be short. Equal neighbours are one run. Leaves the
  // hasher as new.
  std::vector<ChunkRun> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Folds chunks, in order, into the digest of the member. Constant memory. Not thread-safe.
class ChunkedDigest {
 public:
  ChunkedDigest();
  ~ChunkedDigest();
  ChunkedDigest(ChunkedDigest&&) noexcept;
  ChunkedDigest& operator=(ChunkedDigest&&) noexcept;
  void Append(absl::Span<const ChunkRun> runs);
  Digest Finish();  // leaves it as new

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
