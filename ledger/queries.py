"""What others ask of the log: where an entry stands, and the proof of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from ledger import bulk
from ledger.envelope import parse_envelope
from ledger.errors import ForkError
from ledger.keyring import KEY, POLICY
from ledger.models import Block, Checkpoint, Entry, Key, Leaf, Log, Pending, PolicyEntry
from ledger.tlog.block import entry_leaf
from ledger.tlog.proof import ProofFile
from ledger.tlog.tile import TILE_BITS, inclusion_proof

KEY_KINDS = (KEY, POLICY)
PENDING = "pending"
SEALED = "sealed"
PUBLISHED = "published"


class TileReader:
    """Reads tile rows, each at most once. Call it with level and index; tell it what is coming to save queries."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        if (level, index) not in self._seen:
            self._load({(level, index)})
        if (level, index) not in self._seen:
            raise ForkError(f"tile {level}/{index} is missing from the database", code="TILE_MISSING")
        return self._seen[level, index]

    def expect(self, size: int, leaf_indexes: Iterable[int] = ()) -> "TileReader":
        """Load, in one query, the right edge of the tree of `size` and what the proofs of `leaf_indexes` need of it."""
        wanted: set[tuple[int, int]] = set()
        columns = {index for index in leaf_indexes if index < size}
        level = 0
        while size > 0:
            columns = {index >> TILE_BITS for index in columns}
            wanted |= {(level, index) for index in columns | {(size - 1) >> TILE_BITS}}
            size >>= TILE_BITS
            level += 1
        return self.load(wanted)

    def load(self, places: Collection[tuple[int, int]]) -> "TileReader":
        """Load, in one query, the tiles at `places`: (level, index)."""
        self._load(set(places) - self._seen.keys())
        return self

    def _load(self, places: Collection[tuple[int, int]]) -> None:
        if places:
            self._seen |= {(level, index): hashes for level, index, hashes in bulk.read_tiles(places)}


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's place in the published tree: `hashes` lead from leaf `index` to the root that `note` signs."""

    index: int
    hashes: tuple[bytes, ...]
    note: str


def lock_active_log() -> Log:
    """Take the mutex of everything that moves the log on.

    Raises:
        ForkError: the log is frozen (LOG_FROZEN) until somebody has looked why.
    """
    log = Log.objects.select_for_update().get(pk=1)
    if log.state != Log.ACTIVE:
        raise ForkError(f"log {log.origin} is frozen: {log.frozen_because}", code="LOG_FROZEN")
    return log


def find_log() -> Log | None:
    return Log.objects.filter(pk=1).first()


def find_entry(entry_id: bytes) -> Entry | None:
    return Entry.objects.filter(entry_id=entry_id).first()


def find_block(height: int) -> Block | None:
    return Block.objects.filter(height=height).first()


def find_leaf(entry: Entry) -> Leaf | None:
    return Leaf.objects.filter(entry=entry).first()


def find_key(keyid: str) -> Key | None:
    return Key.objects.filter(keyid=keyid).first()


def acts_in_force() -> Mapping[str, Any]:
    """Which acts take k of which parties, by the newest policy. To look at: admission locks the policy first."""
    newest = PolicyEntry.objects.order_by("-entry_id").first()
    return dict(newest.body["acts"]) if newest else {}


def suspect_signers(entry: Entry, leaf: Leaf | None) -> list[Key]:
    """The keys that signed this entry and were in strange hands by then, as their owners have said since."""
    if leaf is None:
        return []
    keyids = signers_of([entry])
    return list(Key.objects.filter(keyid__in=keyids, invalid_from__lte=leaf.index).order_by("keyid"))


def count_pending() -> int:
    return Pending.objects.count()


def latest_checkpoint() -> Checkpoint | None:
    """The newest checkpoint that outsiders can see."""
    return Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).order_by("-tree_size").first()


def leaf_index_of(entries: Iterable[int]) -> dict[int, int]:
    """Entry seq -> leaf index, for those of `entries` that are sealed."""
    return dict(Leaf.objects.filter(entry__in=list(entries)).values_list("entry_id", "index"))


def proof_states(entries: Iterable[int]) -> dict[int, str]:
    """Entry seq -> "pending", "sealed" or "published"; an unknown seq counts as pending."""
    wanted = list(entries)
    checkpoint = latest_checkpoint()
    size = checkpoint.tree_size if checkpoint else 0
    indexes = leaf_index_of(wanted)
    return {seq: PENDING if seq not in indexes else PUBLISHED if indexes[seq] < size else SEALED for seq in wanted}


