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
#include "core/format/frame.h"
#include "core/format/index.h"
#include "core/format/seek_table.h"
#include "io/aligned_buffer.h"

namespace ingot {

struct FrameInfo {
  uint64_t offset = 0;  // in the file
  uint32_t stored_bytes = 0;
  uint32_t content_bytes = 0;
  uint32_t checksum = 0;
};

// Reused by one thread from frame to frame.
struct FrameScratch {
  std::string stored;
  std::string content;
  FrameDecompressor decompressor;
};

// Thread-safe once open.
class Container {
 public:
  // Reads the tail only: footer, seek table, root; refuses (DataLoss) what does not fit together.
  static absl::StatusOr<std::unique_ptr<Container>> Open(const std::string& path);
  ~Container();

  const std::string& path() const;
  uint64_t file_bytes() const;
  const IndexRoot& root() const;
  const std::vector<FrameInfo>& frames() const;  // data frames, in order

  // The entries of one block of the index.
  absl::StatusOr<std::vector<IndexEntry>> ReadIndexBlock(size_t block) const;
  // All entries in the order of the stream, block by block; stops at the first error, `visit`'s too.
  absl::Status ForEachEntry(absl::FunctionRef<absl::Status(const IndexEntry&)> visit) const;
  // By binary search; reads at most one block for each run.
  absl::StatusOr<std::optional<IndexEntry>> Find(absl::string_view path) const;

  // Reads label and frame, checks both hashes, decompresses; the content is in scratch->content.
  // Returns the label. DataLoss names the frame and its offset.
  absl::StatusOr<FrameLabel> ReadFrame(uint64_t frame, FrameScratch* scratch) const;
  absl::StatusOr<FrameLabel> ReadLabel(uint64_t frame) const;
  // Raw bytes of the file, for checks of structure. OutOfRange past the end.
  absl::Status ReadBytes(uint64_t offset, absl::Span<char> out) const;

 private:
  struct State;
  explicit Container(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The whole logical content of a member, in pieces, holes as zeros, its digest checked at the end
// (DataLoss). A hard link gives its carrier's content; FailedPrecondition for other types.
absl::Status ReadMember(const Container& container, const IndexEntry& entry,
                        absl::FunctionRef<absl::Status(absl::Span<const char>)> sink);

}  // namespace ingot
