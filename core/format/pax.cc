#include "core/format/pax.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace ingot {
namespace {

constexpr uint32_t kNanosecondsPerSecond = 1'000'000'000;
constexpr size_t kFractionDigitsMax = 9;
constexpr uint64_t kSecondsMax = uint64_t{INT64_MAX};

size_t DigitsOf(size_t number) {
  size_t digits = 1;
  while (number >= 10) {
    number /= 10;
    ++digits;
  }
  return digits;
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("pax header: ", what));
}

}  // namespace

void AppendPaxRecord(absl::string_view keyword, absl::string_view value, std::string* out) {
  const size_t rest = 1 + keyword.size() + 1 + value.size() + 1;  // " ", "=", "\n"
  size_t length = rest + 1;  // the length counts its own digits
  while (DigitsOf(length) + rest != length) length = DigitsOf(length) + rest;
  absl::StrAppend(out, length, " ", keyword, "=", value, "\n");
}

absl::StatusOr<std::vector<PaxRecord>> ParsePaxRecords(absl::string_view data) {
  std::vector<PaxRecord> records;
  while (!data.empty()) {
    const size_t space = data.find(' ');
    if (space == absl::string_view::npos) return Damaged("a record without a length");
    const std::optional<uint64_t> length = ParseDecimal(data.substr(0, space));
    if (!length.has_value() || *length > data.size() || *length < space + 2) {
      return Damaged("a record's length is wrong");
    }
    absl::string_view record = data.substr(0, static_cast<size_t>(*length));
    data.remove_prefix(record.size());
    record.remove_prefix(space + 1);
    if (!absl::ConsumeSuffix(&record, "\n")) return Damaged("a record does not end with a newline");
    const size_t equals = record.find('=');
    if (equals == absl::string_view::npos) return Damaged("a record without a value");
    records.push_back({record.substr(0, equals), record.substr(equals + 1)});
  }
  return records;
}

std::optional<uint64_t> ParseDecimal(absl::string_view digits) {
  if (digits.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char digit : digits) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(digit))) return std::nullopt;
    if (__builtin_mul_overflow(value, 10u, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<uint64_t>(digit - '0'), &value))
      return std::nullopt;
  }
  return value;
}

std::string FormatPaxTime(io::Timestamp time) {
  const bool negative = time.seconds < 0;
  uint64_t whole = static_cast<uint64_t>(time.seconds);
  uint32_t fraction = time.nanoseconds;
  if (negative) {
    whole = uint64_t{0} - whole;
    if (fraction > 0) {  // nanoseconds always count upwards, digits away from zero
      whole -= 1;
      fraction = kNanosecondsPerSecond - fraction;
    }
  }
  std::string text = absl::StrCat(negative ? "-" : "", whole);
  if (fraction == 0) return text;
  absl::StrAppend(&text, ".", absl::Dec(fraction, absl::kZeroPad9));
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

std::optional<io::Timestamp> ParsePaxTime(absl::string_view text) {
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  const std::optional<uint64_t> whole = ParseDecimal(text.substr(0, point));
  if (!whole.has_value()) return std::nullopt;
  uint32_t fraction = 0;
  if (point != absl::string_view::npos) {
    std::string digits(text.substr(point + 1));
    if (digits.empty() || digits.size() > kFractionDigitsMax) return std::nullopt;
    digits.resize(kFractionDigitsMax, '0');
    const std::optional<uint64_t> value = ParseDecimal(digits);
    if (!value.has_value()) return std::nullopt;
    fraction = static_cast<uint32_t>(*value);
  }
  if (!negative) {
    if (*whole > kSecondsMax) return std::nullopt;
    return io::Timestamp{static_cast<int64_t>(*whole), fraction};
  }
  const uint64_t below = *whole + (fraction > 0 ? 1 : 0);
  if (*whole > kSecondsMax + 1 || below > kSecondsMax + 1) return std::nullopt;
  return io::Timestamp{static_cast<int64_t>(uint64_t{0} - below),
                       fraction > 0 ? kNanosecondsPerSecond - fraction : 0};
}

std::string EscapeXattrName(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"%", "%25"}, {"=", "%3D"}});
}

std::string UnescapeXattrName(absl::string_view escaped) {
  return absl::StrReplaceAll(escaped, {{"%25", "%"}, {"%3D", "="}});
}

}  // namespace ingot
