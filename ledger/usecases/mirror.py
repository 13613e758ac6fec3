"""Bring the bucket, if this installation has one, up to what is published."""

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from ledger.errors import ForkError
from ledger.models import Checkpoint, Log
from ledger.queries import TileReader, find_log, latest_checkpoint
from ledger.usecases.check_log_state import check_extends, head_of
from ledger.usecases.publish import policy_file, published_files

ALIAS = "log"


def mirror() -> int:
    """Write to the storage `log` whatever is published and not there: tiles, then policy, then the checkpoint.

    It goes by the checkpoint that the storage holds, so it may be killed anywhere, and a storage that was away for a
    week is caught up with. Returns how many files were written.

    Raises:
        ForkError: a path holds other bytes (PUBLISHED_DIFFERS), or the checkpoint there is none of ours (FORK,
            ROLLBACK, CHECKPOINT_UNSIGNED). Nothing is written over it.
    """
    log = find_log()
    if log is None or ALIAS not in settings.STORAGES:
        return 0
    store, written, done = storages[ALIAS], 0, None
    # Again, if the log moved on meanwhile: whoever else does this at the same time may have written a newer checkpoint,
    # and ours must not be the last word then.
    while (latest := latest_checkpoint()) is not None and latest.published_note != done:
        written += bring_up(store, log, latest)
        done = latest.published_note
    return written


def bring_up(store: Storage, log: Log, latest: Checkpoint) -> int:
    heads = {"policy": policy_file(Path(settings.LOG_PUBLIC_DIR)), "checkpoint": latest.published_note}
    due = {name: text.encode() for name, text in heads.items() if text and read(store, name) != text.encode()}
    if not due:
        return 0
    note = read(store, "checkpoint")
    old_size = 0
    if note is not None:
        head = head_of(log, note.decode(errors="replace"))
        check_extends(log, head, "the checkpoint in the bucket", TileReader())
        old_size = head.size
    count = len(due)
    for name, content in published_files(old_size, latest.tree_size):
        count += add(store, name, content)
    for name, content in due.items():
        put(store, name, content)
    return count


def add(store: Storage, name: str, content: bytes) -> bool:
    """Write a file that never changes; False when it is there."""
    there = read(store, name)
    if there is None:
        put(store, name, content)
        return True
    if there != content:
        raise ForkError(f"{name}: other bytes are in the bucket under this path already", code="PUBLISHED_DIFFERS")
    return False


def put(store: Storage, name: str, content: bytes) -> None:
    saved = store.save(name, ContentFile(content))
    if saved != name:
        # A storage that picks another name when one is taken would leave the old checkpoint where readers look.
        raise ForkError(
            f"{name}: the storage {ALIAS!r} wrote it as {saved}; expected one that overwrites", code="STORE"
        )


def read(store: Storage, name: str) -> bytes | None:
    try:
        with store.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError:
        return None
