"""Many events that move no goods, stated and stored in sets: what makes a document of a thousand events a matter of
half a second. The road is that of `recording.record`: statement, signature, entry, event row, index.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from ledger import bulk, custody
from ledger.errors import LedgerError
from ledger.usecases.submit_many import Composed, submit_many
from supplychain.acts import Actor, Refused
from supplychain.models import Event, ListTile, Party, Place
from supplychain.recording import list_tiles, row_of
from supplychain.repository.captured import Captured
from supplychain.repository.index import IndexRows
from supplychain.statement import Statement, state_event

EVENT_COLUMNS = (
    *("id", "event_id", "type", "action", "biz_step", "disposition", "event_time", "record_time", "party_id"),
    *("place_id", "counterparty_id", "nonce", "request_sha256", "body", "secret", "entry_id"),
)


@dataclass(frozen=True, slots=True)
class Plain:
    """An event to be stated: what it is, its nonce, the entry ids (hex) that it builds on, and who else may see it."""

    captured: Captured
    nonce: str
    after: tuple[str, ...] = ()
    counterparty: Party | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    plain: Plain
    statement: Statement
    secret: bytes


def record_many(plains: Sequence[Plain], *, actor: Actor) -> list[Event | LedgerError]:
    """State, sign and store `plains` in their order; in the caller's transaction.

    One whose statement cannot be made (an EPC twice in a list, a value without canonical form) gives its error, and
    the others go on.

    Raises:
        LedgerError: the party's key signs nothing here; then nothing of it is stored.
    """
    if not actor.party.keyid:
        raise Refused.because("NOT_ADMITTED", f"{actor.party.name} has no key on this log: the regulator admits it")
    composed = [_compose(one, actor.party) for one in plains]
    ready = [one for one in composed if isinstance(one, _Ready)]
    seqs = submit_many(
        log=settings.LOG_ORIGIN,
        party=actor.party.gln,
        key=custody.managed_key(actor.party.keyid),
        statements=[
            Composed(one.statement.payload, one.plain.nonce, tuple(map(bytes.fromhex, one.plain.after)))
            for one in ready
        ],
    )
    rows = iter(_store(ready, seqs, actor.party))
    return [next(rows) if isinstance(one, _Ready) else one for one in composed]


def _compose(plain: Plain, party: Party) -> _Ready | LedgerError:
    secret = secrets.token_bytes(32)
    try:
        statement = state_event(
            dict(plain.captured.body),
            log=settings.LOG_ORIGIN,
            party=party.gln,
            nonce=plain.nonce,
            after=plain.after,
            secret=secret,
            moves_goods=False,
        )
    except LedgerError as error:
        return error
    return _Ready(plain, statement, secret)


def _store(ready: Sequence[_Ready], seqs: Sequence[int], party: Party) -> list[Event]:
    table = Event._meta.db_table
    keys = bulk.reserve_keys(table, "id", len(ready))
    rows: list[Event] = []
    index, tiles = IndexRows(), list[ListTile]()
    for one, pk, seq in zip(ready, keys, seqs, strict=True):
        captured = one.plain.captured
        row = row_of(captured.body, party=party, nonce=one.plain.nonce, moves_goods=False)
        row.pk, row.entry_id, row.secret = pk, seq, one.secret
        row.place, row.counterparty, row.request_sha256 = one.plain.place, one.plain.counterparty, ""
        row._state.adding = False
        rows.append(row)
        index.add(row, captured.event, captured, moves_goods=False)
        tiles += list_tiles(row, one.statement)
    bulk.insert_rows(table, EVENT_COLUMNS, list(_values(rows)))
    ListTile.objects.bulk_create(tiles, batch_size=500)
    index.insert()
    return rows


def _values(rows: Sequence[Event]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        fields: Mapping[str, Any] = vars(row)
        yield tuple(fields[column] for column in EVENT_COLUMNS)
