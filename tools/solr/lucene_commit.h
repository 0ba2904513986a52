// What a Lucene commit is made of: segments_N and the segments' .si files, as bytes of unknown
// origin.
//
// Known: Lucene 2.9 to 3.6 (Solr 1.4 to 3), and 4.0 to 8.11 (Solr 4 to 8, Search Services). All
// numbers are big-endian; since 4.8 every file ends in a footer of 16 bytes with the CRC-32 of what
// lies before, and before that segments_N alone ends in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ingot {

inline constexpr size_t kLuceneFooterBytes = 16;
inline constexpr size_t kLuceneSegmentsBytesMax = size_t{16} << 20;  // of segments_N
inline constexpr size_t kLuceneInfoBytesMax = size_t{4} << 20;       // of a segment's .si

// Whether the bytes are those that every file since Lucene 4.8 ends with (its checksum not looked
// at).
bool IsLuceneFooter(absl::string_view last_bytes);
// Whether a whole file ends in a footer with the right checksum.
bool HasValidLuceneFooter(absl::string_view file);

struct LuceneSegment {
  std::string name;                // "_1a"
  bool has_info = false;           // its files are listed in "<name>.si"
  std::vector<std::string> files;  // that segments_N itself asks for
  std::string deletions;           // "<name>_<generation>", without its extension; empty: none
};

struct LuceneCommit {
  bool footers = false;     // written by 4.8 or newer
  bool understood = false;  // false: newer than this code, or older than 2.9; `segments` is empty
  std::vector<LuceneSegment> segments;
};

// DataLoss for what is not a whole segments_N.
absl::StatusOr<LuceneCommit> ParseLuceneCommit(absl::string_view bytes);

struct LuceneSegmentInfo {
  bool footers = false;     // all files of the segment have one
  bool understood = false;  // false: a format newer than this code; `files` is empty
  std::vector<std::string> files;
};

// Of a .si file. DataLoss as above.
absl::StatusOr<LuceneSegmentInfo> ParseLuceneSegmentInfo(absl::string_view bytes);

}  // namespace ingot
