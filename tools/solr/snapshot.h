// Whether a directory is a whole snapshot of a Lucene index.
//
// Solr copies the files of one commit into snapshot.<time> under their final names, one after the
// other and in no order, and leaves no mark when it has ended. What proves that it has: segments_N
// is there with its right checksum, so is the .si file of every segment in it, every file that
// these two list is there, and each ends in the footer that Lucene (4.8 and newer) writes last. A
// file that is still being copied, or was cut off, has none. Older indexes have no footers and
// before 4.0 no lists: there the files that every segment has must be there and not be empty, which
// is less than a proof.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "io/file_stat.h"

namespace ingot {

struct SnapshotState {
  std::string incomplete;  // why it is not whole; empty: it is, as far as can be told
  bool proved = false;     // by lists and footers
  size_t files = 0;        // regular files in it, without locks and segments.gen
  uint64_t bytes = 0;
  io::Timestamp newest_mtime;  // of the directory and all in it
};

// NotFound when it vanishes meanwhile; else what the system says.
absl::StatusOr<SnapshotState> InspectSnapshot(const std::string& directory);

// The snapshot.* directories in a core's backup location, the newest first. Names are times,
// yyyyMMddHHmmssSSS; Solr before 4 wrote yyyyMMddhhmmss, with the hours of a 12-hour clock, so of
// those of one day the directory's time decides. Names that are no times come last.
absl::StatusOr<std::vector<std::string>> ListSnapshots(const std::string& location);

}  // namespace ingot
