"""The audit's walk over the leaves: everything that one pass in index order can check, in memory that does not grow."""

import hashlib
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field

from ledger import crypto_fast
from ledger.envelope import Envelope, check_low_s, entry_id, pae, parse_envelope
from ledger.errors import LedgerError, VerificationError
from ledger.frame import Frame, parse_frame
from ledger.keyring import POLICY, Keyring
from ledger.models import Block, Checkpoint, EntryParent, Leaf, Log, PolicyEntry
from ledger.queries import KEY_KINDS, TileReader
from ledger.signer import Head
from ledger.tlog.block import NO_HASH, entry_leaf, fold_keys, parse_header
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import HASH_SIZE, leaf_hash
from ledger.tlog.note import parse_vkey
from ledger.tlog.tile import TILE_WIDTH, Edge, append

CHUNK = 8 * TILE_WIDTH
SIGNATURES_A_JOB = 64


def damage(message: str, code: str = "DAMAGED") -> VerificationError:
    return VerificationError(message, code=code)


@dataclass(frozen=True, slots=True)
class Row:
    """A leaf with the entry that it stands for; a header leaf has none, and its fields are empty."""

    index: int
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
        return f"entry {self.seq} (leaf {self.index})"


@dataclass(slots=True)
class Chunk:
    """What the database says about the leaves `first` <= index < `stop`, read in a few queries."""

    first: int
    stop: int
    rows: list[Row]
    tiles: TileReader
    blocks: dict[int, Block]  # by tree size, as long as the walk has not reached it
    checkpoints: dict[int, Checkpoint]  # likewise
    parents: Mapping[int, set[tuple[bytes, int | None]]]  # child seq -> its parents' ids and leaf indexes


