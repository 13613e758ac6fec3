"""Whether an event is one that a query asks for: the plain meaning of the query language, one event at a time.

A database answers the same questions from its indexes. This is what its answers are tested against, and what remains
to be asked of a candidate where an index does not reach.

>>> from supplychain.epcis.predicates import Among
>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:x:1"], "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"})
>>> matches(Query((Among("bizStep", frozenset({"shipping"})),)), event)
True

Source: EPCIS 2.0 section 8.2.7.1.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from supplychain.epcis import facts
from supplychain.epcis.checks import parse_time
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import Event
from supplychain.epcis.master_data import NO_MASTER_DATA, MasterData
from supplychain.epcis.namespaces import Namespaces
from supplychain.epcis.predicates import (
    Among,
    AttributeAmong,
    Exists,
    ExtensionCompare,
    ExtensionExists,
    HasAttribute,
    Match,
    NumberCompare,
    Predicate,
    Query,
    Scalar,
    TimeCompare,
    Within,
)

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GE": operator.ge,
    "LT": operator.lt,
    "LE": operator.le,
}


def matches(query: Query, event: Event, master_data: MasterData = NO_MASTER_DATA) -> bool:
    """Whether every predicate of the query holds for the event. Order and limits are the result's business."""
    return all(holds(predicate, event, master_data) for predicate in query.predicates)


def holds(predicate: Predicate, event: Event, master_data: MasterData = NO_MASTER_DATA) -> bool:
    """Whether one predicate holds for the event."""
    return _HOLDS[type(predicate)](predicate, event, master_data)


def _among(asked: Among, event: Event, _: MasterData) -> bool:
    return not asked.values.isdisjoint(facts.texts(event, asked.field))


def _within(asked: Within, event: Event, master_data: MasterData) -> bool:
    return any(not asked.values.isdisjoint(master_data.around(place)) for place in facts.texts(event, asked.field))


def _match(asked: Match, event: Event, _: MasterData) -> bool:
    keys = facts.epcs(event, asked.field)
    return any(pattern.matches(key) for pattern in asked.patterns for key in keys)


def _time(asked: TimeCompare, event: Event, _: MasterData) -> bool:
    compare = _OPERATORS[asked.operator]
    return any(compare(moment, asked.moment) for moment in facts.times(event, asked.field))


def _number(asked: NumberCompare, event: Event, _: MasterData) -> bool:
    compare = _OPERATORS[asked.operator]
    for dimension, base, told in facts.numbers(event, asked.field):
        value = told if asked.dimension is None else base
        if asked.dimension in (None, dimension) and any(compare(value, one) for one in asked.values):
            return True
    return False


def _exists(asked: Exists, event: Event, _: MasterData) -> bool:
    return bool(event.error_declaration if asked.field == "errorDeclaration" else event.sensor_element_list)


def _extension(asked: ExtensionCompare, event: Event, _: MasterData) -> bool:
    compare = _equals if asked.operator == "EQ" else _OPERATORS[asked.operator]
    for found in extension_values(event, asked.place, asked.name, is_inner=asked.is_inner):
        for value in asked.values:
            if asked.operator == "EQ":
                if _equals(found, value):
                    return True
            elif (pair := _comparable(found, value)) is not None and compare(*pair):
                return True
    return False


def _extension_exists(asked: ExtensionExists, event: Event, _: MasterData) -> bool:
    return any(True for _ in _find(event, asked.place, asked.name, is_inner=asked.is_inner))


def _has_attribute(asked: HasAttribute, event: Event, master_data: MasterData) -> bool:
    return any(not asked.attributes.isdisjoint(master_data.attributes(name)) for name in _names(event, asked.field))


def _attribute(asked: AttributeAmong, event: Event, master_data: MasterData) -> bool:
    return any(
        not asked.values.isdisjoint(master_data.attributes(name).get(asked.attribute, ()))
        for name in _names(event, asked.field)
    )


_HOLDS: Mapping[type, Callable[[Any, Event, MasterData], bool]] = {
    Among: _among,
    Within: _within,
    Match: _match,
    TimeCompare: _time,
    NumberCompare: _number,
    Exists: _exists,
    ExtensionCompare: _extension,
    ExtensionExists: _extension_exists,
    HasAttribute: _has_attribute,
    AttributeAmong: _attribute,
}


