"""Opening one EPC, or one sealed field, of a stored event, so that a stranger can check it against its statement.

The cost does not grow with the list: a long list is opened from its stored Merkle tiles, of which one query reads the
handful that the path needs; a list of up to one tile is hashed again, which is quicker than reading a row.
"""

import json
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from ledger.commitment import Opening, commit_list, list_salt, open_member, verify_opening
from ledger.envelope import parse_envelope
from ledger.errors import VerificationError
from ledger.tlog.tile import TILE_BITS, TILE_WIDTH, inclusion_proof
from supplychain.models import Event, ListTile
from supplychain.statement import disclose_field


def statement_of(event: Event) -> dict[str, Any]:
    """The statement that the event's author signed, as it stands in the log. Reads the entry's envelope."""
    return parse_envelope(bytes(event.entry.envelope)).statement


def is_long(statement: dict[str, Any], field: str) -> bool:
    """Whether a list of the statement is kept as tiles. Others are opened from the event's body."""
    return int(statement["lists"][field]["size"]) > TILE_WIDTH


def open_in_list(event: Event, field: str, epc: str, position: int) -> Opening:
    """Show that `epc` is member `position` (in EPC order) of the event's list `field`, checked against the statement.

    Raises:
        LedgerError: the stored event no longer is what its author signed.
    """
    statement = statement_of(event)
    committed = statement["lists"][field]
    secret = bytes(event.secret)
    if is_long(statement, field):
        size = int(committed["size"])
        path = inclusion_proof(position, size, _TilesOfPath(event, field, size, position))
        opening = Opening(epc, list_salt(secret, field, epc), position, size, tuple(path))
    else:
        _, members, leaf_hashes = commit_list(secret, field, json.loads(event.body)[field])
        opening = open_member(secret, field, members, leaf_hashes, position)
    if opening.member != epc:
        raise VerificationError(f"{field}[{position}] is {opening.member!r}, expected {epc!r}", code="EVENT_DIFFERS")
    verify_opening(opening, size=int(committed["size"]), root=bytes.fromhex(committed["root"]))
    return opening


def open_parent(event: Event, parent_epc: str) -> dict[str, str]:
    """Show the sealed parentID of an aggregation event. Its body is not read: it may list 20,000 children."""
    return disclose_field({"parentID": parent_epc}, "parentID", secret=bytes(event.secret))


class _TilesOfPath:
    """Reads the tiles on the path of one leaf and on the tree's right edge, all in one query."""

    def __init__(self, event: Event, field: str, size: int, index: int) -> None:
        wanted: list[Q] = []
        level, count, column = 0, size, index
        while count > 0:
            column >>= TILE_BITS
            wanted.append(Q(level=level, index__in={column, (count - 1) >> TILE_BITS}))
            count >>= TILE_BITS
            level += 1
        rows = ListTile.objects.filter(reduce(or_, wanted), event=event, field=field)
        self._tiles = {(row.level, row.index): bytes(row.hashes) for row in rows}
        self._name = f"{field} of event {event.pk}"

    def __call__(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            raise VerificationError(f"tile {level}/{index} of {self._name} is missing", code="LIST_TILE_MISSING")
        return self._tiles[level, index]
