#include "core/join/url_table.h"

#include <algorithm>
#include <utility>

#include "core/format/digest.h"

namespace ingot {
namespace {

constexpr int kKeyBits = 56;
constexpr uint64_t kKeyMask = (uint64_t{1} << kKeyBits) - 1;
constexpr size_t kFirstStep = 128;

UrlState StateOfFile(const UrlTable::File& file, bool right_size) {
  if (!right_size) return UrlState::kWrongSize;
  if (!file.whole) return UrlState::kIncomplete;
  return file.deleted ? UrlState::kRecoverable : UrlState::kPresent;
}

}  // namespace

void UrlTable::Partition::Append(const Record& record) {
  if (size == chunks.size() * kChunkRecords) {
    chunks.push_back(std::make_unique_for_overwrite<Record[]>(kChunkRecords));
  }
  (*this)[size++] = record;
}

void UrlTable::Partition::FreeIdleChunks() {
  chunks.resize((size + kChunkRecords - 1) / kChunkRecords);
  chunks.shrink_to_fit();
}

bool UrlTable::Add(absl::string_view path, uint64_t id, uint64_t size) {
  if (id > kIdMax || size > kSizeMax || size_ == kUrlsMax) return false;
  const uint64_t hash = HashBytes64(path);
  const uint64_t key = hash & kKeyMask;
  partitions_[hash >> kKeyBits].Append({.key_high = static_cast<uint32_t>(key >> 24),
                                        .key_low = static_cast<uint32_t>(key) & 0xFFFFFF,
                                        .state = 0,
                                        .encrypted = 0,
                                        .id_low = static_cast<uint32_t>(id),
                                        .size_low = static_cast<uint32_t>(size),
                                        .id_high = static_cast<uint16_t>(id >> 32),
                                        .size_high = static_cast<uint16_t>(size >> 32)});
  ++size_;
  return true;
}

void UrlTable::Seal(absl::FunctionRef<bool(uint64_t id)> keep,
                    absl::FunctionRef<bool(uint64_t id)> encrypted) {
  size_ = 0;
  std::vector<Record> kept;  // of one partition, so 1/256 of all or so
  for (Partition& partition : partitions_) {
    kept.clear();
    for (size_t i = 0; i < partition.size; ++i) {
      if (!keep(partition[i].Id())) continue;
      kept.push_back(partition[i]);
      kept.back().encrypted = encrypted(partition[i].Id()) ? 1 : 0;
    }
    std::sort(kept.begin(), kept.end(),
              [](const Record& a, const Record& b) { return a.Key() < b.Key(); });
    partition.Clear();
    for (const Record& record : kept) partition.Append(record);
    partition.FreeIdleChunks();
    size_ += kept.size();
  }
}

// Hashes are spread evenly, so a key lies near where its share of all keys puts it. Saves a fifth
// of a file's whole time (0.53 instead of 0.65 us, path and hash included) over a search from end
// to end.
size_t UrlTable::FirstNotBelow(const Partition& partition, uint64_t key) {
  const size_t guess = static_cast<size_t>((key >> 24) * partition.size >> 32);
  size_t begin = guess;
  size_t end = guess;
  for (size_t step = kFirstStep; begin > 0 && partition[begin - 1].Key() >= key; step *= 2) {
    end = begin;
    begin -= std::min(begin, step);
  }
  for (size_t step = kFirstStep; end < partition.size && partition[end].Key() < key; step *= 2) {
    begin = end;
    end = std::min(partition.size, end + step);
  }
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    if (partition[middle].Key() < key) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

UrlTable::Range UrlTable::Find(absl::string_view path) const {
  const uint64_t hash = HashBytes64(path);
  const uint64_t key = hash & kKeyMask;
  const Partition& partition = partitions_[hash >> kKeyBits];
  const size_t begin = FirstNotBelow(partition, key);
  size_t end = begin;
  while (end < partition.size && partition[end].Key() == key) ++end;
  return {hash >> kKeyBits, begin, end};
}

bool UrlTable::Contains(absl::string_view path) const {
  const Range range = Find(path);
  return range.begin != range.end;
}

bool UrlTable::Found(absl::string_view path, const File& file) {
  const Range range = Find(path);
  for (size_t i = range.begin; i < range.end; ++i) {
    Record& record = partitions_[range.partition][i];
    // Files are created empty: that is never what encrypting leaves of something.
    const bool right_size =
        record.encrypted != 0 ? (file.size > 0) == (record.Size() > 0) : file.size == record.Size();
    const uint32_t state = static_cast<uint32_t>(StateOfFile(file, right_size));
    if (state > record.state) record.state = state & 0x7F;
  }
  return range.begin != range.end;
}

UrlState UrlTable::StateOf(absl::string_view path, uint64_t id) const {
  const Range range = Find(path);
  for (size_t i = range.begin; i < range.end; ++i) {
    const Record& record = partitions_[range.partition][i];
    if (record.Id() == id) return static_cast<UrlState>(record.state);
  }
  return UrlState::kPresent;
}

std::array<uint64_t, kUrlStates> UrlTable::CountStates() const {
  std::array<uint64_t, kUrlStates> counts{};
  for (const Partition& partition : partitions_) {
    for (size_t i = 0; i < partition.size; ++i) ++counts[partition[i].state];
  }
  return counts;
}

uint64_t UrlTable::CountEncryptedPresent() const {
  uint64_t count = 0;
  for (const Partition& partition : partitions_) {
    for (size_t i = 0; i < partition.size; ++i) {
      const Record& record = partition[i];
      if (record.state == static_cast<uint32_t>(UrlState::kPresent)) count += record.encrypted;
    }
  }
  return count;
}

uint64_t UrlTable::MemoryBytes() const {
  uint64_t bytes = sizeof(*this);
  for (const Partition& partition : partitions_) {
    bytes += partition.chunks.size() * (kChunkRecords * sizeof(Record)) +
             partition.chunks.capacity() * sizeof(partition.chunks[0]);
  }
  return bytes;
}

}  // namespace ingot
