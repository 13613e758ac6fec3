"""Somebody with the rights of a superuser changes a row behind the application's back: the audit names it."""

import io
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings

from ledger.errors import LedgerError
from ledger.models import Block, Checkpoint, Entry, Key, Leaf, Log, Pending, Tile
from ledger.usecases.audit import Step, audit
from ledger.usecases.revoke_key import revoke_key
from tests.append_only import triggers_off
from tests.ledger.cast import WHOLESALER, Cast, event, open_cast, published, put, put_events

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def built(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Cast, Path]]:
    """One log for all tests of this file; each damages it in a transaction of its own, and a copy of its files."""
    home = tmp_path_factory.mktemp("built")
    folders = override_settings(LOG_DIR=home / "log", LOG_PUBLIC_DIR=home / "public")
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # as Django's TestCase does: what is durable in here only seems so
    with django_db_blocker.unblock(), around:
        with folders:
            cast = build_log()
        yield cast, home
        transaction.set_rollback(True)


@pytest.fixture
def cast(built: tuple[Cast, Path], db: None) -> Cast:
    cast, home = built
    shutil.copytree(home / "log", settings.LOG_DIR)
    shutil.copytree(home / "public", settings.LOG_PUBLIC_DIR)
    return cast


def build_log() -> Cast:
    """A log of three blocks with 260 events, a parent, a revoked key; all published. One more entry waits."""
    cast = open_cast()
    first = put(event(), cast.maker).entry
    published()
    put_events(cast, 260)
    put(event(WHOLESALER, after=[first]), cast.wholesaler)
    published()
    revoke_key(party=WHOLESALER, keyid=cast.wholesaler.keyid, signer_keyid=cast.authority.keyid, reason="stolen")
    published()
    put(event(), cast.maker)
    return cast


def finding() -> str:
    """What the audit says is wrong."""
    with pytest.raises(LedgerError) as error:
        list(audit())
    return str(error.value)


def change(sql: str, *params: Any) -> None:
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount == 1, "the damage did not happen"


def flip(data: bytes, at: int = 0) -> bytes:
    return bytes([*data[:at], data[at] ^ 1, *data[at + 1 :]])


def entry_at(index: int) -> Entry:
    return Leaf.objects.select_related("entry").get(index=index).entry  # type: ignore[return-value]


def test_a_whole_log_passes(cast: Cast) -> None:
    steps = list(audit())
    size = Log.objects.get().tree_size
    assert [step for step in steps if step.what == "leaves"][-1] == Step("leaves", size, size)
    assert {step.what for step in steps} == {"leaves", "waiting entries", "published files"}


# --- Entries --------------------------------------------------------------------------------------------------------


def test_changed_envelope_bytes_are_named_by_entry_and_leaf(cast: Cast) -> None:
    entry = entry_at(10)
    change("UPDATE ledger_entry SET envelope = %s WHERE seq = %s", flip(bytes(entry.envelope), 40), entry.seq)
    expected = (
        rf"entry {entry.seq}: envelope bytes hash to [0-9a-f]{{64}}, leaf 10 commits to {entry.envelope_sha256.hex()}"
    )
    assert re.fullmatch(expected, finding())


@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "recall"), ("party", "9520007000007"), ("keyid", "f" * 64), ("entry_id", b"i" * 32)],
)
def test_a_changed_column_of_an_entry_is_named(cast: Cast, column: str, value: str | bytes) -> None:
    entry = entry_at(10)
    change(f"UPDATE ledger_entry SET {column} = %s WHERE seq = %s", value, entry.seq)  # noqa: S608
    assert finding().startswith(f"entry {entry.seq} (leaf 10): its column {column} says ")


def test_a_changed_envelope_hash_is_named(cast: Cast) -> None:
    entry = entry_at(10)
    change("UPDATE ledger_entry SET envelope_sha256 = %s WHERE seq = %s", b"h" * 32, entry.seq)
    assert finding().startswith(f"entry {entry.seq} (leaf 10): its column envelope_sha256 says ")


