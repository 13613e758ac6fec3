"""Put the signed tree where outsiders read it, as plain files."""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger.durable import add_files, replace_file
from ledger.models import Checkpoint, Log
from ledger.queries import TileReader, latest_checkpoint, leaves_between, lock_active_log
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.tile import TILE_WIDTH, encode_entry_bundle, entries_path, tiles_for


def publish() -> Checkpoint | None:
    """Write the tiles and entry bundles of the newest signed checkpoint, then the checkpoint. None when nothing is due.

    In this order a reader who has the checkpoint finds everything under it, whenever we are killed.

    Raises:
        ForkError: a path holds other bytes already (PUBLISHED_DIFFERS).
    """
    before = latest_checkpoint()
    old_size = before.tree_size if before else 0
    due = Checkpoint.objects.filter(state=Checkpoint.SIGNED, tree_size__gt=old_size).order_by("-tree_size").first()
    if due is None:
        return None
    # Without the lock: tiles never change, so two who write them write the same.
    add_files(settings.LOG_PUBLIC_DIR, published_files(old_size, due.tree_size))
    with transaction.atomic(durable=True):
        log = lock_active_log()
        latest = latest_checkpoint()
        if latest and latest.tree_size >= due.tree_size:
            return None  # another worker was faster; its checkpoint must not be replaced by an older one
        publish_policy(log)
        replace_file(settings.LOG_PUBLIC_DIR / "checkpoint", due.note.encode())
        due.state, due.published_at = Checkpoint.PUBLISHED, timezone.now()
        due.save(update_fields=["state", "published_at"])
    return due


def published_files(old_size: int, new_size: int) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file that the tree of `new_size` has and the tree of `old_size` has not."""
    read_tile = TileReader().expect(new_size)
    for tile in tiles_for(old_size, new_size):
        yield tile.path, read_tile(tile.level, tile.index)[: HASH_SIZE * tile.width]
        if tile.level == 0:
            first = tile.index * TILE_WIDTH
            bundle = encode_entry_bundle(leaves_between(first, first + tile.width))
            yield entries_path(tile.index, tile.width), bundle


def publish_policy(log: Log) -> None:
    """The C2SP tlog-policy that a verifier starts from. No witness is required yet, and the file says so."""
    path = settings.LOG_PUBLIC_DIR / "policy"
    if not path.exists():
        replace_file(path, f"log {log.vkey}\nquorum none\n".encode())
