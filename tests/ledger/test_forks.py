"""A second history is never shown to two people: what a witness can prove stops the log, what it only says does not."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from ledger.errors import ForkError, VerificationError
from ledger.models import Block, Checkpoint, Leaf, Log
from ledger.signer import Signer
from ledger.tlog.checkpoint import parse_checkpoint
from ledger.tlog.note import parse_note, parse_vkey
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint
from ledger.usecases.advance import advance
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.cosign import cosign
from ledger.witness.cosigning import Witness as WitnessLogic
from ledger.witness_models import Cosignature, Incident, Witness
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, event, open_cast, put
from tests.ledger.witnessed import TEXT, Witnessed, liar_with, witnessed
from tests.witnesses import clock, lying

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture
def log(cast: Cast, tmp_path: Path, settings: Any) -> Iterator[Witnessed]:
    settings.WITNESS_TIMEOUT_S = 1
    settings.WITNESS_POLICY = ""
    with witnessed(cast, tmp_path) as found:
        found.policy("group two 2 {names}")
        yield found


# --- Forks ------------------------------------------------------------------------------------------------------------


def rolled_back(log: Witnessed, tmp_path: Path, count: int = 2) -> None:
    """Database, signer and all are put back to before the last `count` heads: everything agrees, and is old."""
    folder = tmp_path / "yesterday"
    shutil.copytree(settings.LOG_DIR, folder / "log")
    shutil.copytree(settings.LOG_PUBLIC_DIR, folder / "public")
    kept = [one.pk for one in Checkpoint.objects.all()]
    row, leaves, blocks = Log.objects.values().get(), Leaf.objects.count(), Block.objects.count()
    for _ in range(count):
        log.grow()
        log.ask()
    from ledger.models import Entry, EntryParent, Pending, Tile

    with triggers_off(connection):
        sealed: Any = set(Leaf.objects.filter(index__lt=leaves, entry__isnull=False).values_list("entry", flat=True))
        Cosignature.objects.exclude(checkpoint__in=kept).delete()
        Checkpoint.objects.exclude(pk__in=kept).delete()
        Leaf.objects.filter(index__gte=leaves).delete()
        Block.objects.filter(height__gte=blocks).delete()
        Pending.objects.all().delete()
        EntryParent.objects.all().delete()
        Entry.objects.exclude(pk__in=sealed).delete()
        for tile in Tile.objects.filter(level=0):
            Tile.objects.filter(pk=tile.pk).update(hashes=bytes(tile.hashes)[: 32 * leaves])
        Log.objects.update(**row)
        Witness.objects.update(size=row["tree_size"])
    for name, kept_folder in (("log", settings.LOG_DIR), ("public", settings.LOG_PUBLIC_DIR)):
        shutil.rmtree(kept_folder)
        shutil.copytree(folder / name, kept_folder)
    log._seen = None  # nobody remembers but the witnesses


def test_a_whole_system_restored_from_yesterday_is_stopped_by_its_witnesses(log: Witnessed, tmp_path: Path) -> None:
    """The one restore that neither database nor signer can notice. The witnesses remember."""
    log.grow()
    log.ask()
    rolled_back(log, tmp_path)
    check_log_state()  # everything that we have agrees with itself
    log.grow()
    log.ask()
    frozen = Log.objects.get()
    assert frozen.state == Log.FROZEN
    assert "our key has signed size" in frozen.frozen_because
    incident = Incident.objects.get()
    assert incident.what == Incident.FROZEN
    # The proof is kept word for word: a head under our own key that we do not know.
    assert parse_checkpoint(parse_note(incident.evidence).text).size > frozen.tree_size
    with pytest.raises(ForkError, match="frozen"):
        check_log_state()
    assert cosign() == 0
    before = frozen.tree_size
    with pytest.raises(VerificationError, match="frozen"):
        put(event(), log.cast.maker)
    with pytest.raises(ForkError):
        advance()
    assert Log.objects.get().tree_size == before


def fork_of(log: Witnessed, size: int, root: bytes) -> bytes:
    """A note under the log's own key over any head: what an operator can make who wants to lie."""
    from ledger.tlog.checkpoint import Checkpoint as Head
    from ledger.tlog.note import ed25519_signature_line

    signer = Signer(settings.LOG_DIR, settings.LOG_ORIGIN)
    key = signer._private_key()
    text = Head(settings.LOG_ORIGIN, size, root).text
    line = ed25519_signature_line(settings.LOG_ORIGIN, key.public_key().public_bytes_raw(), key.sign(text.encode()))
    return f"{text}\n{line}".encode()


