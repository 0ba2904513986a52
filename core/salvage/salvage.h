// A container from what is left of one: `ingot salvage` restores from it as from any other.
//
// scan (file_parts.h) -> what the index still says (surviving_index.h) -> frames and slices in an
// order (assemble.h) -> the members that are lost.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "core/container/container.h"
#include "core/salvage/file_parts.h"
#include "core/verify/verify.h"

namespace ingot {

struct SalvageOptions {
  int threads = 0;                     // 0: a default made from the number of processors
  uint64_t read_bytes_per_second = 0;  // 0: no limit
  std::string spool_directory;         // for unnamed temporary files, where memory is short
  std::vector<std::string> patterns;   // core/glob.h: what is lost is told of these; none: of all
};

enum class LossKind {
  kMember,   // it is not there, or not whole
  kVersion,  // one is there, but not the one that the index names; or another was left out
  kRefused,  // what ingot never writes
};

inline constexpr size_t kLossKinds = 3;

struct Loss {
  LossKind kind;
  std::string path;  // of the member
  std::string text;  // one line that names it
};
// Called by one thread, as losses are found: there may be millions.
using TellLoss = absl::FunctionRef<void(const Loss&)>;

inline constexpr size_t kDamagedRangesMax = 1000;

struct SalvageReport {
  uint64_t file_bytes = 0;
  uint64_t frames = 0;                // whole
  uint64_t frames_expected = 0;       // by the index; 0: not known, as it is not all there
  uint64_t frames_without_label = 0;  // of the whole ones: proved by their own checksum alone
  uint64_t frames_broken = 0;         // that their labels tell of, and that are nowhere whole
  uint64_t members = 0;               // whole, and in the container
  uint64_t members_unnamed = 0;       // of these, that no index that is left names
  uint64_t repeated = 0;              // members that are there more than once, all alike
  uint64_t lost[kLossKinds] = {};     // by LossKind: told
  uint64_t lost_unnamed = 0;          // whose part of the index is lost, too
  uint64_t stray_slices = 0;          // of members whose other parts are lost
  uint64_t strays_unnamed = 0;        // members that those are of, and no index that is left names
  uint64_t unparsed_bytes = 0;        // in whole frames, that are no members
  bool index_complete = false;        // so that what is lost is known by name
  bool has_root = false;
  uint64_t index_blocks_lost = 0;
  uint64_t damaged_bytes = 0;  // of the file, that are no part of a container any more
  uint64_t damaged_ranges_count = 0;
  std::vector<ByteRange> damaged_ranges;  // the first kDamagedRangesMax
  uint64_t unreadable_bytes = 0;          // of these, that the system could not read

  uint64_t Lost(LossKind kind) const { return lost[static_cast<size_t>(kind)]; }
  // The index proves that every member is there (of those that the patterns match).
  bool NothingLost() const;
};

struct Salvaged {
  // Of all whole members, but for second versions of a path.
  std::unique_ptr<Container> container;
  SalvageReport report;
};

// NotFound and the like when the file cannot be opened; DataLoss when nothing of a container is in
// it; else errors are those of the system. Memory: 500 to 1000 bytes for each frame, and 40 to 80
// for each member whose path lies between those of another part of the file (two containers in
// one).
absl::StatusOr<Salvaged> Salvage(const std::string& path, const SalvageOptions& options,
                                 VerifyProgress* progress, TellLoss tell);

}  // namespace ingot
