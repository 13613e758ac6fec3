"""What a query asks of an event: each parameter becomes one of these, and an event is found if all of them hold.

Values are kept as `facts` gives them for events, so that comparing is equality: words bare, names by their canonical
Digital Link, moments with their zone, numbers in base units. A store that keeps the same facts answers the same.

>>> Among("bizStep", frozenset({"shipping"})).field
'bizStep'

Source: EPCIS 2.0 section 8.2.7 (SimpleEventQuery).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from supplychain.epcis.epc_pattern import EpcPattern

Operator = Literal["EQ", "GT", "GE", "LT", "LE"]
# Where an extension field stands: in the event itself ("") or in one of its parts.
Place = Literal[
    "", "ILMD", "ERROR_DECLARATION", "SENSORELEMENT", "SENSORMETADATA", "SENSORREPORT", "readPoint", "bizLocation"
]
Scalar = str | float | datetime


@dataclass(frozen=True, slots=True)
class Among:
    """One of the texts that the event has in `field` (see `facts.texts`) is one of `values`."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Within:
    """The event's readPoint or bizLocation (`field`) is one of `values`, or lies within one, as master data tells."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Match:
    """One of the EPCs or classes in `field` (see `facts.epcs`) is one that a pattern means."""

    field: str
    patterns: tuple[EpcPattern, ...]


@dataclass(frozen=True, slots=True)
class TimeCompare:
    """One of the times in `field` (see `facts.times`) stands so to `moment`."""

    field: str
    operator: Operator
    moment: datetime


@dataclass(frozen=True, slots=True)
class NumberCompare:
    """One of the numbers in `field` (see `facts.numbers`) stands so to one of `values`.

    `dimension` is what is measured, and the values are in its base unit; None compares the numbers as they are told.
    """

    field: str
    operator: Operator
    values: tuple[float, ...]
    dimension: str | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The event has this part: errorDeclaration or sensorElementList."""

    field: str


@dataclass(frozen=True, slots=True)
class ExtensionCompare:
    """A field of others', by its full name, at `place` or (`is_inner`) anywhere deeper in what stands there.

    EQ compares texts, numbers and moments with the like; the others compare numbers and moments only.
    """

    place: Place
    is_inner: bool
    name: str
    operator: Operator
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ExtensionExists:
    """There is a field of others' of this full name at `place` or deeper."""

    place: Place
    is_inner: bool
    name: str


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """The master data of what `field` names has one of these attributes."""

    field: str
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class AttributeAmong:
    """In the master data of what `field` names, the attribute has one of these values."""

    field: str
    attribute: str
    values: frozenset[str]


Predicate = (
    Among
    | Within
    | Match
    | TimeCompare
    | NumberCompare
    | Exists
    | ExtensionCompare
    | ExtensionExists
    | HasAttribute
    | AttributeAmong
)


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query. Without `order_by` the order is the server's choice.

    `order_by` is eventTime, recordTime or the full name of an extension field. `event_count_limit` cuts the result,
    `max_event_count` makes a larger one an error; never both.
    """

    predicates: tuple[Predicate, ...] = ()
    order_by: str | None = None
    is_descending: bool = True
    event_count_limit: int | None = None
    max_event_count: int | None = None
