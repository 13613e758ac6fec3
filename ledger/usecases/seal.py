"""Close the waiting entries into the next block."""

import time
from functools import reduce

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger import bulk
from ledger.errors import ForkError
from ledger.models import Block, Log, Pending
from ledger.queries import TileReader, lock_active_log
from ledger.tlog.block import Header, entry_leaf_hash, fold_keys
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.tile import Edge, append

MAX_STEP_BACK_MS = 5_000


def seal() -> Block | None:
    """Seal up to LOG_BLOCK_MAX waiting entries, oldest first; None when nothing waits.

    One transaction: killed anywhere in it, nothing has happened. The row lock makes sealers take turns, and the second
    finds nothing left to do.

    Raises:
        ForkError: the stored tiles do not hash to the recorded root (EDGE_DIFFERS), the clock went back by more than
            five seconds (CLOCK_WENT_BACK), or the log is frozen (LOG_FROZEN). Nothing is sealed then.
    """
    if not Pending.objects.exists():
        return None
    with transaction.atomic(durable=True):
        log = lock_active_log()
        waiting = bulk.read_pending(settings.LOG_BLOCK_MAX)
        if not waiting:
            return None
        return write_block(log, waiting)


def write_block(log: Log, waiting: list[tuple[int, bytes, bytes | None]]) -> Block:
    seqs = [seq for seq, _, _ in waiting]
    # A flipped bit in a stored tile must stop us here. Sealed over, it would be in every later root.
    edge = Edge.load(log.tree_size, TileReader().expect(log.tree_size))
    if edge.root() != bytes(log.root_hash):
        raise ForkError(
            f"tiles of size {log.tree_size} hash to {edge.root().hex()}, the log row says {bytes(log.root_hash).hex()}",
            code="EDGE_DIFFERS",
        )
    edge, tiles = append(edge, [entry_leaf_hash(sha256) for _, sha256, _ in waiting])
    header = Header(
        height=log.height,
        prev=bytes(log.last_header_hash),
        first=log.tree_size,
        count=len(waiting),
        root=edge.root(),
        time=next_time_ms(log.last_time_ms),
        keys=reduce(fold_keys, [entry_id for _, _, entry_id in waiting if entry_id is not None], bytes(log.keys_hash)),
    )
    edge, header_tiles = append(edge, [leaf_hash(header.encode())])
    block = Block.objects.create(
        height=header.height,
        first=header.first,
        count=header.count,
        tree_size=edge.size,
        root_hash=edge.root(),
        header=header.encode(),
        header_hash=header.hash,
        time_ms=header.time,
        keys_hash=header.keys,
        sealed_at=timezone.now(),
    )
    bulk.insert_leaves(first=header.first, seqs=[*seqs, None], height=header.height)
    bulk.write_tiles(tiles | header_tiles)
    Log.objects.filter(pk=1).update(
        tree_size=edge.size,
        root_hash=block.root_hash,
        height=header.height + 1,
        last_header_hash=header.hash,
        last_time_ms=header.time,
        keys_hash=header.keys,
    )
    bulk.delete_pending(seqs)
    return block


def next_time_ms(last_ms: int) -> int:
    """The header's time: now, or just after the last header's when the clock stepped back a little."""
    now_ms = time.time_ns() // 1_000_000
    if last_ms - now_ms > MAX_STEP_BACK_MS:
        raise ForkError(
            f"the clock says {now_ms} ms, the last block {last_ms} ms: expected at most {MAX_STEP_BACK_MS} ms back",
            code="CLOCK_WENT_BACK",
        )
    return max(now_ms, last_ms + 1)
