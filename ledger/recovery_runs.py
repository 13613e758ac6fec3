"""Recovery's check, before anything is written: do the published leaves continue the database up to what is signed?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ledger.audit_walk import Position
from ledger.envelope import entry_id
from ledger.envelope_fast import parse_envelope, parse_payload
from ledger.errors import ForkError, LedgerError, MalformedError, VerificationError
from ledger.frame import parse_frame
from ledger.models import Entry
from ledger.queries import KEY_KINDS
from ledger.recovery_files import Envelopes, read_leaves
from ledger.signer import Head
from ledger.tlog.block import HEADER_MAGIC, Header, entry_leaf_hash, fold_keys, parse_entry_leaf, parse_header
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.tile import TILE_WIDTH, append

LOST_NAMED = 20


@dataclass(slots=True)
class Source:
    """Where the log is rebuilt from, and how far: `goal` is the newest head that is signed."""

    folder: Path
    published: Head
    goal: Head
    vkey: str
    envelopes: Envelopes


@dataclass(slots=True)
class Run:
    """The leaves of one block: the envelopes' hashes, and the header that closes them."""

    first: int
    hashes: list[bytes] = field(default_factory=list)
    header: Header | None = None

    def leaf_hashes(self) -> list[bytes]:
        return [entry_leaf_hash(one) for one in self.hashes]


def check_files(source: Source, start: Position) -> Iterator[int]:
    """Check the blocks of `source` from `start` on; yields how far."""
    at, lost = start, Lost()
    for run in read_runs(source, start.edge.size):
        if run.header is None:
            raise VerificationError(f"leaf {run.first}: no header closes it below the signed size", code="BLOCK")
        known = lost.check(run, source)
        at = follow(at, run, known)
        if at.edge.size == source.published.size and at.edge.root() != source.published.root_hash:
            raise differs(source.published, at)
        yield at.edge.size
    if (at.edge.size, at.edge.root()) != (source.goal.size, source.goal.root_hash):
        raise differs(source.goal, at)
    lost.refuse()


def differs(head: Head, at: Position) -> ForkError:
    return ForkError(
        f"the leaves up to {at.edge.size} hash to {at.edge.root().hex()}, "
        f"signed is size {head.size} with {head.root_hash.hex()}",
        code="FORK",
    )


@dataclass(slots=True)
class Lost:
    """The entries that nobody has shown us."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def check(self, run: Run, source: Source) -> list[bytes] | None:
        """The ids of the run's key and policy entries, in order; None when some entry is lost, and nobody knows."""
        ids, missing = key_ids(run, source.envelopes)
        self.count += len(missing)
        self.named += [f"leaf {index} (envelope {one.hex()})" for index, one in missing[: LOST_NAMED - len(self.named)]]
        return None if missing else ids

    def refuse(self) -> None:
        if self.count:
            more = f" and {self.count - len(self.named)} more" if self.count > len(self.named) else ""
            raise VerificationError(
                f"lost: {', '.join(self.named)}{more}. Their parties hold them, as do proof files and pedigrees: "
                "gather them, and give them with --envelopes",
                code="ENVELOPE_LOST",
            )


def key_ids(run: Run, envelopes: Envelopes) -> tuple[list[bytes], list[tuple[int, bytes]]]:
    ids: list[bytes] = []
    missing: list[tuple[int, bytes]] = []
    for at in range(0, len(run.hashes), TILE_WIDTH):
        page = run.hashes[at : at + TILE_WIDTH]
        stored = {
            bytes(sha256): (bytes(identity), kind)
            for sha256, identity, kind in Entry.objects.filter(envelope_sha256__in=page).values_list(
                "envelope_sha256", "entry_id", "kind"
            )
        }
        found = envelopes.find(one for one in page if one not in stored)
        for index, one in enumerate(page, run.first + at):
            if one in stored:
                identity, kind = stored[one]
            elif one in found:
                identity, kind = check_envelope(found[one], index)
            else:
                missing.append((index, one))
                continue
            if kind in KEY_KINDS:
                ids.append(identity)
    return ids, missing


def check_envelope(data: bytes, index: int) -> tuple[bytes, str]:
    """Id and kind of an envelope that the leaf `index` commits to, and that the database does not have."""
    try:
        envelope = parse_envelope(data)
        frame = parse_frame(parse_payload(envelope.payload))
    except LedgerError as error:
        raise VerificationError(f"leaf {index}: {error}", code=error.code) from error
    identity = entry_id(envelope.payload)
    if Entry.objects.filter(entry_id=identity).exists():
        raise VerificationError(
            f"leaf {index}: its statement {identity.hex()} stands here under other signatures than were sealed",
            code="RESIGNED",
        )
    return identity, frame.kind


def follow(at: Position, run: Run, ids: list[bytes] | None) -> Position:
    """The position behind a run, if its header says of it what is so."""
    header = run.header
    if header is None:
        raise VerificationError(f"leaf {run.first}: no header closes its block", code="BLOCK")
    edge, _ = append(at.edge, run.leaf_hashes())
    keys = header.keys
    if ids is not None:
        keys = at.keys
        for one in ids:
            keys = fold_keys(keys, one)
    said = (header.height, header.prev, header.first, header.count, header.root, header.keys)
    if said != (at.height, at.prev, run.first, len(run.hashes), edge.root(), keys) or header.time <= at.time_ms:
        raise ForkError(
            f"block {header.height}: its header does not follow block {at.height - 1} of the database and the leaves "
            "between: two histories, or a damaged file",
            code="FORK",
        )
    edge, _ = append(edge, [leaf_hash(header.encode())])
    return Position(edge, header.height + 1, header.tree_size, header.hash, header.keys, header.time)


def read_runs(source: Source, first: int) -> Iterator[Run]:
    """The blocks from leaf `first` on, and at the end whatever no header closes."""
    run = Run(first)
    try:
        for index, leaf in read_leaves(source.folder, first, source.goal.size):
            if leaf.startswith(HEADER_MAGIC):
                run.header = parse_header(leaf)
                yield run
                run = Run(index + 1)
            else:
                run.hashes.append(parse_entry_leaf(leaf))
    except MalformedError as error:
        raise VerificationError(f"leaf {run.first + len(run.hashes)}: {error}", code=error.code) from error
    except VerificationError as error:
        if error.code == "BUNDLE_MISSING" and source.goal.size > source.published.size:
            raise VerificationError(
                f"{error}. The signer has signed size {source.goal.size}, published is {source.published.size}: what "
                "lies between must come from a database or a mirror that has it",
                code="SIGNED_BEYOND",
            ) from error
        raise
    if run.hashes:
        yield run