def test_a_deleted_entry_is_named(cast: Cast) -> None:
    entry = entry_at(10)
    change("DELETE FROM ledger_entry WHERE seq = %s", entry.seq)
    assert finding() == f"leaf 10: its entry {entry.seq} is missing from the table"


def test_a_changed_parent_is_named(cast: Cast) -> None:
    change("UPDATE ledger_entryparent SET parent_id = %s", entry_at(10).seq)
    assert "the table of parents says otherwise" in finding()


def test_an_invented_parent_is_named(cast: Cast) -> None:
    child = entry_at(10)
    change("INSERT INTO ledger_entryparent (child_id, parent_id) VALUES (%s, %s)", child.seq, entry_at(9).seq)
    assert finding() == f"entry {child.seq} (leaf 10): builds on 0 entries, the table of parents says otherwise"


def test_an_entry_that_was_taken_out_of_the_queue_is_named(cast: Cast) -> None:
    waiting = Pending.objects.get()
    change("DELETE FROM ledger_pending")
    assert finding() == f"entry {waiting.pk}: neither sealed nor waiting"


def test_an_entry_that_would_be_sealed_twice_is_named(cast: Cast) -> None:
    entry = entry_at(10)
    change("INSERT INTO ledger_pending (entry_id) VALUES (%s)", entry.seq)
    assert finding() == f"entry {entry.seq}: sealed, and waiting to be sealed again"


def test_a_changed_waiting_entry_is_named(cast: Cast) -> None:
    waiting = Pending.objects.get()
    change("UPDATE ledger_entry SET party = 'another' WHERE seq = %s", waiting.pk)
    assert finding().startswith(f"entry {waiting.pk} (waiting): its column party says another")


# --- Leaves, tiles, blocks ------------------------------------------------------------------------------------------


def test_two_entries_that_changed_places_are_named(cast: Cast) -> None:
    one, other = entry_at(10), entry_at(11)
    change('UPDATE ledger_leaf SET entry_id = NULL WHERE "index" = 11')
    change('UPDATE ledger_leaf SET entry_id = %s WHERE "index" = 10', other.seq)
    change('UPDATE ledger_leaf SET entry_id = %s WHERE "index" = 11', one.seq)
    assert finding().startswith("tile 0/0: its hash 10 is ")


def test_a_missing_leaf_is_named(cast: Cast) -> None:
    change('DELETE FROM ledger_leaf WHERE "index" = 10')
    assert finding() == "leaf 10: missing from the table, the next one is leaf 11"


def test_a_missing_last_leaf_is_named(cast: Cast) -> None:
    last = Log.objects.get().tree_size - 1
    change('DELETE FROM ledger_leaf WHERE "index" = %s', last)
    assert finding() == f"leaf {last}: missing from the table"


def test_an_invented_leaf_is_named(cast: Cast) -> None:
    size = Log.objects.get().tree_size
    change('INSERT INTO ledger_leaf ("index", entry_id, block_id) VALUES (%s, NULL, 2)', size)
    assert finding() == f"leaf {size}: the log row says size {size}"


def test_a_leaf_without_its_entry_is_named(cast: Cast) -> None:
    change('UPDATE ledger_leaf SET entry_id = NULL WHERE "index" = 10')
    assert finding() == "leaf 10: holds no entry, and no block ends there"


def test_a_leaf_in_another_block_is_named(cast: Cast) -> None:
    change('UPDATE ledger_leaf SET block_id = 2 WHERE "index" = 10')
    assert finding() == "leaf 10: filed under block 2, expected 1"


def test_a_flipped_bit_in_a_tile_is_named(cast: Cast) -> None:
    tile = Tile.objects.get(level=0, index=0)
    change("UPDATE ledger_tile SET hashes = %s WHERE id = %s", flip(bytes(tile.hashes), 32 * 10), tile.pk)
    assert finding().startswith("tile 0/0: its hash 10 is ")


