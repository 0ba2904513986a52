#include "core/join/join.h"

#include "absl/strings/str_cat.h"
#include "core/join/explain.h"
#include "io/status.h"

namespace ingot {
namespace {

constexpr char kNothingReferenced[] =
    "its rows of alf_content_data refer to nothing, though there is content: is it a dump of the "
    "schema alone, or of another database?";

void CountStates(const ReferencedUrls& urls, JoinResult* result) {
  const std::array<uint64_t, kUrlStates> counts = urls.table().CountStates();
  const auto count = [&counts](UrlState state) { return counts[static_cast<size_t>(state)]; };
  result->present = count(UrlState::kPresent);
  result->encrypted = urls.table().CountEncryptedPresent();
  result->recoverable = count(UrlState::kRecoverable);
  result->missing = count(UrlState::kMissing);
  result->wrong_size = count(UrlState::kWrongSize);
  result->incomplete = count(UrlState::kIncomplete);
}

}  // namespace

JoinResult JoinNotPossible(absl::string_view why) {
  JoinResult result;
  result.outcome = JoinOutcome::kNotPossible;
  result.reason = std::string(why);
  return result;
}

absl::StatusOr<JoinResult> JoinContent(const JoinInput& input) {
  ReferencedUrls& urls = *input.urls;
  JoinResult result = JoinNotPossible(urls.known().message());
  result.url_rows = urls.url_rows();
  result.data_rows = urls.data_rows();
  result.invalid_rows = urls.invalid_rows();
  result.referenced = urls.referenced();
  result.not_on_disk = urls.not_on_disk();
  // Of another application's database, say: then no file is worth counting.
  if (!urls.known().ok() && urls.table().size() == 0) return result;
  INGOT_ASSIGN_OR_RETURN(
      result.unreferenced_files,
      ForEachContentFile(
          input.roots, input.visit_entries,
          [&urls](absl::string_view path) { return urls.table().Contains(path); },
          [&urls](absl::string_view path, const UrlTable::File& file) {
            urls.table().Found(path, file);
          }));
  CountStates(urls, &result);
  const uint64_t lost = result.missing + result.wrong_size + result.incomplete;
  if (lost + result.recoverable > 0) {
    INGOT_ASSIGN_OR_RETURN(result.problems, ExplainProblems(input));
  }
  if (lost > 0) {
    result.outcome = JoinOutcome::kFailed;
  } else if (urls.known().ok() && result.referenced == 0 &&
             (result.url_rows > 0 || result.unreferenced_files > 0)) {
    result.reason = kNothingReferenced;
  } else if (urls.known().ok()) {
    result.outcome = JoinOutcome::kProved;
  }
  if (result.outcome != JoinOutcome::kNotPossible) result.reason.clear();
  return result;
}

}  // namespace ingot
