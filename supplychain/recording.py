"""From an event to a signed, stored statement: the one road that every act takes.

guards (the act's own) → statement → signature → ledger entry + event row, all in the caller's transaction. If the
process dies anywhere before the commit, nothing of it exists; after the commit all of it does, and sealing finds the
entry by its pending row, whether or not the bell that `submit` rings was heard.
"""

import uuid
from collections.abc import Iterable, Mapping

from django.conf import settings
from django.utils import timezone

from ledger.envelope_fast import canonical_with_floats
from ledger.tlog.tile import TILE_WIDTH, Edge, append
from supplychain.acts import Actor, Done, Refused, Request
from supplychain.effects import read_effect
from supplychain.epcis.event import EventBody, Scene, parse_time
from supplychain.models import Event, Item, ListTile, Party
from supplychain.projection import project
from supplychain.signing import Prepared
from supplychain.statement import Statement, state_event

MOST_ORIGINS = 500  # 64 KiB of envelope hold about 600 entry ids; goods of more origins are packed first
NAMESPACE = uuid.UUID("7b0b3c1e-2f0d-5c57-9d0e-0b6d6d1a4c55")


def scene_of(actor: Actor, request: Request) -> Scene:
    """When, where and under which name the event of this request happens.

    The eventID follows from party and nonce: the same request gives the same event, whoever computes it.
    """
    event_id = uuid.uuid5(NAMESPACE, f"{settings.LOG_ORIGIN}/{actor.party.gln}/{request.nonce}").urn
    return Scene(event_id, request.time, actor.place.gln)


def record(
    event: EventBody,
    *,
    actor: Actor,
    request: Request,
    after: Iterable[Event],
    counterparty: Party | None = None,
    event_id: str = "",
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
    )
    if not actor.party.keyid:
        raise Refused.because(
            "NOT_ADMITTED", f"{actor.party.name} has no key on this log: the regulator must admit it first"
        )
    entry = request.signer.submit(Prepared(statement.payload, event, secret, actor.party.keyid))
    row = Event.objects.create(
        event_id=event_id or event["eventID"],
        type=event["type"],
        action=event.get("action", ""),
        biz_step=event["bizStep"],
        disposition=event.get("disposition", ""),
        event_time=parse_time(event["eventTime"]),
        record_time=timezone.now(),
        party=actor.party,
        counterparty=counterparty,
        place=actor.place,
        nonce=request.nonce,
        request_sha256=request.digest,
        body=canonical_with_floats(event).decode(),
        secret=secret,
        entry=entry,
    )
    store_list_tiles(row, statement)
    return row


def enact(
    event: EventBody,
    *,
    actor: Actor,
    request: Request,
    after: Iterable[Event],
    counterparty: Party | None = None,
    items: Mapping[str, Item] | None = None,
) -> Done:
    """Record `event` and let it take effect. `items`: the locked rows of the EPCs that it names, as far as at hand."""
    row = record(event, actor=actor, request=request, after=after, counterparty=counterparty)
    projected = project(row, read_effect(event), items)
    return Done(row, projected.handoff, list(projected.exceptions))


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
    tiles = [
        ListTile(event=row, field=field, level=level, index=index, hashes=hashes)
        for field, committed in statement.lists.items()
        if len(committed.members) > TILE_WIDTH
        for (level, index), hashes in append(Edge.load(0, no_tile), committed.leaf_hashes)[1].items()
    ]
    ListTile.objects.bulk_create(tiles, batch_size=500)


def no_tile(level: int, index: int) -> bytes:
    raise LookupError(f"tile {level}/{index}: an empty tree has no tiles")
