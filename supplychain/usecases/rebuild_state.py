"""Replay the history into empty tables, and hold what comes out against the state that is stored."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import F

from ledger.errors import LedgerError
from supplychain.effects import read_effect
from supplychain.epcis.vocabulary import place_uri
from supplychain.models import Event
from supplychain.openings import statement_of
from supplychain.projection import project
from supplychain.shadow import Difference, compare_states, shadowed
from supplychain.statement import verify_event

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
        rebuilt = Rebuilt(Event.objects.count())
        for event in _history():
            try:
                _replay(event)
            except LedgerError as error:
                rebuilt.reason = f"{event}: {error}"
                yield rebuilt
                return
            rebuilt.done += 1
            if rebuilt.done % PAGE == 0:
                yield rebuilt
        rebuilt.differences = list(compare_states())
        yield rebuilt


def _history() -> Iterator[Event]:
    events = Event.objects.select_related("entry", "place", "party")
    sealed = events.filter(entry__leaf__isnull=False).annotate(at=F("entry__leaf__index"))
    waiting = events.filter(entry__leaf__isnull=True).annotate(at=F("entry_id"))
    for rows in (sealed, waiting):
        last = -1
        while page := list(rows.filter(at__gt=last).order_by("at")[:PAGE]):
            yield from page
            last = page[-1].at


def _replay(event: Event) -> None:
    body = json.loads(event.body)
    verify_event(body, statement_of(event), secret=bytes(event.secret))
    _check_place(event, body)
    project(event, read_effect(body))


def _check_place(event: Event, body: dict[str, object]) -> None:
    """The row's place is the one that the statement seals; rows older than that column take theirs from it."""
    if event.place is not None and body.get("readPoint") != {"id": place_uri(event.place.gln)}:
        raise LedgerError(f"its row names place {event.place.gln}, its statement another one", code="EVENT_DIFFERS")
