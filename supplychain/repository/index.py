"""Writes what the EPCIS query language looks at, beside each event and in the same transaction.

Of an event that moves goods the EPCs are not repeated: `Item.made_by`, `EventItem` and `Containment` name them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger import bulk
from ledger.envelope_fast import canonical_with_floats
from supplychain.epcis.event_values import Event as TypedEvent
from supplychain.epcis.limits import Limits
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.read import read_event
from supplychain.epcis.terms import INSTANCES, headline, key, named, values
from supplychain.epcis.vocabulary import EPC_LISTS, OWN_CONTEXT
from supplychain.models import Event, EventContext, EventEpc, EventIndex, EventValue
from supplychain.repository.captured import Captured

INDEX_COLUMNS = (
    *(
        "event_id",
        "party_id",
        "counterparty_id",
        "epcis_id",
        "declares_error",
        "type",
        "action",
        "biz_step",
        "disposition",
    ),
    *("read_point", "biz_location", "event_time", "record_time", "context_id", "captured"),
)
EPC_COLUMNS = ("event_id", "field", "epc")
VALUE_COLUMNS = ("event_id", "name", "text", "number", "time")

OWN_NAMESPACES = parse_context(OWN_CONTEXT)
OWN_LIMITS = Limits(epcs=2_000_000)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class IndexRows:
    """What is to be inserted for one or more events."""

    events: list[Row] = field(default_factory=list)
    epcs: list[Row] = field(default_factory=list)
    values: list[Row] = field(default_factory=list)

    def add(self, row: Event, event: TypedEvent, captured: Captured | None, *, moves_goods: bool) -> None:
        line = headline(event)
        more = (captured.context, captured.original) if captured else (None, "")
        self.events.append(
            (
                *(
                    row.pk,
                    row.party_id,
                    row.counterparty_id,
                    key(event.event_id or ""),
                    event.error_declaration is not None,
                ),
                *(line.type, row.action, line.biz_step, line.disposition, line.read_point, line.biz_location),
                *(row.event_time, row.record_time, *more),
            )
        )
        self.epcs.extend(
            (row.pk, int(what), epc) for what, epc in named(event) if not (moves_goods and what in INSTANCES)
        )
        self.values.extend((row.pk, one.name, one.text, one.number, one.time) for one in values(event))

    def insert(self) -> None:
        for model, columns, rows in (
            (EventIndex, INDEX_COLUMNS, self.events),
            (EventEpc, EPC_COLUMNS, self.epcs),
            (EventValue, VALUE_COLUMNS, self.values),
        ):
            if rows:
                bulk.insert_rows(model._meta.db_table, columns, rows)


def index_event(row: Event, body: Mapping[str, Any], captured: Captured | None, *, moves_goods: bool) -> None:
    """Index one event that has just been stored."""
    rows = IndexRows()
    rows.add(row, captured.event if captured else read_own(body), captured, moves_goods=moves_goods)
    rows.insert()


def read_own(body: Mapping[str, Any]) -> TypedEvent:
    """An event of our own acts, as the EPCIS room reads it. Of each list one member will do: the goods are known."""
    short = {name: value[:1] if name in EPC_LISTS else value for name, value in body.items()}
    return read_event(short, OWN_NAMESPACES, limits=OWN_LIMITS)


def keep_context(context: Any) -> int:
    """The key of an @context, stored once however many events come under it."""
    text = canonical_with_floats(context).decode()
    digest = hashlib.sha256(text.encode()).digest()
    known = EventContext.objects.filter(digest=digest).values_list("pk", flat=True).first()
    if known is not None:
        return known
    EventContext.objects.bulk_create([EventContext(digest=digest, body=text)], ignore_conflicts=True)
    return EventContext.objects.get(digest=digest).pk
