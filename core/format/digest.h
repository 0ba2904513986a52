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

// Members of at most this many logical bytes have the XXH3-128 of their content; larger ones the
// XXH3-128 over the run-length coded list of their chunks' digests, {digest, u64 count} each, so
// that a hole of exabytes costs nothing.
inline constexpr uint64_t kWholeDigestBytesMax = 4 * kChunkBytes;

struct ChunkRun {
  Digest digest;
  uint64_t count = 0;
  bool operator==(const ChunkRun&) const = default;
};

// Hashes one stretch of a member's logical content that begins at a chunk boundary: a slice, or
// all. A caller that knows which Finish it will call says so and saves hashing the stretch's second
// to fourth chunk twice; content that lies in one piece needs no hasher at all, only HashBytes.
// Copies nothing. Not thread-safe.
class ContentHasher {
 public:
  enum class Kind { kEither, kWhole, kChunks };
  explicit ContentHasher(Kind kind = Kind::kEither);
  ~ContentHasher();
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;

  void Data(absl::Span<const char> data);
  void Zeros(uint64_t count);  // whole chunks of zeros cost the same however many

  // Either Finish leaves the hasher as new.
  //
  // XXH3-128 of everything given. REQUIRES: at most kWholeDigestBytesMax were; not kChunks.
  Digest FinishWhole();
  // The chunks' digests; the last chunk may be short. Equal neighbours are one run. REQUIRES: not
  // kWhole.
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
  Digest Finish();  // leaves it as new

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ingot
