"""Put the signed tree where outsiders read it, as plain files."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger.durable import add_files, replace_file
from ledger.models import Checkpoint
from ledger.queries import TileReader, find_log, latest_checkpoint, leaves_between, lock_active_log
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.policy import Policy
from ledger.tlog.tile import TILE_WIDTH, encode_entry_bundle, entries_path, tiles_for
from ledger.witness_policy import is_witnessed
from ledger.witnesses import compose, cosigners_of, policy_in_force

# Of the heads that wait, each with some cosignatures, how many are looked at: the newest with a quorum is wanted.
CANDIDATES = 100


def publish() -> Checkpoint | None:
    """Write the tiles and entry bundles of the newest checkpoint that has its quorum, then the checkpoint.

    In this order a reader who has the checkpoint finds everything under it, whenever we are killed. A checkpoint that
    gained or renewed cosignatures since it was published is written again. None when nothing is due.

    Raises:
        ForkError: a path holds other bytes already (PUBLISHED_DIFFERS).
        VerificationError: the cosignatures that we hold do not make the quorum after all (QUORUM, NOTE_SIGNATURE).
    """
    log = find_log()
    if log is None:
        return None
    policy = policy_in_force(log)
    meet_quorum(policy)
    before = latest_checkpoint()
    old_size = before.tree_size if before else 0
    due = Checkpoint.objects.filter(state=Checkpoint.QUORUM, tree_size__gt=old_size).order_by("-tree_size").first()
    if due is None or not policy.is_quorum_met(cosigners_of(due, policy)):
        # Or the policy asks for more than it did when this head had its quorum; it is asked for again then.
        return renew(before, policy) if before else None
    note = compose(due, policy)
    # Without the lock: tiles never change, so two who write them write the same.
    add_files(settings.LOG_PUBLIC_DIR, published_files(old_size, due.tree_size))
    with transaction.atomic(durable=True):
        lock_active_log()
        latest = latest_checkpoint()
        if latest and latest.tree_size >= due.tree_size:
            return None  # another worker was faster; its checkpoint must not be replaced by an older one
        write_heads(note, policy)
        due.state, due.published_at, due.cosigned = Checkpoint.PUBLISHED, timezone.now(), note
        due.save(update_fields=["state", "published_at", "cosigned"])
    return due


def meet_quorum(policy: Policy) -> None:
    """Note down for the newest signed checkpoint that enough witnesses have cosigned that it may be published."""
    latest = latest_checkpoint()
    above = Checkpoint.objects.filter(state=Checkpoint.SIGNED, tree_size__gt=latest.tree_size if latest else 0)
    if is_witnessed(policy):
        above = above.filter(cosignatures__isnull=False).distinct()
    for checkpoint in above.order_by("-tree_size")[:CANDIDATES]:
        if policy.is_quorum_met(cosigners_of(checkpoint, policy)):
            above.model.objects.filter(pk=checkpoint.pk, state=Checkpoint.SIGNED).update(state=Checkpoint.QUORUM)
            return


def renew(published: Checkpoint, policy: Policy) -> Checkpoint | None:
    """Write the published checkpoint again if there is more to show under it: newer cosignatures, or another policy."""
    if not policy.is_quorum_met(cosigners_of(published, policy)):
        return None  # the policy asks for more than it did; what is out stays as it is until there is more
    note = compose(published, policy)
    folder = Path(settings.LOG_PUBLIC_DIR)
    if note == published.published_note and policy_file(folder) == policy.encode():
        return None
    with transaction.atomic(durable=True):
        lock_active_log()
        latest = latest_checkpoint()
        if latest is None or latest.pk != published.pk:
            return None
        write_heads(note, policy)
        Checkpoint.objects.filter(pk=published.pk).update(cosigned=note)
    return None


def write_heads(note: str, policy: Policy) -> None:
    """The two files that may change. The policy first: with the newer checkpoint a reader has what it is judged by."""
    folder = Path(settings.LOG_PUBLIC_DIR)
    if policy_file(folder) != policy.encode():
        replace_file(folder / "policy", policy.encode().encode())
    replace_file(folder / "checkpoint", note.encode())


def policy_file(folder: Path) -> str | None:
    try:
        return (folder / "policy").read_text()
    except FileNotFoundError:
        return None


def published_files(old_size: int, new_size: int) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file that the tree of `new_size` has and the tree of `old_size` has not."""
    read_tile = TileReader().expect(new_size)
    for tile in tiles_for(old_size, new_size):
        yield tile.path, read_tile(tile.level, tile.index)[: HASH_SIZE * tile.width]
        if tile.level == 0:
            first = tile.index * TILE_WIDTH
            bundle = encode_entry_bundle(leaves_between(first, first + tile.width))
            yield entries_path(tile.index, tile.width), bundle
