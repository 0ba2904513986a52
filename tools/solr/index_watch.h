// Notices that an index job ran while snapshots were looked at and copied.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "io/file_stat.h"

namespace ingot {

// Names, sizes, inodes and times of all snapshot.* directories in the backup locations, and of what
// is in them, as they were at Begin. Reading changes none of these. A clock that is set back hides
// nothing: ctime and inode need only differ.
class IndexWatch {
 public:
  // More entries than this are not a few snapshots: FailedPrecondition.
  static constexpr size_t kEntriesMax = 1'000'000;

  static absl::StatusOr<IndexWatch> Begin(std::vector<std::string> locations);

  // What has changed since Begin, in one line ("/srv/solr4Backup/alfresco/snapshot.2 appeared: an
  // index job is running"); empty: nothing. May be called any number of times.
  absl::StatusOr<std::string> Check() const;

 private:
  struct Trace {
    uint64_t inode = 0;
    uint64_t size = 0;
    io::Timestamp mtime;
    io::Timestamp ctime;
    bool operator==(const Trace&) const = default;
  };
  using Traces = std::map<std::string, Trace>;  // by path

  static absl::StatusOr<Traces> Take(const std::vector<std::string>& locations);
  static absl::Status TakeOne(const std::string& location, Traces* traces);
  static absl::Status AddEntries(const std::string& directory, bool snapshots_only, Traces* traces);

  std::vector<std::string> locations_;
  Traces traces_;
};

}  // namespace ingot
