"""The facts of an event as rows of three kinds: the index that SQL searches.

An event gives one *headline* (words and places that nearly every query names), the *names* of things in it, and
*values*: whatever else a query can ask for, under a name of its own. All of it is what `facts` says, written out, so
that a search of the rows answers as `matching` does; a test holds the two against each other.

>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:x:1"], "sourceList": [{"type": "owning_party", "source": "urn:x:2"}]})
>>> [(one.name, one.text) for one in values(event)]
[('source_owning_party', 'urn:x:2')]

Source: EPCIS 2.0 section 8.2.7.1 (SimpleEventQuery).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from math import isnan
from typing import Any

from supplychain.epcis import cbv, facts
from supplychain.epcis.event_values import Event
from supplychain.epcis.matching import figure, moment
from supplychain.epcis.namespaces import Namespaces

LONGEST_KEY = 200


class Field(IntEnum):
    """Where an event names things, or classes of things. The numbers are stored."""

    EPC = 1  # epcList and childEPCs, which every query takes together
    PARENT = 2
    INPUT = 3
    OUTPUT = 4
    CLASS = 5  # quantityList and childQuantityList
    INPUT_CLASS = 6
    OUTPUT_CLASS = 7


INSTANCES = frozenset({Field.EPC, Field.PARENT, Field.INPUT, Field.OUTPUT})
# A field of a MATCH predicate -> where to look for it.
FIELDS_OF: Mapping[str, tuple[Field, ...]] = {
    "epc": (Field.EPC,),
    "parentID": (Field.PARENT,),
    "inputEPC": (Field.INPUT,),
    "outputEPC": (Field.OUTPUT,),
    "anyEPC": (Field.EPC, Field.PARENT, Field.INPUT, Field.OUTPUT),
    "epcClass": (Field.CLASS,),
    "inputEPCClass": (Field.INPUT_CLASS,),
    "outputEPCClass": (Field.OUTPUT_CLASS,),
    "anyEPCClass": (Field.CLASS, Field.INPUT_CLASS, Field.OUTPUT_CLASS),
}
_BASIC = {name: fields[0] for name, fields in FIELDS_OF.items() if len(fields) == 1}

# Texts that are columns of the headline, or of the event itself.
HEADLINE = ("eventType", "eventID", "action", "bizStep", "disposition", "readPoint", "bizLocation")
_OTHER_TEXTS = tuple(name for name in facts.TEXT_FIELDS if name not in HEADLINE)
_OF_SENSORS = frozenset(
    [
        "type",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "bizRules",
        "microorganism",
        "chemicalSubstance",
        "stringValue",
        "booleanValue",
        "hexBinaryValue",
        "uriValue",
    ]
)
_OTHER_TIMES = tuple(name for name in facts.TIME_FIELDS if name not in ("eventTime", "recordTime"))
PRESENT = "present "  # in front of the name of a part that is there


@dataclass(frozen=True, slots=True)
class Headline:
    """The words and places of an event, "" where it has none, all as `key`."""

    type: str
    biz_step: str
    disposition: str
    read_point: str
    biz_location: str


@dataclass(frozen=True, slots=True)
class Value:
    """One value under its name. A number that was told as a text has both; mere presence has neither."""

    name: str
    text: str | None = None
    number: float | None = None
    time: datetime | None = None


def key(text: str) -> str:
    """The text as it is indexed: itself, or if it is long, its digest. A digest is no URI: nothing looks like one."""
    return text if len(text) <= LONGEST_KEY else "sha256 " + hashlib.sha256(text.encode()).hexdigest()


def headline(event: Event) -> Headline:
    """The headline of an event."""
    return Headline(
        *(_only(event, name) for name in ("eventType", "bizStep", "disposition", "readPoint", "bizLocation"))
    )


def _only(event: Event, field: str) -> str:
    found = facts.texts(event, field)
    return key(found[0]) if found else ""


def named(event: Event) -> Iterator[tuple[Field, str]]:
    """The things and classes of things that an event names, each as `key` of its `epc.epc_key`, each once."""
    for name, field in _BASIC.items():
        for one in dict.fromkeys(facts.epcs(event, name)):
            yield field, key(one)


def measure_name(field: str, dimension: str | None) -> str:
    """The name of a number: of what it measures in its base unit, or with None, as it was told."""
    return f"{field} as told" if dimension is None else f"{field} of {dimension}"


def extension_name(place: str, name: str, *, is_inner: bool) -> str:
    """The name of a field of others': where it stands, and its full name."""
    return key(f"{'inside ' if is_inner else ''}{place}:{name}")


