"""Captures events one after the other, in the order of their document: acts as acts, all others in sets.

In the caller's transaction. What is wrong with an event becomes a problem with its path; whether the rest stays is the
caller's business. The same event again, by its eventID, is no event and no error.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from ledger.errors import LedgerError
from supplychain.acts import Actor, Refused, Request
from supplychain.epcis.document import RawEvent
from supplychain.epcis.epc import epc_key
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_hash import event_hash
from supplychain.epcis.limits import Limits
from supplychain.epcis.namespaces import Namespaces
from supplychain.epcis.read import read_event
from supplychain.epcis.spelling import rewrite
from supplychain.epcis.terms import key
from supplychain.gs1.errors import GS1Error
from supplychain.models import Event, EventIndex, Party, Place
from supplychain.recording import place_gln
from supplychain.repository.captured import Captured
from supplychain.repository.capturing import KnownGoods, act_of, counterparty_of, effect_on_goods, may_act, party_at
from supplychain.repository.recording import Plain, record_many

LONGEST_ACT_ID = 100
Fault = EPCISError | Refused | LedgerError | GS1Error


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event of a document, read: where it stands, under which nonce it will be stated, and what it says."""

    path: str
    nonce: str
    captured: Captured

    @property
    def name(self) -> tuple[str, bool]:
        """What tells it from the party's other events: an error declaration shares its original's eventID."""
        body = self.captured.body
        return key(body["eventID"]), "errorDeclaration" in body


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that was not captured."""

    path: str
    fault: Fault


@dataclass(slots=True)
class Outcome:
    """What became of some events: those stored by path, those that were there already, those that failed."""

    stored: dict[str, Event] = field(default_factory=dict)
    known: dict[str, Event] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def read_incoming(raw: RawEvent, namespaces: Namespaces, context: int, nonce: str, limits: Limits) -> Incoming:
    """Read one event of a document and give it an eventID if it has none.

    Raises:
        EPCISError: what is wrong with it.
    """
    if not isinstance(raw.body, dict):
        raise EPCISError("TYPE", raw.path, raw.body, "an object")
    # The client does not know when we record; and a bare event's context is kept beside it.
    body = {name: value for name, value in raw.body.items() if name != "recordTime"}
    if not raw.path:
        body.pop("@context", None)
    once = settings.EPCIS_SENSOR_FIELDS_ONCE
    event = read_event(body, namespaces, raw.path, limits=limits, sensor_fields_once=once)
    if event.event_id is None:
        # The same event again gets the same name.
        body["eventID"] = event_hash(event)
        event = replace(event, event_id=body["eventID"])
    stated = rewrite(body, epc_key)
    original = "" if stated == body else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Incoming(raw.path, nonce, Captured(stated, event, context, original))


class Captor:
    """Captures the events of one party, `incoming` at a time; knows what the ones before have changed."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.outcome = Outcome()
        self._goods = KnownGoods()
        self._seen: dict[tuple[str, bool], Event | str] = {}
        self._parties: dict[str, Party] = {}
        self._places: dict[str, Place] = {one.gln: one for one in actor.party.places.all()}

    def take(self, incoming: Sequence[Incoming]) -> Outcome:
        """Capture `incoming` in their order; what became of them is added to the outcome."""
        self._look_up(incoming)
        waiting: list[Incoming] = []
        for one in incoming:
            if self._is_known(one):
                continue
            body = one.captured.body
            self._seen[one.name] = one.path
            if may_act(body) and self._goods.are_named(body):
                self._state(waiting)
                waiting = []
                self._act(one)
            else:
                waiting.append(one)
        self._state(waiting)
        return self.outcome

    # --- What is there already --------------------------------------------------------------------------------------

    def _look_up(self, incoming: Sequence[Incoming]) -> None:
        """Ask once for all of them: goods of ours, partners, and events of the party under the same names."""
        bodies = [one.captured.body for one in incoming]
        goods = KnownGoods.among(bodies)
        self._goods.items |= goods.items
        self._goods.gtins |= goods.gtins
        glns = {party_at(body, *side) for body in bodies for side in _SIDES} - {""} - self._parties.keys()
        self._parties |= {one.gln: one for one in Party.objects.filter(gln__among=sorted(glns))}
        names = sorted({one.name[0] for one in incoming})
        rows = EventIndex.objects.filter(party=self.actor.party, epcis_id__among=names).select_related("event__entry")
        for row in rows:
            self._seen.setdefault((row.epcis_id, row.declares_error), _with_index(row))

    def _is_known(self, one: Incoming) -> bool:
        """Whether the event is stored, or stands in this document, already. Another of the same name is an error."""
        known = self._seen.get(one.name)
        if known is None:
            return False
        if isinstance(known, str):
            text = f"eventID {one.captured.body['eventID'][:200]!r} stands in this document before, at {known}"
            self._fail(one, Refused.because("EVENT_EXISTS", text))
        elif said_by(known) == said(one.captured):
            self.outcome.known[one.path] = known
        else:
            text = f"eventID {one.captured.body['eventID'][:200]!r} belongs to another event of yours"
            self._fail(one, Refused.because("EVENT_EXISTS", text))
        return True

    # --- Capturing --------------------------------------------------------------------------------------------------

    def _act(self, one: Incoming) -> None:
        """An event about goods of ours: done as the act that it is, or looked on."""
        captured = one.captured
        try:
            act = act_of(captured, effect_on_goods(captured.body), actor=self.actor)
            if act is None:
                self._state([one])
                return
            check_name(captured.body["eventID"])
            request = Request(one.nonce, captured.event.event_time.moment, captured=captured)
            self.outcome.stored[one.path] = act(request).event
            self._goods.add(captured.body)
        except (EPCISError, Refused, LedgerError, GS1Error) as fault:
            self._fail(one, fault)

    def _state(self, some: Sequence[Incoming]) -> None:
        """Events that move no goods of ours."""
        plains: list[tuple[Incoming, Plain]] = []
        for one in some:
            try:
                plains.append((one, self._plain(one)))
            except Refused as fault:
                self._fail(one, fault)
        if not plains:
            return
        for (one, _), event in zip(plains, record_many([plain for _, plain in plains], actor=self.actor), strict=True):
            if isinstance(event, LedgerError):
                self._fail(one, event)
            else:
                self.outcome.stored[one.path] = event
                self._seen[one.name] = event

    def _plain(self, one: Incoming) -> Plain:
        body = one.captured.body
        return Plain(
            one.captured,
            one.nonce,
            after=self._declared(body) if "errorDeclaration" in body else (),
            counterparty=counterparty_of(body, self.actor.party, self._parties),
            place=self._places.get(place_gln(body)),
        )

    def _declared(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """The entry of the event that an error declaration is about: only its author may declare an error in it."""
        name = key(body["eventID"])
        own = self._seen.get((name, False))
        if isinstance(own, Event):
            return (bytes(own.entry.entry_id).hex(),)
        if own is None and EventIndex.objects.filter(epcis_id=name, declares_error=False).exists():
            raise Refused.because("NOT_AUTHOR", "This event was captured by another party: only its author corrects it")
        return ()

    def _fail(self, one: Incoming, fault: Fault) -> None:
        self.outcome.failures.append(Failure(one.path, fault))


_SIDES = (("destinationList", "destination"), ("sourceList", "source"))


def _with_index(row: EventIndex) -> Event:
    event: Event = row.event
    event.epcis_index = row
    return event


def said(captured: Captured) -> Any:
    """An event as its author wrote it, for comparing."""
    return json.loads(captured.original) if captured.original else json.loads(json.dumps(dict(captured.body)))


def said_by(event: Event) -> Any:
    """The same of a stored event."""
    return json.loads(event.epcis_index.captured or event.body)


def check_name(event_id: str) -> None:
    """The eventID of an act names it for others, too: it is nobody else's, and has its length."""
    if len(event_id) > LONGEST_ACT_ID:
        raise EPCISError(
            "SIZE", "eventID", event_id, f"at most {LONGEST_ACT_ID} characters for an event about goods of ours"
        )
    if Event.objects.filter(event_id=event_id).exists():
        raise Refused.because("EVENT_EXISTS", f"eventID {event_id!r} belongs to an event of another party")
