#include "tools/solr/replication.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "core/json.h"
#include "io/clock.h"
#include "io/interruption.h"
#include "io/status.h"
#include "tools/solr/snapshot.h"

namespace ingot {
namespace {

constexpr absl::Duration kInterruptionInterval = absl::Milliseconds(100);
constexpr absl::Duration kProgressInterval = absl::Seconds(1);
// startTime counts whole seconds.
constexpr absl::Duration kStartTimeResolution = absl::Milliseconds(1100);
constexpr absl::string_view kSnapshotPrefix = "snapshot.";
constexpr size_t kCoreNameBytesMax = 255;

bool IsCoreName(absl::string_view name) {
  return !name.empty() && name.size() <= kCoreNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
         });
}

absl::Status CheckRequest(const SolrRequest& request) {
  absl::string_view rest = request.url;
  if (!absl::ConsumePrefix(&rest, "http://") && !absl::ConsumePrefix(&rest, "https://")) {
    return absl::InvalidArgumentError(
        absl::StrCat(request.url, " is not Solr's address: give --solr-url http://HOST:PORT/solr"));
  }
  if (absl::StrContains(rest, "@")) {
    return absl::InvalidArgumentError(
        "a password in an argument can be seen by everyone on this machine: leave it out of "
        "--solr-url, and use --solr-secret-file or --solr-cert");
  }
  if (rest.empty() || rest.find_first_of("?# \t") != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(request.url,
                                                   " is not Solr's address: give --solr-url "
                                                   "http://HOST:PORT/solr, without a query"));
  }
  for (const SolrCore& core : request.cores) {
    if (!IsCoreName(core.name)) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", core.name, "' is not the name of a core: use --solr-core NAME"));
    }
  }
  return absl::OkStatus();
}

std::string Remedy(int http_status) {
  switch (http_status) {
    case 401:
    case 403:
      return "give the shared secret (--solr-secret-file FILE), or a client certificate "
             "(--solr-cert FILE --solr-key FILE)";
    case 404:
      return "name the right address and core with --solr-url and --solr-core";
    default:
      return "look at Solr's own log";
  }
}

// OK for 200 alone; Unknown for what may pass.
absl::Status CheckHttpStatus(const HttpResponse& response) {
  if (response.status == 200) return absl::OkStatus();
  if (response.status >= 300 && response.status < 400) {
    return absl::FailedPreconditionError(absl::StrCat(
        "HTTP ", response.status, ", a redirect to ", EscapeForTerminal(response.location),
        ", which is not followed; name the right address with --solr-url"));
  }
  std::string text = absl::StrCat("HTTP ", response.status);
  const absl::Status answer = CheckSolrAnswer(response.body);
  if (absl::StrContains(answer.message(), "Solr answers")) {
    absl::StrAppend(&text, ", ", answer.message());
  }
  absl::StrAppend(&text, "; ", Remedy(response.status));
  if (response.status == 401 || response.status == 403) return absl::PermissionDeniedError(text);
  return response.status >= 500 ? absl::UnknownError(text) : absl::FailedPreconditionError(text);
}

// Of a clock that nobody sets.
absl::Time Now() { return absl::FromUnixNanos(static_cast<int64_t>(io::BootNanoseconds())); }

bool IsTimed(absl::string_view snapshot) {
  return absl::ConsumePrefix(&snapshot, kSnapshotPrefix) &&
         std::all_of(snapshot.begin(), snapshot.end(), absl::ascii_isdigit);
}

// One core's backup; the public functions are its steps, in order.
class CoreBackup {
 public:
  CoreBackup(const SolrRequest& request, const SolrCore& core, HttpClient* client,
             const std::function<void(const SolrProgress&)>& progress)
      : request_(request), core_(core), client_(client), progress_(progress) {}

  // What is there before, so that it is not taken for the result.
  absl::Status Remember() {
    const absl::StatusOr<std::vector<std::string>> snapshots = Snapshots();
    if (absl::IsNotFound(snapshots.status())) {
      return absl::InvalidArgumentError(absl::StrCat(
          snapshots.status().message(),
          ": Solr's backups must be seen here; make the directory, writable for Solr, or mount it, "
          "or name it with --solr-backup-dir DIR"));
    }
    INGOT_RETURN_IF_ERROR(snapshots.status());
    known_snapshots_.insert(snapshots->begin(), snapshots->end());
    absl::StatusOr<SolrBackupSection> section = Details();
    if (!section.ok()) return Fail(section.status(), "");
    before_ = *std::move(section);
    return absl::OkStatus();
  }

