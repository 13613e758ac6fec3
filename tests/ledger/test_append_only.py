"""The database refuses to change the log, whoever asks: the application, the admin, or a person at the prompt."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from ledger.models import Block, Checkpoint, Entry, EntryParent, Leaf, Log, Tile
from ledger.witness_models import Cosignature, Incident, Witness

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def written() -> None:
    """One row in every append-only table."""
    Log.objects.create(
        origin="a", vkey="a+1+x", tree_size=3, root_hash=b"r" * 32, last_header_hash=b"h" * 32, keys_hash=bytes(32)
    )
    fields: dict[str, Any] = {"envelope": b"{}", "kind": "event", "party": "p", "keyid": "k", "received_at": NOW}
    first = Entry.objects.create(entry_id=b"1" * 32, envelope_sha256=b"a" * 32, **fields)
    second = Entry.objects.create(entry_id=b"2" * 32, envelope_sha256=b"b" * 32, **fields)
    EntryParent.objects.create(child=second, parent=first)
    block = Block.objects.create(
        height=0, first=0, count=2, tree_size=3, root_hash=b"r" * 32, header=b"x", header_hash=b"h" * 32, time_ms=1,
        keys_hash=bytes(32), sealed_at=NOW,
    )  # fmt: skip
    Leaf.objects.create(index=0, entry=first, block=block)
    Tile.objects.create(level=0, index=0, hashes=b"t" * 64)
    Checkpoint.objects.create(tree_size=3, note="note\n", signed_at=NOW)


def refused(sql: str, *params: bytes) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(error.value)


TABLES = ["entry", "entryparent", "leaf", "block", "tile", "checkpoint", "log"]


@pytest.mark.parametrize("table", TABLES)
def test_a_row_cannot_be_deleted(written: None, table: str) -> None:
    assert f"ledger_{table} is append-only: DELETE refused" in refused(f"DELETE FROM ledger_{table}")  # noqa: S608


@pytest.mark.postgres
@pytest.mark.parametrize("table", TABLES)
def test_a_table_cannot_be_truncated(written: None, table: str) -> None:
    connection.check_constraints()  # PostgreSQL truncates nothing while deferred checks wait
    assert f"ledger_{table} is append-only: TRUNCATE refused" in refused(f"TRUNCATE ledger_{table} CASCADE")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("entry", "kind = 'recall'"),
        ("entry", "kind = kind"),
        ("entryparent", "child_id = child_id"),
        ("leaf", "entry_id = NULL"),
        ("block", "count = count"),
        ("tile", "level = 1"),
        ("tile", "hashes = substr(hashes, 1, 32)"),
        ("checkpoint", "note = 'other'"),
        ("checkpoint", "tree_size = 4"),
        ("log", "tree_size = 2"),
        ("log", "origin = 'b'"),
        ("log", "vkey = 'b'"),
        ("log", "height = -1"),
    ],
)
def test_a_row_cannot_be_rewritten(written: None, table: str, change: str) -> None:
    assert f"ledger_{table} is append-only: UPDATE refused" in refused(
        f"UPDATE ledger_{table} SET {change}"  # noqa: S608
    )


@pytest.mark.sqlite
def test_a_row_cannot_be_replaced(written: None) -> None:
    """REPLACE deletes without a word, unless the connection has recursive triggers on."""
    message = refused('INSERT OR REPLACE INTO ledger_leaf ("index", entry_id, block_id) VALUES (0, NULL, 0)')
    assert "ledger_leaf is append-only: DELETE refused" in message


def test_a_tile_grows_at_its_end_only(written: None) -> None:
    Tile.objects.update(hashes=b"t" * 64 + b"u" * 32)
    assert "append-only" in refused("UPDATE ledger_tile SET hashes = %s", b"v" + b"t" * 63 + b"u" * 32)
    assert bytes(Tile.objects.get().hashes) == b"t" * 64 + b"u" * 32


def test_a_tile_cannot_be_overfull(written: None) -> None:
    with pytest.raises(IntegrityError, match="ledger_tile_fits_256_hashes"), transaction.atomic():
        Tile.objects.update(hashes=b"t" * (8192 + 32))


def test_a_checkpoint_goes_forward_only(written: None) -> None:
    Checkpoint.objects.update(state=Checkpoint.PUBLISHED, published_at=NOW)
    assert "append-only" in refused("UPDATE ledger_checkpoint SET state = 'signed'")
    assert "append-only" in refused("UPDATE ledger_checkpoint SET state = 'quorum'")
    assert "append-only" in refused("UPDATE ledger_checkpoint SET published_at = NULL")


def test_a_checkpoint_with_its_quorum_is_published_and_does_not_lose_it(written: None) -> None:
    Checkpoint.objects.update(state=Checkpoint.QUORUM)
    assert "append-only" in refused("UPDATE ledger_checkpoint SET state = 'signed'")
    Checkpoint.objects.update(state=Checkpoint.PUBLISHED, published_at=NOW)


def test_cosignatures_are_renewed_and_the_note_under_them_stays(written: None) -> None:
    note = Checkpoint.objects.get().note
    assert "append-only" in refused("UPDATE ledger_checkpoint SET note = 'another'")
    assert "append-only" in refused("UPDATE ledger_checkpoint SET cosigned = 'another'")
    Checkpoint.objects.update(cosigned=note + "and a cosignature\n")
    Checkpoint.objects.update(cosigned=note + "and a newer one\n")


def test_a_cosignature_is_not_replaced_by_an_older_one(written: None) -> None:
    witness = Witness.objects.create(vkey="w", name="w", busy_until=NOW)
    Cosignature.objects.create(checkpoint=Checkpoint.objects.get(), witness=witness, time=10, line="l")
    assert "append-only" in refused("UPDATE ledger_cosignature SET time = 9")
    assert "append-only" in refused("DELETE FROM ledger_cosignature")
    Cosignature.objects.update(time=11, line="m")


def test_an_incident_is_written_once(written: None) -> None:
    Incident.objects.create(what=Incident.FROZEN, at=NOW, because="a test")
    assert "append-only" in refused("UPDATE ledger_incident SET because = 'nothing'")
    assert "append-only" in refused("DELETE FROM ledger_incident")


def test_the_root_of_a_size_cannot_be_replaced(written: None) -> None:
    assert "append-only" in refused("UPDATE ledger_log SET root_hash = %s", b"s" * 32)
    Log.objects.update(tree_size=4, root_hash=b"s" * 32)


def test_a_second_log_cannot_be_opened_beside_the_first(written: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Log.objects.create(id=2, origin="b", root_hash=b"r" * 32, last_header_hash=b"h" * 32, keys_hash=bytes(32))


@pytest.mark.django_db(transaction=True)
def test_the_flush_between_tests_gets_past_the_triggers(written: None) -> None:
    assert Entry.objects.count() == 2
