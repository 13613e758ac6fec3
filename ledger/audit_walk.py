"""The audit's walk over a run of leaves: everything that one pass in index order can check.

A log is walked in spans, several at a time and each by itself: where a span begins, its walk takes the log to stand as
the database says. Whoever walks the spans checks that each ends where the next one began; so the first finding in the
order of the spans is the first thing that is wrong.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ledger import crypto_fast
from ledger.audit_rows import Chunk, Row, damage, load_chunk
from ledger.envelope import Envelope, check_low_s, entry_id
from ledger.envelope_fast import parse_envelope, parse_payload
from ledger.errors import LedgerError
from ledger.frame import Frame, parse_frame
from ledger.keyring import POLICY, Keyring
from ledger.models import Block, PolicyEntry
from ledger.queries import KEY_KINDS, TileReader
from ledger.signer import Head
from ledger.tlog.block import NO_HASH, entry_leaf_hash, fold_keys, parse_header
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import parse_vkey
from ledger.tlog.tile import TILE_WIDTH, Edge, append

SPAN = 8 * TILE_WIDTH  # a multiple of a tile, so that no span begins inside one


@dataclass(frozen=True, slots=True)
class Position:
    """Where a walk stands: the tree up to here, and the newest header in it. `first` is the open block's first leaf."""

    edge: Edge = field(default_factory=lambda: Edge(0, ()))
    height: int = 0
    first: int = 0
    prev: bytes = NO_HASH
    keys: bytes = NO_HASH
    time_ms: int = -1


@dataclass(frozen=True, slots=True)
class Span:
    """The leaves `first` <= index < `stop`, with what their walk must know of those before: the keys, and their fold.

    `heads` is what the signer has signed within the span. Nothing in here is bound to a process.
    """

    origin: str
    vkey: str
    first: int
    stop: int
    keyring: Keyring
    keys: bytes
    heads: tuple[Head, ...]


@dataclass(frozen=True, slots=True)
class Walked:
    """Where the database said that a span begins, and where its leaves lead."""

    start: Position
    end: Position


def walk_span(span: Span) -> Walked:
    """Check the leaves of a span.

    Raises:
        VerificationError: the first thing that is wrong, if all before the span is right.
    """
    start = find_position(span)
    walk = Walk(span, start, load_chunk(span.first, span.stop))
    walk.check()
    return Walked(start, walk.at)


def find_position(span: Span) -> Position:
    """What the database says of the log up to the span."""
    if span.first == 0:
        return Position()
    edge = Edge.load(span.first, TileReader().expect(span.first))
    block = Block.objects.filter(tree_size__lte=span.first).order_by("-tree_size").first()
    if block is None:
        return Position(edge, keys=span.keys)
    return Position(edge, block.height + 1, block.tree_size, bytes(block.header_hash), span.keys, block.time_ms)


