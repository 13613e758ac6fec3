"""From an event to a signed, stored statement: the one road that every act takes.

guards (the act's own) → statement → signature → ledger entry + event row, all in the caller's transaction. If the
process dies anywhere before the commit, nothing of it exists; after the commit all of it does, and sealing finds the
entry by its pending row, whether or not the bell that `submit` rings was heard.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from ledger.envelope_fast import canonical_with_floats
from ledger.tlog.tile import TILE_WIDTH, Edge, append
from supplychain.acts import Actor, Done, Refused, Request
from supplychain.effects import Arrive, CallOff, TakeOut, read_effect
from supplychain.epcis.event import EventBody, Scene, parse_time
from supplychain.epcis.vocabulary import SET_ASIDE, gln_of_place
from supplychain.models import Event, Item, ListTile, Party, Place
from supplychain.projection import project
from supplychain.repository.captured import Captured
from supplychain.repository.index import index_event
from supplychain.signing import Prepared
from supplychain.statement import Statement, state_event

MOST_ORIGINS = 500  # 64 KiB of envelope hold about 600 entry ids; goods of more origins are packed first
LONGEST_TYPE, LONGEST_WORD = 24, 40
NAMESPACE = uuid.UUID("7b0b3c1e-2f0d-5c57-9d0e-0b6d6d1a4c55")


def scene_of(actor: Actor, request: Request) -> Scene:
    """When, where and under which name the event of this request happens.

    The eventID follows from party and nonce: the same request gives the same event, whoever computes it.
    """
    return Scene(event_name(actor.party.gln, request.nonce), request.time, actor.place.gln)


def event_name(gln: str, nonce: str) -> str:
    """The eventID that we give to the event of a party's request."""
    return uuid.uuid5(NAMESPACE, f"{settings.LOG_ORIGIN}/{gln}/{nonce}").urn


def record(
    event: EventBody,
    *,
    actor: Actor,
    request: Request,
    after: Iterable[Event],
    counterparty: Party | None = None,
    event_id: str = "",
    moves_goods: bool = True,
) -> Event:
    """State, sign, submit and store `event` as an act of `actor`'s party.

    `event_id` names its row, where the event itself has the name of another: an error declaration does.
    """
    secret = request.signer.secret(request.nonce)
    statement = state_event(
        event,
        log=settings.LOG_ORIGIN,
        party=actor.party.gln,
        nonce=request.nonce,
        after=entry_ids(after),
        secret=secret,
        moves_goods=moves_goods,
    )
    if not actor.party.keyid:
        raise Refused.because(
            "NOT_ADMITTED", f"{actor.party.name} has no key on this log: the regulator must admit it first"
        )
    entry = request.signer.submit(Prepared(statement.payload, event, secret, actor.party.keyid))
    row = row_of(event, party=actor.party, nonce=request.nonce, moves_goods=moves_goods)
    row.event_id = event_id or row.event_id
    row.counterparty = counterparty
    row.place = actor.place if request.captured is None else place_named(event, actor.party)
    row.request_sha256, row.secret, row.entry = request.digest, secret, entry
    row.save(force_insert=True)
    store_list_tiles(row, statement)
    index_event(row, event, request.captured, moves_goods=moves_goods)
    return row


def row_of(event: Mapping[str, Any], *, party: Party, nonce: str, moves_goods: bool) -> Event:
    """The row of a stated event, but for what the log and the act know of it.

    An event that moves no goods is known here under a name of our own: nobody can take the eventID of an act to come.
    """
    return Event(
        event_id=event["eventID"] if moves_goods else event_name(party.gln, nonce),
        type=_short(event["type"], LONGEST_TYPE),
        action=event.get("action", ""),
        biz_step=_short(event.get("bizStep", ""), LONGEST_WORD),
        disposition=_short(event.get("disposition", ""), LONGEST_WORD),
        event_time=parse_time(event["eventTime"]),
        record_time=timezone.now(),
        party=party,
        nonce=nonce,
        body=canonical_with_floats(event).decode(),
    )


