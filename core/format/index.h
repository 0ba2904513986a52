// The index: every member in the order of the stream, in compressed blocks under a root. FORMAT.md,
// "Index".
//
// The stream's order is a sequence of runs (one for each root of the backup); inside a run paths
// ascend by ComparePaths. The root knows each block's first path and where runs begin, so a path is
// found by a binary search in each run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/format/digest.h"
#include "core/format/run_times.h"
#include "core/member.h"
#include "io/spool.h"

namespace ingot {

// The order of a pre-order walk with names in byte order: '/' sorts before every other byte.
int ComparePaths(absl::string_view a, absl::string_view b);

struct IndexEntry {
  // Derived: equal to what the stream says, and can be rebuilt from it.
  std::string path;
  MemberType type = MemberType::kRegular;
  uint32_t mode = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::string user_name;
  std::string group_name;
  io::Timestamp mtime;
  uint64_t size = 0;          // logical
  uint64_t stored_bytes = 0;  // content bytes in the stream: size, or a sparse file's data
  std::string link_target;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  bool has_xattrs = false;
  bool sparse = false;
  uint64_t frame = 0;         // number of the data frame that holds the header
  uint32_t frame_offset = 0;  // of the header in that frame's content
  Digest digest;              // of the logical content; zero unless regular

  // Source facts: not in the stream.
  uint64_t source_device = 0;
  uint64_t source_inode = 0;
  io::Timestamp source_ctime;
  bool changed = false;      // the source changed while it was read
  bool cut = false;          // it had grown; the member holds the size at open
  bool zero_filled = false;  // it had shrunk or could not be read; the rest of the member is zeros

  bool operator==(const IndexEntry&) const = default;
};

// The entry's derived part from a parsed or planned member; frame, offset and digest are left to
// the caller.
IndexEntry DeriveIndexEntry(const Member& member);

struct IndexBlockInfo {
  uint64_t stored_bytes = 0;  // the whole skippable frame
  uint32_t entries = 0;
  bool run_begins = false;  // the block's first entry begins a run
  std::string first_path;
  Digest stored_digest;  // of the whole skippable frame
  bool operator==(const IndexBlockInfo&) const = default;
};

struct IndexRoot {
  uint32_t version = 1;
  io::Timestamp created;   // wall clock
  std::string created_by;  // "ingot 0.1.0"
  uint64_t members = 0;
  uint64_t frames = 0;         // data frames, without the end-of-archive frame
  uint64_t logical_bytes = 0;  // sum of sizes, UINT64_MAX where that is not enough
  uint64_t stream_bytes = 0;   // of the tar stream, with its end
  uint64_t findings = 0;
  RunTimes times;
  std::vector<IndexBlockInfo> blocks;
  bool operator==(const IndexRoot&) const = default;
};

inline constexpr uint32_t kIndexBlockEntriesMax = 2048;
// A block's raw bytes, and its paths and link targets as they are; a reader refuses more.
inline constexpr uint64_t kIndexBlockBytesMax = uint64_t{8} << 20;
// The root's raw bytes, enough for a million blocks or so, and its blocks' first paths as they are.
inline constexpr uint64_t kIndexRootBytesMax = uint64_t{64} << 20;
inline constexpr uint64_t kIndexRootPathBytesMax = uint64_t{256} << 20;
inline constexpr size_t kCreatedByBytesMax = 256;

// Encodes entries into blocks as they come: memory for one block of entries and 200 bytes or so for
// every block. Not thread-safe.
class IndexBuilder {
 public:
  // `blocks` receives the finished skippable frames one after the other; it must outlive the
  // builder.
  explicit IndexBuilder(io::Spool* blocks);
  ~IndexBuilder();
  // The next entry begins a run. Before the first entry it need not be called.
  void BeginRun();
  // Internal when the entry cannot be (what ParseIndexBlock would refuse), or does not follow the
  // last.
  absl::Status Add(const IndexEntry& entry);
  // All entries so far, in the order of the stream; stops at the first error, `visit`'s too.
  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const;
  // Flushes the last block; `facts` brings what the builder does not know: created, created_by,
  // frames, stream_bytes, findings and times. Returns the whole root.
  absl::StatusOr<IndexRoot> Finish(IndexRoot facts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One skippable frame. Internal when the root is not one that ParseIndexRoot takes.
absl::StatusOr<std::string> EncodeIndexRoot(const IndexRoot& root);
absl::StatusOr<IndexRoot> ParseIndexRoot(absl::Span<const char> skippable_frame);
// `info` is the root's word on this block: anything that does not match is DataLoss.
absl::StatusOr<std::vector<IndexEntry>> ParseIndexBlock(absl::Span<const char> skippable_frame,
                                                        const IndexBlockInfo& info);
// A block whose root is lost: its own hash alone proves it.
absl::StatusOr<std::vector<IndexEntry>> ParseIndexBlock(absl::Span<const char> skippable_frame);

}  // namespace ingot