class Walk:
    """One span's walk: what the log must look like up to here, computed from the entries."""

    def __init__(self, span: Span, start: Position, chunk: Chunk) -> None:
        self.span, self.at, self.chunk = span, start, chunk
        self.keyring = span.keyring
        self.heads = list(span.heads)
        self.run: list[bytes] = []  # leaf hashes that are not in the edge yet

    def check(self) -> None:
        for expected, row in enumerate(self.chunk.rows, self.chunk.first):
            if row.leaf_index != expected:
                raise damage(f"leaf {expected}: missing from the table, the next one is leaf {row.leaf_index}")
            if row.height != self.at.height:
                raise damage(f"leaf {row.leaf_index}: filed under block {row.height}, expected {self.at.height}")
            if row.seq is None:
                self.check_header(row)
            else:
                self.check_entry(row)
        if len(self.chunk.rows) != self.chunk.stop - self.chunk.first:
            raise damage(f"leaf {self.chunk.first + len(self.chunk.rows)}: missing from the table")
        for name, unreached in (("block", self.chunk.blocks), ("checkpoint", self.chunk.checkpoints)):
            if unreached:
                raise damage(f"{name} of size {min(unreached)}: there is no header leaf before this size")
        if self.heads:
            raise no_block_ends_at(self.heads[0])
        self.grow()

    # --- Entries ------------------------------------------------------------------------------------------------------

    def check_entry(self, row: Row) -> None:
        if not row.entry_id:
            raise damage(f"leaf {row.leaf_index}: its entry {row.seq} is missing from the table")
        self.run.append(self.check_bytes(row))
        try:
            envelope, frame = check_columns(row)
            if frame.log != self.span.origin:
                raise damage(f"is a statement for log {frame.log!r}")
            if row.kind in KEY_KINDS:
                self.check_key_entry(row, envelope)
            else:
                self.check_signers(row, envelope)
        except LedgerError as error:
            raise damage(f"{row.name}: {error}", error.code) from error
        self.check_parents(row, frame.after)

    def check_bytes(self, row: Row) -> bytes:
        """The envelope's bytes, the hash beside them, and the hash in the tile: name the one that fell out."""
        actual = hashlib.sha256(row.envelope).digest()
        hashed = entry_leaf_hash(actual)
        committed = self.chunk.stored_hash(row.leaf_index)
        if hashed == committed:
            if actual == row.envelope_sha256:
                return hashed
            raise damage(
                f"{row.name}: its column envelope_sha256 says {row.envelope_sha256.hex()}, "
                f"its envelope and the leaf {actual.hex()}"
            )
        if entry_leaf_hash(row.envelope_sha256) == committed:
            raise damage(
                f"entry {row.seq}: envelope bytes hash to {actual.hex()}, "
                f"leaf {row.leaf_index} commits to {row.envelope_sha256.hex()}"
            )
        if actual != row.envelope_sha256:
            raise damage(f"{row.name}: neither its envelope nor its column envelope_sha256 is what the leaf commits to")
        raise damage(
            f"tile 0/{row.leaf_index // TILE_WIDTH}: its hash {row.leaf_index % TILE_WIDTH} is {committed.hex()}, "
            f"{row.name} hashes to {hashed.hex()}"
        )

    def check_key_entry(self, row: Row, envelope: Envelope) -> None:
        self.keyring.apply(row.leaf_index, envelope, crypto_fast)
        self.at = replace(self.at, keys=fold_keys(self.at.keys, row.entry_id))
        if row.kind == POLICY:
            stored = PolicyEntry.objects.filter(entry=row.seq).first()
            if stored is None or stored.body != envelope.statement[POLICY]:
                raise damage("the policy filed for it is another one")

    def check_signers(self, row: Row, envelope: Envelope) -> None:
        """The keyring holds exactly the keys that are valid at this index, because the walk has come this far."""
        for one in envelope.signatures:
            if self.keyring.party_of(one.keyid) is None:
                raise damage(f"signed with key {one.keyid}, which is not valid at leaf {row.leaf_index}")
            # The entry id is the hash of what is signed; `check_columns` has compared it.
            if not crypto_fast.verify_p256_digest(self.keyring.keys[one.keyid].spki, row.entry_id, one.der):
                raise damage("its signature is wrong", "SIGNATURE")
        owner = self.keyring.party_of(envelope.signatures[0].keyid)
        if owner != row.party:
            raise damage(f"says it is by {row.party}, its first signature is by {owner}")
        approval = self.keyring.approval_at(row.leaf_index, row.kind, [one.keyid for one in envelope.signatures])
        if approval is not None and not approval.is_met:
            raise damage(approval.reason, approval.code)

    def check_parents(self, row: Row, after: tuple[bytes, ...]) -> None:
        stored = self.chunk.parents.get(row.seq or 0)
        if not stored and not after:
            return
        if {identity for identity, _ in stored or ()} != set(after):
            raise damage(f"{row.name}: builds on {len(after)} entries, the table of parents says otherwise")
        for identity, index in stored or ():
            if index is None or index >= row.leaf_index:
                raise damage(f"{row.name}: builds on {identity.hex()}, which does not come before it")

    # --- Blocks -------------------------------------------------------------------------------------------------------

    def check_header(self, row: Row) -> None:
        block = self.chunk.blocks.pop(row.leaf_index + 1, None)
        if block is None:
            raise damage(f"leaf {row.leaf_index}: holds no entry, and no block ends there")
        name = f"block {block.height}"
        leaf = bytes(block.header)
        if leaf_hash(leaf) != self.chunk.stored_hash(row.leaf_index):
            raise damage(f"{name}: its header is not what leaf {row.leaf_index} commits to")
        try:
            header = parse_header(leaf)
        except LedgerError as error:
            raise damage(f"{name}: {error}") from error
        self.grow()
        at = self.at
        expected = {
            "height": at.height,
            "prev": at.prev,
            "first": at.first,
            "count": row.leaf_index - at.first,
            "root": at.edge.root(),
            "keys": at.keys,
        }
        for word, value in expected.items():
            if getattr(header, word) != value:
                raise damage(f"{name}: its header says {word} {show(getattr(header, word))}, expected {show(value)}")
        if header.time <= at.time_ms:
            raise damage(f"{name}: its header says time {header.time}, expected more than {at.time_ms}")
        self.run.append(leaf_hash(leaf))
        self.grow()
        root_hash = self.at.edge.root()
        check_block_row(
            block,
            {
                "height": header.height,
                "first": header.first,
                "count": header.count,
                "time_ms": header.time,
                "keys_hash": header.keys,
                "header_hash": header.hash,
                "root_hash": root_hash,
            },
        )
        self.check_heads(row.leaf_index + 1, root_hash)
        self.at = Position(self.at.edge, at.height + 1, row.leaf_index + 1, header.hash, at.keys, header.time)

    def grow(self) -> None:
        """Append the run to the edge; each tile that changes must be what is stored, or its beginning."""
        edge, changed = append(self.at.edge, self.run)
        self.at, self.run = replace(self.at, edge=edge), []
        for (level, index), hashes in changed.items():
            if self.chunk.tiles(level, index)[: len(hashes)] != hashes:
                raise damage(f"tile {level}/{index}: not what the leaves below it hash to")

    def check_heads(self, size: int, root_hash: bytes) -> None:
        """Whatever was signed for this size is signed for this root."""
        stored = self.chunk.checkpoints.pop(size, None)
        if stored is not None:
            try:
                opened = open_checkpoint(stored.note, parse_vkey(self.span.vkey), crypto_fast)
            except LedgerError as error:
                raise damage(f"checkpoint {size}: {error}") from error
            if (opened.size, opened.root_hash) != (size, root_hash):
                raise damage(f"checkpoint {size}: signs size {opened.size} and another root than the leaves have")
        if not self.heads or self.heads[0].size > size:
            return
        head = self.heads.pop(0)
        if head.size != size:
            raise no_block_ends_at(head)
        if head.root_hash != root_hash:
            raise damage(
                f"signer: has signed root {head.root_hash.hex()} at size {head.size}, "
                f"the leaves up to {size} hash to {root_hash.hex()}"
            )


def no_block_ends_at(head: Head) -> LedgerError:
    return damage(f"signer: has signed size {head.size}, but no block ends there")


def check_columns(row: Row) -> tuple[Envelope, Frame]:
    """The columns that queries use say the same as the envelope."""
    envelope = parse_envelope(row.envelope)
    frame = parse_frame(parse_payload(envelope.payload))
    for one in envelope.signatures:
        check_low_s(one.der)
    expected = (entry_id(envelope.payload), frame.kind, frame.party, envelope.signatures[0].keyid)
    if (row.entry_id, row.kind, row.party, row.keyid) != expected:
        for word, value in zip(("entry_id", "kind", "party", "keyid"), expected, strict=True):
            if getattr(row, word) != value:
                raise damage(f"its column {word} says {show(getattr(row, word))}, its envelope {show(value)}")
    return envelope, frame


def check_block_row(block: Block, expected: Mapping[str, int | bytes]) -> None:
    for word, value in expected.items():
        found = getattr(block, word)
        if (found if isinstance(found, int) else bytes(found)) != value:
            raise damage(f"block {block.height}: its column {word} says {show(found)}, expected {show(value)}")


def show(value: object) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
