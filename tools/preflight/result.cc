#include "tools/preflight/result.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ingot {
namespace {

int Rank(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kCancelled:
      return 5;
    case absl::StatusCode::kInvalidArgument:
      return 4;
    case absl::StatusCode::kAborted:
      return 3;
    case absl::StatusCode::kUnavailable:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

void PreflightResult::Note(std::string subject, std::string text, std::string remedy) {
  checks.push_back({Severity::kNote, std::move(subject), std::move(text), std::move(remedy)});
}

void PreflightResult::Warning(std::string subject, std::string text, std::string remedy) {
  checks.push_back({Severity::kWarning, std::move(subject), std::move(text), std::move(remedy)});
}

void PreflightResult::Error(absl::StatusCode code, std::string subject, std::string text,
                            std::string remedy) {
  checks.push_back({Severity::kError, std::move(subject), std::move(text), std::move(remedy)});
  const absl::Status error(code, CheckText(checks.back()));
  if (Rank(error) > Rank(verdict)) verdict = error;
}

void PreflightResult::Append(PreflightResult other) {
  checks.insert(checks.end(), std::make_move_iterator(other.checks.begin()),
                std::make_move_iterator(other.checks.end()));
  if (Rank(other.verdict) > Rank(verdict)) verdict = other.verdict;
}

std::string CheckText(const Check& check) {
  return absl::StrCat(check.text, check.remedy.empty() ? "" : "; ", check.remedy);
}

}  // namespace ingot
