// The files that a database refers to, by the path below their store: 20 bytes for each.
//
// The paths themselves are not kept, but their XXH3-64: of 20 million files one of a thousand
// repositories or so has two that are taken for each other, and only if one of the two is lost with
// a copy of the same size does that hide anything.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace ingot {

// From the worst to the best.
enum class UrlState : uint8_t {
  kMissing,
  kWrongSize,
  kIncomplete,   // of the right size, but cut or filled with zeros while it was read
  kRecoverable,  // whole, but among the deleted
  kPresent,
};
inline constexpr size_t kUrlStates = 5;

// Adding, Seal, then the rest. Not thread-safe.
class UrlTable {
 public:
  static constexpr uint64_t kIdMax = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kSizeMax = (uint64_t{1} << 48) - 1;
  static constexpr uint64_t kUrlsMax = uint64_t{1} << 30;

  // False, and nothing is added, for what is larger than the limits say.
  bool Add(absl::string_view path, uint64_t id, uint64_t size);
  // Drops what `keep` does not want; sorts.
  void Seal(absl::FunctionRef<bool(uint64_t id)> keep,
            absl::FunctionRef<bool(uint64_t id)> encrypted);
  uint64_t size() const { return size_; }

  bool Contains(absl::string_view path) const;
  // A file of that path: its URL's state becomes what the file makes it, if that is better.
  struct File {
    uint64_t size = 0;
    bool whole = true;  // neither cut nor filled with zeros
    bool deleted = false;
  };
  // False when there is no such URL.
  bool Found(absl::string_view path, const File& file);
  // REQUIRES: Add(path, id, ...) was called. kPresent for what Seal dropped.
  UrlState StateOf(absl::string_view path, uint64_t id) const;

  std::array<uint64_t, kUrlStates> CountStates() const;
  uint64_t CountEncryptedPresent() const;
  uint64_t MemoryBytes() const;

 private:
  static constexpr size_t kPartitions = 256;     // by the hash's first byte
  static constexpr size_t kChunkRecords = 1024;  // 20 KiB

  // Of the hash 56 bits: the first 8 are the partition's number. Sizes and ids have 48 bits.
  struct Record {
    uint32_t key_high;
    uint32_t key_low : 24;
    uint32_t state : 7;
    uint32_t encrypted : 1;
    uint32_t id_low;
    uint32_t size_low;
    uint16_t id_high;
    uint16_t size_high;

    uint64_t Key() const { return uint64_t{key_high} << 24 | key_low; }
    uint64_t Id() const { return uint64_t{id_high} << 32 | id_low; }
    uint64_t Size() const { return uint64_t{size_high} << 32 | size_low; }
  };
  static_assert(sizeof(Record) == 20);

  // In chunks, so that hardly any memory lies idle while it grows, and sorted where it lies: what
  // is freed for a second copy does not come back from malloc (745 MiB instead of 390 for 20
  // million).
  struct Partition {
    std::vector<std::unique_ptr<Record[]>> chunks;
    size_t size = 0;

    Record& operator[](size_t i) { return chunks[i / kChunkRecords][i % kChunkRecords]; }
    const Record& operator[](size_t i) const {
      return chunks[i / kChunkRecords][i % kChunkRecords];
    }
    void Append(const Record& record);
    void Clear() { size = 0; }  // keeps its chunks
    void FreeIdleChunks();
  };
  // The records of one path, one after the other.
  struct Range {
    size_t partition;
    size_t begin;
    size_t end;
  };
  Range Find(absl::string_view path) const;
  static size_t FirstNotBelow(const Partition& partition, uint64_t key);

  std::array<Partition, kPartitions> partitions_;
  uint64_t size_ = 0;
};

}  // namespace ingot
