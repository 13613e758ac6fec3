"""What the audit reads of the database: a run of leaves with all that belongs to them, in a few queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ledger import bulk
from ledger.errors import VerificationError
from ledger.models import Block, Checkpoint, EntryParent
from ledger.queries import TileReader
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.tile import TILE_WIDTH


def damage(message: str, code: str = "DAMAGED") -> VerificationError:
    return VerificationError(message, code=code)


class Row(NamedTuple):
    """A leaf with the entry that it stands for; a header leaf has none, and its fields are empty."""

    leaf_index: int
    seq: int | None
    height: int
    envelope: bytes
    envelope_sha256: bytes
    entry_id: bytes
    kind: str
    party: str
    keyid: str

    @property
    def name(self) -> str:
        return f"entry {self.seq} (leaf {self.leaf_index})"


@dataclass(slots=True)
class Chunk:
    """What the database says about the leaves `first` <= index < `stop`."""

    first: int
    stop: int
    rows: list[Row]
    tiles: TileReader
    blocks: dict[int, Block]  # by tree size, as long as the walk has not reached it
    checkpoints: dict[int, Checkpoint]  # likewise
    parents: Mapping[int, set[tuple[bytes, int | None]]]  # child seq -> its parents' ids and leaf indexes
    tile: int = -1  # the one at hand, with its hashes: the walk asks for each of them in turn
    hashes: bytes = b""

    def stored_hash(self, index: int) -> bytes:
        if index // TILE_WIDTH != self.tile:
            self.tile, self.hashes = index // TILE_WIDTH, self.tiles(0, index // TILE_WIDTH)
        at = index % TILE_WIDTH * HASH_SIZE
        return self.hashes[at : at + HASH_SIZE]


def load_chunk(first: int, stop: int) -> Chunk:
    within = {"tree_size__gt": first, "tree_size__lte": stop}
    return Chunk(
        first=first,
        stop=stop,
        rows=[Row._make(row) for row in bulk.read_leaves(first, stop)],
        tiles=TileReader().expect(stop, range(first, stop, TILE_WIDTH)),
        blocks={block.tree_size: block for block in Block.objects.filter(**within)},
        checkpoints={checkpoint.tree_size: checkpoint for checkpoint in Checkpoint.objects.filter(**within)},
        parents=load_parents(first, stop),
    )


def load_parents(first: int, stop: int) -> dict[int, set[tuple[bytes, int | None]]]:
    edges = EntryParent.objects.filter(child__leaf__index__gte=first, child__leaf__index__lt=stop)
    parents: dict[int, set[tuple[bytes, int | None]]] = {}
    for child, identity, index in edges.values_list("child_id", "parent__entry_id", "parent__leaf__index"):
        parents.setdefault(child, set()).add((bytes(identity), index))
    return parents
