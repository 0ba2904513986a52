#include "tools/report.h"

#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/json.h"

namespace ingot {

Report::Report(std::FILE* stream, const ReportOptions& options)
    : stream_(stream), options_(options) {}

void Report::Error(absl::string_view message) { Line("error", "error: ", message); }

void Report::Error(const absl::Status& status) {
  // The last words of a dump program are several lines; all else is one, newlines in names escaped.
  if (!absl::IsAborted(status) || options_.json_events) return Error(status.message());
  bool first = true;
  for (absl::string_view line : absl::StrSplit(status.message(), '\n', absl::SkipWhitespace())) {
    Line("error", first ? "error: " : "  ", line);
    first = false;
  }
}

void Report::Warning(absl::string_view message) { Line("warning", "warning: ", message); }

void Report::Note(absl::string_view message) {
  if (!options_.quiet) Plain(message);
}

void Report::Plain(absl::string_view message) { Line("note", "", message); }

void Report::Line(absl::string_view event, absl::string_view prefix, absl::string_view message) {
  if (options_.json_events) {
    Event(event, {{"message", ToUtf8(message)}});
    return;
  }
  const std::string line = absl::StrCat("ingot: ", prefix, EscapeForTerminal(message), "\n");
  absl::MutexLock lock(&mutex_);
  ClearTransient();
  std::fwrite(line.data(), 1, line.size(), stream_);
  std::fflush(stream_);
}

void Report::Event(absl::string_view name, const nlohmann::ordered_json& fields) {
  if (!options_.json_events) return;
  nlohmann::ordered_json event = {{"event", std::string(name)}};
  event.update(fields);
  const std::string line = JsonForTerminal(event.dump(
                               -1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) +
                           "\n";
  absl::MutexLock lock(&mutex_);
  std::fwrite(line.data(), 1, line.size(), stream_);
  std::fflush(stream_);
}

void Report::Transient(absl::string_view line) {
  const std::string clean = EscapeForTerminal(line);
  absl::MutexLock lock(&mutex_);
  ClearTransient();
  std::fwrite(clean.data(), 1, clean.size(), stream_);
  std::fflush(stream_);
  transient_ = !clean.empty();
}

void Report::ClearTransient() {
  if (!transient_) return;
  std::fputs("\r\x1b[K", stream_);
  transient_ = false;
}

bool Report::is_terminal() const { return isatty(fileno(stream_)) == 1; }

}  // namespace ingot
