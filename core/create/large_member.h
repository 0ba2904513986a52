// A member that spans frames: one open serves all its slices, and its size is fixed at that open.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/create/create.h"
#include "core/create/entry.h"
#include "core/create/frame.h"
#include "core/finding.h"
#include "core/member.h"
#include "io/engine.h"
#include "io/fd.h"
#include "io/file_stat.h"

namespace ingot {

struct Slice {
  uint64_t begin = 0;               // logical, a multiple of kChunkBytes
  uint64_t end = 0;                 // logical: a multiple of kChunkBytes, or the size
  uint64_t stored_offset = 0;       // stored content bytes before it
  std::vector<io::Extent> extents;  // what of it is not holes, by logical offset
};

// Cuts a member into slices of at most `slice_bytes` of stored content, the first of which leaves
// room for the header; each has at least one chunk. Pure.
std::vector<Slice> CutSlices(const Member& member, uint64_t header_bytes, uint64_t slice_bytes);

// FillSlice may be called for different slices by different threads at once.
class LargeMember {
 public:
  // Opens the file and lays it out. Null when it cannot be opened: that is a finding then. Resolves
  // the entry's link name, if it has one.
  static std::unique_ptr<LargeMember> Open(const Entry& entry, uint64_t slice_bytes,
                                           io::BatchReader* reader, Findings* findings);

  size_t slices() const { return slices_.size(); }
  // REQUIRES: frame->buffer holds slice_bytes and a header.
  void FillSlice(size_t slice, Frame* frame, io::BatchReader* reader, Findings* findings,
                 CreateProgress* progress);

 private:
  LargeMember() = default;
  static absl::StatusOr<std::unique_ptr<LargeMember>> TryOpen(const Entry& entry,
                                                              uint64_t slice_bytes,
                                                              io::BatchReader* reader,
                                                              Findings* findings);
  void CheckUnchanged(Findings* findings);
  void TellZeroFilled(int64_t result, uint64_t offset, Findings* findings);

  Member member_;
  std::string header_;
  io::Fd fd_;
  io::Fd direct_fd_;  // the same file, for what is not in the page cache; not valid: none
  io::FileStat at_open_;
  std::vector<Slice> slices_;
  std::atomic<size_t> slices_left_{0};
  std::shared_ptr<SpanningMember> spanning_;
};

}  // namespace ingot
