// A container opened for reading: the one reader behind verify, restore, list, cat and info.
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
#include "core/container/block_selection.h"
#include "core/format/frame.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "io/aligned_buffer.h"
#include "io/readable_file.h"
#include "io/spool.h"

namespace ingot {

struct FrameInfo {
  uint64_t offset = 0;  // in the file
  uint32_t stored_bytes = 0;
  uint32_t content_bytes = 0;
  uint32_t checksum = 0;
  // Its content begins with a member, though the index may not name it. Only of assembled
  // containers; elsewhere the index names all.
  bool begins_member = false;
};

// Reused by one thread from frame to frame.
struct FrameScratch {
  io::AlignedBuffer stored;        // frame and label as they lie in the file
  io::AlignedBuffer buffer;        // grows to the largest frame
  absl::Span<const char> content;  // out: of the last frame read, in `buffer`
  FrameDecompressor decompressor;
};

// Checks the stored bytes against the label and decompresses them into `scratch`; DataLoss says
// what is wrong.
absl::Status UnpackFrame(absl::Span<const char> stored, const FrameLabel& label,
                         FrameScratch* scratch);

// The most that Open reads into memory, beside the root.
inline constexpr uint64_t kSeekTableBytesMax = uint64_t{1} << 30;  // 170 TiB in frames of 4 MiB

// Thread-safe once open.
class Container {
 public:
  // Reads the tail only: footer, seek table, root; refuses (DataLoss) what does not fit together or
  // is no container at all. As io::ReadableFile::Open when the file cannot be opened. From then on
  // no more than `read_bytes_per_second` are read (0: no limit).
  static absl::StatusOr<std::unique_ptr<Container>> Open(const std::string& path,
                                                         uint64_t read_bytes_per_second = 0);
  // Put together from parts of a file that is none, or no whole one (core/salvage/): frames
  // wherever they lie, in the order of the index, with their labels as they were found; an index of
  // them whose blocks are in the spool. All else behaves as in one that was opened.
  static std::unique_ptr<Container> Assemble(io::ReadableFile file, std::vector<FrameInfo> frames,
                                             std::vector<FrameLabel> labels, IndexRoot root,
                                             std::unique_ptr<io::Spool> blocks);
  ~Container();

  bool assembled() const;
  const std::string& path() const;
  uint64_t file_bytes() const;
  const IndexRoot& root() const;
  const std::vector<FrameInfo>& frames() const;  // data frames, in order

  // The entries of one block of the index.
  absl::StatusOr<std::vector<IndexEntry>> ReadIndexBlock(size_t block) const;
  // Where the block's skippable frame begins in the file.
  uint64_t IndexBlockOffset(size_t block) const;
  // All entries in the order of the stream, block by block; stops at the first error, `visit`'s
  // too.
  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const;
  // The same for some blocks.
  absl::Status ForEachEntry(absl::Span<const BlockRange> blocks,
                            absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const;
  // By binary search; reads at most one block for each run. The blocks read last are remembered.
  absl::StatusOr<std::optional<IndexEntry>> Find(absl::string_view path) const;

  // Reads label and frame, checks both hashes and the seek table's word on them, decompresses; the
  // content is in scratch->content. Returns the label. DataLoss names the frame and its offset.
  absl::StatusOr<FrameLabel> ReadFrame(uint64_t frame, FrameScratch* scratch) const;
  absl::StatusOr<FrameLabel> ReadLabel(uint64_t frame) const;
  // The end-of-archive frame is what it must be.
  absl::Status CheckEndOfArchive() const;
  // Told to the kernel: this frame is read soon.
  void ReadAhead(uint64_t frame) const;
  // The run has failed: what is still under way is read without a limit.
  void ReleaseReadLimit() const;

 private:
  struct State;
  explicit Container(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The entry of a backup's manifest: the last member of all, a file in a run of its own. A file of
// that name from a tree that was backed up is none.
absl::StatusOr<std::optional<IndexEntry>> FindManifest(const Container& container);

}  // namespace ingot
