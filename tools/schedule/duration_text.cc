#include "tools/schedule/duration_text.h"

#include <cstdint>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace ingot {
namespace {

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr Unit kUnits[] = {{'d', 86'400}, {'h', 3'600}, {'m', 60}, {'s', 1}};
constexpr int64_t kSecondsMax = int64_t{1000} * 86'400;

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  const absl::Status error = absl::InvalidArgumentError(
      absl::StrCat("not a duration: '", text, "' (write it like 45s, 90m, 2h30m or 1d)"));
  int64_t total = 0;
  size_t at = 0;
  size_t unit = 0;  // the first that may still come
  while (at < text.size()) {
    int64_t number = 0;
    const size_t begin = at;
    for (; at < text.size() && absl::ascii_isdigit(text[at]); ++at) {
      number = number * 10 + (text[at] - '0');
      if (number > kSecondsMax) return error;
    }
    if (at == begin || at == text.size()) return error;
    const char letter = absl::ascii_tolower(text[at++]);
    while (unit < std::size(kUnits) && kUnits[unit].letter != letter) ++unit;
    if (unit == std::size(kUnits)) return error;
    total += number * kUnits[unit++].seconds;
    if (total > kSecondsMax) return error;
  }
  if (text.empty()) return error;
  return absl::Seconds(total);
}

std::string DurationText(absl::Duration duration) {
  int64_t left = absl::ToInt64Seconds(duration);
  std::string text;
  for (const Unit& unit : kUnits) {
    if (left >= unit.seconds) {
      absl::StrAppend(&text, left / unit.seconds, std::string(1, unit.letter));
    }
    left %= unit.seconds;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace ingot
