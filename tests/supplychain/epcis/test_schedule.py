"""Query schedules: what is none is refused with its field; the next moment is never the same and never skipped."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.schedule import find_next, next_moment, parse_schedule


@pytest.mark.parametrize(
    ("raw", "path", "code"),
    [
        (None, "", "TYPE"),
        ("1 5 * * *", "", "TYPE"),
        ({}, "", "RULE"),
        ({"hours": "1"}, "hours", "UNKNOWN_FIELD"),
        ({"hour": 1}, "hour", "TYPE"),
        ({"hour": "0," * 200}, "hour", "TYPE"),
        ({"hour": "24"}, "hour", "RULE"),
        ({"minute": "60"}, "minute", "RULE"),
        ({"second": "-1"}, "second", "RULE"),
        ({"dayOfWeek": "0"}, "dayOfWeek", "RULE"),
        ({"month": "13"}, "month", "RULE"),
        ({"hour": "[5-2]"}, "hour", "RULE"),
        ({"hour": "*/2"}, "hour", "RULE"),
        ({"hour": "١"}, "hour", "RULE"),
        ({"hour": ""}, "hour", "RULE"),
        ({"dayOfMonth": "30", "month": "2"}, "", "RULE"),
    ],
)
def test_what_is_no_schedule_is_refused(raw, path, code):
    with pytest.raises(EPCISError) as caught:
        parse_schedule(raw)
    assert (caught.value.path, caught.value.code) == (path, code)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-26T01:05:00"),
        ({"minute": "[0-15],45"}, "2026-11-25T12:45:00"),
        ({"second": "0,30"}, "2026-11-25T12:34:30"),
        ({"dayOfWeek": "1"}, "2026-11-30T00:00:00"),
        ({"dayOfMonth": "1", "hour": "6"}, "2026-12-01T06:00:00"),
        ({"month": "2", "dayOfMonth": "29"}, "2028-02-29T00:00:00"),
        ({"hour": "12"}, "2026-11-26T12:00:00"),
        ({"hour": "12", "second": "5"}, "2026-11-25T12:35:05"),
    ],
)
def test_the_next_moment_fits_every_field(raw, expected):
    found = next_moment(parse_schedule(raw), datetime(2026, 11, 25, 12, 34, 10, tzinfo=UTC))
    assert found.isoformat() == expected + "+00:00"


MINUTES = st.integers(0, 59)


@given(
    st.fixed_dictionaries(
        {}, optional={"hour": st.integers(0, 23), "minute": st.integers(0, 59), "second": st.integers(0, 59)}
    ),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_no_moment_that_fits_is_passed_over(numbers, after):
    if not numbers:
        return
    schedule = parse_schedule({name: str(value) for name, value in numbers.items()})
    found = next_moment(schedule, after)
    assert after < found <= after + timedelta(days=1, seconds=1)
    first = after.replace(microsecond=0) + timedelta(seconds=1)
    between = (first + timedelta(seconds=step) for step in range(0, int((found - first).total_seconds()), 61))
    assert all(find_next(schedule, moment - timedelta(microseconds=1)) == found for moment in between)
