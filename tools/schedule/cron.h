// Cron expressions as Quartz 2.3 reads them, which Alfresco schedules its index backups with.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace ingot {

inline constexpr size_t kCronTextBytesMax = 4096;
inline constexpr int kCronYearMin = 1970;
inline constexpr int kCronYearMax = 2099;

// Which days of a month; one of day-of-month and day-of-week is "?".
enum class CronDays {
  kDaysOfMonth,         // 1,15
  kLastDay,             // L, L-3
  kLastNearestWeekday,  // LW, L-3W
  kNearestWeekday,      // 15W
  kWeekdays,            // MON-FRI
  kLastWeekday,         // 6L
  kNthWeekday,          // 6#3
};

// Sets of values: bit n stands for n.
struct CronFields {
  uint64_t seconds = 0;
  uint64_t minutes = 0;
  uint64_t hours = 0;
  uint64_t months = 0;  // 1 .. 12
  std::bitset<kCronYearMax + 1> years;
  CronDays rule = CronDays::kDaysOfMonth;
  uint64_t days = 0;      // 1 .. 31
  uint64_t weekdays = 0;  // 1 (Sunday) .. 7
  int last_offset = 0;    // days before the last, of kLastDay and kLastNearestWeekday
  int nth = 0;            // 1 .. 5, of kNthWeekday
};

// Fires at whole seconds of a zone's wall clock. As with Quartz (java.util.Calendar), a time of day
// that a zone's clock leaves out does not fire on that day, and one that it shows twice fires the
// second time only. A value.
class Cron {
 public:
  Cron(std::string text, const CronFields& fields) : text_(std::move(text)), fields_(fields) {}

  const std::string& text() const { return text_; }

  // The first time strictly after `after`; nullopt when there is none until kCronYearMax.
  std::optional<absl::Time> Next(absl::Time after, absl::TimeZone zone) const;
  // The last time at or before `at`; nullopt when there is none since kCronYearMin.
  std::optional<absl::Time> Previous(absl::Time at, absl::TimeZone zone) const;

 private:
  uint64_t DaysIn(int year, int month) const;
  std::optional<absl::CivilSecond> NextCivil(absl::CivilSecond from) const;      // at or after
  std::optional<absl::CivilSecond> PreviousCivil(absl::CivilSecond from) const;  // at or before

  std::string text_;
  CronFields fields_;
};

// InvalidArgument for what Quartz refuses, says why and quotes the text. As Quartz does: names and
// numbers end where they end, so that "MONDAY" is MON and "MON-FRI/2" is MON-FRI; an eighth field
// is ignored; of a list with W or # the smallest value counts. Unlike Quartz: years are those that
// its documentation allows, and values that never fire or hang it (0W, 8#2, 99) are refused.
absl::StatusOr<Cron> ParseCron(absl::string_view text);

}  // namespace ingot
