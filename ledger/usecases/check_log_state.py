"""The log's self-check: do the database, the signer and the published files tell one story?"""

from pathlib import Path

from django.conf import settings

from ledger import crypto_fast
from ledger.errors import ForkError, MalformedError, VerificationError
from ledger.models import Block, Checkpoint, Log
from ledger.queries import TileReader, find_log, latest_checkpoint
from ledger.signer import Head, Signer
from ledger.tlog.block import parse_header
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import verify_consistency
from ledger.tlog.note import parse_vkey
from ledger.tlog.tile import consistency_proof, tree_root


def check_log_state(*, even_if_frozen: bool = False) -> None:
    """Check the newest end of everything; `audit` checks the rest. A few queries, whatever the log's length.

    1. The log is open and not frozen, unless `even_if_frozen`.
    2. The tiles hash to the log row's root, and the last block agrees with both.
    3. The signer's head is not ahead of the database, and the log extends it.
    4. The published checkpoint is not ahead of the signer, nor behind what the database knows to be published, and the
       log extends it.

    Safe beside working sealers: what comes later in the pipeline is read first, so it cannot seem to be ahead.

    Raises:
        VerificationError: no log is open (LOG_NOT_OPEN).
        ForkError: two of them contradict each other; nothing may be sealed or signed.
    """
    log = find_log()
    if log is None:
        raise VerificationError("no log is open here: expected log_init to have run", code="LOG_NOT_OPEN")
    if log.state != Log.ACTIVE and not even_if_frozen:
        raise ForkError(f"log {log.origin} is frozen: {log.frozen_because}", code="LOG_FROZEN")
    recorded = latest_checkpoint()
    published = published_head(log)
    signed = signed_head(log)
    log.refresh_from_db()
    read_tile = TileReader().expect(log.tree_size)
    check_edge(log, read_tile)
    check_last_block(log)
    check_extends(log, signed, "the signer's head", read_tile)
    if published.size > signed.size:
        raise ForkError(f"size {published.size} is published, but only {signed.size} is signed", code="PUBLISHED_AHEAD")
    check_extends(log, published, "the published checkpoint", read_tile)
    # A host may have none of the files. One that has old ones would publish on top of a gap.
    if recorded is not None and 0 < published.size < recorded.tree_size:
        raise ForkError(
            f"the published checkpoint has size {published.size}, but {recorded.tree_size} was published before",
            code="PUBLISHED_BEHIND",
        )


def check_edge(log: Log, read_tile: TileReader) -> None:
    root_hash = tree_root(log.tree_size, read_tile)
    if root_hash != bytes(log.root_hash):
        raise ForkError(
            f"tiles of size {log.tree_size} hash to {root_hash.hex()}, the log row says {bytes(log.root_hash).hex()}",
            code="EDGE_DIFFERS",
        )


def check_last_block(log: Log) -> None:
    if log.tree_size == 0:
        return
    block = Block.objects.filter(tree_size=log.tree_size).first()
    if block is None:
        raise ForkError(f"the log row says size {log.tree_size}, but no block ends there", code="BLOCK_DIFFERS")
    header = parse_header(bytes(block.header))
    if (block.tree_size, header.tree_size, header.hash, header.height + 1) != (
        log.tree_size,
        log.tree_size,
        bytes(log.last_header_hash),
        log.height,
    ):
        raise ForkError(
            f"block {block.height} closes size {header.tree_size}, the log row says size {log.tree_size} "
            f"and height {log.height}",
            code="BLOCK_DIFFERS",
        )


def signed_head(log: Log) -> Head:
    """The signer's head; on a host that has no signer, the newest note that it gave us."""
    if Path(settings.LOG_DIR).is_dir():
        return Signer(settings.LOG_DIR, log.origin).head()
    checkpoint = Checkpoint.objects.order_by("-tree_size").first()
    return head_of(log, checkpoint.note) if checkpoint else Head(0, b"", "")


def published_head(log: Log) -> Head:
    try:
        note = (Path(settings.LOG_PUBLIC_DIR) / "checkpoint").read_text()
    except FileNotFoundError:
        return Head(0, b"", "")
    return head_of(log, note)


def head_of(log: Log, note: str) -> Head:
    try:
        checkpoint = open_checkpoint(note, parse_vkey(log.vkey), crypto_fast)
    except (MalformedError, VerificationError) as error:
        raise ForkError(f"a checkpoint does not open: {error}", code="CHECKPOINT_UNSIGNED") from error
    return Head(checkpoint.size, checkpoint.root_hash, note)


def check_extends(log: Log, head: Head, name: str, read_tile: TileReader) -> None:
    if head.size == 0:
        return
    if head.size > log.tree_size:
        raise ForkError(
            f"{name} has size {head.size}, the database only {log.tree_size}: it has lost leaves", code="ROLLBACK"
        )
    try:
        verify_consistency(
            consistency_proof(head.size, log.tree_size, read_tile),
            old_size=head.size,
            new_size=log.tree_size,
            old_root=head.root_hash,
            new_root=bytes(log.root_hash),
        )
    except (MalformedError, VerificationError) as error:
        raise ForkError(f"the log does not extend {name} of size {head.size}: {error}", code="FORK") from error
