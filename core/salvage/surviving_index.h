// What is left of the index of one container or of several.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "core/format/index.h"
#include "core/salvage/file_parts.h"
#include "io/readable_file.h"

namespace ingot {

// Whether both say the same of a member: all that the stream says of it, and its digest.
bool SameMember(const IndexEntry& a, const IndexEntry& b);

// Not thread-safe. Memory: up to 600 bytes for each block.
class SurvivingIndex {
 public:
  // `file` outlives it.
  static absl::StatusOr<SurvivingIndex> Read(const io::ReadableFile& file,
                                             const std::vector<FoundIndexFrame>& found);

  uint64_t roots() const { return roots_; }
  // All blocks of all roots are here, and no others.
  bool complete() const { return roots_ > 0 && lost_blocks_ == 0 && !strays_; }
  // What the roots say of blocks that are not here.
  uint64_t lost_blocks() const { return lost_blocks_; }
  uint64_t lost_entries() const { return lost_entries_; }
  uint64_t frames() const { return frames_; }  // that the roots count

  // All entries of that path: of several containers there may be several.
  absl::StatusOr<std::vector<IndexEntry>> Find(absl::string_view path);
  // All entries, by path within each container; stops at the first error, `visit`'s too.
  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const;

 private:
  struct Block {
    uint64_t offset = 0;
    uint64_t bytes = 0;
    std::string first_path;  // the first kPathKeyBytesMax bytes
    std::string last_path;
    size_t reaches_furthest = 0;  // of all blocks up to this one: the one with the last path
  };
  using Entries = std::shared_ptr<const std::vector<IndexEntry>>;

  explicit SurvivingIndex(const io::ReadableFile* file) : file_(file) {}
  absl::StatusOr<std::vector<IndexEntry>> ReadBlock(const Block& block) const;
  absl::StatusOr<Entries> Remembered(size_t block);

  const io::ReadableFile* file_;
  uint64_t roots_ = 0;
  uint64_t frames_ = 0;
  uint64_t lost_blocks_ = 0;
  uint64_t lost_entries_ = 0;
  bool strays_ = false;
  std::vector<Block> blocks_;                         // by first path
  std::list<std::pair<size_t, Entries>> remembered_;  // the latest first
};

}  // namespace ingot
