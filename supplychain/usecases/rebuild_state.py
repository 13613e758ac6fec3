"""Replay the history into empty tables, and hold what comes out against the state that is stored."""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import F, QuerySet

from ledger.errors import LedgerError
from supplychain.effects import read_effect
from supplychain.epcis.vocabulary import place_uri
from supplychain.models import Declaration, Event
from supplychain.openings import statement_of
from supplychain.projection import project
from supplychain.recalls.projection import project_declaration
from supplychain.shadow import Difference, compare_states, shadowed
from supplychain.statement import moves_goods, verify_event

PAGE = 200


@dataclass(slots=True)
class Rebuilt:
    """`done` of `total` events replayed so far; in the end, what differs. `code` and `reason` of an event that lies."""

    total: int
    done: int = 0
    differences: list[Difference] = field(default_factory=list)
    reason: str = ""

    @property
    def is_equal(self) -> bool:
        return not self.differences and not self.reason


def rebuild_state() -> Iterator[Rebuilt]:
    """Replay every statement in the order of the log, those that wait for their block last; yields as it goes.

    Each stored event is first checked against the commitments in its signed statement: state that follows from a
    doctored event is not state that follows from the log.

    The whole of it sees one moment of the database. Working goes on beside it.
    """
    with shadowed():
        rebuilt = Rebuilt(Event.objects.count() + Declaration.objects.count())
        for statement in _history():
            try:
                _replay(statement)
            except LedgerError as error:
                rebuilt.reason = f"{statement}: {error}"
                yield rebuilt
                return
            rebuilt.done += 1
            if rebuilt.done % PAGE == 0:
                yield rebuilt
        rebuilt.differences = list(compare_states())
        yield rebuilt


def _history() -> Iterator[Event | Declaration]:
    events = Event.objects.select_related("entry", "place", "party")
    declarations = Declaration.objects.select_related("entry")
    for is_waiting in (False, True):
        streams = [_in_order(rows, is_waiting=is_waiting) for rows in (events, declarations)]
        for _at, statement in heapq.merge(*streams, key=itemgetter(0)):
            yield statement


def _in_order(rows: QuerySet[Any], *, is_waiting: bool) -> Iterator[tuple[int, Event | Declaration]]:
    """Each with its place: its leaf, or as long as it has none the order of its arrival."""
    place = "entry_id" if is_waiting else "entry__leaf__index"
    placed = rows.filter(entry__leaf__isnull=is_waiting).annotate(at=F(place))
    last = -1
    while page := list(placed.filter(at__gt=last).order_by("at")[:PAGE]):
        yield from ((one.at, one) for one in page)
        last = page[-1].at


def _replay(statement: Event | Declaration) -> None:
    if isinstance(statement, Declaration):
        project_declaration(statement.entry)
        return
    body, signed = json.loads(statement.body), statement_of(statement)
    verify_event(body, signed, secret=bytes(statement.secret))
    _check_place(statement, body)
    if moves_goods(signed):
        project(statement, read_effect(body))


def _check_place(event: Event, body: dict[str, object]) -> None:
    """The row's place is the one that the statement seals; rows older than that column take theirs from it."""
    if event.place is not None and body.get("readPoint") != {"id": place_uri(event.place.gln)}:
        raise LedgerError(f"its row names place {event.place.gln}, its statement another one", code="EVENT_DIFFERS")
