#include "core/format/digest.h"

#include <algorithm>
#include <cstring>
#include <utility>

// Debian's XXH3 functions are built for SSE2; the dispatched ones take AVX2 or AVX-512 where it is.
#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#else
#include <xxhash.h>
#endif

#include "absl/strings/escaping.h"
#include "core/format/bytes.h"
#include "io/status.h"

namespace ingot {
namespace {

char g_zeros[size_t{64} << 10];

Digest ToDigest(XXH128_hash_t hash) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, hash);
  Digest digest;
  static_assert(sizeof(canonical.digest) == kDigestBytes);
  std::memcpy(digest.bytes.data(), canonical.digest, kDigestBytes);
  return digest;
}

const Digest& ZeroChunkDigest() {
  static const Digest digest = [] {
    const std::string zeros(kChunkBytes, '\0');
    return HashBytes(zeros);
  }();
  return digest;
}

// An XXH3-128 in the making.
class Stream {
 public:
  Stream() : state_(XXH3_createState()) {
    INGOT_CHECK(state_ != nullptr);
    XXH3_128bits_reset(state_.get());
  }
  void Update(absl::Span<const char> data) {
    XXH3_128bits_update(state_.get(), data.data(), data.size());
  }
  Digest Finish() {
    const Digest digest = ToDigest(XXH3_128bits_digest(state_.get()));
    XXH3_128bits_reset(state_.get());
    return digest;
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

void AppendRun(const Digest& digest, uint64_t count, std::vector<ChunkRun>* runs) {
  if (!runs->empty() && runs->back().digest == digest) {
    runs->back().count += count;
  } else {
    runs->push_back({digest, count});
  }
}

}  // namespace

std::string Digest::Hex() const {
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Digest HashBytes(absl::Span<const char> data) {
  return ToDigest(XXH3_128bits(data.data(), data.size()));
}

uint64_t HashBytes64(absl::Span<const char> data) { return XXH3_64bits(data.data(), data.size()); }

void AppendDigest(const Digest& digest, std::string* out) {
  out->append(reinterpret_cast<const char*>(digest.bytes.data()), kDigestBytes);
}

Digest LoadDigest(const char* bytes) {
  Digest digest;
  std::memcpy(digest.bytes.data(), bytes, kDigestBytes);
  return digest;
}

struct ContentHasher::State {
  // REQUIRES: `piece` crosses no chunk boundary.
  void Feed(absl::Span<const char> piece) {
    if (piece.size() == kChunkBytes) return AppendRun(HashBytes(piece), 1, &runs);
    chunk.Update(piece);
    chunk_bytes += piece.size();
    if (chunk_bytes == kChunkBytes) EndChunk();
  }

  void EndChunk() {
    AppendRun(chunk.Finish(), 1, &runs);
    chunk_bytes = 0;
  }

  Stream chunk;
  uint64_t chunk_bytes = 0;  // in the chunk that is being filled
  std::vector<ChunkRun> runs;
};

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {}
ContentHasher::~ContentHasher() = default;
ContentHasher::ContentHasher(ContentHasher&&) noexcept = default;
ContentHasher& ContentHasher::operator=(ContentHasher&&) noexcept = default;

void ContentHasher::Data(absl::Span<const char> data) {
  while (!data.empty()) {
    const size_t room = static_cast<size_t>(kChunkBytes - state_->chunk_bytes);
    const absl::Span<const char> piece = data.subspan(0, std::min(room, data.size()));
    state_->Feed(piece);
    data.remove_prefix(piece.size());
  }
}

void ContentHasher::Zeros(uint64_t count) {
  while (count > 0) {
    if (state_->chunk_bytes == 0 && count >= kChunkBytes) {
      AppendRun(ZeroChunkDigest(), count / kChunkBytes, &state_->runs);
      count %= kChunkBytes;
      continue;
    }
    const uint64_t room = kChunkBytes - state_->chunk_bytes;
    const uint64_t bytes = std::min({count, room, uint64_t{sizeof(g_zeros)}});
    state_->Feed(absl::Span<const char>(g_zeros, static_cast<size_t>(bytes)));
    count -= bytes;
  }
}

std::vector<ChunkRun> ContentHasher::Finish() {
  if (state_->chunk_bytes > 0) state_->EndChunk();
  return std::exchange(state_->runs, {});
}

struct ChunkedDigest::State {
  void Flush() {
    if (pending.count == 0) return;
    flushed = true;
    char record[kDigestBytes + 8];
    std::memcpy(record, pending.digest.bytes.data(), kDigestBytes);
    StoreLittle<uint64_t>(pending.count, record + kDigestBytes);
    stream.Update(record);
    pending = {};
  }

  Stream stream;
  ChunkRun pending;  // may still grow
  bool flushed = false;
};

ChunkedDigest::ChunkedDigest() : state_(std::make_unique<State>()) {}
ChunkedDigest::~ChunkedDigest() = default;
ChunkedDigest::ChunkedDigest(ChunkedDigest&&) noexcept = default;
ChunkedDigest& ChunkedDigest::operator=(ChunkedDigest&&) noexcept = default;

void ChunkedDigest::Append(absl::Span<const ChunkRun> runs) {
  for (const ChunkRun& run : runs) {
    if (state_->pending.count > 0 && state_->pending.digest == run.digest) {
      state_->pending.count += run.count;
    } else {
      state_->Flush();
      state_->pending = run;
    }
  }
}

Digest ChunkedDigest::Finish() {
  ChunkRun last = std::exchange(state_->pending, {});
  if (!std::exchange(state_->flushed, false) && last.count <= 1) {
    return last.count == 1 ? last.digest : HashBytes({});
  }
  state_->pending = last;
  state_->Flush();
  state_->flushed = false;
  return state_->stream.Finish();
}

}  // namespace ingot
