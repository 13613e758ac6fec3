"""A database that lost leaves is led forward to what is signed, from published files; never back, never elsewhere."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ledger import queries
from ledger.errors import LedgerError
from ledger.models import Block, Entry, Key, Leaf, Log, Pending, PolicyEntry
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.recover import recover
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from tests.append_only import triggers_off
from tests.check_log import check_log
from tests.ledger.cast import MAKER, WHOLESALER, Cast, event, open_cast, published, put, put_events
from tests.ledger.restore import restore_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Three blocks; the last one holds a parent and the end of a key."""
    cast = open_cast()
    first = put(event(), cast.maker).entry
    published()
    put_events(cast, 3)
    published()
    put(event(WHOLESALER, after=[first]), cast.wholesaler)
    revoke_key(party=WHOLESALER, keyid=cast.wholesaler.keyid, signer_keyid=cast.authority.keyid, reason="stolen")
    published()
    return cast


@pytest.fixture
def public() -> Path:
    return Path(settings.LOG_PUBLIC_DIR)


def snapshot() -> list[list[str]]:
    """The whole log as the database has it."""
    tables = (Log, Entry, Leaf, Block, Key, PolicyEntry, Pending)
    return [
        sorted(str([bytes(one) if isinstance(one, memoryview) else one for one in row]) for row in rows)
        for rows in (table._default_manager.values_list() for table in tables)
    ]


@pytest.fixture
def envelopes(cast: Cast, tmp_path: Path) -> Path:
    """What `ledger_envelopes` wrote before the accident."""
    path = tmp_path / "envelopes.txt"
    with path.open("w") as file:
        call_command("ledger_envelopes", stdout=file)
    return path


def run(folder: Path, envelopes: Path | None = None) -> list[str]:
    return [f"{step.what} {step.done}" for step in recover(folder=folder, envelopes=envelopes)]


def refusal(folder: Path, envelopes: Path | None = None) -> str:
    """The code of the refusal; nothing was written."""
    before = snapshot()
    with pytest.raises(LedgerError) as error:
        run(folder, envelopes)
    assert snapshot() == before
    return error.value.code


# --- What it does -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [0, 1, 2])
def test_a_database_restored_from_an_old_copy_is_led_to_the_signed_head(
    cast: Cast, public: Path, envelopes: Path, height: int
) -> None:
    before, counts, seen = snapshot(), [len(table) for table in snapshot()], check_log(public)
    restore_to(height)
    if height:
        with pytest.raises(LedgerError, match="it has lost leaves"):
            check_log_state()
    call_command("ledger_recover", folder=public, envelopes=envelopes)
    check_log_state()
    list(audit())
    assert counts == [len(table) for table in snapshot()]
    assert before[0] == snapshot()[0]
    assert Key.objects.get(keyid=cast.wholesaler.keyid).revoked_by is not None
    put_events(cast, 2)
    published()
    assert check_log(public, earlier=seen).blocks == 4


def test_what_waits_in_the_old_copy_is_sealed_where_it_was_and_the_rest_waits_on(cast: Cast, public: Path) -> None:
    """No envelope is needed: the copy has them, waiting. What came in since the restore is sealed after all that."""
    seen = check_log(public)
    restore_to(1, entries_too=False)
    late = put(event(), cast.maker).entry
    run(public)
    assert [waiting.pk for waiting in Pending.objects.all()] == [late.pk]
    list(audit())
    published()
    assert check_log(public, earlier=seen).entries[-1] == bytes(late.envelope_sha256).hex()


def test_a_key_that_came_in_after_the_restore_keeps_its_place_behind_the_recovered_ones(
    cast: Cast, public: Path, envelopes: Path
) -> None:
    """It has arrived before them and is sealed after them."""
    restore_to(2)
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="left")
    run(public, envelopes)
    published()
    list(audit())
    keys = queries.key_entries_for([cast.wholesaler.keyid, cast.maker.keyid])
    indexes = [entry.leaf.index for entry in keys]
    assert indexes == sorted(indexes)
    assert [entry.pk for entry in keys] != sorted(entry.pk for entry in keys)


def test_killed_in_the_middle_it_goes_on(cast: Cast, public: Path, envelopes: Path) -> None:
    restore_to(0)
    steps: Iterator[object] = recover(folder=public, envelopes=envelopes)
    for step in steps:
        if "written" in str(step):
            break
    del steps
    assert Log.objects.get().height == 1
    run(public, envelopes)
    check_log_state()
    list(audit())


def test_whole_there_is_nothing_to_do(cast: Cast, public: Path) -> None:
    before = snapshot()
    assert run(public) == []
    assert snapshot() == before


def test_a_mirror_without_a_signer_is_built_from_published_files_and_envelopes(
    cast: Cast, public: Path, envelopes: Path, tmp_path: Path
) -> None:
    mirror = tmp_path / "mirror"
    shutil.copytree(public, mirror)
    restore_to(0)
    shutil.rmtree(settings.LOG_DIR)
    run(mirror, envelopes)
    assert Log.objects.get().tree_size == check_log(public).size
    check_log_state()