@dataclass(slots=True)
class Walk:
    """The state of the walk: what the log must look like up to here, computed from the entries alone."""

    log: Log
    signed: Iterator[Head]
    executor: Executor
    edge: Edge = field(default_factory=lambda: Edge(0, ()))
    keyring: Keyring = field(default_factory=Keyring)
    height: int = 0
    first: int = 0  # of the block being read
    prev: bytes = NO_HASH
    keys: bytes = NO_HASH
    time_ms: int = -1
    run: list[bytes] = field(default_factory=list)  # leaf hashes that are not in `edge` yet
    signatures: list[tuple[str, bytes, bytes, bytes]] = field(default_factory=list)  # name, spki, message, signature
    next_signed: Head | None = None

    def __post_init__(self) -> None:
        self.next_signed = next(self.signed, None)

    def walk(self, size: int) -> Iterator[int]:
        """Check the leaves below `size`, chunk by chunk; yields how many are done.

        Raises:
            VerificationError: the first thing that is wrong.
        """
        for first in range(0, size, CHUNK):
            chunk = load_chunk(first, min(first + CHUNK, size))
            try:
                self.check_chunk(chunk)
            except LedgerError:
                # Signatures are checked a chunk at a time. One that is wrong further up comes first.
                self.check_signatures()
                raise
            self.check_signatures()
            yield chunk.stop

    def check_chunk(self, chunk: Chunk) -> None:
        for expected, row in enumerate(chunk.rows, chunk.first):
            if row.index != expected:
                raise damage(f"leaf {expected}: missing from the table, the next one is leaf {row.index}")
            if row.height != self.height:
                raise damage(f"leaf {row.index}: filed under block {row.height}, expected {self.height}")
            if row.seq is None:
                self.check_header(row, chunk)
            else:
                self.check_entry(row, chunk)
        if len(chunk.rows) != chunk.stop - chunk.first:
            raise damage(f"leaf {chunk.first + len(chunk.rows)}: missing from the table")
        for name, unreached in (("block", chunk.blocks), ("checkpoint", chunk.checkpoints)):
            if unreached:
                raise damage(f"{name} of size {min(unreached)}: there is no header leaf before this size")
        self.grow(chunk)

    # --- Entries ------------------------------------------------------------------------------------------------------

    def check_entry(self, row: Row, chunk: Chunk) -> None:
        if not row.entry_id:
            raise damage(f"leaf {row.index}: its entry {row.seq} is missing from the table")
        self.check_bytes(row, chunk.tiles)
        try:
            envelope, frame = check_columns(row)
            if frame.log != self.log.origin:
                raise damage(f"is a statement for log {frame.log!r}")
            if row.kind in KEY_KINDS:
                self.check_key_entry(row, envelope)
            else:
                self.check_signers(row, envelope)
        except LedgerError as error:
            raise damage(f"{row.name}: {error}", error.code) from error
        self.check_parents(row, frame.after, chunk)
        self.run.append(leaf_hash(entry_leaf(row.envelope_sha256)))

    def check_bytes(self, row: Row, tiles: TileReader) -> None:
        """The envelope's bytes, the hash beside them, and the hash in the tile: name the one that fell out."""
        actual = hashlib.sha256(row.envelope).digest()
        committed = stored_hash(tiles, row.index)
        if leaf_hash(entry_leaf(actual)) == committed:
            if actual != row.envelope_sha256:
                raise damage(
                    f"{row.name}: its column envelope_sha256 says {row.envelope_sha256.hex()}, "
                    f"its envelope and the leaf {actual.hex()}"
                )
        elif leaf_hash(entry_leaf(row.envelope_sha256)) == committed:
            raise damage(
                f"entry {row.seq}: envelope bytes hash to {actual.hex()}, "
                f"leaf {row.index} commits to {row.envelope_sha256.hex()}"
            )
        elif actual != row.envelope_sha256:
            raise damage(f"{row.name}: neither its envelope nor its column envelope_sha256 is what the leaf commits to")
        else:
            raise damage(
                f"tile 0/{row.index // TILE_WIDTH}: its hash {row.index % TILE_WIDTH} is {committed.hex()}, "
                f"{row.name} hashes to {leaf_hash(entry_leaf(actual)).hex()}"
            )

    def check_key_entry(self, row: Row, envelope: Envelope) -> None:
        self.keyring.apply(row.index, envelope, crypto_fast)
        self.keys = fold_keys(self.keys, row.entry_id)
        if row.kind == POLICY:
            stored = PolicyEntry.objects.filter(entry=row.seq).first()
            if stored is None or stored.body != envelope.statement[POLICY]:
                raise damage("the policy filed for it is another one")

    def check_signers(self, row: Row, envelope: Envelope) -> None:
        """The keyring holds exactly the keys that are valid at this index, because the walk has come this far."""
        message = pae(envelope.payload)
        for one in envelope.signatures:
            if self.keyring.party_of(one.keyid) is None:
                raise damage(f"signed with key {one.keyid}, which is not valid at leaf {row.index}")
            self.signatures.append((row.name, self.keyring.keys[one.keyid].spki, message, one.der))
        owner = self.keyring.party_of(envelope.signatures[0].keyid)
        if owner != row.party:
            raise damage(f"says it is by {row.party}, its first signature is by {owner}")
        approval = self.keyring.approval_at(row.index, row.kind, [one.keyid for one in envelope.signatures])
        if approval is not None and not approval.is_met:
            raise damage(approval.reason, approval.code)

    def check_parents(self, row: Row, after: tuple[bytes, ...], chunk: Chunk) -> None:
        stored = chunk.parents.get(row.seq or 0, set())
        if {identity for identity, _ in stored} != set(after):
            raise damage(f"{row.name}: builds on {len(after)} entries, the table of parents says otherwise")
        for identity, index in stored:
            if index is None or index >= row.index:
                raise damage(f"{row.name}: builds on {identity.hex()}, which does not come before it")

    def check_signatures(self) -> None:
        """Verify what was gathered, on all cores: verifying releases the interpreter's lock."""
        gathered, self.signatures = self.signatures, []
        jobs = [gathered[at : at + SIGNATURES_A_JOB] for at in range(0, len(gathered), SIGNATURES_A_JOB)]
        for wrong in self.executor.map(first_wrong, jobs):
            if wrong is not None:
                raise damage(f"{wrong}: its signature is wrong", "SIGNATURE")

    # --- Blocks -------------------------------------------------------------------------------------------------------

    def check_header(self, row: Row, chunk: Chunk) -> None:
        block = chunk.blocks.pop(row.index + 1, None)
        if block is None:
            raise damage(f"leaf {row.index}: holds no entry, and no block ends there")
        name = f"block {block.height}"
        leaf = bytes(block.header)
        if leaf_hash(leaf) != stored_hash(chunk.tiles, row.index):
            raise damage(f"{name}: its header is not what leaf {row.index} commits to")
        try:
            header = parse_header(leaf)
        except LedgerError as error:
            raise damage(f"{name}: {error}") from error
        self.grow(chunk)
        expected = {
            "height": self.height,
            "prev": self.prev,
            "first": self.first,
            "count": row.index - self.first,
            "root": self.edge.root(),
            "keys": self.keys,
        }
        for word, value in expected.items():
            if getattr(header, word) != value:
                raise damage(f"{name}: its header says {word} {show(getattr(header, word))}, expected {show(value)}")
        if header.time <= self.time_ms:
            raise damage(f"{name}: its header says time {header.time}, expected more than {self.time_ms}")
        self.run.append(leaf_hash(leaf))
        self.grow(chunk)
        check_block_row(
            block,
            {
                "height": header.height,
                "first": header.first,
                "count": header.count,
                "time_ms": header.time,
                "keys_hash": header.keys,
                "header_hash": header.hash,
                "root_hash": self.edge.root(),
            },
        )
        self.check_heads(chunk)
        self.height, self.first, self.prev, self.time_ms = self.height + 1, row.index + 1, header.hash, header.time

    def grow(self, chunk: Chunk) -> None:
        """Append the run to the edge; each tile that changes must be what is stored, or its beginning."""
        self.edge, changed = append(self.edge, self.run)
        self.run = []
        for (level, index), hashes in changed.items():
            if chunk.tiles(level, index)[: len(hashes)] != hashes:
                raise damage(f"tile {level}/{index}: not what the leaves below it hash to")

    def check_heads(self, chunk: Chunk) -> None:
        """Whatever was signed for this size is signed for this root."""
        size, root_hash = self.edge.size, self.edge.root()
        stored = chunk.checkpoints.pop(size, None)
        if stored is not None:
            try:
                opened = open_checkpoint(stored.note, parse_vkey(self.log.vkey), crypto_fast)
            except LedgerError as error:
                raise damage(f"checkpoint {size}: {error}") from error
            if (opened.size, opened.root_hash) != (size, root_hash):
                raise damage(f"checkpoint {size}: signs size {opened.size} and another root than the leaves have")
        head = self.next_signed
        if head is None or head.size > size:
            return
        if head.size != size:
            raise damage(f"signer: has signed size {head.size}, but no block ends there")
        if head.root_hash != root_hash:
            raise damage(
                f"signer: has signed root {head.root_hash.hex()} at size {head.size}, "
                f"the leaves up to {size} hash to {root_hash.hex()}"
            )
        self.next_signed = next(self.signed, None)


