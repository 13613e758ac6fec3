"""Compute the whole log again from its entries, and compare everything that is stored, signed and published."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Max

from ledger import crypto_fast
from ledger.audit_files import check_published
from ledger.audit_rows import Row, damage
from ledger.audit_spans import Plan, walk_all
from ledger.audit_walk import Position, check_columns
from ledger.errors import LedgerError, VerificationError
from ledger.keyring import Keyring
from ledger.models import Block, Checkpoint, Entry, Key, Leaf, Log, Tile
from ledger.queries import TileReader, find_log, latest_checkpoint
from ledger.signer import Signer
from ledger.tlog.merkle import HASH_SIZE
from ledger.tlog.note import parse_note
from ledger.tlog.policy import parse_policy, verify_policy
from ledger.tlog.tile import TILE_BITS, TILE_WIDTH
from ledger.usecases.check_log_state import check_extends, published_head, signed_head

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """`done` of `total` `what` hold. `total` is None where nobody has counted."""

    what: str
    done: int
    total: int | None


def audit() -> Iterator[Step]:
    """Audit the log; yields as it goes. Safe beside a working log: what is added meanwhile is left to the next audit.

    1. Leaves, in index order: envelope → leaf → tile → root → header → block; parents; every signature, under a key
       that is valid at that index; every signed head.
    2. The log row, and nothing beyond it. The signer and the published checkpoint are not ahead of it.
    3. The tables that repeat what entries say: keys, and the queue.
    4. Every published file.

    Raises:
        LedgerError: the first thing that is wrong; its message names it.
    """
    log = find_log()
    if log is None:
        raise VerificationError("no log is open here: expected log_init to have run", code="LOG_NOT_OPEN")
    size = log.tree_size
    signer = Signer(settings.LOG_DIR, log.origin)
    if signer.vkey != log.vkey:
        raise damage(f"log row: says public key {log.vkey}, the signer's is {signer.vkey}")
    plan, at = Plan(log, size, signer.history()), Position()
    for at in walk_all(plan):
        yield Step("leaves", at.edge.size, size)
    check_log_row(log, at)
    check_nothing_beyond()
    check_heads(log, plan)
    check_keys(plan.keyring, size)
    yield from check_queue()
    published = published_head(log)
    if published.size:
        check_policy_file(log)
    for done in check_published(Path(settings.LOG_PUBLIC_DIR), published.size):
        yield Step("published files", done, None)


def check_log_row(log: Log, at: Position) -> None:
    if at.first != at.edge.size:
        raise damage(f"leaves {at.first} to {at.edge.size - 1}: no header closes them")
    for word, found, expected in (
        ("tree_size", log.tree_size, at.edge.size),
        ("height", log.height, at.height),
        ("last_time_ms", log.last_time_ms, max(at.time_ms, 0)),
        ("root_hash", bytes(log.root_hash).hex(), at.edge.root().hex()),
        ("last_header_hash", bytes(log.last_header_hash).hex(), at.prev.hex()),
        ("keys_hash", bytes(log.keys_hash).hex(), at.keys.hex()),
    ):
        if found != expected:
            raise damage(f"log row: its column {word} says {found}, expected {expected}")


def check_nothing_beyond() -> None:
    """No row lies beyond what the log row says. The rows are read first: the log may grow in between."""
    last_leaf = Leaf.objects.aggregate(last=Max("index"))["last"]
    last_block = Block.objects.aggregate(last=Max("height"))["last"]
    last_checkpoint = Checkpoint.objects.aggregate(last=Max("tree_size"))["last"]
    tiles = [
        Tile.objects.filter(level=level).order_by("-index").first()
        for level in Tile.objects.values_list("level", flat=True).distinct()
    ]
    log = Log.objects.get(pk=1)
    if last_leaf is not None and last_leaf >= log.tree_size:
        raise damage(f"leaf {last_leaf}: the log row says size {log.tree_size}")
    if last_block is not None and last_block >= log.height:
        raise damage(f"block {last_block}: the log row says {log.height} blocks")
    if last_checkpoint is not None and last_checkpoint > log.tree_size:
        raise damage(f"checkpoint {last_checkpoint}: the log row says size {log.tree_size}")
    for tile in tiles:
        if tile is not None:
            hashes = tile.index * TILE_WIDTH + len(tile.hashes) // HASH_SIZE
            if hashes > log.tree_size >> TILE_BITS * tile.level:
                raise damage(f"tile {tile.level}/{tile.index}: holds more than {log.tree_size} leaves give")


def check_heads(log: Log, plan: Plan) -> None:
    """What is signed or published is still within the log, and the log extends it."""
    recorded = latest_checkpoint()
    published, signed = published_head(log), signed_head(log)
    log = Log.objects.get(pk=1)
    if plan.next_signed is not None and plan.next_signed.size > log.tree_size:
        raise damage(f"signer: has signed size {plan.next_signed.size}, the log has only {log.tree_size} leaves")
    if recorded is not None and recorded.tree_size > published.size:
        raise damage(f"published checkpoint: of size {published.size}, but {recorded.tree_size} was published before")
    if published.size > signed.size:
        raise damage(f"published checkpoint: of size {published.size}, but only {signed.size} is signed")
    check_extends(log, published, "the published checkpoint", TileReader())


def check_keys(keyring: Keyring, size: int) -> None:
    """The table of keys says what the key entries say."""
    stored = {}
    columns = (
        "keyid",
        "party",
        "spki",
        "custody",
        "registered_by__leaf__index",
        "revoked_by__leaf__index",
        "invalid_from",
    )
    for keyid, party, spki, custody, registered, revoked, invalid_from in Key.objects.values_list(*columns).iterator(
        PAGE
    ):
        if registered is None or registered >= size:
            continue  # its entry waits, or was sealed after this audit began
        ended = revoked is not None and revoked < size
        stored[keyid] = (
            party,
            bytes(spki),
            custody,
            registered,
            revoked if ended else None,
            invalid_from if ended else None,
        )
    for keyid, state in keyring.keys.items():
        expected = (
            state.party,
            state.spki,
            state.custody,
            state.registered_index,
            state.revoked_index,
            state.invalid_from,
        )
        if stored.get(keyid) != expected:
            raise damage(f"key {keyid}: its row is not what the key entries say")
    for keyid in stored.keys() - keyring.keys.keys():
        raise damage(f"key {keyid}: no entry registers it")


def check_queue() -> Iterator[Step]:
    """Every entry is sealed or waits, none is both; and those that wait are whole."""
    lost = Entry.objects.filter(leaf=None, pending=None).order_by("seq").first()
    if lost is not None:
        raise damage(f"entry {lost.seq}: neither sealed nor waiting")
    doubled = Entry.objects.filter(leaf__isnull=False, pending__isnull=False).order_by("seq").first()
    if doubled is not None:
        raise damage(f"entry {doubled.seq}: sealed, and waiting to be sealed again")
    waiting = Entry.objects.filter(pending__isnull=False).order_by("seq")
    for done, entry in enumerate(waiting.iterator(PAGE), 1):
        row = Row(
            -1,
            entry.seq,
            -1,
            bytes(entry.envelope),
            bytes(entry.envelope_sha256),
            bytes(entry.entry_id),
            entry.kind,
            entry.party,
            entry.keyid,
        )
        try:
            if hashlib.sha256(row.envelope).digest() != row.envelope_sha256:
                raise damage(
                    f"its column envelope_sha256 says {row.envelope_sha256.hex()}, its envelope says otherwise"
                )
            check_columns(row)
        except LedgerError as error:
            raise damage(f"entry {entry.seq} (waiting): {error}", error.code) from error
        yield Step("waiting entries", done, None)


def check_policy_file(log: Log) -> None:
    """The file that verifiers start from names this log's key, and its witnesses have cosigned what is published."""
    path = Path(settings.LOG_PUBLIC_DIR) / "policy"
    if not path.is_file():
        raise damage("published file policy: missing")
    policy = parse_policy(path.read_text())
    if log.vkey not in {one.vkey for one in policy.logs}:
        raise damage(f"published file policy: does not name the log's key {log.vkey}")
    note = (path.parent / "checkpoint").read_bytes()
    try:
        verify_policy(parse_note(note), policy, crypto_fast)
    except LedgerError as error:
        raise damage(f"published checkpoint: {error}", error.code) from error
