"""From the JSON object of an event to the typed value, with the place of everything that is wrong in it.

A reader knows which fields there are and which JSON type each has; what a field may say, the value decides that is
built of it. So a first look finds missing, unknown and mistyped fields, all of them at once, and only an event that has
the right shape is looked at as a whole.

>>> read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:0614141.1234567890"], "bizStep": "receiving"}).biz_step
'receiving'

Source: EPCIS 2.0 sections 7.3, 7.4 and 10.
"""

from collections.abc import Mapping
from typing import Any

from supplychain.epcis.errors import EPCISError, collect
from supplychain.epcis.event_values import ATTRIBUTES, COMMON_FIELDS, FIELDS, Event, no_such_field
from supplychain.epcis.limits import DEFAULT_LIMITS, Limits
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces, parse_context
from supplychain.epcis.shapes import READERS, Reading
from supplychain.epcis.values import find_field_in_both

_EVENT_READERS = {kind: {key: READERS[key] for key in fields} for kind, fields in FIELDS.items()}
_FOREIGN_READERS = {key: READERS[key] for key in COMMON_FIELDS}
_REQUIRED = ("eventTime", "eventTimeZoneOffset")
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


def read_event(
    raw: object,
    namespaces: Namespaces = GS1_NAMESPACES,
    path: str = "",
    *,
    limits: Limits = DEFAULT_LIMITS,
    sensor_fields_once: bool = False,
) -> Event:
    """The event that a JSON object says; `path` is where the object stands, `namespaces` what holds around it.

    With `sensor_fields_once` no field may stand in sensorMetadata and in a sensorReport of it; without, the two may not
    contradict each other (see `values.find_field_in_both`).

    Raises:
        EPCISError: one error, carrying all others that were found in the same event.
    """
    try:
        event = _read_event(raw, namespaces, limits)
        _check_sensor_fields(event, even_alike=sensor_fields_once)
    except EPCISError as error:
        raise error.under(path) from None
    return event


def _read_event(raw: object, namespaces: Namespaces, limits: Limits) -> Event:
    """The event, with paths from its own top."""
    if not isinstance(raw, dict):
        raise EPCISError("TYPE", "", raw, "an object")
    kind = _read_type(raw)
    readers = _EVENT_READERS.get(kind, _FOREIGN_READERS)
    _check_size(raw, limits)
    read = Reading()
    for key, value in raw.items():
        reader = readers.get(key)
        if reader is not None:
            read.field(key, ATTRIBUTES[key], reader, value)
        elif kind in FIELDS:
            read.extension(key, value, limits.depth, no_such_field(kind))
        else:
            read.anything(key, value, limits.depth)
    for key in _REQUIRED:
        read.require(key, raw)
    if "@context" in raw:
        read.attempt("@context", lambda: parse_context(raw["@context"], namespaces), "namespaces")
    else:
        read.found["namespaces"] = namespaces
    return read.build(Event)


def _read_type(raw: Mapping[str, Any]) -> str:
    """The type of an event, which says how the rest is to be read."""
    kind = raw.get("type")
    if not isinstance(kind, str):
        code = "TYPE" if "type" in raw else "MISSING"
        raise EPCISError(code, "type", kind, "the type of an event")  # type: ignore[arg-type]
    return kind


def _check_size(raw: Mapping[str, Any], limits: Limits) -> None:
    """Count the EPCs before any of them is looked at."""
    lists = [raw[key] for key in _EPC_LISTS if isinstance(raw.get(key), list)]
    if (count := sum(map(len, lists))) > limits.epcs:
        raise EPCISError("SIZE", "", f"{count} EPCs", f"at most {limits.epcs} EPCs in an event")


def _check_sensor_fields(event: Event, *, even_alike: bool) -> None:
    found = []
    for at, element in enumerate(event.sensor_element_list or ()):
        if (error := find_field_in_both(element, even_alike=even_alike)) is not None:
            found.append(error.under(f"sensorElementList[{at}]"))
    if found:
        raise collect(found)
