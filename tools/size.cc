#include "tools/size.h"

#include <array>
#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace ingot {
namespace {

constexpr absl::string_view kUnits = "kmgtpe";

}  // namespace

absl::StatusOr<uint64_t> ParseSize(absl::string_view text) {
  const absl::Status error = absl::InvalidArgumentError(
      absl::StrCat("not a size: '", text, "' (write it like 65536, 512K, 4M or 1.5G)"));
  std::string rest = absl::AsciiStrToLower(text);
  size_t digits = 0;
  size_t dots = 0;
  while (digits < rest.size() && (absl::ascii_isdigit(rest[digits]) || rest[digits] == '.')) {
    dots += rest[digits] == '.';
    ++digits;
  }
  double number = 0;
  if (digits == 0 || dots > 1 || rest[0] == '.' || rest[digits - 1] == '.') return error;
  if (!absl::SimpleAtod(rest.substr(0, digits), &number)) return error;

  const std::string unit = rest.substr(digits);
  int power = 0;
  if (!unit.empty() && unit != "b") {
    const size_t at = kUnits.find(unit[0]);
    if (at == absl::string_view::npos) return error;
    const std::string suffix = unit.substr(1);
    if (!suffix.empty() && suffix != "b" && suffix != "ib") return error;
    power = static_cast<int>(at) + 1;
  }
  if (power == 0 && dots > 0) return error;
  uint64_t whole = 0;
  if (dots == 0 && !absl::SimpleAtoi(rest.substr(0, digits), &whole)) return error;
  const double scaled = std::ldexp(number, 10 * power);
  if (scaled >= 0x1p63) return error;
  return dots == 0 ? whole << (10 * power) : static_cast<uint64_t>(scaled);
}

std::string FormatSize(uint64_t bytes) {
  if (bytes < 1024) return absl::StrCat(bytes, " B");
  constexpr std::array<const char*, 6> kNames = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // 1023.95 would print as 1024.0 of the smaller unit.
  while (value >= 1023.95 && unit + 1 < kNames.size()) {
    value /= 1024;
    ++unit;
  }
  return absl::StrFormat("%.1f %s", value, kNames[unit]);
}

std::string FormatCount(uint64_t count) {
  std::string digits = absl::StrCat(count);
  for (size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string FormatDuration(double seconds) {
  if (seconds < 9.995) return absl::StrFormat("%.2f s", seconds);
  if (seconds < 59.95) return absl::StrFormat("%.1f s", seconds);
  const auto whole = static_cast<uint64_t>(std::llround(seconds));
  if (whole < 3600) return absl::StrFormat("%d min %02d s", whole / 60, whole % 60);
  return absl::StrFormat("%d h %02d min", whole / 3600, whole % 3600 / 60);
}

}  // namespace ingot
