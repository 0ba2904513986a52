#include <bitset>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "core/json.h"
#include "io/status.h"
#include "tools/schedule/cron.h"

namespace ingot {
namespace {

// One field of an expression and what its numbers may be.
struct Field {
  const char* name;
  int min;
  int max;
  int step_max;
  std::vector<absl::string_view> names;  // of min, min + 1, ...
};

enum FieldNumber { kSecond, kMinute, kHour, kDayOfMonth, kMonth, kDayOfWeek, kYear, kFieldCount };

constexpr size_t kFieldsRequired = kYear;
constexpr int kNumberMax = 9999;  // no number that means something is longer
constexpr int kLastOffsetMax = 30;
constexpr int kNthMax = 5;
constexpr size_t kNameBytes = 3;
constexpr int kSaturday = 7;

const Field& FieldOf(int number) {
  static const std::vector<Field> fields = {
      {"seconds", 0, 59, 59, {}},
      {"minutes", 0, 59, 59, {}},
      {"hours", 0, 23, 23, {}},
      {"day-of-month", 1, 31, 31, {}},
      {"month",
       1,
       12,
       12,
       {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
      {"day-of-week", 1, 7, 7, {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
      {"year", kCronYearMin, kCronYearMax, kNumberMax, {}},
  };
  return fields[static_cast<size_t>(number)];
}

absl::Status Wrong(const std::string& what) { return absl::InvalidArgumentError(what); }

// Takes the digits at the beginning of `text`; false when there are none or too many.
bool TakeNumber(absl::string_view* text, int* number) {
  size_t digits = 0;
  *number = 0;
  while (digits < text->size() && absl::ascii_isdigit((*text)[digits])) {
    *number = *number * 10 + ((*text)[digits] - '0');
    if (*number > kNumberMax) return false;
    ++digits;
  }
  text->remove_prefix(digits);
  return digits > 0;
}

// The values of one field, and what else was said in it.
class FieldParser {
 public:
  explicit FieldParser(int number) : number_(number), field_(FieldOf(number)) {}

  absl::Status Parse(absl::string_view text) {
    if (text == "?") {
      if (!IsDay()) return Wrong("'?' is for day-of-month and day-of-week only");
      unspecified = true;
      return absl::OkStatus();
    }
    if (IsDay() && text.size() > 1 && absl::StrContains(text, 'L') &&
        absl::StrContains(text, ',')) {
      return Wrong("'L' cannot be part of a list");
    }
    if (text.find('#') != text.rfind('#')) return Wrong("only one '#' can be said");
    for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipEmpty())) {
      INGOT_RETURN_IF_ERROR(ParseItem(item));
    }
    return values.any() || last ? absl::OkStatus() : Wrong("no value");
  }

  uint64_t Low() const { return (values & decltype(values)(~uint64_t{0})).to_ullong(); }

  std::bitset<kCronYearMax + 1> values;
  bool unspecified = false;  // ?
  bool last = false;         // L of day-of-month, nL of day-of-week
  int last_offset = 0;
  bool nearest = false;  // W
  int nth = 0;           // #

 private:
  bool IsDay() const { return number_ == kDayOfMonth || number_ == kDayOfWeek; }

  absl::Status ParseItem(absl::string_view item) {
    if (item[0] == '*' || item[0] == '/') return ParseAll(item);
    if (item[0] == 'L') return ParseLast(item);
    if (absl::ascii_isalpha(item[0])) return ParseNames(item);
    if (absl::ascii_isdigit(item[0])) return ParseNumbers(item);
    return Wrong("expected a value");
  }

  absl::Status ParseAll(absl::string_view item) {
    absl::ConsumePrefix(&item, "*");
    int step = 1;
    if (absl::ConsumePrefix(&item, "/")) {
      INGOT_RETURN_IF_ERROR(TakeStep(&item, &step));
    }
    return Add(field_.min, field_.max, step == 0 ? 1 : step);
  }

  absl::Status ParseLast(absl::string_view item) {
    item.remove_prefix(1);
    if (number_ == kDayOfWeek && item.empty()) return Add(kSaturday, kSaturday, 1);
    if (number_ != kDayOfMonth) return Wrong("'L' does not belong here");
    last = true;
    if (absl::ConsumePrefix(&item, "-") &&
        (!TakeNumber(&item, &last_offset) || last_offset > kLastOffsetMax)) {
      return Wrong(absl::StrCat("'L-' takes a number up to ", kLastOffsetMax));
    }
    nearest = absl::ConsumePrefix(&item, "W");
    return item.empty() ? absl::OkStatus() : Wrong("what follows 'L' means nothing");
  }

  absl::Status ParseNames(absl::string_view item) {
    int begin = 0;
    INGOT_RETURN_IF_ERROR(TakeName(&item, &begin));
    int end = begin;
    if (absl::ConsumePrefix(&item, "-")) {
      INGOT_RETURN_IF_ERROR(TakeName(&item, &end));
    } else if (number_ == kDayOfWeek && absl::StartsWith(item, "#")) {
      INGOT_RETURN_IF_ERROR(TakeNth(item.substr(1)));
    } else if (number_ == kDayOfWeek && absl::StartsWith(item, "L")) {
      last = true;
    }
    return Add(begin, end, 1);
  }

  absl::Status TakeName(absl::string_view* item, int* value) const {
    const absl::string_view name = item->substr(0, kNameBytes);
    for (size_t i = 0; i < field_.names.size(); ++i) {
      if (name != field_.names[i]) continue;
      *value = field_.min + static_cast<int>(i);
      item->remove_prefix(kNameBytes);
      return absl::OkStatus();
    }
    return Wrong(absl::StrCat("'", name, "' is no name that belongs here"));
  }

  absl::Status ParseNumbers(absl::string_view item) {
    int begin = 0;
    if (!TakeNumber(&item, &begin)) return Wrong("a number is too long");
    INGOT_RETURN_IF_ERROR(CheckValue(begin));
    const char next = item.empty() ? '\0' : item[0];
    if (!item.empty()) item.remove_prefix(1);
    switch (next) {
      case '-':
        return ParseRange(begin, item);
      case '/': {
        int step = 0;
        INGOT_RETURN_IF_ERROR(TakeStep(&item, &step));
        return Add(begin, step == 0 ? begin : field_.max, step);
      }
      case 'L':
        if (number_ != kDayOfWeek) return Wrong("'L' does not belong here");
        last = true;
        break;
      case 'W':
        if (number_ != kDayOfMonth) return Wrong("'W' belongs to day-of-month only");
        nearest = true;
        break;
      case '#':
        if (number_ != kDayOfWeek) return Wrong("'#' belongs to day-of-week only");
        INGOT_RETURN_IF_ERROR(TakeNth(item));
        break;
      default:  // Quartz reads no further
        break;
    }
    return Add(begin, begin, 1);
  }

  absl::Status ParseRange(int begin, absl::string_view item) {
    int end = 0;
    if (!TakeNumber(&item, &end)) return Wrong("a range has no end");
    if (end > field_.max) return OutOfRange();
    int step = 1;
    if (absl::ConsumePrefix(&item, "/") && !TakeNumber(&item, &step)) {
      return Wrong("'/' takes a number");
    }
    return Add(begin, step == 0 ? begin : end, step);
  }

  absl::Status TakeStep(absl::string_view* item, int* step) const {
    if (!TakeNumber(item, step) || !item->empty()) return Wrong("'/' takes a number");
    if (*step > field_.step_max) {
      return Wrong(absl::StrCat("a step is at most ", field_.step_max));
    }
    return absl::OkStatus();
  }

  absl::Status TakeNth(absl::string_view item) {
    if (!TakeNumber(&item, &nth) || !item.empty() || nth < 1 || nth > kNthMax) {
      return Wrong(absl::StrCat("'#' takes a number from 1 to ", kNthMax));
    }
    return absl::OkStatus();
  }

  absl::Status OutOfRange() const {
    return Wrong(absl::StrCat("values are ", field_.min, " to ", field_.max));
  }
  absl::Status CheckValue(int value) const {
    return value < field_.min || value > field_.max ? OutOfRange() : absl::OkStatus();
  }

  // A range whose end is before its begin goes on at the smallest value.
  absl::Status Add(int begin, int end, int step) {
    const int count = field_.max - field_.min + 1;
    if (end < begin) {
      if (number_ == kYear) return Wrong("a range of years ends before it begins");
      end += number_ == kSecond || number_ == kMinute || number_ == kHour ? count : field_.max;
    }
    for (int value = begin; value <= end; value += step) {
      values.set(static_cast<size_t>((value - field_.min) % count + field_.min));
      if (step == 0) break;
    }
    return absl::OkStatus();
  }

  const int number_;
  const Field& field_;
};

// Only the smallest weekday of a list counts with L and #; cron.cc does the same for W.
uint64_t LowestOnly(uint64_t set) { return set & (~set + 1); }

void SetDays(const FieldParser& month_days, const FieldParser& weekdays, CronFields* fields) {
  fields->days = month_days.Low();
  fields->weekdays = weekdays.Low();
  fields->last_offset = month_days.last_offset;
  fields->nth = weekdays.nth;
  if (month_days.unspecified) {
    fields->rule = weekdays.last       ? CronDays::kLastWeekday
                   : weekdays.nth != 0 ? CronDays::kNthWeekday
                                       : CronDays::kWeekdays;
    if (fields->rule != CronDays::kWeekdays) fields->weekdays = LowestOnly(fields->weekdays);
  } else if (month_days.last) {
    fields->rule = month_days.nearest ? CronDays::kLastNearestWeekday : CronDays::kLastDay;
  } else {
    fields->rule = month_days.nearest ? CronDays::kNearestWeekday : CronDays::kDaysOfMonth;
  }
}

absl::StatusOr<CronFields> ParseFields(const std::vector<absl::string_view>& texts) {
  if (texts.size() < kFieldsRequired) {
    return Wrong(
        "there are six fields, or seven: seconds minutes hours day-of-month month day-of-week "
        "[year]");
  }
  std::vector<FieldParser> parsers;
  for (int number = 0; number < kFieldCount; ++number) {
    const auto at = static_cast<size_t>(number);
    parsers.emplace_back(number);
    const absl::string_view text = at < texts.size() ? texts[at] : "*";
    INGOT_RETURN_IF_ERROR(Annotate(parsers.back().Parse(text), FieldOf(number).name));
  }
  if (parsers[kDayOfMonth].unspecified == parsers[kDayOfWeek].unspecified) {
    return Wrong("exactly one of day-of-month and day-of-week must be '?'");
  }
  CronFields fields;
  fields.seconds = parsers[kSecond].Low();
  fields.minutes = parsers[kMinute].Low();
  fields.hours = parsers[kHour].Low();
  fields.months = parsers[kMonth].Low();
  fields.years = parsers[kYear].values;
  SetDays(parsers[kDayOfMonth], parsers[kDayOfWeek], &fields);
  return fields;
}

}  // namespace

absl::StatusOr<Cron> ParseCron(absl::string_view text) {
  if (text.size() > kCronTextBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("a cron expression of ", text.size(), " bytes: it is none"));
  }
  const std::string upper = absl::AsciiStrToUpper(text);
  const std::vector<absl::string_view> texts =
      absl::StrSplit(upper, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  absl::StatusOr<CronFields> fields = ParseFields(texts);
  if (!fields.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the cron expression '", ToUtf8(text), "': ", fields.status().message()));
  }
  return Cron(std::string(text), *fields);
}

}  // namespace ingot
