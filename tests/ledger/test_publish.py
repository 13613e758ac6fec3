"""What outsiders read: whole, in the right order, and never changed afterwards."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from ledger import crypto_fast, queries
from ledger.durable import add_files, create_file, replace_file
from ledger.errors import ForkError
from ledger.models import Checkpoint, Log, Tile
from ledger.tlog.block import entry_leaf
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import leaf_hash, verify_inclusion
from ledger.tlog.note import parse_vkey
from ledger.tlog.policy import parse_policy
from ledger.usecases.advance import advance
from ledger.usecases.publish import publish
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from tests.append_only import triggers_off
from tests.check_log import check_log
from tests.ledger.cast import Cast, event, open_cast, published, put, put_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture
def public(cast: Cast) -> Path:
    return Path(settings.LOG_PUBLIC_DIR)


# --- What must not happen -------------------------------------------------------------------------------------------


def test_a_published_path_never_changes_its_bytes(cast: Cast, public: Path) -> None:
    published()
    (public / "tile/0").mkdir(exist_ok=True)
    (public / "tile/0/000.p").mkdir(exist_ok=True)
    (public / "tile/0/000.p/6").write_bytes(b"somebody else's")
    put_events(cast, 1)
    before = (public / "checkpoint").read_bytes()
    with pytest.raises(ForkError) as error:
        advance()
    assert error.value.code == "PUBLISHED_DIFFERS"
    assert (public / "checkpoint").read_bytes() == before
    assert Log.objects.get().state == Log.FROZEN


def test_a_tile_that_rotted_after_sealing_is_not_signed(cast: Cast) -> None:
    seal()
    tile = Tile.objects.get()
    with triggers_off(connection):
        Tile.objects.update(hashes=bytes([tile.hashes[0] ^ 1, *tile.hashes[1:]]))
    with pytest.raises(ForkError) as error:
        sign()
    assert error.value.code == "EDGE_DIFFERS"
    assert not Checkpoint.objects.exists()


def test_a_database_that_lost_signed_leaves_is_not_signed_again(cast: Cast) -> None:
    """Failover to a copy that is behind: the signer knows better, and the log stands still."""
    seal()
    before = Log.objects.values().get()
    put_events(cast, 1)
    seal()
    sign()
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_checkpoint")
        cursor.execute("DELETE FROM ledger_leaf WHERE block_id = 1")
        cursor.execute("DELETE FROM ledger_block WHERE height = 1")
        cursor.execute("UPDATE ledger_tile SET hashes = substr(hashes, 1, %s)", [32 * before["tree_size"]])
        Log.objects.update(**before)
    with pytest.raises(ForkError) as error:
        advance()
    assert error.value.code == "ROLLBACK"
    assert Log.objects.get().frozen_because.startswith("ROLLBACK: the signer's head has size 6")


def test_a_frozen_log_publishes_nothing(cast: Cast, public: Path) -> None:
    seal()
    sign()
    Log.objects.update(state=Log.FROZEN)
    with pytest.raises(ForkError):
        publish()
    assert not (public / "checkpoint").exists()


def test_a_signer_that_is_not_there_stops_signing_and_freezes_nothing(cast: Cast) -> None:
    """A wrong LOG_DIR, say. The log goes on as soon as it is right."""
    folder = Path(settings.LOG_DIR)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(ForkError) as error:
        advance()
    assert error.value.code == "SIGNER_HEAD_MISSING"
    folder.with_name("elsewhere").rename(folder)
    assert published().tree_size == 4


def test_an_empty_log_publishes_nothing(public: Path) -> None:
    assert publish() is None
    assert not public.exists()


# --- What does ------------------------------------------------------------------------------------------------------


def test_nothing_new_is_nothing_to_do(cast: Cast) -> None:
    published()
    assert (sign(), publish(), advance()) == (None, None, None)


def test_a_checkpoint_is_published_when_its_tiles_are_there(cast: Cast, public: Path) -> None:
    checkpoint = published()
    assert (public / "checkpoint").read_text() == checkpoint.note
    assert Checkpoint.objects.get().state == Checkpoint.PUBLISHED
    opened = open_checkpoint(checkpoint.note, parse_vkey(Log.objects.get().vkey), crypto_fast)
    assert opened.size == Log.objects.get().tree_size


def test_the_policy_file_is_what_a_verifier_needs(cast: Cast, public: Path) -> None:
    published()
    policy = parse_policy((public / "policy").read_text())
    assert [one.vkey for one in policy.logs] == [Log.objects.get().vkey]
    assert policy.quorum == "none"


def test_an_unpublished_block_in_between_is_covered_by_the_next(cast: Cast, public: Path) -> None:
    seal()
    sign()
    put_events(cast, 2)
    published()
    assert check_log(public).blocks == 2


def test_killed_before_the_checkpoint_the_next_worker_finishes(cast: Cast, public: Path) -> None:
    """Its tiles are there, its checkpoint is not, and a draft lies about."""
    published()
    put_events(cast, 2)
    published()
    first = Checkpoint.objects.earliest("tree_size")
    (public / "checkpoint").write_text(first.note)
    (public / "tile/0/.000.0123").write_bytes(b"half")
    with triggers_off(connection):
        Checkpoint.objects.exclude(pk=first.pk).update(state=Checkpoint.SIGNED, published_at=None)
    published()
    assert check_log(public).blocks == 2


def test_killed_after_signing_the_same_note_comes_again(cast: Cast) -> None:
    seal()
    note = sign()
    assert note is not None
    with triggers_off(connection):
        Checkpoint.objects.all().delete()
    again = sign()
    assert again is not None
    assert again.note == note.note


# --- Proofs ---------------------------------------------------------------------------------------------------------


def test_every_entry_is_proven_under_the_published_checkpoint(cast: Cast) -> None:
    entries = put_events(cast, 300)
    published()
    late = put(event(), cast.maker).entry
    proofs = queries.proofs_of([entry.pk for entry in [*entries, late]])
    assert proofs.keys() == {entry.pk for entry in entries}
    for entry in entries:
        proof = proofs[entry.pk]
        head = open_checkpoint(proof.note, parse_vkey(Log.objects.get().vkey), crypto_fast)
        verify_inclusion(
            proof.hashes,
            index=proof.index,
            size=head.size,
            leaf_hash=leaf_hash(entry_leaf(bytes(entry.envelope_sha256))),
            root_hash=head.root_hash,
        )


def test_many_proofs_cost_three_queries(cast: Cast, django_assert_num_queries: object) -> None:
    entries = [entry.pk for entry in put_events(cast, 300)]
    published()
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(queries.proofs_of(entries)) == 300


def test_an_entry_goes_from_pending_to_sealed_to_published(cast: Cast) -> None:
    entry = put(event(), cast.maker).entry
    states = [queries.proof_states([entry.pk])]
    seal()
    states.append(queries.proof_states([entry.pk]))
    published()
    states.append(queries.proof_states([entry.pk]))
    assert [state[entry.pk] for state in states] == ["pending", "sealed", "published"]


def test_a_proof_does_not_run_ahead_of_the_checkpoint(cast: Cast) -> None:
    published()
    entry = put(event(), cast.maker).entry
    seal()
    assert queries.proof_of(entry) is None


def test_pages_of_entries_and_blocks_follow_each_other(cast: Cast) -> None:
    for _ in range(3):
        put_events(cast, 2)
        published()
    newest = queries.entries_page(None, 4)
    rest = queries.entries_page(newest[-1].seq, 100)
    seqs = [entry.seq for entry in [*newest, *rest]]
    assert (len(seqs), seqs) == (9, sorted(seqs, reverse=True))
    assert [block.height for block in queries.blocks_page(2, 5)] == [1, 0]


# --- Files ----------------------------------------------------------------------------------------------------------


def test_a_file_that_is_there_is_not_created_again(tmp_path: Path) -> None:
    create_file(tmp_path / "key", b"first")
    create_file(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"


def test_no_draft_stays_behind(tmp_path: Path) -> None:
    create_file(tmp_path / "a", b"1")
    create_file(tmp_path / "a", b"2")
    replace_file(tmp_path / "b", b"1")
    add_files(tmp_path, [("c/d/e", b"1"), ("c/d/e", b"1")])
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["a", "b", "e"]


def test_other_bytes_for_a_published_path_are_refused(tmp_path: Path) -> None:
    add_files(tmp_path, [("tile/0/000", b"1")])
    with pytest.raises(ForkError, match="tile/0/000"):
        add_files(tmp_path, [("tile/0/000", b"2")])
    assert (tmp_path / "tile/0/000").read_bytes() == b"1"