  absl::Status Trigger() {
    if (before_.present) {
      INGOT_RETURN_IF_ERROR(Pause(kStartTimeResolution, "Solr is asked for a backup"));
    }
    std::string query =
        absl::StrCat("command=backup&location=", UrlEncode(core_.location), "&wt=json");
    if (core_.keep > 0) absl::StrAppend(&query, "&numberToKeep=", core_.keep);
    const absl::StatusOr<HttpResponse> response = Get(query);
    // It may have begun all the same: asking again would begin a second one.
    if (absl::IsDeadlineExceeded(response.status())) return absl::OkStatus();
    if (!response.ok()) return Fail(response.status(), "");
    absl::Status answer = CheckSolrAnswer(response->body);
    if (!answer.ok()) return Fail(answer, StartRemedy(answer.message()));
    return absl::OkStatus();
  }

  absl::Status WaitForSuccess() {
    int failures = 0;
    for (;;) {
      INGOT_RETURN_IF_ERROR(Pause(request_.poll_interval, "Solr is making a backup"));
      const absl::StatusOr<SolrBackupSection> section = Details();
      if (section.ok()) {
        failures = 0;
        INGOT_ASSIGN_OR_RETURN(const bool ended, Judge(*section));
        if (ended) return absl::OkStatus();
      } else if (absl::IsCancelled(section.status()) ||
                 absl::IsPermissionDenied(section.status()) || ++failures > request_.failures_max) {
        return Fail(section.status(), failures > request_.failures_max
                                          ? "Solr has stopped answering during its backup"
                                          : "");
      }
      INGOT_RETURN_IF_ERROR(CheckLimit());
    }
  }

