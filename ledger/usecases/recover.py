"""Rebuild the log's tables forward from what it has published."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger import bulk, crypto_fast
from ledger.audit_walk import Position
from ledger.envelope import entry_id
from ledger.envelope_fast import parse_envelope, parse_payload
from ledger.errors import ForkError, VerificationError
from ledger.frame import parse_frame
from ledger.keyring import KEY, POLICY, parse_key_act, parse_policy_act
from ledger.keys import project
from ledger.models import Block, Checkpoint, Entry, EntryParent, Log
from ledger.queries import TileReader, find_log
from ledger.recovery_files import Envelopes
from ledger.recovery_runs import Run, Source, check_files, read_runs
from ledger.signer import Head, Signer
from ledger.tlog.block import NO_HASH, Header
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import EMPTY_ROOT, leaf_hash
from ledger.tlog.note import parse_vkey
from ledger.tlog.policy import parse_policy
from ledger.tlog.tile import TILE_WIDTH, Edge, append, tree_root
from ledger.usecases.audit import Step
from ledger.usecases.check_log_state import check_last_block


def recover(*, folder: Path, envelopes: Path | None = None) -> Iterator[Step]:
    """Rebuild leaves, tiles, blocks and, where `envelopes` has them, entries, from the published files in `folder`.

    Forward only, from where the database stands up to the newest signed head; yields as it goes.

    1. The checkpoint in `folder` is this log's. The goal is the signer's head, or the checkpoint where no signer is.
    2. The database is not ahead of the goal, and holds together.
    3. Its leaves with those in `folder` behind them hash to the goal's root, in blocks whose headers chain; and every
       envelope is at hand. Only now something is written,
    4. block by block, each in one transaction. Killed, the next call goes on from there.
    5. What waits and is not sealed now, waits on.

    Raises:
        VerificationError: a file or an envelope is missing; the message names it, and nothing was written.
        ForkError: the database and what is signed are two histories (FORK), or it is ahead of it (ROLLBACK).
    """
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medtrail-recover-")))
        store = Envelopes(scratch / "envelopes.sqlite3")
        stack.callback(store.close)
        source = find_source(folder, store)
        if envelopes is not None:
            for count in store.gather(envelopes):
                yield Step("envelopes", count, None)
        log = open_row(source)
        start = find_start(log, source)
        for at in check_files(source, start):
            yield Step("leaves checked", at, source.goal.size)
        for run in read_runs(source, start.edge.size):
            if run.header is not None:  # else the check above has refused
                write_run(run, run.header, source)
                yield Step("leaves written", run.header.tree_size, source.goal.size)
    bulk.queue_unsealed()
    note_checkpoint(source)


# --- 1 and 2: from where to where -------------------------------------------------------------------------------------


def find_source(folder: Path, envelopes: Envelopes) -> Source:
    log = find_log()
    has_signer = Path(settings.LOG_DIR).is_dir()
    signer = Signer(settings.LOG_DIR, settings.LOG_ORIGIN) if has_signer else None
    vkey = log.vkey if log else signer.vkey if signer else vkey_of_policy(folder)
    path = folder / "checkpoint"
    if not path.is_file():
        raise VerificationError(f"{path}: expected the log's checkpoint, found no file", code="CHECKPOINT_MISSING")
    note = path.read_text()
    checkpoint = open_checkpoint(note, parse_vkey(vkey), crypto_fast)
    published = Head(checkpoint.size, checkpoint.root_hash, note)
    signed = signer.head() if signer else published
    return Source(folder, published, max(signed, published, key=lambda head: head.size), vkey, envelopes)


def vkey_of_policy(folder: Path) -> str:
    """A mirror has nothing but the published files; which log it mirrors, its settings say."""
    path = folder / "policy"
    if path.is_file():
        for one in parse_policy(path.read_text()).logs:
            if parse_vkey(one.vkey).name == settings.LOG_ORIGIN:
                return one.vkey
    raise VerificationError(
        f"{path}: expected a policy that names the key of {settings.LOG_ORIGIN!r}; there is neither a log nor a signer",
        code="POLICY",
    )


def open_row(source: Source) -> Log:
    log = find_log()
    if log is None:
        log = Log(
            origin=settings.LOG_ORIGIN,
            vkey=source.vkey,
            root_hash=EMPTY_ROOT,
            last_header_hash=NO_HASH,
            keys_hash=NO_HASH,
        )
    return log


def find_start(log: Log, source: Source) -> Position:
    read_tile = TileReader().expect(log.tree_size)
    edge = Edge.load(log.tree_size, read_tile)
    if edge.root() != bytes(log.root_hash):
        raise ForkError(
            f"tiles of size {log.tree_size} hash to {edge.root().hex()}, the log row says {bytes(log.root_hash).hex()}",
            code="EDGE_DIFFERS",
        )
    check_last_block(log)
    goal = source.goal
    if log.tree_size > goal.size:
        raise ForkError(
            f"the database has {log.tree_size} leaves, only {goal.size} are signed: nothing to recover, and recovering "
            "does not go back",
            code="ROLLBACK",
        )
    for head in (source.published, goal):
        if head.size <= log.tree_size and tree_root(head.size, read_tile) != head.root_hash:
            raise ForkError(f"the database has another past than size {head.size} that is signed", code="FORK")
    return Position(
        edge, log.height, log.tree_size, bytes(log.last_header_hash), bytes(log.keys_hash), log.last_time_ms or -1
    )


# --- 4: write ---------------------------------------------------------------------------------------------------------


@transaction.atomic(durable=True)
def write_run(run: Run, header: Header, source: Source) -> None:
    """Write one block as the sealer would have, and the entries that are missing."""
    if find_log() is None:
        open_row(source).save(force_insert=True)
    log = Log.objects.select_for_update().get(pk=1)
    if log.tree_size != run.first:
        raise ForkError(f"the log has moved to {log.tree_size} meanwhile, expected {run.first}", code="LOG_MOVED")
    at = datetime.fromtimestamp(header.time / 1000, UTC)
    seqs = [seq for page in range(0, len(run.hashes), TILE_WIDTH) for seq in take_entries(run, page, source, at)]
    edge = Edge.load(log.tree_size, TileReader().expect(log.tree_size))
    edge, tiles = append(edge, run.leaf_hashes())
    edge, header_tiles = append(edge, [leaf_hash(header.encode())])
    Block.objects.create(
        height=header.height,
        first=header.first,
        count=header.count,
        tree_size=edge.size,
        root_hash=edge.root(),
        header=header.encode(),
        header_hash=header.hash,
        time_ms=header.time,
        keys_hash=header.keys,
        sealed_at=at,
    )
    bulk.insert_leaves(first=header.first, seqs=[*seqs, None], height=header.height)
    bulk.write_tiles(tiles | header_tiles)
    Log.objects.filter(pk=1).update(
        tree_size=edge.size,
        root_hash=edge.root(),
        height=header.height + 1,
        last_header_hash=header.hash,
        last_time_ms=header.time,
        keys_hash=header.keys,
    )
    bulk.delete_pending(seqs)


def take_entries(run: Run, page: int, source: Source, received_at: datetime) -> list[int]:
    """The seqs of 256 entries of the run from `page` on; those that are missing are inserted."""
    hashes = run.hashes[page : page + TILE_WIDTH]
    seqs = stored_seqs(hashes)
    missing = [one for one in hashes if one not in seqs]
    if missing:
        found = source.envelopes.find(missing)
        for one in missing:
            seqs[one] = insert(found[one], one, received_at)
    return [seqs[one] for one in hashes]


def stored_seqs(hashes: list[bytes]) -> dict[bytes, int]:
    rows = Entry.objects.filter(envelope_sha256__in=hashes).values_list("envelope_sha256", "seq")
    return {bytes(sha256): seq for sha256, seq in rows}


def insert(data: bytes, sha256: bytes, received_at: datetime) -> int:
    envelope = parse_envelope(data)
    statement: dict[str, Any] = parse_payload(envelope.payload)
    frame = parse_frame(statement)
    entry = Entry.objects.create(
        entry_id=entry_id(envelope.payload),
        envelope_sha256=sha256,
        envelope=data,
        kind=frame.kind,
        party=frame.party,
        keyid=envelope.signatures[0].keyid,
        received_at=received_at,
    )
    parents = Entry.objects.filter(entry_id__in=frame.after)
    EntryParent.objects.bulk_create([EntryParent(child=entry, parent=parent) for parent in parents])
    if frame.kind == KEY:
        project(parse_key_act(statement), entry, statement)
    elif frame.kind == POLICY:
        project(parse_policy_act(statement), entry, statement)
    return entry.seq


# --- 5: go on ---------------------------------------------------------------------------------------------------------


def note_checkpoint(source: Source) -> None:
    """Write down what was published, with the cosignatures that it was published with."""
    own = own_note(source.published.note)
    Checkpoint.objects.get_or_create(
        tree_size=source.published.size,
        defaults={
            "note": own,
            "cosigned": source.published.note if source.published.note != own else "",
            "state": Checkpoint.PUBLISHED,
            "signed_at": timezone.now(),
            "published_at": timezone.now(),
        },
    )


def own_note(note: str) -> str:
    """A checkpoint as the log signed it: its text and its own signature line."""
    text, _, signatures = note.partition("\n\n")
    origin = text.partition("\n")[0]
    own = [line for line in signatures.splitlines() if line.startswith(f"\u2014 {origin} ")]
    return f"{text}\n\n{own[0]}\n"
