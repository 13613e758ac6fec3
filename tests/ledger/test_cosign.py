"""The log and its witnesses: what is published has its quorum, and a second history is never shown to two people."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from ledger.errors import VerificationError
from ledger.models import Block, Checkpoint, Leaf
from ledger.signer import Signer
from ledger.tlog.note import parse_note, parse_vkey
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.cosign import cosign
from ledger.usecases.publish import publish
from ledger.witness.cosigning import Witness as WitnessLogic
from ledger.witness_models import Cosignature, Witness
from tests.ledger.cast import Cast, event, open_cast, put, put_events
from tests.ledger.witnessed import Witnessed, witnessed
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


def states() -> list[str]:
    return list(Checkpoint.objects.order_by("tree_size").values_list("state", flat=True))


def problem_of(log: Witnessed, name: str) -> str:
    return Witness.objects.get(vkey=log.running[name].vkey).problem


# --- Only what has its quorum leaves ----------------------------------------------------------------------------------


def test_i6_nothing_is_published_before_the_quorum_is_met(log: Witnessed) -> None:
    """I6: only committed state is signed, and only quorum-met heads are published."""
    signed = log.grow(3)
    assert states() == ["signed"]
    assert log.published == 0
    log.down("w2")
    log.down("w3")
    assert log.ask() == 1
    assert states() == ["signed"]  # one of two
    assert publish() is None
    assert log.published == 0
    log.up("w2")
    log.policy("group two 2 {names}")
    assert log.ask() == 1
    assert states() == ["published"]
    assert log.published == signed.tree_size
    assert signed.tree_size == Block.objects.latest("height").tree_size


def test_i7_published_is_never_ahead_of_signed_nor_signed_of_committed(log: Witnessed) -> None:
    """I7, read from outside after every step: the published file, the signer's register, the table of leaves."""

    def in_order() -> tuple[int, int, int]:
        sizes = log.published, Signer(settings.LOG_DIR, settings.LOG_ORIGIN).head().size, Leaf.objects.count()
        assert list(sizes) == sorted(sizes), sizes
        return sizes

    from ledger.usecases.seal import seal
    from ledger.usecases.sign import sign

    seen = []
    for _ in range(3):
        put_events(log.cast, 2)
        for step in (seal, sign, publish, log.ask, publish):
            step()
            seen.append(in_order())
    assert len({published for published, _, _ in seen}) == 4  # it did move


def test_the_state_of_a_checkpoint_goes_forward(log: Witnessed) -> None:
    log.grow()
    log.ask()
    log.grow()
    assert states() == ["published", "signed"]
    log.ask()
    assert states() == ["published", "published"]


def test_killed_between_quorum_and_publication_the_next_one_goes_on(log: Witnessed, monkeypatch: Any) -> None:
    log.grow()
    monkeypatch.setattr("ledger.usecases.cosign.publish", lambda: None)  # as if killed here
    assert log.ask() == 3
    assert states() == ["signed"]
    assert publish() is not None
    assert states() == ["published"]
    assert log.published


def test_a_cosignature_that_rotted_in_the_table_is_not_published(log: Witnessed, monkeypatch: Any) -> None:
    log.grow()
    monkeypatch.setattr("ledger.usecases.cosign.publish", lambda: None)
    log.ask()
    other = Cosignature.objects.earliest("pk")
    Cosignature.objects.exclude(pk=other.pk).update(line=other.line)
    with pytest.raises(VerificationError):
        publish()
    assert log.published == 0


def test_a_quorum_that_was_only_written_into_the_table_publishes_nothing(log: Witnessed) -> None:
    """Somebody with the database in hand says that witnesses agreed. The gate looks at their signatures."""
    log.grow()
    Checkpoint.objects.update(state=Checkpoint.QUORUM)
    assert advance() is None
    assert log.published == 0
    log.ask()
    assert log.published == Leaf.objects.count()


