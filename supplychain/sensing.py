"""Sensor data about goods: which form a report must have, and whether something in it was out of its limits.

The standard wants aggregates in the event and the raw series elsewhere, by address and hash. A report says of itself
that it was out of limits (`exception` "ALARM_CONDITION"), or gives the limits and the values; then we say it.

>>> element = {"sensorReport": [{"type": "Temperature", "maxValue": 9.1, "uom": "CEL"}]}
>>> is_out_of_limit([element], low=2.0, high=8.0), is_out_of_limit([element])
(True, False)

Source: EPCIS 2.0 section 7.3.7 (sensor elements); CBV 2.0 section 7.1 (sensor_reporting); domain rules 3.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from supplychain.lifecycle import Breach

MOST_ELEMENTS = 100
ALARM = "ALARM_CONDITION"
VALUES = ("value", "minValue", "maxValue", "meanValue")
Elements = Sequence[Mapping[str, Any]]


def guard_elements(elements: object) -> list[Breach]:
    """`elements` is a list of sensor elements, each with at least one report that has a type or an exception."""
    if not isinstance(elements, list) or not 0 < len(elements) <= MOST_ELEMENTS:
        return [_bad(f"expected a list of 1 to {MOST_ELEMENTS} sensor elements")]
    for number, element in enumerate(elements):
        reports = element.get("sensorReport") if isinstance(element, dict) else None
        if not isinstance(reports, list) or not reports or not all(isinstance(one, dict) for one in reports):
            return [_bad(f"element {number}: expected a sensorReport with at least one report")]
        for report in reports:
            if not isinstance(report.get("type", report.get("exception")), str):
                return [_bad(f"element {number}: a report has neither a type nor an exception")]
            if any(isinstance(report.get(name, 0.0), bool | str | list | dict | None) for name in VALUES):
                return [_bad(f"element {number}: a value is no number")]
    return []


def is_out_of_limit(elements: Elements, *, low: float | None = None, high: float | None = None) -> bool:
    """Whether any report says that it is an alarm, or has a value outside `low` to `high`, both included."""
    return any(
        report.get("exception") == ALARM
        or any(_is_outside(report[name], low, high) for name in VALUES if name in report)
        for element in elements
        for report in element["sensorReport"]
    )


def _is_outside(value: float, low: float | None, high: float | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _bad(text: str) -> Breach:
    return Breach("BAD_SENSOR_DATA", "", f"Sensor data: {text}")
