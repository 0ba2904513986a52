// How long earlier runs took, by their own records, and how large they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ingot {

struct EarlierRunsQuery {
  std::string output;           // of the run that is planned: earlier ones lie beside it
  std::string host;             // Manifest::host
  std::string source;           // Manifest::source
  std::string properties_file;  // Manifest::properties_file
  std::string content;          // without a properties file: the source of one content stage
};

struct EarlierBackup {
  std::string path;
  uint64_t bytes = 0;
};

// The longest of the runs that count.
struct EarlierRuns {
  int count = 0;         // zero: nothing is known
  absl::Duration run;    // from the beginning of the first stage to the end of the last
  absl::Duration index;  // of the index stages alone
  std::optional<EarlierBackup> largest;
  absl::Status listed;  // OK, or why the output's directory could not be
};

inline constexpr int kEarlierRunsMax = 5;                               // the newest count
inline constexpr int kEarlierFilesOpenedMax = 20;                       // containers, newest first
inline constexpr int kEarlierNamesMax = 10'000;                         // names that are looked at
inline constexpr absl::Duration kEarlierRunMax = absl::Hours(24 * 30);  // longer is not believed

// Of the containers (*.tar.zst) in the output's directory, those of the same host, source and
// properties file count. Reads of each only tail, index and manifest. A container that cannot be
// read is passed over; with output "-" nothing is known.
EarlierRuns FindEarlierRuns(const EarlierRunsQuery& query);

}  // namespace ingot