def test_a_witness_that_has_seen_a_fork_stops_the_log(log: Witnessed) -> None:
    """Somebody with our key showed it a second history of the same size: 422, and the proof is there to read."""
    signed = log.grow()
    real = log.running["w3"]
    other = fork_of(log, signed.tree_size, b"x" * 32)
    logic = WitnessLogic(real.register, [parse_vkey(log.vkey)], clock=clock)
    assert logic.add_checkpoint(AddCheckpoint(0, (), other).encode()).status == 200
    Witness.objects.update(size=signed.tree_size)
    log.ask()
    frozen = Log.objects.get()
    assert frozen.state == Log.FROZEN
    assert "our key has signed root 7878" in frozen.frozen_because
    assert Incident.objects.get().evidence.encode().startswith(other.partition(b"\n\n")[0])


def test_a_witness_on_another_branch_refuses_a_right_proof_and_stops_the_log(log: Witnessed) -> None:
    log.grow()
    real = log.running["w3"]
    logic = WitnessLogic(real.register, [parse_vkey(log.vkey)], clock=clock)
    assert logic.add_checkpoint(AddCheckpoint(0, (), fork_of(log, 2, b"x" * 32)).encode()).status == 200
    log.ask()
    assert "our key has signed root 7878" in Log.objects.get().frozen_because


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [(409, SIZE_TYPE, "1000000\n"), (422, TEXT, "no"), (409, TEXT, "another root"), (409, SIZE_TYPE, "0\n")],
)
def test_one_witness_that_only_says_so_stops_nothing_but_is_not_passed_over(
    log: Witnessed, status: int, content_type: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    with lying(liar_with(status, content_type, body)) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        signed = log.grow()
        assert log.ask() == 2
        log.ask()
    assert log.published == signed.tree_size
    assert Log.objects.get().state == Log.ACTIVE
    assert Witness.objects.get(vkey=log.running["w3"].vkey).contradicts
    assert Incident.objects.get().what == Incident.CONTRADICTED  # once, however often it says so
    assert "ledger_witness_contradicts" in caplog.text


@pytest.mark.parametrize("shown", ["nonsense", "honest", "smaller", "another key"])
def test_what_is_no_proof_is_not_taken_for_one(log: Witnessed, shown: str, tmp_path: Path) -> None:
    from ledger.tlog.merkle import EMPTY_ROOT

    log.grow()
    log.ask()
    note = {
        "nonsense": "?",
        "honest": log.note(),
        "smaller": fork_of(log, 0, EMPTY_ROOT).decode(),
        "another key": fork_of(log, 10_000, b"x" * 32).decode().replace("\n— ", "\n— not-"),
    }[shown]
    with lying(liar_with(409, SIZE_TYPE, "10000\n", (200, note))) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        log.grow()
        assert log.ask() == 2
    assert Log.objects.get().state == Log.ACTIVE


def test_witnesses_that_are_enough_for_the_quorum_stop_the_log_by_their_word(log: Witnessed) -> None:
    with lying(liar_with(409, SIZE_TYPE, "1000000\n")) as liar:
        log.policy("group two 2 {names}", urls={"w2": liar.url, "w3": liar.url})
        log.grow()
        log.ask()
    assert Log.objects.get().state == Log.FROZEN
    assert "w2.example/1, w3.example/1 contradict us" in Log.objects.get().frozen_because


def test_a_witness_that_comes_to_its_senses_counts_again(log: Witnessed) -> None:
    with lying(liar_with(422, TEXT, "no")) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        log.grow()
        log.ask()
    assert Witness.objects.get(vkey=log.running["w3"].vkey).contradicts
    log.policy("group two 2 {names}")
    log.grow()
    assert log.ask() == 3
    assert not Witness.objects.get(vkey=log.running["w3"].vkey).contradicts