def proofs_of(entries: Iterable[int], *, under: Checkpoint | None = None) -> dict[int, Proof]:
    """Entry seq -> proof, for those of `entries` that are published. All proofs share one checkpoint: `under`, or the
    newest; who asks several times for one file names it, because the log goes on meanwhile."""
    checkpoint = under or latest_checkpoint()
    if checkpoint is None:
        return {}
    size = checkpoint.tree_size
    indexes = {seq: index for seq, index in leaf_index_of(entries).items() if index < size}
    read_tile = TileReader().expect(size, indexes.values())
    return {
        seq: Proof(index, tuple(inclusion_proof(index, size, read_tile)), checkpoint.published_note)
        for seq, index in indexes.items()
    }


def proof_of(entry: Entry) -> Proof | None:
    """The proof of one entry against the published checkpoint; None while it is not published."""
    return proofs_of([entry.pk]).get(entry.pk)


def proof_file(entry: Entry, *, with_envelope: bool) -> bytes | None:
    """The entry's C2SP .tlog-proof; None while it is not published.

    Its `extra` is the envelope for those who may see it, and for everybody else the leaf, which shows no more than the
    tiles do. Key and policy entries are for everybody: without them nobody could check a signature.
    """
    proof = proof_of(entry)
    if proof is None:
        return None
    is_open = with_envelope or entry.kind in KEY_KINDS
    extra = bytes(entry.envelope) if is_open else entry_leaf(bytes(entry.envelope_sha256))
    return ProofFile(extra, proof.index, proof.hashes, proof.note.encode()).encode()


def key_entries_for(keyids: Collection[str]) -> list[Entry]:
    """Every policy, and the entries that registered, replaced or revoked `keyids` and the keys that signed those.

    In the log's order: a verifier that trusts only the log's own key can fold them into a keyring.
    """
    found = {entry.pk: entry for entry in Entry.objects.filter(kind=POLICY)}
    known: set[str] = set()
    wanted = set(keyids) | signers_of(found.values())
    while wanted:
        known |= wanted
        about = Key.objects.filter(keyid__in=wanted)
        fresh = Entry.objects.filter(
            Q(pk__in=about.values("registered_by")) | Q(pk__in=about.values("revoked_by"))
        ).exclude(pk__in=found)
        entries = list(fresh)
        found |= {entry.pk: entry for entry in entries}
        wanted = signers_of(entries) - known
    # Mostly that is the order of arrival, but not after a recovery. What waits comes last.
    indexes = leaf_index_of(found)
    return [found[seq] for seq in sorted(found, key=lambda seq: (seq not in indexes, indexes.get(seq, seq)))]


def whole_keyring(limit: int) -> list[Entry] | None:
    """Every key and policy entry, in the log's order; None when there are more than `limit`, too many to hand out."""
    entries = list(Entry.objects.filter(kind__in=KEY_KINDS).order_by("seq")[: limit + 1])
    return entries if len(entries) <= limit else None


def newest_header() -> tuple[Proof, bytes] | None:
    """The header that closes the published tree, and its proof; None before anything is published."""
    checkpoint = latest_checkpoint()
    block = Block.objects.filter(tree_size=checkpoint.tree_size).first() if checkpoint else None
    if checkpoint is None or block is None:
        return None
    read_tile = TileReader().expect(block.tree_size, [block.last])
    hashes = tuple(inclusion_proof(block.last, block.tree_size, read_tile))
    return Proof(block.last, hashes, checkpoint.published_note), bytes(block.header)


def signers_of(entries: Iterable[Entry]) -> set[str]:
    return {one.keyid for entry in entries for one in parse_envelope(bytes(entry.envelope)).signatures}


def leaves_between(first: int, stop: int) -> list[bytes]:
    """The leaves `first` <= index < `stop`, as the bytes that the tree hashes."""
    rows = Leaf.objects.filter(index__gte=first, index__lt=stop).order_by("index")
    headers = {index: bytes(header) for index, header in rows.filter(entry=None).values_list("index", "block__header")}
    return [
        headers[index] if index in headers else entry_leaf(bytes(sha256))
        for index, sha256 in rows.values_list("index", "entry__envelope_sha256")
    ]


def blocks_page(before_height: int | None, limit: int) -> list[Block]:
    """Blocks, newest first, below `before_height`."""
    blocks = Block.objects.order_by("-height")
    return list(blocks[:limit] if before_height is None else blocks.filter(height__lt=before_height)[:limit])


def entries_page(before_seq: int | None, limit: int) -> list[Entry]:
    """Entries, newest first, without their envelopes."""
    entries = Entry.objects.order_by("-seq").defer("envelope").select_related("leaf")
    return list(entries[:limit] if before_seq is None else entries.filter(seq__lt=before_seq)[:limit])


def entries_of_block(block: Block, first: int, limit: int) -> QuerySet[Leaf]:
    """The entry leaves of `block` from index `first` on, in order, without their envelopes."""
    stop = min(first + limit, block.tree_size - 1)
    return (
        Leaf.objects.filter(index__gte=max(first, block.first), index__lt=stop)
        .order_by("index")
        .select_related("entry")
        .defer("entry__envelope")
    )
