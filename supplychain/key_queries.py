"""A party's signing keys as people want to see them: who keeps them, since when in the log they count, until when."""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime

from ledger.models import Block, Key, Log
from ledger.queries import leaf_index_of
from supplychain.models import Party


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key. Indices are None while the statement waits for its block."""

    key: Key
    index: int | None
    ended_at: int | None
    signs: bool  # for its party, by default

    @property
    def state(self) -> str:
        if self.key.revoked_by_id is not None:
            return "revoked"
        return "active" if self.index is not None else "waiting"


def keys_of(party: Party) -> list[KeyLine]:
    """All keys that the party ever had, newest first. Two queries."""
    keys = list(Key.objects.filter(party=party.gln).order_by("-registered_by"))
    entries = [entry for key in keys for entry in (key.registered_by_id, key.revoked_by_id) if entry is not None]
    index = leaf_index_of(entries)
    return [
        KeyLine(key, index.get(key.registered_by_id), index.get(key.revoked_by_id or 0), key.keyid == party.keyid)
        for key in keys
    ]


def index_at(moment: datetime) -> int:
    """The index of the first entry that was sealed at `moment` or later; the log's size if there is none yet."""
    log = Log.objects.get()
    # Times rise with heights, and heights have an index: a search in halves instead of a walk over every block.
    height = bisect_left(range(log.height), int(moment.timestamp() * 1000), key=_time_of)
    return Block.objects.get(height=height).first if height < log.height else log.tree_size


def _time_of(height: int) -> int:
    return Block.objects.values_list("time_ms", flat=True).get(height=height)
