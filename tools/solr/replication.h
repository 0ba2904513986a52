// Asks Solr's replication handler for a backup of a core, and waits until there is one.
//
// What Solr answers (ReplicationHandler and SnapShooter of Solr 4 to 8, and Search Services' own):
//   - ?command=backup starts a thread and answers at once, with status OK also when it could not
//     start (Solr 4 and 6: an "exception" key beside it).
//   - ?command=details has a section "backup" of the backup that ended last, also of a failed one;
//   it
//     is replaced when one ends, and is gone when Solr has been restarted. So what was there before
//     the request is never taken for its result. startTime counts whole seconds: a request waits
//     until its second differs from the last one's.
//   - Success: status=success with startTime, fileCount, snapshotCompletedAt. Failure:
//   snapShootException,
//     in newer versions without startTime; Solr 4 that cannot make the snapshot's directory leaves
//     startTime alone.
//   - The directory's name is not told. Old snapshots are deleted before (Solr 4) or after (6 and
//     newer) the copy.
// So success counts only once a snapshot that was not there before lies in the core's directory, is
// whole and has fileCount files.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tools/solr/http.h"

namespace ingot {

struct SolrCore {
  std::string name;       // "alfresco"
  std::string location;   // where Solr puts the snapshot: a path on Solr's host
  std::string directory;  // the same directory as a path here
  int keep = 0;           // how many snapshots Solr keeps; 0: all, or what its configuration says
};

struct SolrRequest {
  std::string url;  // "http://localhost:8983/solr", without a slash at its end
  HttpOptions http;
  std::vector<SolrCore> cores;
  absl::Duration limit = absl::Hours(2);  // of one core's backup

  // Made smaller by tests alone.
  absl::Duration poll_interval = absl::Seconds(1);
  absl::Duration appearance_limit = absl::Seconds(30);  // of the snapshot after its success
  int failures_max = 10;                                // polls in a row that got no good answer
};

struct SolrProgress {
  std::string core;
  absl::Duration elapsed;
  std::string text;  // "Solr is copying the index"
};

struct SolrSnapshot {
  std::string core;
  std::string name;  // of the new directory: "snapshot.20260102020000123"
  uint64_t files = 0;
  bool proved = false;  // whole by Lucene's own lists and footers (snapshot.h)
};

// One core after the other. `progress` is called about once a second. Errors name core, URL and
// remedy: InvalidArgument for what cannot be asked for, Cancelled within 200 ms of an interruption,
// DeadlineExceeded past the limit, PermissionDenied for 401 and 403, FailedPrecondition where Solr
// says no or is not what it should be; the system's own when the directory cannot be read.
absl::StatusOr<std::vector<SolrSnapshot>> RunSolrBackups(
    const SolrRequest& request, const std::function<void(const SolrProgress&)>& progress);

// The parts of an answer, for tests and for what else reads them.
struct SolrBackupSection {
  bool present = false;
  std::string text;  // all of it, to tell one from another
  std::string start_time;
  std::string completed_at;
  std::string status;
  std::string exception;  // snapShootException or exception
  std::string directory;  // where a version tells it
  uint64_t file_count = 0;
};

// FailedPrecondition with the server's own words when the answer is not JSON or tells of an error:
// also OK with an exception.
absl::Status CheckSolrAnswer(absl::string_view body);
// The section "backup" of ?command=details, as a map or as a flat list of names and values.
absl::StatusOr<SolrBackupSection> ParseSolrDetails(absl::string_view body);
// Whether `now` begins later than `before`, both as java.util.Date writes it ("Tue Jan 30 14:32:12
// CET 2018") or as ISO 8601; when one cannot be read: whether they differ.
bool IsLaterSolrTime(absl::string_view now, absl::string_view before);

}  // namespace ingot