def test_proof_files_and_pedigrees_are_read_too(cast: Cast, public: Path, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    for entry in Entry.objects.all():
        file = queries.proof_file(entry, with_envelope=True)
        assert file is not None
        (folder / f"{entry.pk}.tlog-proof").write_bytes(file)
    (folder / "notes.txt").write_text("nothing of ours")
    (folder / "broken.json").write_text('{"items": 1}')
    (folder / "cut.tlog-proof").write_text("c2sp.org/tlog-proof@v1\nextra")
    restore_to(0)
    run(public, folder)
    list(audit())


def test_what_is_signed_and_not_yet_published_is_recovered_where_the_files_reach_that_far(
    cast: Cast, public: Path, tmp_path: Path
) -> None:
    """The publisher was killed before its last step."""
    older = (public / "checkpoint").read_bytes()
    put_events(cast, 2)
    published()
    (public / "checkpoint").write_bytes(older)
    restore_to(2, entries_too=False)
    run(public)
    assert Log.objects.get().height == 4
    advance()
    check_log(public)
    list(audit())


# --- What it refuses --------------------------------------------------------------------------------------------------


def test_lost_envelopes_are_named_and_nothing_is_written(cast: Cast, public: Path, envelopes: Path) -> None:
    lost = Leaf.objects.exclude(entry=None).order_by("-index")[0]
    lines = envelopes.read_bytes().splitlines()
    sha256 = bytes(lost.entry.envelope_sha256).hex()  # type: ignore[union-attr]
    envelopes.write_bytes(b"\n".join(lines[:-1]))
    restore_to(1)
    with pytest.raises(CommandError, match=rf"ENVELOPE_LOST: lost: leaf {lost.index} \(envelope {sha256}\)\. "):
        call_command("ledger_recover", folder=public, envelopes=envelopes)
    assert refusal(public, envelopes) == "ENVELOPE_LOST"


def test_many_lost_envelopes_are_counted(cast: Cast, public: Path) -> None:
    put_events(cast, 30)
    published()
    restore_to(0)
    with pytest.raises(LedgerError, match=r" and \d+ more\. Their parties hold them"):
        run(public)


def test_an_envelope_that_was_changed_is_as_good_as_lost(cast: Cast, public: Path, envelopes: Path) -> None:
    envelopes.write_bytes(envelopes.read_bytes().replace(b'"sig":"MEUC', b'"sig":"MEQC').replace(b"A", b"B"))
    restore_to(1)
    assert refusal(public, envelopes) == "ENVELOPE_LOST"


def test_a_database_that_is_ahead_does_not_go_back(cast: Cast, public: Path) -> None:
    put_events(cast, 1)
    seal()
    assert refusal(public) == "ROLLBACK"


def test_a_database_with_another_past_is_a_fork(cast: Cast, public: Path, envelopes: Path) -> None:
    """A stale replica was promoted, and sealed a block of its own before anybody looked."""
    restore_to(2, entries_too=False)
    Pending.objects.all().delete()
    put_events(cast, 1)
    seal()
    assert refusal(public, envelopes) == "FORK"


def test_changed_files_are_a_fork(cast: Cast, public: Path) -> None:
    size = Log.objects.get().tree_size
    path = public / f"tile/entries/000.p/{size}"
    data = path.read_bytes()
    restore_to(1, entries_too=False)
    at = data.rindex(b"medtrail.entry.v1") + 20
    path.write_bytes(data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])
    assert refusal(public) in {"FORK", "BLOCK", "ENVELOPE_LOST"}
    path.write_bytes(data[:-40])
    assert refusal(public) == "BUNDLE"
    path.write_bytes(data.replace(b"medtrail.entry", b"medtrail.other", 1))
    restore_to(0, entries_too=False)
    assert refusal(public) == "ENTRY_LEAF"


def test_a_checkpoint_of_another_log_is_refused(cast: Cast, public: Path, tmp_path: Path) -> None:
    restore_to(1, entries_too=False)
    note = (public / "checkpoint").read_text()
    (public / "checkpoint").write_text(note.replace("=", "A", 1))
    with pytest.raises(LedgerError):
        run(public)
    (public / "checkpoint").unlink()
    assert refusal(public) == "CHECKPOINT_MISSING"


def test_missing_bundles_are_named(cast: Cast, public: Path) -> None:
    restore_to(1, entries_too=False)
    shutil.rmtree(public / "tile/entries")
    assert refusal(public) == "BUNDLE_MISSING"


def test_what_only_the_signer_knows_cannot_be_had(cast: Cast, public: Path) -> None:
    put_events(cast, 1)
    seal()
    sign()
    restore_to(1, entries_too=False)
    assert refusal(public) == "SIGNED_BEYOND"


def test_a_signer_without_its_register_recovers_nothing(cast: Cast, public: Path) -> None:
    restore_to(1, entries_too=False)
    (Path(settings.LOG_DIR) / "head.sqlite3").unlink()
    assert refusal(public) == "SIGNER_HEAD_MISSING"


def test_a_statement_that_waits_under_other_signatures_is_named(cast: Cast, public: Path, envelopes: Path) -> None:
    """Its author signed again after the restore. One statement has one leaf; people must choose."""
    last = Leaf.objects.exclude(entry=None).order_by("-index")[2].entry
    assert last is not None
    restore_to(1)
    from ledger.envelope import parse_envelope

    put(parse_envelope(bytes(last.envelope)).statement, cast.maker)
    assert refusal(public, envelopes) == "RESIGNED"


def test_a_damaged_database_is_not_built_upon(cast: Cast, public: Path) -> None:
    restore_to(1, entries_too=False)
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_log SET root_hash = %s", [b"r" * 32])
    assert refusal(public) == "EDGE_DIFFERS"


def test_without_log_and_signer_the_policy_says_whose_files_they_are(
    cast: Cast, public: Path, envelopes: Path, settings: object
) -> None:
    restore_to(0)
    shutil.rmtree(settings.LOG_DIR)  # type: ignore[attr-defined]
    settings.LOG_ORIGIN = "log.example/another"  # type: ignore[attr-defined]
    assert refusal(public, envelopes) == "POLICY"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="found nothing"):
        call_command("ledger_recover", folder=tmp_path / "nowhere", envelopes=None)
    with pytest.raises(CommandError, match="found nothing"):
        call_command("ledger_recover", folder=tmp_path, envelopes=tmp_path / "nowhere")