def _short(word: str, longest: int) -> str:
    """A word of the vocabulary. Somebody else's URI stands in the event and in its index."""
    return word if len(word) <= longest else ""


def place_named(event: Mapping[str, Any], party: Party) -> Place | None:
    """The site of the party's own that a captured event names as its read point, exactly as we would."""
    gln = place_gln(event)
    return party.places.filter(gln=gln).first() if gln else None


def place_gln(event: Mapping[str, Any]) -> str:
    """The GLN of an event's read point if it is written as we write it, and nothing else stands there; else ""."""
    read_point = event.get("readPoint", {})
    return gln_of_place(read_point.get("id", "")) if len(read_point) == 1 else ""


def enact(
    event: EventBody,
    *,
    actor: Actor,
    request: Request,
    after: Iterable[Event],
    counterparty: Party | None = None,
    items: Mapping[str, Item] | None = None,
) -> Done:
    """Record `event` and let it take effect. `items`: the locked rows of the EPCs that it names, as far as at hand.

    Where a client captured the event, its own words are stated, once they turn out to do the same.
    """
    stated = event
    if request.captured is not None:
        stated = captured_instead(event, request.captured)
        if stated != request.captured.body:
            request = replace(request, captured=request.captured.kept_as_it_came())
    row = record(stated, actor=actor, request=request, after=after, counterparty=counterparty)
    projected = project(row, read_effect(stated), items)
    return Done(row, projected.handoff, list(projected.exceptions))


def captured_instead(event: EventBody, captured: Captured) -> EventBody:
    """The client's event in place of `event`, which the act has composed. Their effects are the same, or it is refused.

    Raises:
        Refused: the client's event would do something else than the act that was checked.
    """
    stated = _filled_in(captured.body, event)
    ours, theirs = read_effect(event), read_effect(stated)
    if isinstance(ours, Arrive | CallOff) and isinstance(theirs, Arrive | CallOff):
        # A partner calls a shipment by the number of its despatch advice. Which one it is follows from the goods, and
        # is stated by what the statement builds on.
        theirs = replace(theirs, shipment=ours.shipment)
    if ours != theirs:
        raise Refused.because("EFFECT_DIFFERS", "The event says something else than what can be done with these goods")
    return stated


def _filled_in(stated: Mapping[str, Any], composed: EventBody) -> EventBody:
    """A captured event, complete: which children "all of them" are, and what of a delivery was set aside."""
    filled = dict(stated)
    if read_effect(composed).__class__ is TakeOut and not stated.get("childEPCs"):
        filled["childEPCs"] = composed["childEPCs"]
    if aside := composed.get(SET_ASIDE):
        filled["epcList"] = [epc for epc in stated["epcList"] if epc not in set(aside)]
        filled[SET_ASIDE] = aside
    return filled


def entry_ids(events: Iterable[Event]) -> list[str]:
    ids = {bytes(event.entry.entry_id).hex() for event in events}
    if len(ids) > MOST_ORIGINS:
        raise Refused.because(
            "TOO_MANY_ORIGINS",
            f"These goods come from {len(ids)} different statements; at most {MOST_ORIGINS} fit one: pack them first",
        )
    return sorted(ids)


def store_list_tiles(row: Event, statement: Statement) -> None:
    """Keep the Merkle tiles of long lists. Up to one tile, hashing the list again costs less than reading a row."""
    ListTile.objects.bulk_create(list_tiles(row, statement), batch_size=500)


def list_tiles(row: Event, statement: Statement) -> list[ListTile]:
    return [
        ListTile(event=row, field=field, level=level, index=index, hashes=hashes)
        for field, committed in statement.lists.items()
        if len(committed.members) > TILE_WIDTH
        for (level, index), hashes in append(Edge.load(0, no_tile), committed.leaf_hashes)[1].items()
    ]


def no_tile(level: int, index: int) -> bytes:
    raise LookupError(f"tile {level}/{index}: an empty tree has no tiles")
