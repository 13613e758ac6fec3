"""The self-check of /readyz: database, signer and published files tell one story, or nothing goes on."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ledger.errors import ForkError, VerificationError
from ledger.models import Log, Tile
from ledger.usecases.audit import audit
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, open_cast, published, put_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = open_cast()
    published()
    put_events(cast, 3)
    published()
    return cast


def refusal() -> str:
    with pytest.raises(ForkError) as error:
        check_log_state()
    return error.value.code


def test_without_a_log_nothing_is_ready() -> None:
    with pytest.raises(VerificationError) as error:
        check_log_state()
    assert error.value.code == "LOG_NOT_OPEN"
    with pytest.raises(CommandError, match="LOG_NOT_OPEN"):
        call_command("ledger_audit")


def test_a_frozen_log_is_not_ready(cast: Cast) -> None:
    Log.objects.update(state=Log.FROZEN, frozen_because="a test")
    assert refusal() == "LOG_FROZEN"


def test_a_flipped_bit_at_the_edge_is_seen(cast: Cast) -> None:
    tile = Tile.objects.get()
    with triggers_off(connection):
        Tile.objects.update(hashes=bytes([tile.hashes[0] ^ 1, *tile.hashes[1:]]))
    assert refusal() == "EDGE_DIFFERS"


def test_a_log_row_that_disagrees_with_the_last_block_is_seen(cast: Cast) -> None:
    with triggers_off(connection):
        Log.objects.update(last_header_hash=bytes(32))
    assert refusal() == "BLOCK_DIFFERS"


def test_a_database_that_lost_leaves_which_are_signed_is_seen(cast: Cast) -> None:
    size = Log.objects.get().tree_size
    put_events(cast, 1)
    seal()
    sign()
    restore_to_yesterday(size)
    assert refusal() == "ROLLBACK"


def restore_to_yesterday(size: int) -> None:
    """What a restored backup looks like: the database is whole, and shorter than what is signed."""
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint WHERE tree_size > %s", [size])
        cursor.execute("DELETE FROM ledger_leaf WHERE block_id = 2")
        cursor.execute("DELETE FROM ledger_block WHERE height = 2")
        tile = Tile.objects.get()
        cursor.execute("UPDATE ledger_tile SET hashes = %s", [bytes(tile.hashes)[: 32 * size]])
        cursor.execute("SELECT tree_size, root_hash, header_hash, height, time_ms FROM ledger_block WHERE height = 1")
        size, root, header, height, time_ms = cursor.fetchone()
        cursor.execute(
            "UPDATE ledger_log "
            "SET tree_size = %s, root_hash = %s, last_header_hash = %s, height = %s, last_time_ms = %s",
            [size, root, header, height + 1, time_ms],
        )


def test_a_checkpoint_that_nobody_signed_is_seen(cast: Cast) -> None:
    path = Path(settings.LOG_PUBLIC_DIR) / "checkpoint"
    path.write_text(path.read_text().replace("\n8\n", "\n7\n"))
    assert refusal() == "CHECKPOINT_UNSIGNED"


def test_a_signer_whose_memory_is_gone_is_seen(cast: Cast) -> None:
    (Path(settings.LOG_DIR) / "head.sqlite3").unlink()
    assert refusal() == "SIGNER_HEAD_MISSING"


def test_a_signer_that_was_put_back_to_yesterday_is_seen(cast: Cast) -> None:
    head = Path(settings.LOG_DIR) / "head.sqlite3"
    backup = head.with_name("backup")
    shutil.copy(head, backup)
    put_events(cast, 1)
    published()
    shutil.copy(backup, head)
    assert refusal() == "PUBLISHED_AHEAD"


def test_a_host_without_the_signer_checks_against_its_last_note(cast: Cast) -> None:
    shutil.rmtree(settings.LOG_DIR)
    check_log_state()


def test_a_whole_log_is_ready_at_every_step(cast: Cast) -> None:
    check_log_state()
    put_events(cast, 2)
    check_log_state()
    seal()
    check_log_state()
    sign()
    check_log_state()
    published()
    check_log_state()


def test_a_log_that_is_just_open_is_ready_and_whole() -> None:
    open_cast()
    check_log_state()
    assert [step.what for step in audit()] == ["waiting entries"] * 3
