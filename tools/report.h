// What the command tells people and scripts, on standard error: one line for each message, or one
// JSON object for each event. Standard output belongs to data.
#pragma once

#include <cstdio>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "nlohmann/json.hpp"

namespace ingot {

struct ReportOptions {
  bool quiet = false;  // --quiet: errors and warnings only
  bool json_events =
      false;  // --json of create and backup: everything is an event, one object per line
};

// Messages are cleaned with EscapeForTerminal, so a file name cannot draw on the terminal: callers
// pass them as they are. Thread-safe.
class Report {
 public:
  Report(std::FILE* stream, const ReportOptions& options);

  void Error(absl::string_view message);    // "ingot: error: ..."; event "error"
  void Error(const absl::Status& status);   // its message without the code; Aborted: line by line
  void Warning(absl::string_view message);  // "ingot: warning: ..."; event "warning"
  void Note(absl::string_view message);     // "ingot: ..."; event "note"; not with --quiet
  void Plain(absl::string_view message);    // a note, also with --quiet

  // One JSON object on one line, {"event": name, ...fields}; nothing without --json. Strings must
  // be UTF-8 (core/json.h); what is not is replaced rather than thrown about.
  void Event(absl::string_view name, const nlohmann::ordered_json& fields);

  // Draws `line` over the last line of a terminal and leaves the cursor there; the next message
  // clears it. An empty line clears it. REQUIRES: the stream is a terminal, no --json.
  void Transient(absl::string_view line);

  bool quiet() const { return options_.quiet; }
  bool json_events() const { return options_.json_events; }
  std::FILE* stream() const { return stream_; }
  bool is_terminal() const;

 private:
  void Line(absl::string_view event, absl::string_view prefix, absl::string_view message);
  void ClearTransient() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  std::FILE* const stream_;
  const ReportOptions options_;
  absl::Mutex mutex_;
  bool transient_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace ingot