def test_the_audit_counts_the_quorum_of_what_is_published(log: Witnessed) -> None:
    log.grow()
    log.ask()
    list(audit())
    path = Path(settings.LOG_PUBLIC_DIR) / "checkpoint"
    text, _, signatures = path.read_text().partition("\n\n")
    path.write_text(f"{text}\n\n" + "".join(signatures.splitlines(keepends=True)[:2]))
    with pytest.raises(VerificationError, match=r"published checkpoint: .* quorum two is not met") as error:
        list(audit())
    assert error.value.code == "QUORUM"


def test_the_published_policy_has_no_addresses_and_the_files_verify_offline(log: Witnessed) -> None:
    from ledger.queries import proof_file
    from ledger.verifier.pedigree import verify

    log.grow()
    log.ask()
    public = Path(settings.LOG_PUBLIC_DIR)
    text = (public / "policy").read_text()
    assert "http" not in text
    assert text.count("witness ") == 3
    entry = put(event(), log.cast.maker).entry
    log.grow()
    log.ask()
    report = verify(proof_file(entry, with_envelope=True) or b"", text)
    assert report.ok
    assert "w1.example/1" in " ".join(step.detail for step in report.steps)


def test_without_witnesses_the_log_publishes_at_once_and_says_so(log: Witnessed) -> None:
    settings.WITNESS_POLICY = ""
    log.grow()
    assert states() == ["published"]
    assert "quorum none" in (Path(settings.LOG_PUBLIC_DIR) / "policy").read_text()
    assert cosign() == 0


# --- Freshness --------------------------------------------------------------------------------------------------------


def test_a_log_at_rest_has_its_head_cosigned_again(log: Witnessed, time_machine: Any) -> None:
    log.grow()
    log.ask()
    before = log.note()
    assert log.ask() == 0  # all is fresh
    time_machine.move_to(timezone.now() + timedelta(seconds=settings.WITNESS_REFRESH_S + 1))
    log.ask()
    after = log.note()
    assert before.partition("\n\n")[0] == after.partition("\n\n")[0]
    assert before != after
    assert len(parse_note(after).signatures) == len(parse_note(before).signatures) == 4
    assert Checkpoint.objects.get().published_note == after


def test_a_witness_whose_clock_lags_is_not_asked_again_and_again(log: Witnessed) -> None:
    real = log.running["w3"]
    logic = WitnessLogic(real.register, [parse_vkey(log.vkey)], clock=lambda: clock() - 86_400)

    def behind(path: str, body: bytes) -> tuple[int, str, str]:
        answer = logic.add_checkpoint(body)
        return answer.status, answer.content_type, answer.body

    with lying(behind) as liar:
        log.policy("group all all {names}", urls={"w3": liar.url})
        log.grow()
        assert log.ask() == 3
        assert log.ask() == 0
        assert len(liar.requests) == 1
    assert log.published


def test_witnesses_may_be_collected_without_being_required(log: Witnessed) -> None:
    """`quorum none`: nothing waits for them, and what they sign is added when it comes."""
    log.policy("none")
    log.down("w2")
    signed = log.grow()
    assert log.published == signed.tree_size
    assert "w1.example" not in log.note()
    assert log.ask() == 2
    assert "w1.example" in log.note()
    assert "w2.example" not in log.note()
    log.down("w1")
    log.down("w3")
    assert log.grow().tree_size == log.published


def test_a_straggler_is_added_to_what_is_published(log: Witnessed) -> None:
    log.down("w3")
    log.grow()
    log.ask()
    assert "w3.example" not in log.note()
    log.up("w3")
    log.policy("group two 2 {names}")
    log.ask()
    assert "w3.example" in log.note()


def test_a_policy_that_asks_for_more_holds_publication_until_it_is_met(log: Witnessed) -> None:
    first = log.grow()
    log.down("w3")
    log.ask()
    log.policy("group all all {names}")
    log.grow()
    log.ask()
    assert log.published == first.tree_size
    assert "group two" in (Path(settings.LOG_PUBLIC_DIR) / "policy").read_text()  # what is out was judged by this
    log.up("w3")
    log.policy("group all all {names}")
    log.ask()
    assert log.published == Leaf.objects.count()
    assert "group all" in (Path(settings.LOG_PUBLIC_DIR) / "policy").read_text()