  absl::StatusOr<SolrSnapshot> FindSnapshot() {
    const absl::Time deadline = Now() + request_.appearance_limit;
    std::string why = "nothing new is there";
    for (;;) {
      INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> names, Snapshots());
      for (const std::string& name : names) {
        if (known_snapshots_.contains(name)) continue;
        const absl::StatusOr<SnapshotState> state =
            InspectSnapshot(absl::StrCat(core_.directory, "/", name));
        if (!state.ok()) {
          why = absl::StrCat(name, ": ", state.status().message());
        } else if (!state->incomplete.empty()) {
          why = absl::StrCat(name, ": ", state->incomplete);
        } else if (file_count_ != 0 && state->files != file_count_) {
          why = absl::StrCat(name, " has ", state->files, " files instead of ", file_count_);
        } else {
          return SolrSnapshot{core_.name, name, state->files, state->proved};
        }
      }
      if (Now() >= deadline) break;
      INGOT_RETURN_IF_ERROR(Pause(request_.poll_interval, "Solr has made a backup"));
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "core ", core_.name, ": Solr tells of a backup in ", core_.location,
        ", but no new and whole snapshot lies in ", core_.directory, ": ", why,
        "; both must be the same directory: mount Solr's, or name its path on Solr's host with "
        "--solr-location DIR"));
  }

  // Newer versions delete old snapshots after they have told of success: let that end.
  absl::Status WaitForDeletions() {
    const absl::Time deadline = Now() + request_.appearance_limit;
    while (core_.keep > 0 && Now() < deadline) {
      INGOT_ASSIGN_OR_RETURN(const std::vector<std::string> names, Snapshots());
      if (std::count_if(names.begin(), names.end(), IsTimed) <= core_.keep) break;
      INGOT_RETURN_IF_ERROR(Pause(request_.poll_interval, "Solr is deleting old backups"));
    }
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<std::vector<std::string>> Snapshots() const {
    absl::StatusOr<std::vector<std::string>> names = ListSnapshots(core_.directory);
    if (!names.ok()) return Annotate(names.status(), absl::StrCat("core ", core_.name));
    return names;
  }

  std::string Url() const { return absl::StrCat(request_.url, "/", core_.name, "/replication"); }

  absl::Status Fail(const absl::Status& status, absl::string_view note) const {
    if (absl::IsCancelled(status)) return status;
    std::string text = absl::StrCat("core ", core_.name, ": ", Url(), ": ", status.message());
    if (!note.empty()) absl::StrAppend(&text, "; ", note);
    absl::StatusCode code = status.code();
    if (code == absl::StatusCode::kUnknown || code == absl::StatusCode::kNotFound) {
      absl::StrAppend(&text, "; is Solr running there? --solr-url names another address");
      code = absl::StatusCode::kFailedPrecondition;
    }
    return absl::Status(code, text);
  }

  static absl::string_view StartRemedy(absl::string_view message) {
    if (absl::StrContains(message, "numberToKeep")) {
      return "leave that to Solr's configuration: --solr-keep 0";
    }
    if (absl::StrContains(message, "does not exist") ||
        absl::StrContains(message, "Unable to create")) {
      return "the location is a directory on Solr's host, writable for Solr: make it, or name it "
             "with --solr-location DIR";
    }
    return "look at Solr's own log";
  }

  absl::StatusOr<HttpResponse> Get(absl::string_view query) {
    absl::StatusOr<HttpResponse> response = client_->Get(absl::StrCat(Url(), "?", query));
    if (absl::IsFailedPrecondition(response.status()) && absl::StartsWith(request_.url, "https")) {
      return absl::FailedPreconditionError(absl::StrCat(
          response.status().message(),
          "; --solr-ca names the certificates that Solr's is checked against, --solr-cert and "
          "--solr-key our own, --solr-url another address"));
    }
    INGOT_RETURN_IF_ERROR(response.status());
    INGOT_RETURN_IF_ERROR(CheckHttpStatus(*response));
    return response;
  }

  absl::StatusOr<SolrBackupSection> Details() {
    INGOT_ASSIGN_OR_RETURN(const HttpResponse response, Get("command=details&wt=json&json.nl=map"));
    return ParseSolrDetails(response.body);
  }

  // Whether the backup has ended well; an error when it has failed.
  absl::StatusOr<bool> Judge(const SolrBackupSection& section) {
    if (before_.present && !section.present) {
      return Fail(
          absl::FailedPreconditionError("Solr has been restarted during its backup, which is lost"),
          "start the backup again");
    }
    if (!section.present || section.text == before_.text) return false;
    if (!section.exception.empty()) {
      return Fail(
          absl::FailedPreconditionError(absl::StrCat("Solr's backup failed: ", section.exception)),
          StartRemedy(section.exception));
    }
    if (!IsLaterSolrTime(section.start_time, before_.start_time)) return false;
    if (section.status == "success" && !section.completed_at.empty()) {
      file_count_ = section.file_count;
      return true;
    }
    if (section.status.empty() && section.completed_at.empty()) {
      return Fail(absl::FailedPreconditionError("Solr's backup ended without a snapshot"),
                  "Solr could not make a directory in its location, which must be writable for it "
                  "(--solr-location DIR)");
    }
    return false;
  }

  absl::Status CheckLimit() const {
    if (Now() - begin_ < request_.limit) return absl::OkStatus();
    std::string text = absl::StrCat("core ", core_.name, ": ", Url(), ": no new backup within ",
                                    absl::FormatDuration(request_.limit));
    if (before_.present) {
      absl::StrAppend(&text, " (",
                      before_.exception.empty()
                          ? absl::StrCat("the one of ", before_.start_time, " is an old one")
                          : absl::StrCat("an earlier one failed: ", before_.exception),
                      ")");
    }
    return absl::DeadlineExceededError(
        absl::StrCat(text, "; look at Solr's own log, or give more time with --solr-timeout"));
  }

  // Sleeps, so that an interruption and the progress are not kept waiting.
  absl::Status Pause(absl::Duration duration, const char* text) {
    const absl::Time end = Now() + duration;
    for (;;) {
      INGOT_RETURN_IF_ERROR(io::CheckInterrupted());
      const absl::Time now = Now();
      if (progress_ && now >= next_progress_) {
        progress_({core_.name, now - begin_, text});
        next_progress_ = now + kProgressInterval;
      }
      if (now >= end) return absl::OkStatus();
      absl::SleepFor(std::min(end - now, kInterruptionInterval));
    }
  }

  const SolrRequest& request_;
  const SolrCore& core_;
  HttpClient* const client_;
  const std::function<void(const SolrProgress&)>& progress_;
  const absl::Time begin_ = Now();
  absl::Time next_progress_ = absl::InfinitePast();
  std::set<std::string> known_snapshots_;
  SolrBackupSection before_;
  uint64_t file_count_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<SolrSnapshot>> RunSolrBackups(
    const SolrRequest& request, const std::function<void(const SolrProgress&)>& progress) {
  INGOT_RETURN_IF_ERROR(CheckRequest(request));
  INGOT_ASSIGN_OR_RETURN(HttpClient client, HttpClient::Make(request.http));
  std::vector<SolrSnapshot> snapshots;
  for (const SolrCore& core : request.cores) {
    CoreBackup backup(request, core, &client, progress);
    INGOT_RETURN_IF_ERROR(backup.Remember());
    INGOT_RETURN_IF_ERROR(backup.Trigger());
    INGOT_RETURN_IF_ERROR(backup.WaitForSuccess());
    INGOT_ASSIGN_OR_RETURN(SolrSnapshot snapshot, backup.FindSnapshot());
    INGOT_RETURN_IF_ERROR(backup.WaitForDeletions());
    snapshots.push_back(std::move(snapshot));
  }
  return snapshots;
}

}  // namespace ingot
