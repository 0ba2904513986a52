// What of a container is still to be found in a file, wherever it lies.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/format/index_frame.h"
#include "core/salvage/byte_ranges.h"
#include "core/salvage/found_frame.h"
#include "core/salvage/member_store.h"
#include "core/verify/verify.h"
#include "io/readable_file.h"

namespace ingot {

struct FoundIndexFrame {
  IndexFrameKind kind = IndexFrameKind::kBlock;
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

// A label whose frame is not what it says.
struct BrokenFrame {
  uint64_t label_offset = 0;
  FrameLabel label;
};

struct FileParts {
  std::vector<FoundFrame> frames;        // whole, by offset, none inside of another
  std::vector<BrokenFrame> broken;       // by offset, none inside of a frame; the first ones
  uint64_t broken_more = 0;              // than are kept
  std::vector<FoundIndexFrame> index;    // whole, by offset, none inside of a frame
  std::vector<ByteRange> damaged;        // where nothing of a container was found
  uint64_t unreadable_bytes = 0;         // of these, that the system could not read
  std::unique_ptr<MemberStore> members;  // of `frames`
};

struct ScanOptions {
  int threads = 0;  // 0: a default made from the number of processors
  std::string spool_directory;
};

// Reads the file from end to end. Each frame is proved by its label: that is found by its magic at
// any offset and says how long the frame before it is, and what it hashes to. Where the label is
// lost, a frame that begins at a multiple of 4096 is taken on its own checksum, if it holds nothing
// but members, or lies where the next slice of a member must. What lies inside of another frame (a
// container in a container) is left alone. Memory: 500 to 1000 bytes for each frame. Errors are
// those of the system, never damage.
absl::StatusOr<FileParts> ScanFile(const io::ReadableFile& file, const ScanOptions& options,
                                   VerifyProgress* progress);

}  // namespace ingot
