"""When a scheduled query runs: the six fields of a query schedule, and the next moment that fits them.

Each field is a list of numbers and ranges, `5` or `0,15,[30-45]`; a moment fits when it fits every field that is given.
A field that is finer than the finest one given counts as its least value, so that `{"hour": "1", "minute": "5"}` is one
moment of the day and not sixty; every other field that is left out fits always. Times are UTC.

>>> from datetime import UTC, datetime
>>> schedule = parse_schedule({"hour": "1", "minute": "5"})
>>> next_moment(schedule, datetime(2026, 11, 25, 12, tzinfo=UTC)).isoformat()
'2026-11-26T01:05:00+00:00'

Source: EPCIS 2.0 section 8.2.5.3 (query schedule). GS1's schema writes the patterns in a dialect of its own; the
ranges here are those of its text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from supplychain.epcis.errors import EPCISError, name

# From coarse to fine: the name and its range, both ends included.
_FIELDS = (
    ("month", 1, 12),
    ("dayOfMonth", 1, 31),
    ("dayOfWeek", 1, 7),
    ("hour", 0, 23),
    ("minute", 0, 59),
    ("second", 0, 59),
)
_OF_TIME = ("hour", "minute", "second")
_ELEMENT = re.compile(r"(\d{1,2})|\[(\d{1,2})-(\d{1,2})\]", re.ASCII)
LONGEST_FIELD = 200
# Within eight years every date of the calendar comes once, the 29th of February on the year 2100 included.
_FARTHEST_DAYS = 8 * 366


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that fit, by field: `months` 1 to 12, `days` 1 to 31, `weekdays` 1 (Monday) to 7, then the time."""

    months: frozenset[int]
    days: frozenset[int]
    weekdays: frozenset[int]
    hours: tuple[int, ...]
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]

    def fits_day(self, day: datetime) -> bool:
        """Whether the schedule has a moment on the day of `day`."""
        return day.month in self.months and day.day in self.days and day.isoweekday() in self.weekdays

    def first_time(self, after: time) -> time | None:
        """The first time of day that fits and is later than `after`, or None."""
        for hour in self.hours:
            for minute in self.minutes:
                if (hour, minute, 59) <= (after.hour, after.minute, after.second):
                    continue
                for second in self.seconds:
                    if (hour, minute, second) > (after.hour, after.minute, after.second):
                        return time(hour, minute, second)
        return None


def parse_schedule(raw: Any) -> Schedule:
    """The schedule in the JSON object of a subscription.

    Raises:
        EPCISError: no object or no text (TYPE), no field or one that is unknown (UNKNOWN_FIELD), a value out of its
            range or in another form (RULE), or no day of the calendar fits (RULE).
    """
    if not isinstance(raw, dict):
        raise EPCISError("TYPE", "", raw, "an object with second, minute, hour, dayOfMonth, month or dayOfWeek")
    known = [field for field, _, _ in _FIELDS]
    for field, value in raw.items():
        if field not in known:
            raise EPCISError("UNKNOWN_FIELD", name(field), value, f"one of {', '.join(known)}")
    if not raw:
        raise EPCISError("RULE", "", raw, "at least one field")
    months, days, weekdays = (frozenset(_values(raw, field)) for field in known[:3])
    hours, minutes, seconds = (tuple(sorted(_values(raw, field))) for field in _OF_TIME)
    schedule = Schedule(months, days, weekdays, hours, minutes, seconds)
    if find_next(schedule, datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise EPCISError("RULE", "", raw, "a day that the calendar has")
    return schedule


def next_moment(schedule: Schedule, after: datetime) -> datetime:
    """The first moment that fits and is later than `after`, in UTC."""
    found = find_next(schedule, after)
    assert found is not None, "parse_schedule lets no schedule pass that never fits"
    return found


def find_next(schedule: Schedule, after: datetime) -> datetime | None:
    """As `next_moment`; None if no day fits."""
    moment = after.astimezone(UTC)
    if schedule.fits_day(moment) and (first := schedule.first_time(moment.time())):
        return datetime.combine(moment, first, UTC)
    for days in range(1, _FARTHEST_DAYS):
        day = moment + timedelta(days=days)
        if schedule.fits_day(day):
            return datetime.combine(day, time(schedule.hours[0], schedule.minutes[0], schedule.seconds[0]), UTC)
    return None


def _values(raw: Mapping[str, Any], field: str) -> set[int]:
    """The numbers that fit a field, given or not."""
    least, most = next((least, most) for known, least, most in _FIELDS if known == field)
    if field not in raw:
        is_fine = field in _OF_TIME and not any(one in raw for one in _OF_TIME[_OF_TIME.index(field) :])
        return {least} if is_fine else set(range(least, most + 1))
    text = raw[field]
    if not isinstance(text, str) or len(text) > LONGEST_FIELD:
        raise EPCISError("TYPE", field, text, f"a text of at most {LONGEST_FIELD} characters")
    values: set[int] = set()
    for element in text.split(","):
        match = _ELEMENT.fullmatch(element)
        first, last = (int(match[1] or match[2]), int(match[1] or match[3])) if match else (most + 1, least)
        if not least <= first <= last <= most:
            raise EPCISError("RULE", field, text, f"numbers from {least} to {most} and ranges such as [{least}-{most}]")
        values |= set(range(first, last + 1))
    return values