def test_a_flipped_bit_in_an_upper_tile_is_named(cast: Cast) -> None:
    tile = Tile.objects.get(level=1, index=0)
    change("UPDATE ledger_tile SET hashes = %s WHERE id = %s", flip(bytes(tile.hashes)), tile.pk)
    assert finding() == "tile 1/0: not what the leaves below it hash to"


def test_a_missing_tile_is_named(cast: Cast) -> None:
    change("DELETE FROM ledger_tile WHERE level = 1")
    assert finding() == "tile 1/0 is missing from the database"


def test_a_tile_that_holds_too_much_is_named(cast: Cast) -> None:
    tile = Tile.objects.get(level=0, index=1)
    change("UPDATE ledger_tile SET hashes = %s WHERE id = %s", bytes(tile.hashes) + bytes(32), tile.pk)
    assert finding() == f"tile 0/1: holds more than {Log.objects.get().tree_size} leaves give"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("root_hash", b"r" * 32),
        ("header_hash", b"r" * 32),
        ("keys_hash", b"r" * 32),
        ("time_ms", 5),
    ],
)
def test_a_changed_column_of_a_block_is_named(cast: Cast, column: str, value: bytes | int) -> None:
    change(f"UPDATE ledger_block SET {column} = %s WHERE height = 1", value)  # noqa: S608
    assert finding().startswith(f"block 1: its column {column} says ")


def test_a_changed_header_is_named(cast: Cast) -> None:
    block = Block.objects.get(height=1)
    header = bytes(block.header).replace(b"height 1", b"height 7")
    change("UPDATE ledger_block SET header = %s WHERE height = 1", header)
    assert finding() == f"block 1: its header is not what leaf {block.last} commits to"


def test_a_missing_block_is_named(cast: Cast) -> None:
    last = Block.objects.get(height=1).last
    change("DELETE FROM ledger_block WHERE height = 1")
    assert finding() == f"leaf {last}: holds no entry, and no block ends there"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("root_hash", b"r" * 32),
        ("last_header_hash", b"r" * 32),
        ("keys_hash", b"r" * 32),
        ("height", 9),
        ("last_time_ms", 1),
    ],
)
def test_a_changed_log_row_is_named(cast: Cast, column: str, value: bytes | int) -> None:
    change(f"UPDATE ledger_log SET {column} = %s", value)  # noqa: S608
    assert finding().startswith(f"log row: its column {column} says ")


# --- Signatures and keys --------------------------------------------------------------------------------------------


def test_a_key_that_was_handed_to_another_party_is_named(cast: Cast) -> None:
    change("UPDATE ledger_key SET party = '9520007000007' WHERE keyid = %s", cast.maker.keyid)
    assert finding() == f"key {cast.maker.keyid}: its row is not what the key entries say"


def test_a_revocation_that_was_wiped_is_named(cast: Cast) -> None:
    change("UPDATE ledger_key SET revoked_by_id = NULL WHERE keyid = %s", cast.wholesaler.keyid)
    assert finding() == f"key {cast.wholesaler.keyid}: its row is not what the key entries say"


def test_an_invented_key_is_named(cast: Cast) -> None:
    keyid, spki = cast.forger.keyid, cast.forger.spki
    change(
        "INSERT INTO ledger_key (keyid, party, spki, custody, registered_by_id, reason) "
        "VALUES (%s, 'x', %s, 'client', %s, '')",
        keyid,
        spki,
        Key.objects.get(keyid=cast.maker.keyid).registered_by_id,
    )
    assert finding() == f"key {keyid}: no entry registers it"


def test_a_changed_policy_is_named(cast: Cast) -> None:
    change("UPDATE ledger_policyentry SET body = %s", '{"authorities":[],"acts":{}}')
    assert finding() == f"entry {entry_at(0).seq} (leaf 0): the policy filed for it is another one"


# --- What was signed and published ----------------------------------------------------------------------------------


def test_a_changed_checkpoint_is_named(cast: Cast) -> None:
    size = Checkpoint.objects.earliest("tree_size").tree_size
    change("UPDATE ledger_checkpoint SET note = replace(note, '=', 'A') WHERE tree_size = %s", size)
    assert finding().startswith(f"checkpoint {size}: ")