# --- Fields of others -------------------------------------------------------------------------------------------------


def extension_values(event: Event, place: str, name: str, *, is_inner: bool = False) -> Iterator[str | float | bool]:
    """The scalars of every extension field of this full name at `place`, or deeper if `is_inner`."""
    for value in _find(event, place, name, is_inner=is_inner):
        yield from _scalars(value)


def _find(event: Event, place: str, name: str, *, is_inner: bool) -> Iterator[Any]:
    """The values of every field of this full name."""
    for fields in _fields_at(event, place):
        if not is_inner:
            yield from _named(fields, name, event.namespaces)
        else:
            for value in fields.values():
                yield from _named_inside(value, name, event.namespaces)


def _fields_at(event: Event, place: str) -> Iterator[Mapping[str, Any]]:
    """The extension fields of each part of the event that `place` names."""
    elements = event.sensor_element_list or ()
    places: Mapping[str, list[Any]] = {
        "": [event],
        "ERROR_DECLARATION": [event.error_declaration],
        "readPoint": [event.read_point],
        "bizLocation": [event.biz_location],
        "SENSORELEMENT": list(elements),
        "SENSORMETADATA": [element.sensor_metadata for element in elements],
        "SENSORREPORT": [report for element in elements for report in element.sensor_report],
    }
    for part in places.get(place, ()):
        if part is not None:
            yield part.extensions
    if place == "ILMD" and event.ilmd is not None:
        yield event.ilmd


def _named(fields: Mapping[str, Any], name: str, namespaces: Namespaces) -> Iterator[Any]:
    """The members of an object that have this full name."""
    for key, value in fields.items():
        if namespaces.expand(key) == name:
            yield value


def _named_inside(value: Any, name: str, namespaces: Namespaces) -> Iterator[Any]:
    """The members of this full name anywhere inside a value."""
    if isinstance(value, dict):
        yield from _named(value, name, namespaces)
        for member in value.values():
            yield from _named_inside(member, name, namespaces)
    elif isinstance(value, list):
        for member in value:
            yield from _named_inside(member, name, namespaces)


def _scalars(value: Any) -> Iterator[str | float | bool]:
    """A value's scalars: itself, the members of a list, the @value of an object."""
    if isinstance(value, list):
        for member in value:
            yield from _scalars(member)
    elif isinstance(value, dict):
        if isinstance(value.get("@value"), (str, int, float, bool)):
            yield value["@value"]
    elif value is not None:
        yield value


def _equals(found: str | float | bool, asked: Scalar) -> bool:
    """Whether a value of an event is the one asked for.

    Texts are equal by their characters, so that lot 0100 is not lot 100; only where one of the two is a number or a
    moment, both are read as such.
    """
    if isinstance(found, bool):
        return asked == ("true" if found else "false")
    if isinstance(found, str) and isinstance(asked, str):
        return found == asked or (moment(found) is not None and moment(found) == moment(asked))
    pair = _comparable(found, asked)
    return pair is not None and pair[0] == pair[1]


def _comparable(found: str | float | bool, asked: Scalar) -> tuple[Any, Any] | None:
    """Both as numbers or both as moments, or None if they are not of one kind."""
    if isinstance(found, bool):
        return None
    if isinstance(asked, datetime):
        at = moment(found)
        return None if at is None else (at, asked)
    left, right = figure(found), figure(asked)
    return None if left is None or right is None else (left, right)


def figure(value: str | float) -> float | None:
    """A number, also if it is written as a text."""
    try:
        return float(value)
    except ValueError:
        return None


def moment(value: str | float) -> datetime | None:
    """A moment, if the value is written as one."""
    try:
        return parse_time(value) if isinstance(value, str) else None
    except EPCISError:
        return None


def _names(event: Event, field: str) -> Iterator[str]:
    """What a field names, as master data knows it: the id of a place, a word, or the text of an extension field."""
    if field in facts.TEXT_FIELDS:
        yield from facts.texts(event, field)
    elif field in facts.EPC_FIELDS:
        yield from facts.epcs(event, field)
    else:
        for value in extension_values(event, "", field):
            if isinstance(value, str):
                yield facts.name_key(value, event.namespaces)
