"""Witnesses that are down, slow, behind, ahead or talk nonsense: it costs them their turn and nobody else anything."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ledger.models import Checkpoint, Leaf, Log
from ledger.signer import Signer
from ledger.tlog.merkle import consistency_proof
from ledger.tlog.note import parse_vkey
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint, parse_add_checkpoint
from ledger.usecases.cosign import cosign
from ledger.usecases.publish import publish
from ledger.witness.cosigning import Witness as WitnessLogic
from ledger.witness_models import Cosignature, Incident, Witness
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, open_cast
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


def problem_of(log: Witnessed, name: str) -> str:
    return Witness.objects.get(vkey=log.running[name].vkey).problem


# --- Witnesses that are down, slow, behind or gone wrong --------------------------------------------------------------


def test_a_witness_that_is_down_delays_nothing(log: Witnessed) -> None:
    log.down("w3")
    for _ in range(3):
        signed = log.grow()
        log.ask()
        assert log.published == signed.tree_size
    assert "refused" in problem_of(log, "w3")
    assert Witness.objects.get(vkey=log.running["w3"].vkey).failures == 3


def test_a_witness_that_lagged_is_brought_forward_by_one_retry(log: Witnessed) -> None:
    """It knows an older size than the log believes, or the log has forgotten: 409, then the proof from there."""
    first = log.grow()
    log.ask()
    log.down("w1")
    for _ in range(2):
        log.grow()
        log.ask()
    log.up("w1")
    log.policy("group two 2 {names}")
    third = log.grow()
    Witness.objects.update(size=third.tree_size)  # what the log believes is wrong for every one of them
    assert log.ask() == 3
    assert [size for size, _ in log.history("w1")] == [first.tree_size, third.tree_size]
    assert log.published == third.tree_size
    Witness.objects.all().update(size=0)
    fourth = log.grow()
    assert log.ask() == 3
    assert log.published == fourth.tree_size


def test_a_witness_whose_answer_was_lost_gives_it_again(log: Witnessed) -> None:
    """Killed between its answer and our table: the witness is at the head already, the log does not know."""
    signed = log.grow()
    log.ask()
    with triggers_off(connection):
        Cosignature.objects.all().delete()
        Checkpoint.objects.update(state="signed", published_at=None, cosigned="")
    Witness.objects.update(size=0)
    assert log.ask() == 3
    assert log.published == signed.tree_size


def test_quorum_lost_and_regained(log: Witnessed) -> None:
    before = log.grow()
    log.ask()
    log.down("w2")
    log.down("w3")
    for _ in range(4):
        log.grow()
        assert log.ask() <= 1
    # Sealing and signing went on; readers see the last head that had its quorum.
    assert Leaf.objects.count() > before.tree_size
    assert Signer(settings.LOG_DIR, settings.LOG_ORIGIN).head().size == Leaf.objects.count()
    assert log.published == before.tree_size
    assert Log.objects.get().state == Log.ACTIVE
    log.up("w2")
    log.policy("group two 2 {names}")
    log.ask()
    log.ask()
    assert log.published == Leaf.objects.count()


def test_all_are_asked_for_one_head_until_it_has_its_quorum(log: Witnessed) -> None:
    """Each asked for the newest, two witnesses that answer in turn would never meet on one."""
    first = log.grow()
    log.down("w1")
    log.down("w2")
    log.ask()
    log.grow()  # a newer head, while the first has one of two
    log.up("w1")
    log.policy("group two 2 {names}")
    log.ask()
    assert log.published == first.tree_size
    log.ask()
    assert log.published == Leaf.objects.count()


def test_a_head_that_waited_too_long_gives_way_to_a_newer_one(log: Witnessed, time_machine: Any) -> None:
    log.down("w2")
    log.down("w3")
    log.grow()
    log.ask()
    newest = log.grow()
    time_machine.move_to(timezone.now() + timedelta(seconds=40))
    log.ask()
    assert [size for size, _ in log.history("w1")][-1] == newest.tree_size


def test_a_slow_witness_delays_neither_sealing_nor_the_others(log: Witnessed) -> None:
    hold = threading.Event()

    def slow(path: str, body: bytes) -> tuple[int, str, str]:
        hold.wait(5)
        return 503, TEXT, "late"

    with lying(slow) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        signed = log.grow()
        # Published as soon as two have signed, while the third is still thinking.
        seen: list[int] = []
        started = time.monotonic()

        def timed() -> Any:
            found = publish()
            if found:
                seen.append(found.tree_size)
                assert time.monotonic() - started < 0.9
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.usecases.cosign.publish", timed)
            assert log.ask() == 2
        assert seen == [signed.tree_size]
        assert 0.9 < time.monotonic() - started < 4  # cut off by the clock, not by its patience
        hold.set()
    assert problem_of(log, "w3") == "answers 0: no whole answer within 1 s"


def test_a_witness_that_fails_is_left_alone_for_longer_and_longer(log: Witnessed) -> None:
    log.down("w3")
    log.grow()
    pauses = []
    for _ in range(8):
        log.ask()
        row = Witness.objects.get(vkey=log.running["w3"].vkey)
        pauses.append(round((row.busy_until - timezone.now()).total_seconds()))
    assert pauses[:3] == [2, 4, 8]
    assert pauses[-1] == 60
    assert cosign() == 0  # nobody is asked before


def test_a_witness_is_asked_by_one_worker_at_a_time(log: Witnessed) -> None:
    from ledger.witness_asking import claim
    from ledger.witnesses import policy_in_force

    target = log.grow()
    policy = policy_in_force(Log.objects.get())
    assert len(claim(policy, target)) == 3
    assert claim(policy, target) == []


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, TEXT, ""),
        (200, TEXT, "thank you\n"),
        (200, TEXT, "— w3.example/1 AAAAAAAA\n"),
        (200, TEXT, "x" * 70_000),
        (302, TEXT, "http://127.0.0.1:1/elsewhere"),
        (307, TEXT, "http://127.0.0.1:1/elsewhere"),
        (400, TEXT, "no"),
        (403, TEXT, "no"),
        (404, TEXT, "no"),
        (409, SIZE_TYPE, "many\n"),
        (409, SIZE_TYPE, "007\n"),
        (409, SIZE_TYPE, "-1\n"),
        (500, TEXT, "no"),
        (503, TEXT, "no"),
    ],
)
def test_an_answer_that_is_none_costs_the_witness_its_turn_and_nothing_else(
    log: Witnessed, status: int, content_type: str, body: str
) -> None:
    with lying(lambda path, _: (status, content_type, body)) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        signed = log.grow()
        assert log.ask() == 2
        assert {path for path, _ in liar.requests} == {"/add-checkpoint"}
    assert log.published == signed.tree_size
    assert Log.objects.get().state == Log.ACTIVE
    assert problem_of(log, "w3")
    assert "w3.example" not in log.note()


def test_a_cosignature_of_another_head_or_key_is_not_kept(log: Witnessed) -> None:
    """A malicious witness answers with what others signed, or with what it signed before."""
    old = log.grow()
    log.ask()
    strange = {one.witness.name: one.line for one in Cosignature.objects.filter(checkpoint=old)}
    for body in (strange["w3.example/1"], strange["w1.example/1"], "".join(strange.values())):
        with lying(liar_with(200, TEXT, body)) as liar:
            log.policy("group two 2 {names}", urls={"w3": liar.url})
            signed = log.grow()
            log.ask()
            assert log.published == signed.tree_size
            assert not Cosignature.objects.filter(checkpoint=signed, witness__name="w3.example/1").exists()


def test_strangers_lines_beside_a_right_cosignature_are_passed_over(log: Witnessed) -> None:
    real = log.running["w3"]
    logic = WitnessLogic(real.register, [parse_vkey(log.vkey)], clock=clock)

    def chatty(path: str, body: bytes) -> tuple[int, str, str]:
        answer = logic.add_checkpoint(body)
        return answer.status, answer.content_type, "— stranger.example/1 AAAAAAAAAAA=\n" + answer.body

    with lying(chatty) as liar:
        log.policy("group all all {names}", urls={"w3": liar.url})
        signed = log.grow()
        assert log.ask() == 3
    assert log.published == signed.tree_size
    assert "stranger" not in log.note()


def test_a_witness_whose_clock_runs_ahead_is_not_believed(log: Witnessed) -> None:
    """Its cosignatures would make every proof look fresh for as long as it likes."""
    real = log.running["w3"]
    logic = WitnessLogic(real.register, [parse_vkey(log.vkey)], clock=lambda: clock() + 3600)

    def ahead(path: str, body: bytes) -> tuple[int, str, str]:
        answer = logic.add_checkpoint(body)
        return answer.status, answer.content_type, answer.body

    with lying(ahead) as liar:
        log.policy("group two 2 {names}", urls={"w3": liar.url})
        log.grow()
        assert log.ask() == 2
    assert "ahead" in problem_of(log, "w3")


def test_a_witness_that_was_shown_a_newer_head_of_ours_is_no_contradiction(log: Witnessed) -> None:
    """Another worker was faster. The round for the older head ends, the next one is for the newest."""
    log.down("w1")
    log.down("w3")
    log.grow()
    log.ask()
    newest = log.grow(2)
    body = parse_add_checkpoint(
        AddCheckpoint(0, (), newest.note.encode()).encode()
    )  # what another worker sent to w1 and w3
    for name in ("w1", "w3"):
        logic = WitnessLogic(log.up(name).register, [parse_vkey(log.vkey)], clock=clock)
        assert logic.add_checkpoint(body.encode()).status == 200
    log.policy("group two 2 {names}")
    log.ask()
    assert Log.objects.get().state == Log.ACTIVE
    assert not Incident.objects.exists()
    log.ask()
    assert log.published == newest.tree_size


def test_the_proof_sent_leads_from_what_the_witness_knows(log: Witnessed) -> None:
    """What goes over the wire is C2SP's, byte for byte, proof included."""
    first = log.grow()
    log.ask()
    seen: list[bytes] = []

    def listening(path: str, body: bytes) -> tuple[int, str, str]:
        seen.append(body)
        return 503, TEXT, ""

    second = log.grow(5)
    with lying(listening) as liar:
        log.policy("group two 2 {names}", urls={"w3": f"{liar.url}/below/a/prefix/"})
        log.ask()
        assert liar.requests[0][0] == "/below/a/prefix/add-checkpoint"
    from ledger.queries import leaves_between
    from ledger.tlog.merkle import leaf_hash

    hashes = [leaf_hash(leaf) for leaf in leaves_between(0, second.tree_size)]
    request = parse_add_checkpoint(seen[0])
    assert request.old_size == first.tree_size
    assert list(request.proof) == consistency_proof(hashes, first.tree_size)
    assert request.note.decode() == second.note