def values(event: Event) -> Iterator[Value]:
    """Everything else that a query can ask for."""
    has_sensors = bool(event.sensor_element_list)
    for field in _OTHER_TEXTS:
        if has_sensors or field not in _OF_SENSORS:
            for text in facts.texts(event, field):
                yield Value(field, key(text))
    yield from _typed(event)
    if has_sensors:
        yield Value(PRESENT + "sensorElementList")
    if event.error_declaration is not None:
        yield Value(PRESENT + "errorDeclaration")
    for field in _OTHER_TIMES:
        for at in facts.times(event, field):
            yield Value(field, time=at)
    for field in facts.NUMBER_FIELDS if has_sensors else ("quantity",):
        for dimension, base, told in facts.numbers(event, field):
            yield Value(measure_name(field, None), number=told)
            if dimension is not None:
                yield Value(key(measure_name(field, dimension)), number=base)
    yield from _extensions(event)


def _typed(event: Event) -> Iterator[Value]:
    spaces = event.namespaces
    for transaction in event.biz_transaction_list or ():
        if transaction.type is not None:
            kind = facts.word_key(cbv.BIZ_TRANSACTION, transaction.type, spaces)
            yield Value(key(f"bizTransaction_{kind}"), key(facts.name_key(transaction.biz_transaction, spaces)))
    for source in event.source_list or ():
        kind = facts.word_key(cbv.SOURCE_DESTINATION, source.type, spaces)
        yield Value(key(f"source_{kind}"), key(facts.name_key(source.source, spaces)))
    for destination in event.destination_list or ():
        kind = facts.word_key(cbv.SOURCE_DESTINATION, destination.type, spaces)
        yield Value(key(f"destination_{kind}"), key(facts.name_key(destination.destination, spaces)))


def _extensions(event: Event) -> Iterator[Value]:
    """The fields of others, wherever they stand: each by its full name, and what is inside of them."""
    spaces = event.namespaces
    parts: list[tuple[str, Mapping[str, Any]]] = [("", event.extensions)]
    if event.ilmd is not None:
        parts.append(("ILMD", event.ilmd))
    for place, part in (
        ("ERROR_DECLARATION", event.error_declaration),
        ("readPoint", event.read_point),
        ("bizLocation", event.biz_location),
    ):
        if part is not None:
            parts.append((place, part.extensions))
    for element in event.sensor_element_list or ():
        parts.append(("SENSORELEMENT", element.extensions))
        if element.sensor_metadata is not None:
            parts.append(("SENSORMETADATA", element.sensor_metadata.extensions))
        parts += [("SENSORREPORT", report.extensions) for report in element.sensor_report]
    for place, fields in parts:
        for name, value in fields.items():
            yield from _flat(value, extension_name(place, spaces.expand(name), is_inner=False))
            yield from _inside(value, place, spaces)


def _inside(value: Any, place: str, spaces: Namespaces) -> Iterator[Value]:
    """The fields anywhere inside of a value."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _flat(member, extension_name(place, spaces.expand(name), is_inner=True))
            yield from _inside(member, place, spaces)
    elif isinstance(value, list):
        for member in value:
            yield from _inside(member, place, spaces)


def _flat(value: Any, name: str) -> Iterator[Value]:
    """One field: that it is there, and its scalars."""
    yield Value(PRESENT + name if len(name) <= LONGEST_KEY - len(PRESENT) else key(PRESENT + name))
    for scalar in scalars(value):
        if isinstance(scalar, bool):
            yield Value(name, "true" if scalar else "false")
        elif isinstance(scalar, str):
            number = figure(scalar)
            yield Value(name, key(scalar), None if number is None or isnan(number) else number, moment(scalar))
        else:
            yield Value(name, number=float(scalar))


def scalars(value: Any) -> Iterator[str | float | bool]:
    """A value's scalars: itself, the members of a list, the @value of an object."""
    if isinstance(value, list):
        for member in value:
            yield from scalars(member)
    elif isinstance(value, dict):
        if isinstance(value.get("@value"), str | int | float | bool):
            yield value["@value"]
    elif value is not None:
        yield value
