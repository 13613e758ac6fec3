"""The EPCIS query language as SQL over the index that stands beside each event.

Every predicate becomes one condition on `EventIndex`; a test holds their meaning against `epcis.matching`, which says
it from the event alone. What a party may see is two ranges of the index (its own events, and those that name it as the
other side), each searched by itself and merged: so a page costs the same for a small party among large ones.
"""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from math import isnan
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from supplychain.epcis.epc_pattern import EpcPattern
from supplychain.epcis.facts import TEXT_FIELDS
from supplychain.epcis.matching import figure
from supplychain.epcis.matching import moment as moment_in
from supplychain.epcis.predicates import (
    Among,
    AttributeAmong,
    ExtensionCompare,
    ExtensionExists,
    HasAttribute,
    Match,
    NumberCompare,
    Predicate,
    Query,
    TimeCompare,
    Within,
)
from supplychain.epcis.predicates import Exists as Present
from supplychain.epcis.terms import FIELDS_OF, PRESENT, extension_name, key, measure_name
from supplychain.models import EventIndex, EventValue, MasterAttribute, Party, SubLocation
from supplychain.repository.matching import events_named
from supplychain.visibility import is_regulator

COLUMNS = {
    "eventType": "type",
    "eventID": "epcis_id",
    "action": "action",
    "bizStep": "biz_step",
    "disposition": "disposition",
    "readPoint": "read_point",
    "bizLocation": "biz_location",
}
TIME_COLUMNS = {"eventTime": "event_time", "recordTime": "record_time"}
LOOKUPS = {"EQ": "exact", "GT": "gt", "GE": "gte", "LT": "lt", "LE": "lte"}
DEEPEST = 20  # levels of places within places
MOST_NAMES = 10_000  # that master data may stand for in one condition


class TooComplex(Exception):
    """The query asks for more than one answer can look at."""


class TooLarge(Exception):
    """There are more events than `maxEventCount` allows."""


@dataclass(frozen=True, slots=True)
class Page:
    """Events in the query's order; `next` is the key of the last one, None if there are no more."""

    rows: list[EventIndex]
    next: tuple[Any, ...] | None


def visible_index(party: Party) -> list[QuerySet[EventIndex]]:
    """The index of the events that `party` sees whole, in parts that have none in common."""
    rows = EventIndex.objects.all()
    if is_regulator(party):
        return [rows]
    return [rows.filter(party=party), rows.filter(counterparty=party).exclude(party=party)]


def find_events(query: Query, *, party: Party, as_of: datetime, key: Sequence[Any] | None = None, size: int) -> Page:
    """A page of the events that `party` may see and `query` asks for, from behind `key` on.

    Events recorded after `as_of` are left out.

    Raises:
        TooComplex, TooLarge: see there.
    """
    condition = condition_of(query.predicates, party)
    branches = [rows.filter(condition, record_time__lte=as_of) for rows in visible_index(party)]
    if query.max_event_count is not None and key is None:
        check_count(branches, query.max_event_count)
    order = Order.of(query)
    given = 0 if key is None else int(key[0])
    wanted = size if query.event_count_limit is None else min(size, query.event_count_limit - given)
    found = [row for rows in branches for row in order.cut(rows, key, wanted + 1)]
    found.sort(key=order.key_of, reverse=order.is_descending)
    page = found[:wanted]
    given += len(page)
    is_last = len(found) <= wanted or (query.event_count_limit is not None and given >= query.event_count_limit)
    return Page(page, None if is_last or not page else (given, *order.token_of(page[-1])))


def check_count(branches: Sequence[QuerySet[EventIndex]], most: int) -> None:
    count = sum(len(rows.order_by().values_list("pk")[: most + 1]) for rows in branches)
    if count > most:
        raise TooLarge(f"more than {most} events: expected at most maxEventCount; narrow the query down")


# --- Order ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """By a time, or by a field of others' (events without it come last of a rising and first of a falling order)."""

    column: str
    is_descending: bool
    extension: str = ""

    @classmethod
    def of(cls, query: Query) -> "Order":
        if query.order_by is None or query.order_by in TIME_COLUMNS:
            return cls(TIME_COLUMNS[query.order_by or "eventTime"], query.is_descending)
        return cls("sort_number", query.is_descending, extension_name("", query.order_by, is_inner=False))

    def cut(self, rows: QuerySet[EventIndex], key: Sequence[Any] | None, size: int) -> list[EventIndex]:
        rows = rows.select_related("event", "context").defer("event__secret")
        if self.extension:
            rows = self._with_extension(rows)
        sign = "-" if self.is_descending else ""
        if key is not None:
            rows = self._behind(rows, key)
        return list(rows.order_by(f"{sign}{self.column}", f"{sign}event_id")[:size])

    def _with_extension(self, rows: QuerySet[EventIndex]) -> QuerySet[EventIndex]:
        values = EventValue.objects.filter(event=OuterRef("event_id"), name=self.extension, number__isnull=False)
        return rows.annotate(sort_number=Subquery(values.order_by("number").values("number")[:1])).filter(
            sort_number__isnull=False
        )

    def _behind(self, rows: QuerySet[EventIndex], key: Sequence[Any]) -> QuerySet[EventIndex]:
        _, value, pk = key
        if not self.extension:
            value = moment_of(value)
        beyond = "lt" if self.is_descending else "gt"
        # The first condition is what an index can begin at; the second is exact.
        at_or_beyond = {f"{self.column}__{beyond}e": value}
        strictly = Q(**{f"{self.column}__{beyond}": value}) | Q(**{self.column: value, f"event_id__{beyond}": pk})
        return rows.filter(strictly, **at_or_beyond)

    def key_of(self, row: EventIndex) -> tuple[Any, int]:
        return getattr(row, self.column), row.event_id

    def token_of(self, row: EventIndex) -> tuple[Any, int]:
        value, pk = self.key_of(row)
        return (value if self.extension else micros_of(value)), pk


EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def micros_of(moment: datetime) -> int:
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def moment_of(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


# --- Conditions -------------------------------------------------------------------------------------------------------


def condition_of(predicates: Sequence[Predicate], party: Party) -> Q:
    """All of the predicates as one condition on `EventIndex`."""
    return reduce(operator.and_, (_condition(one, party) for one in predicates), Q())


def _condition(predicate: Predicate, party: Party) -> Q:
    match predicate:
        case Among(field=field, values=values):
            return _among(field, values)
        case Within(field=field, values=values):
            return _among(field, places_within(values, party))
        case Match(field=field, patterns=patterns):
            return Q(event_id__in=events_named(FIELDS_OF[field], patterns))
        case TimeCompare(field=field, operator=how, moment=moment):
            if field in TIME_COLUMNS:
                return Q(**{f"{TIME_COLUMNS[field]}__{LOOKUPS[how]}": moment})
            return has_value(Q(**{f"time__{LOOKUPS[how]}": moment}), field)
        case NumberCompare(field=field, operator=how, values=values, dimension=dimension):
            return has_value(_any(f"number__{LOOKUPS[how]}", values), key(measure_name(field, dimension)))
        case Present(field=field):
            return has_value(Q(), PRESENT + field)
        case ExtensionCompare():
            return _extension(predicate)
        case ExtensionExists(place=place, is_inner=is_inner, name=name):
            return has_value(Q(), key(PRESENT + extension_name(place, name, is_inner=is_inner)))
        case HasAttribute(field=field, attributes=attributes):
            named = MasterAttribute.objects.filter(party=party, name__in=[key(one) for one in attributes])
            return _described(field, named)
        case AttributeAmong(field=field, attribute=attribute, values=values):
            named = MasterAttribute.objects.filter(
                party=party, name=key(attribute), text__in=[key(one) for one in values]
            )
            return _described(field, named)


def has_value(condition: Q, name: str) -> Q:
    return Q(Exists(EventValue.objects.filter(condition, event=OuterRef("event_id"), name=name)))


def _any(lookup: str, values: Sequence[Any]) -> Q:
    return reduce(operator.or_, (Q(**{lookup: one}) for one in values), Q(pk__in=[]))


def _among(field: str, values: Any) -> Q:
    keys = sorted({key(one) for one in values})
    if field in COLUMNS:
        return Q(**{f"{COLUMNS[field]}__in": keys})
    return has_value(Q(text__in=keys), key(field))


def _extension(asked: ExtensionCompare) -> Q:
    name = extension_name(asked.place, asked.name, is_inner=asked.is_inner)
    return has_value(reduce(operator.or_, (_compared(asked.operator, one) for one in asked.values), Q(pk__in=[])), name)


def _compared(how: str, asked: Any) -> Q:
    """As `matching` compares: like with like; a text is its characters, unless the event told a number."""
    lookup = LOOKUPS[how]
    if isinstance(asked, datetime):
        return Q(**{f"time__{lookup}": asked})
    if not isinstance(asked, str):
        return Q(**{f"number__{lookup}": float(asked)})
    number, moment = figure(asked), moment_in(asked)
    if how != "EQ":
        return Q(pk__in=[]) if number is None else Q(**{f"number__{lookup}": number})
    found = Q(text=key(asked))
    if moment is not None:
        found |= Q(time=moment)
    if number is not None and not isnan(number):
        found |= Q(text__isnull=True, number=number)
    return found


# --- Master data ------------------------------------------------------------------------------------------------------


def places_within(places: Any, party: Party) -> set[str]:
    """The places themselves, and all that lie within them as far as the party has told."""
    found = {key(one) for one in places}
    level = found
    for _ in range(DEEPEST):
        children = SubLocation.objects.filter(party=party, location__among=sorted(level))
        level = set(children.values_list("child", flat=True)[:MOST_NAMES]) - found
        if not level:
            break
        found |= level
        if len(found) > MOST_NAMES:
            raise TooComplex(f"more than {MOST_NAMES} places lie within: name a smaller one")
    return found


def _described(field: str, described: QuerySet[MasterAttribute]) -> Q:
    """Events whose `field` names something that master data describes so."""
    names = list(described.values_list("uri", flat=True)[: MOST_NAMES + 1])
    if len(names) > MOST_NAMES:
        raise TooComplex(f"more than {MOST_NAMES} things are described so: ask for one of them")
    if field in FIELDS_OF:
        return Q(event_id__in=events_named(FIELDS_OF[field], [EpcPattern(one, is_exact=True) for one in names]))
    if field in COLUMNS:
        return Q(**{f"{COLUMNS[field]}__in": names})
    is_basic = field in TEXT_FIELDS
    return has_value(Q(text__in=names), key(field) if is_basic else extension_name("", field, is_inner=False))
