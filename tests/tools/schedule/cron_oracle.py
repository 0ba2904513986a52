#!/usr/bin/env python3
"""Random Quartz cron expressions and when they fire, found by walking through time.

usage: cron_oracle.py SEED COUNT

Writes lines of zone, expression, a time, the next three fires strictly after it and the last three
fires at or before it, separated by tabs; times are seconds since the epoch, lists are separated by
commas. Knows an expression as it made it, not by parsing it, and finds fires by looking at what the
zone's clock shows in each half hour of three years: nothing here computes forward from fields.
"""

import bisect
import calendar
import datetime
import random
import sys
import zoneinfo

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC",
         "America/Santiago", "Africa/Cairo")
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
DAYS = 3 * 365
SLOT = 1800  # seconds; all of the zones' clocks change at a multiple of it
MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
WEEKDAYS = "SUN MON TUE WED THU FRI SAT".split()
FIRES = 3


class Clock:
    """What a zone's clock shows, half hour by half hour."""

    def __init__(self, name):
        zone = zoneinfo.ZoneInfo(name)
        self.slots = []  # (epoch, date, minute of the day) without those that are shown again
        self.changes = []  # epochs of the slots where the offset changes
        offset = None
        for number in range(DAYS * 86400 // SLOT):
            epoch = int(BEGIN.timestamp()) + number * SLOT
            local = datetime.datetime.fromtimestamp(epoch, zone)
            if offset is not None and local.utcoffset() != offset:
                self.changes.append(epoch)
            offset = local.utcoffset()
            again = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
            if not (again and local.fold == 0):
                self.slots.append((epoch, local.date(), local.hour * 60 + local.minute))


def weekday(date):
    return (date.weekday() + 1) % 7 + 1


def spell(value, names, low, rng):
    if not names or rng.random() < 0.4:
        return str(value)
    name = names[value - low]
    return rng.choice((name, name.lower(), name.capitalize()))


def make_field(rng, low, high, names=()):
    """(text, set of values)"""
    everything = list(range(low, high + 1))
    kind = rng.choice(("one", "one", "all", "list", "range", "wrap", "step", "all-step", "range-step"))
    if kind == "all":
        return "*", set(everything)
    if kind == "one":
        value = rng.choice(everything)
        return spell(value, names, low, rng), {value}
    if kind == "list":
        parts = [make_part(rng, low, high, names) for _ in range(rng.randint(2, 4))]
        return ",".join(text for text, _ in parts), set().union(*(values for _, values in parts))
    if kind in ("range", "wrap"):
        return make_part(rng, low, high, names, wrap=kind == "wrap")
    step = rng.randint(1, (high - low) // 2 + 1)
    if kind == "step":
        value = rng.choice(everything)
        return f"{value}/{step}", {v for v in everything if v >= value and (v - value) % step == 0}
    if kind == "all-step":
        return rng.choice(("*/", "/")) + str(step), {v for v in everything if (v - low) % step == 0}
    first, last = rng.choice(everything), rng.choice(everything)
    values, value = set(), first
    order = everything[everything.index(first):] + everything[:everything.index(first)]
    for place, value in enumerate(order[:order.index(last) + 1]):
        if place % step == 0:
            values.add(value)
    return f"{first}-{last}/{step}", values


def make_part(rng, low, high, names, wrap=None):
    everything = list(range(low, high + 1))
    first, last = rng.choice(everything), rng.choice(everything)
    if wrap is None:
        return spell(first, names, low, rng), {first}
    if wrap != (first > last):
        first, last = last, first
    order = everything[everything.index(first):] + everything[:everything.index(first)]
    named = names if rng.random() < 0.5 else ()
    dash = [str(first), str(last)]
    if named:
        dash = [rng.choice((str.upper, str.lower))(named[value - low]) for value in (first, last)]
    return "-".join(dash), set(order[:order.index(last) + 1])


def nearest(year, month, day):
    """The weekday nearest to a day, within its month."""
    last = calendar.monthrange(year, month)[1]
    candidates = [d for d in range(1, last + 1) if 2 <= weekday(datetime.date(year, month, d)) <= 6]
    return min(candidates, key=lambda d: abs(d - day))


def make_day(rng):
    """(day-of-month text, day-of-week text, predicate of a date)"""
    last = lambda date: calendar.monthrange(date.year, date.month)[1]
    kind = rng.choice(("days", "days", "weekdays", "weekdays", "L", "L-n", "LW", "nW", "nL", "n#k", "*"))
    if kind == "days":
        text, values = make_field(rng, 1, 31)
        return text, "?", lambda date: date.day in values
    if kind == "weekdays":
        text, values = make_field(rng, 1, 7, WEEKDAYS)
        return "?", text, lambda date: weekday(date) in values
    if kind == "L":
        return "L", "?", lambda date: date.day == last(date)
    if kind == "L-n":
        offset = rng.randint(1, 30)
        return f"L-{offset}", "?", lambda date: date.day == last(date) - offset
    if kind == "LW":
        offset = rng.choice((0, 0, 1, 2, 5))
        text = "LW" if offset == 0 else f"L-{offset}W"
        return text, "?", lambda date: date.day == nearest(date.year, date.month, last(date) - offset)
    if kind == "nW":
        day = rng.randint(1, 28)
        return f"{day}W", "?", lambda date: date.day == nearest(date.year, date.month, day)
    which = rng.randint(1, 7)
    text = rng.choice((str(which), WEEKDAYS[which - 1]))
    if kind == "nL":
        return "?", text + "L", lambda date: weekday(date) == which and date.day + 7 > last(date)
    if kind == "n#k":
        count = rng.randint(1, 5)
        return "?", f"{text}#{count}", lambda date: weekday(date) == which and (date.day + 6) // 7 == count
    return rng.choice((("*", "?"), ("?", "*"))) + (lambda date: True,)


def make_expression(rng):
    """(text, seconds, minutes of the day, predicate of a date)"""
    seconds = rng.choice((("0", {0}), make_field(rng, 0, 59)))
    minutes = make_field(rng, 0, 59)
    hours = rng.choice((make_field(rng, 0, 23), rng.choice((("2", {2}), ("1-3", {1, 2, 3}), ("*", set(range(24)))))))
    month = rng.choice((("*", set(range(1, 13))), make_field(rng, 1, 12, MONTHS)))
    day_text, weekday_text, on_day = make_day(rng)
    fields = [seconds[0], minutes[0], hours[0], day_text, month[0], weekday_text]
    years = set(range(1970, 2100))
    if rng.random() < 0.2:
        text, years = rng.choice((("*", years), ("2026-2027", {2026, 2027}), ("2027", {2027}),
                                  ("2026/2", set(range(2026, 2100, 2)))))
        fields.append(text)
    times = {hour * 60 + minute for hour in hours[1] for minute in minutes[1]}
    return (rng.choice((" ", "  ")).join(fields), sorted(seconds[1]), times,
            lambda date: date.year in years and date.month in month[1] and on_day(date))


def fires_in(slot, expression):
    epoch, _, begin = slot
    _, seconds, times, _ = expression
    return [epoch + 60 * minute + second for minute in range(SLOT // 60)
            if begin + minute in times for second in seconds]


def evaluate(clock, expression, at):
    """The next fires after a time and the last ones at or before it."""
    hours = {minute // 60 for minute in expression[2]}
    days = {}
    later, earlier = [], []

    def matches(slot):
        if slot[2] // 60 not in hours:
            return False
        if slot[1] not in days:
            days[slot[1]] = expression[3](slot[1])
        return days[slot[1]]

    here = bisect.bisect_right(clock.slots, at, key=lambda slot: slot[0])
    for slot in clock.slots[max(here - 1, 0):]:
        if len(later) >= FIRES:
            break
        if matches(slot):
            later += [fire for fire in fires_in(slot, expression) if fire > at]
    for slot in reversed(clock.slots[:here]):
        if len(earlier) >= FIRES:
            break
        if matches(slot):
            earlier += [fire for fire in reversed(fires_in(slot, expression)) if fire <= at]
    return later[:FIRES], earlier[:FIRES]


def main():
    rng = random.Random(int(sys.argv[1]))
    clocks = {}
    for _ in range(int(sys.argv[2])):
        name = rng.choice(ZONES)
        clock = clocks.setdefault(name, None) or Clock(name)
        clocks[name] = clock
        at = int(BEGIN.timestamp()) + rng.randrange(300 * 86400, 700 * 86400)
        if clock.changes and rng.random() < 0.6:
            change = rng.choice([epoch for epoch in clock.changes
                                 if 300 * 86400 < epoch - BEGIN.timestamp() < 700 * 86400])
            at = change + rng.randrange(-30 * 3600, 10800)
        expression = make_expression(rng)
        later, earlier = evaluate(clock, expression, at)
        print(name, expression[0], at, ",".join(map(str, later)), ",".join(map(str, earlier)), sep="\t")


if __name__ == "__main__":
    main()