def test_a_checkpoint_where_no_block_ends_is_named(cast: Cast) -> None:
    size = Checkpoint.objects.earliest("tree_size").tree_size
    change("UPDATE ledger_checkpoint SET tree_size = %s WHERE tree_size = %s", size + 1, size)
    assert finding() == f"checkpoint of size {size + 1}: there is no header leaf before this size"


def test_a_head_that_the_signer_signed_for_another_tree_is_named(cast: Cast) -> None:
    size = Checkpoint.objects.earliest("tree_size").tree_size
    register = sqlite3.connect(Path(settings.LOG_DIR) / "head.sqlite3")
    with register:
        register.execute("DROP TRIGGER history_update")
        register.execute("UPDATE history SET root = ? WHERE size = ?", (b"r" * 32, size))
    register.close()
    assert finding().startswith(f"signer: has signed root {(b'r' * 32).hex()} at size {size}")


def test_a_database_restored_from_a_backup_is_named(cast: Cast) -> None:
    register = sqlite3.connect(Path(settings.LOG_DIR) / "head.sqlite3")
    with register:
        register.execute("INSERT INTO history (size, root, note) VALUES (999, ?, 'x')", (b"r" * 32,))
    register.close()
    assert finding() == f"signer: has signed size 999, the log has only {Log.objects.get().tree_size} leaves"


@pytest.mark.parametrize("name", ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"])
def test_a_changed_published_file_is_named(cast: Cast, name: str) -> None:
    path = Path(settings.LOG_PUBLIC_DIR) / name
    path.write_bytes(flip(path.read_bytes(), 5))
    assert finding() == f"published file {name}: its bytes are not those of the log"


def test_an_old_partial_file_is_audited_too(cast: Cast) -> None:
    size = Checkpoint.objects.earliest("tree_size").tree_size
    name = f"tile/entries/000.p/{size}"
    path = Path(settings.LOG_PUBLIC_DIR) / name
    path.write_bytes(path.read_bytes()[:-1])
    assert finding() == f"published file {name}: its bytes are not those of the log"


def test_a_missing_published_file_is_named(cast: Cast) -> None:
    (Path(settings.LOG_PUBLIC_DIR) / "tile/0/000").unlink()
    assert finding() == "published file tile/0/000: missing"


def test_a_strange_published_file_is_named(cast: Cast) -> None:
    (Path(settings.LOG_PUBLIC_DIR) / "tile/0/0000").write_text("?")
    assert finding() == "published file tile/0/0000: not part of a log"


def test_a_published_folder_put_back_to_yesterday_is_named(cast: Cast, tmp_path: Path) -> None:
    folder = Path(settings.LOG_PUBLIC_DIR)
    note = Checkpoint.objects.earliest("tree_size").note
    (folder / "checkpoint").write_text(note)
    assert re.fullmatch(r"published checkpoint: of size 5, but \d+ was published before", finding())


def test_a_policy_file_of_another_log_is_named(cast: Cast, tmp_path: Path) -> None:
    policy = Path(settings.LOG_PUBLIC_DIR) / "policy"
    policy.unlink()
    assert finding() == "published file policy: missing"


def test_another_logs_signer_is_named(cast: Cast) -> None:
    key = Path(settings.LOG_DIR) / "log.key"
    key.chmod(0o600)
    key.write_bytes(b"k" * 32)
    assert finding().startswith("log row: says public key ")


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_checked(cast: Cast) -> None:
    output = io.StringIO()
    call_command("ledger_audit", stdout=output)
    size = Log.objects.get().tree_size
    assert re.search(rf"The log is whole: {size} leaves, 1 waiting entries, \d+ published files\.", output.getvalue())


def test_the_command_fails_with_the_finding(cast: Cast) -> None:
    change('DELETE FROM ledger_leaf WHERE "index" = 10')
    with pytest.raises(CommandError, match="DAMAGED: leaf 10: missing from the table") as error:
        call_command("ledger_audit")
    assert error.value.returncode == 1
