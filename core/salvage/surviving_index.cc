#include "core/salvage/surviving_index.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/format/digest.h"
#include "io/interruption.h"
#include "io/status.h"

namespace ingot {
namespace {

// Parsed blocks that Find keeps: what is asked for ascends, in each of several containers.
constexpr size_t kRememberedBlocksMax = 16;

using Key = std::array<uint8_t, kDigestBytes>;

std::string KeyOf(absl::string_view path) { return std::string(path.substr(0, kPathKeyBytesMax)); }

IndexEntry WithoutPlace(IndexEntry entry) {
  entry.frame = 0;
  entry.frame_offset = 0;
  entry.source_device = 0;
  entry.source_inode = 0;
  entry.source_ctime = {};
  entry.changed = entry.cut = entry.zero_filled = false;
  return entry;
}

}  // namespace

bool SameMember(const IndexEntry& a, const IndexEntry& b) {
  return WithoutPlace(a) == WithoutPlace(b);
}

absl::StatusOr<SurvivingIndex> SurvivingIndex::Read(const io::ReadableFile& file,
                                                    const std::vector<FoundIndexFrame>& found) {
  SurvivingIndex index(&file);
  absl::flat_hash_map<Key, uint32_t> wanted;  // blocks of the roots, and their entries
  absl::flat_hash_set<Key> have;
  std::string bytes;
  for (const FoundIndexFrame& frame : found) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    bytes.resize(frame.bytes);
    INGOT_RETURN_IF_ERROR(file.ReadAt(frame.offset, absl::MakeSpan(bytes)));
    // The same part twice says nothing new.
    if (!have.insert(HashBytes(bytes).bytes).second) continue;
    if (frame.kind == IndexFrameKind::kRoot) {
      INGOT_ASSIGN_OR_RETURN(const IndexRoot root, ParseIndexRoot(bytes));
      ++index.roots_;
      index.frames_ += root.frames;
      for (const IndexBlockInfo& block : root.blocks) {
        wanted.emplace(block.stored_digest.bytes, block.entries);
      }
      continue;
    }
    INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries, ParseIndexBlock(bytes));
    index.blocks_.push_back(
        {frame.offset, frame.bytes, KeyOf(entries.front().path), KeyOf(entries.back().path), 0});
  }
  for (const auto& [digest, entries] : wanted) {
    if (have.contains(digest)) continue;
    ++index.lost_blocks_;
    index.lost_entries_ += entries;
  }
  index.strays_ = index.blocks_.size() + index.lost_blocks_ > wanted.size();

  std::vector<Block>& blocks = index.blocks_;
  std::sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return ComparePaths(a.first_path, b.first_path) < 0;
  });
  for (size_t i = 1; i < blocks.size(); ++i) {
    const size_t before = blocks[i - 1].reaches_furthest;
    blocks[i].reaches_furthest =
        ComparePaths(blocks[before].last_path, blocks[i].last_path) > 0 ? before : i;
  }
  return index;
}

absl::StatusOr<std::vector<IndexEntry>> SurvivingIndex::ReadBlock(const Block& block) const {
  std::string bytes(block.bytes, '\0');
  INGOT_RETURN_IF_ERROR(file_->ReadAt(block.offset, absl::MakeSpan(bytes)));
  return ParseIndexBlock(bytes);
}

absl::StatusOr<SurvivingIndex::Entries> SurvivingIndex::Remembered(size_t block) {
  for (auto it = remembered_.begin(); it != remembered_.end(); ++it) {
    if (it->first != block) continue;
    remembered_.splice(remembered_.begin(), remembered_, it);
    return it->second;
  }
  INGOT_ASSIGN_OR_RETURN(std::vector<IndexEntry> read, ReadBlock(blocks_[block]));
  Entries entries = std::make_shared<const std::vector<IndexEntry>>(std::move(read));
  if (remembered_.size() == kRememberedBlocksMax) remembered_.pop_back();
  remembered_.emplace_front(block, entries);
  return entries;
}

absl::StatusOr<std::vector<IndexEntry>> SurvivingIndex::Find(absl::string_view path) {
  std::vector<IndexEntry> found;
  const absl::string_view key = path.substr(0, kPathKeyBytesMax);
  const auto after = std::upper_bound(blocks_.begin(), blocks_.end(), key,
                                      [](absl::string_view wanted, const Block& block) {
                                        return ComparePaths(wanted, block.first_path) < 0;
                                      });
  // Of those that begin before it, none reaches it any more once the furthest does not.
  for (size_t i = static_cast<size_t>(after - blocks_.begin()); i-- > 0;) {
    if (ComparePaths(blocks_[blocks_[i].reaches_furthest].last_path, key) < 0) break;
    if (ComparePaths(blocks_[i].last_path, key) < 0) continue;
    INGOT_ASSIGN_OR_RETURN(const Entries entries, Remembered(i));
    const auto at = std::lower_bound(entries->begin(), entries->end(), path,
                                     [](const IndexEntry& entry, absl::string_view wanted) {
                                       return ComparePaths(entry.path, wanted) < 0;
                                     });
    if (at != entries->end() && at->path == path) found.push_back(*at);
  }
  return found;
}

absl::Status SurvivingIndex::ForEachEntry(
    absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const {
  for (const Block& block : blocks_) {
    INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
    INGOT_ASSIGN_OR_RETURN(const std::vector<IndexEntry> entries, ReadBlock(block));
    for (const IndexEntry& entry : entries) INGOT_RETURN_IF_ERROR(visit(entry));
  }
  return absl::OkStatus();
}

}  // namespace ingot