def check_columns(row: Row) -> tuple[Envelope, Frame]:
    """The columns that queries use say the same as the envelope."""
    envelope = parse_envelope(row.envelope)
    frame = parse_frame(envelope.statement)
    for one in envelope.signatures:
        check_low_s(one.der)
    expected = (entry_id(envelope.payload), frame.kind, frame.party, envelope.signatures[0].keyid)
    for word, found, value in zip(
        ("entry_id", "kind", "party", "keyid"), (row.entry_id, row.kind, row.party, row.keyid), expected, strict=True
    ):
        if found != value:
            raise damage(f"its column {word} says {show(found)}, its envelope {show(value)}")
    return envelope, frame


def check_block_row(block: Block, expected: Mapping[str, int | bytes]) -> None:
    for word, value in expected.items():
        found = getattr(block, word)
        if (found if isinstance(found, int) else bytes(found)) != value:
            raise damage(f"block {block.height}: its column {word} says {show(found)}, expected {show(value)}")


def show(value: object) -> str:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)


def first_wrong(job: list[tuple[str, bytes, bytes, bytes]]) -> str | None:
    for name, spki, message, signature in job:
        if not crypto_fast.verify_p256(spki, message, signature):
            return name
    return None


def stored_hash(tiles: TileReader, index: int) -> bytes:
    at = index % TILE_WIDTH * HASH_SIZE
    return tiles(0, index // TILE_WIDTH)[at : at + HASH_SIZE]


def load_chunk(first: int, stop: int) -> Chunk:
    leaves = Leaf.objects.filter(index__gte=first, index__lt=stop).order_by("index")
    columns = ("envelope", "envelope_sha256", "entry_id", "kind", "party", "keyid")
    rows = [
        Row(index, seq, height, bytes(envelope or b""), bytes(sha256 or b""), bytes(identity or b""), *words)
        for index, seq, height, envelope, sha256, identity, *words in leaves.values_list(
            "index", "entry_id", "block_id", *(f"entry__{name}" for name in columns)
        )
    ]
    edges = EntryParent.objects.filter(child__leaf__index__gte=first, child__leaf__index__lt=stop)
    parents: dict[int, set[tuple[bytes, int | None]]] = {}
    for child, identity, index in edges.values_list("child_id", "parent__entry_id", "parent__leaf__index"):
        parents.setdefault(child, set()).add((bytes(identity), index))
    within = {"tree_size__gt": first, "tree_size__lte": stop}
    return Chunk(
        first=first,
        stop=stop,
        rows=rows,
        tiles=TileReader().expect(stop, range(first, stop, TILE_WIDTH)),
        blocks={block.tree_size: block for block in Block.objects.filter(**within)},
        checkpoints={checkpoint.tree_size: checkpoint for checkpoint in Checkpoint.objects.filter(**within)},
        parents=parents,
    )
