#include "tools/schedule/cron.h"

#include <algorithm>
#include <bit>

namespace ingot {
namespace {

constexpr int kSaturday = 7;
constexpr int kDaysPerWeek = 7;

constexpr uint64_t Bit(int value) { return uint64_t{1} << value; }

// The lowest value of the set that is at least `from`; -1 when there is none.
int Lowest(uint64_t set, int from) {
  if (from > 63) return -1;
  const uint64_t rest = set >> from << from;
  return rest == 0 ? -1 : std::countr_zero(rest);
}

// The highest value of the set that is at most `from`; -1 when there is none.
int Highest(uint64_t set, int from) {
  if (from < 0) return -1;
  const uint64_t rest = from >= 63 ? set : set & (Bit(from + 1) - 1);
  return rest == 0 ? -1 : 63 - std::countl_zero(rest);
}

// 1 for Sunday. Days beyond the month's end count on into the next.
int WeekdayOf(int year, int month, int day) {
  const absl::Weekday weekday = absl::GetWeekday(absl::CivilDay(year, month, day));
  return weekday == absl::Weekday::sunday ? 1 : static_cast<int>(weekday) + 2;
}

int LastDayOf(int year, int month) {
  return (absl::CivilDay(absl::CivilMonth(year, month) + 1) - 1).day();
}

// Within the month. A 31st in a month of 30 days counts as the next 1st: when that is a Saturday,
// Quartz moves it back to the 30th; else the month has none and the result is past its end.
int NearestWeekday(int year, int month, int day, int last_day) {
  const int weekday = WeekdayOf(year, month, day);
  if (weekday == kSaturday) return day == 1 ? day + 2 : day - 1;
  if (weekday == 1) return day == last_day ? day - 2 : day + 1;
  return day;
}

uint64_t UpTo(uint64_t days, int last_day) { return days & (Bit(last_day + 1) - 1); }

absl::CivilSecond EndOfDay(absl::CivilDay day) {
  return absl::CivilSecond(day.year(), day.month(), day.day(), 23, 59, 59);
}

}  // namespace

uint64_t Cron::DaysIn(int year, int month) const {
  const int last_day = LastDayOf(year, month);
  const int first_weekday = WeekdayOf(year, month, 1);
  uint64_t days = 0;
  switch (fields_.rule) {
    case CronDays::kDaysOfMonth:
      days = fields_.days;
      break;
    case CronDays::kLastDay:
      if (last_day > fields_.last_offset) days = Bit(last_day - fields_.last_offset);
      break;
    case CronDays::kLastNearestWeekday:
      if (last_day > fields_.last_offset) {
        days = Bit(NearestWeekday(year, month, last_day - fields_.last_offset, last_day));
      }
      break;
    case CronDays::kNearestWeekday:
      days = Bit(NearestWeekday(year, month, Lowest(fields_.days, 1), last_day));
      break;
    case CronDays::kWeekdays:
    case CronDays::kLastWeekday:
    case CronDays::kNthWeekday: {
      for (int day = 1; day <= last_day; ++day) {
        const int weekday = (first_weekday + day - 2) % kDaysPerWeek + 1;
        if (fields_.weekdays & Bit(weekday)) days |= Bit(day);
      }
      break;
    }
  }
  if (fields_.rule == CronDays::kLastWeekday) return Bit(Highest(days, last_day));
  if (fields_.rule == CronDays::kNthWeekday) {
    days = Bit(Lowest(days, 1) + (fields_.nth - 1) * kDaysPerWeek);
  }
  return UpTo(days, last_day);
}

std::optional<absl::CivilSecond> Cron::NextCivil(absl::CivilSecond from) const {
  for (absl::CivilMonth month(from); month.year() <= kCronYearMax; ++month) {
    const int year = static_cast<int>(month.year());
    if (!fields_.years[static_cast<size_t>(year)]) {
      month = absl::CivilMonth(year, 12);
      continue;
    }
    if ((fields_.months & Bit(month.month())) == 0) continue;
    const uint64_t days = DaysIn(year, month.month());
    const absl::CivilDay first = std::max(absl::CivilDay(month), absl::CivilDay(from));
    for (int day = Lowest(days, first.day()); day > 0; day = Lowest(days, day + 1)) {
      const absl::CivilDay date(year, month.month(), day);
      const absl::CivilSecond begin = std::max(absl::CivilSecond(date), from);
      for (int hour = Lowest(fields_.hours, begin.hour()); hour >= 0;
           hour = Lowest(fields_.hours, hour + 1)) {
        const bool first_hour = hour == begin.hour();
        for (int minute = Lowest(fields_.minutes, first_hour ? begin.minute() : 0); minute >= 0;
             minute = Lowest(fields_.minutes, minute + 1)) {
          const bool first_minute = first_hour && minute == begin.minute();
          const int second = Lowest(fields_.seconds, first_minute ? begin.second() : 0);
          if (second < 0) continue;
          return absl::CivilSecond(year, month.month(), day, hour, minute, second);
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<absl::CivilSecond> Cron::PreviousCivil(absl::CivilSecond from) const {
  for (absl::CivilMonth month(from); month.year() >= kCronYearMin; --month) {
    const int year = static_cast<int>(month.year());
    if (!fields_.years[static_cast<size_t>(year)]) {
      month = absl::CivilMonth(year, 1);
      continue;
    }
    if ((fields_.months & Bit(month.month())) == 0) continue;
    const uint64_t days = DaysIn(year, month.month());
    const absl::CivilDay last = std::min(absl::CivilDay(month + 1) - 1, absl::CivilDay(from));
    for (int day = Highest(days, last.day()); day > 0; day = Highest(days, day - 1)) {
      const absl::CivilDay date(year, month.month(), day);
      const absl::CivilSecond end = std::min(EndOfDay(date), from);
      for (int hour = Highest(fields_.hours, end.hour()); hour >= 0;
           hour = Highest(fields_.hours, hour - 1)) {
        const bool last_hour = hour == end.hour();
        for (int minute = Highest(fields_.minutes, last_hour ? end.minute() : 59); minute >= 0;
             minute = Highest(fields_.minutes, minute - 1)) {
          const bool last_minute = last_hour && minute == end.minute();
          const int second = Highest(fields_.seconds, last_minute ? end.second() : 59);
          if (second < 0) continue;
          return absl::CivilSecond(year, month.month(), day, hour, minute, second);
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<absl::Time> Cron::Next(absl::Time after, absl::TimeZone zone) const {
  const absl::CivilSecond beginning(kCronYearMin, 1, 1);
  absl::CivilSecond from = std::max(zone.At(after).cs, beginning);
  // In the first showing of times that are shown twice, all of them are still to come.
  const absl::TimeZone::TimeInfo here = zone.At(from);
  if (here.kind == absl::TimeZone::TimeInfo::REPEATED && after < here.trans) {
    from = zone.At(here.trans).cs;
  }
  while (const std::optional<absl::CivilSecond> civil = NextCivil(from)) {
    const absl::TimeZone::TimeInfo info = zone.At(*civil);
    if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
      from = zone.At(info.trans).cs;
    } else if (info.post > after) {
      return info.post;
    } else {
      from = *civil + 1;
    }
  }
  return std::nullopt;
}

std::optional<absl::Time> Cron::Previous(absl::Time at, absl::TimeZone zone) const {
  const absl::CivilSecond ending(kCronYearMax, 12, 31, 23, 59, 59);
  absl::CivilSecond from = std::min(zone.At(at).cs, ending);
  while (const std::optional<absl::CivilSecond> civil = PreviousCivil(from)) {
    const absl::TimeZone::TimeInfo info = zone.At(*civil);
    if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
      from = zone.At(info.trans - absl::Seconds(1)).cs;
    } else if (info.post <= at) {
      return info.post;
    } else {
      // `at` lies in the first showing of times that are shown twice.
      from = zone.At(info.trans).cs - 1;
    }
  }
  return std::nullopt;
}

}  // namespace ingot
