"""What a witness cosigns, and every reason for which it does not. Real keys, a real register on disk, no network."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ledger import crypto_ecdsa
from ledger.errors import ForkError, MalformedError
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import EMPTY_ROOT, consistency_proof, root_hash
from ledger.tlog.note import Note, ed25519_signature_line, parse_note, parse_vkey, verify_note
from ledger.tlog.witness import SIZE_TYPE, AddCheckpoint, cosignature_time, parse_cosignatures
from ledger.witness.cosigning import Answer, Witness
from ledger.witness.register import MAX_EVIDENCE, Register
from tests.ledger.small_log import ORIGIN, SmallLog, seeded

NAME = "w.example/1"
LEAVES = [seeded(f"leaf {number}") for number in range(40)]
OTHER = [*LEAVES[:9], *(seeded(f"other {number}") for number in range(31))]
LOG = SmallLog()


def note(size: int, leaves: list[bytes] = LEAVES, log: SmallLog = LOG, root: bytes | None = None) -> bytes:
    """The log's own signature over the head of the first `size` leaves, or over any root."""
    head = Checkpoint(log.origin, size, root if root is not None else root_hash(leaves[:size]) if size else EMPTY_ROOT)
    key = log.log_key
    line = ed25519_signature_line(log.origin, key.public_key().public_bytes_raw(), key.sign(head.text.encode()))
    return f"{head.text}\n{line}".encode()


def ask(old: int, size: int, leaves: list[bytes] = LEAVES, proof: list[bytes] | None = None) -> bytes:
    if proof is None:
        proof = consistency_proof(leaves[:size], old) if 0 < old < size else []
    return AddCheckpoint(old, tuple(proof), note(size, leaves)).encode()


@dataclass
class Clock:
    now: int = 1_800_000_000

    def __call__(self) -> int:
        return self.now


@dataclass
class Bench:
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.witness = self.restarted()

    def restarted(self) -> Witness:
        return Witness(Register.open(self.folder, NAME), [parse_vkey(LOG.vkey)], clock=self.clock)

    def evidence(self) -> list[tuple[str, int]]:
        with sqlite3.connect(self.folder / "witness.sqlite3") as database:
            found = database.execute("SELECT what, size FROM evidence ORDER BY id").fetchall()
        database.close()
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "witness")


def cosigned(bench: Bench, answer: Answer, size: int, leaves: list[bytes] = LEAVES) -> int:
    """The answer is a right cosignature over that head, by a library that signed nothing. Returns its time."""
    assert answer.status == 200, answer
    (line,) = parse_cosignatures(answer.body)
    text = parse_note(note(size, leaves)).text
    verify_note(Note(text, (line,)), [bench.witness.register.verifier], crypto_ecdsa)
    assert line.name == NAME
    return cosignature_time(line)


# --- What is not cosigned ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        b"old 00\n\n" + note(3),
        b"old -1\n\n" + note(3),
        b"old 0\r\n\r\n" + note(3),
        b"OLD 0\n\n" + note(3),
        b"old 9223372036854775808\n\n" + note(3),
        b"old 0\nnot base64\n\n" + note(3),
        b"old 0\nAAAA\n\n" + note(3),
        b"old 0\n" + b"A" * 43 + b"=\n" * 64 + b"\n" + note(3),
        b"old 0\n\n" + note(3).replace(b"\n\n", b"\n"),
        b"old 0\n\n" + note(3).replace(b"\n3\n", b"\n03\n"),
        b"old 0\n\n" + note(3)[:-1],
        b"old 0\n\n" + note(3).replace(b"\n3\n", b"\n3\nextension\n", 1),
        b"\xff\xfe",
    ],
)
def test_what_does_not_parse_is_answered_400(bench: Bench, body: bytes) -> None:
    assert bench.witness.add_checkpoint(body).status == 400
    assert bench.witness.register.head(ORIGIN).size == 0


def test_an_old_size_above_the_checkpoints_is_answered_400(bench: Bench) -> None:
    assert bench.witness.add_checkpoint(ask(8, 7, proof=[])).status == 400


def test_a_log_that_it_was_not_told_of_is_answered_404(bench: Bench) -> None:
    stranger = SmallLog("stranger.example/log")
    body = AddCheckpoint(0, (), note(3, log=stranger)).encode()
    assert bench.witness.add_checkpoint(body).status == 404


def test_a_checkpoint_that_the_log_did_not_sign_is_answered_403(bench: Bench) -> None:
    impostor = SmallLog("impostor")
    impostor.origin = ORIGIN
    assert bench.witness.add_checkpoint(AddCheckpoint(0, (), note(3, log=impostor)).encode()).status == 403
    # Under the right name and key id, with a signature that is another text's.
    moved = note(3).partition(b"\n\n")[0] + b"\n\n" + note(4).partition(b"\n\n")[2]
    assert bench.witness.add_checkpoint(AddCheckpoint(0, (), moved).encode()).status == 403
    # A right one does not heal a wrong one beside it.
    both = note(3) + note(4).partition(b"\n\n")[2]
    assert bench.witness.add_checkpoint(AddCheckpoint(0, (), both).encode()).status == 403


def test_another_old_size_than_the_recorded_one_is_answered_409_with_that_size(bench: Bench) -> None:
    assert bench.witness.add_checkpoint(ask(3, 7)) == Answer(409, "0\n", SIZE_TYPE)
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 7)), 7)
    for body in (ask(0, 7), ask(3, 7), ask(0, 20), ask(6, 20), ask(8, 20), ask(0, 3)):
        assert bench.witness.add_checkpoint(body) == Answer(409, "7\n", SIZE_TYPE)


def test_an_older_head_is_not_cosigned_again(bench: Bench) -> None:
    """A log whose database was put back to yesterday is told how far it had been."""
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 20)), 20)
    assert bench.witness.add_checkpoint(ask(0, 7)) == Answer(409, "20\n", SIZE_TYPE)
    assert bench.witness.add_checkpoint(ask(7, 7)) == Answer(409, "20\n", SIZE_TYPE)


def test_a_proof_that_does_not_lead_there_is_answered_422(bench: Bench) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    right = consistency_proof(LEAVES[:20], 12)
    for wrong in ([], right[:-1], [*right, right[0]], right[::-1], [bytes(32), *right[1:]]):
        assert bench.witness.add_checkpoint(ask(12, 20, proof=wrong)).status == 422
    assert bench.witness.register.head(ORIGIN).size == 12
    cosigned(bench, bench.witness.add_checkpoint(ask(12, 20, proof=right)), 20)


def test_a_second_history_is_answered_422_whatever_is_proven_inside_it(bench: Bench) -> None:
    """The operator with the real key: both trees are his, each proof is right within its own tree."""
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    assert bench.witness.add_checkpoint(ask(12, 20, OTHER)).status == 422
    assert bench.witness.add_checkpoint(ask(12, 12, OTHER)).status == 422
    assert bench.witness.register.head(ORIGIN).root_hash == root_hash(LEAVES[:12])


def test_a_proof_out_of_nothing_is_answered_422(bench: Bench) -> None:
    assert bench.witness.add_checkpoint(ask(0, 7, proof=[bytes(32)])).status == 422
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 7)), 7)
    assert bench.witness.add_checkpoint(ask(7, 7, proof=[bytes(32)])).status == 422


def test_the_empty_tree_has_one_root(bench: Bench) -> None:
    wrong = AddCheckpoint(0, (), note(0, root=bytes(32))).encode()
    assert bench.witness.add_checkpoint(wrong).status == 422
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 0)), 0)
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 7)), 7)


def test_a_clock_that_went_back_signs_nothing(bench: Bench) -> None:
    """ "As of this time, no larger tree" would be untrue: a larger one was cosigned at a later time."""
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 7)), 7)
    bench.clock.now -= 1
    assert bench.witness.add_checkpoint(ask(7, 20)).status == 503
    assert bench.witness.add_checkpoint(ask(7, 7)).status == 503
    bench.clock.now += 1
    cosigned(bench, bench.witness.add_checkpoint(ask(7, 20)), 20)


# --- What it keeps ----------------------------------------------------------------------------------------------------


def test_two_roots_for_one_size_are_kept_as_evidence_even_when_the_answer_is_about_something_else(bench: Bench) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    cosigned(bench, bench.witness.add_checkpoint(ask(12, 20)), 20)
    assert bench.evidence() == []
    assert bench.witness.add_checkpoint(ask(0, 12, OTHER)).status == 409
    assert bench.evidence() == [("root", 12)]
    assert bench.witness.add_checkpoint(ask(20, 20, OTHER)).status == 422
    assert bench.evidence() == [("root", 12), ("root", 20), ("proof", 20)]
    bench.witness.add_checkpoint(ask(0, 12, OTHER))
    assert len(bench.evidence()) == 3  # the same again says nothing new


def test_strangers_with_wrong_proofs_do_not_crowd_out_the_evidence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.witness.register.MAX_EVIDENCE", 3)
    assert MAX_EVIDENCE >= 1000
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 9)), 9)
    for size in range(10, 20):
        bench.witness.add_checkpoint(ask(9, size, proof=[bytes(32)]))
    assert [what for what, _ in bench.evidence()] == ["proof"] * 3
    bench.witness.add_checkpoint(ask(9, 9, [*LEAVES[:8], bytes(32)]))
    assert [what for what, _ in bench.evidence()] == ["proof"] * 3 + ["root"]


def test_a_stranger_leaves_no_trace(bench: Bench) -> None:
    impostor = SmallLog("impostor")
    impostor.origin = ORIGIN
    bench.witness.add_checkpoint(AddCheckpoint(0, (), note(3, log=impostor)).encode())
    assert bench.evidence() == []


def test_it_remembers_across_a_restart(bench: Bench) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    again = bench.restarted()
    assert again.register.verifier == bench.witness.register.verifier
    assert again.add_checkpoint(ask(0, 12, OTHER)) == Answer(409, "12\n", SIZE_TYPE)
    assert again.add_checkpoint(ask(12, 20, OTHER)).status == 422
    cosigned(bench, again.add_checkpoint(ask(12, 20)), 20)


def test_the_same_head_again_gets_a_newer_cosignature(bench: Bench) -> None:
    first = cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    bench.clock.now += 600
    assert cosigned(bench, bench.witness.add_checkpoint(ask(12, 12)), 12) == first + 600
    with sqlite3.connect(bench.folder / "witness.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM history").fetchone() == (1,)
    database.close()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE history SET root = x'00'",
        "DELETE FROM history",
        "DELETE FROM head",
        "UPDATE head SET size = 3",
        "UPDATE head SET root = x'00'",
        "UPDATE head SET time = time - 1",
        "UPDATE head SET origin = 'another'",
        "DELETE FROM evidence",
        "UPDATE evidence SET known = x''",
        "UPDATE witness SET name = 'another'",
    ],
)
def test_its_memory_does_not_go_back(bench: Bench, sql: str) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    bench.witness.add_checkpoint(ask(12, 12, OTHER))
    database = sqlite3.connect(bench.folder / "witness.sqlite3")
    with pytest.raises(sqlite3.IntegrityError, match="a witness"):
        database.execute(sql)
    database.close()


def test_of_many_at_once_each_sees_what_the_one_before_left(bench: Bench) -> None:
    """From one size, two histories and many sizes at once: what is cosigned is one line of trees."""
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 9)), 9)
    bodies = [ask(9, size, leaves) for size in range(10, 40) for leaves in (LEAVES, OTHER)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(bench.witness.add_checkpoint, bodies))
    assert sorted({one.status for one in answers}) in ([200, 409], [200, 409, 422])
    assert [one.status for one in answers].count(200) == 1
    with sqlite3.connect(bench.folder / "witness.sqlite3") as database:
        history = database.execute("SELECT size, root FROM history ORDER BY id").fetchall()
    database.close()
    assert len(history) == 2
    size, root = history[1]
    assert root in (root_hash(LEAVES[:size]), root_hash(OTHER[:size]))


# --- Its key ----------------------------------------------------------------------------------------------------------


def test_its_key_is_its_own_and_made_once(bench: Bench) -> None:
    key = bench.folder / "witness.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(bench.folder.stat().st_mode) == 0o700
    assert len(key.read_bytes()) == 32
    assert bench.witness.register.verifier.algorithm == 4


def test_a_witness_keeps_its_name(bench: Bench) -> None:
    with pytest.raises(MalformedError, match=r"is called .w\.example/1.") as caught:
        Register.open(bench.folder, "another.example/1")
    assert caught.value.code == "WITNESS_NAME"
    assert Register.open(bench.folder).name == NAME  # which need not be said again


@pytest.mark.parametrize("name", [None, "", "with space", "a+b", "line\nbreak"])
def test_a_name_that_no_note_could_carry_is_refused_and_nothing_is_made(tmp_path: Path, name: str | None) -> None:
    with pytest.raises(MalformedError):
        Register.open(tmp_path / "new", name)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_witness_that_lost_its_memory_signs_nothing(bench: Bench) -> None:
    """An empty memory would sign any second history."""
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    (bench.folder / "witness.sqlite3").rename(bench.folder / "elsewhere")
    with pytest.raises(ForkError) as caught:
        bench.witness.add_checkpoint(ask(0, 20, OTHER))
    assert caught.value.code == "WITNESS_REGISTER"
    with pytest.raises(ForkError):
        bench.restarted()
    assert not (bench.folder / "witness.sqlite3").exists()


def test_a_witness_that_lost_its_key_makes_no_new_one(bench: Bench) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    (bench.folder / "witness.key").unlink()
    with pytest.raises(ForkError) as caught:
        bench.restarted()
    assert caught.value.code == "WITNESS_KEY"
    (bench.folder / "witness.key").write_bytes(b"short")
    with pytest.raises(ForkError, match="5 bytes, expected 32"):
        bench.restarted()


def test_another_memory_under_the_same_key_is_refused(bench: Bench, tmp_path: Path) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    (bench.folder / "witness.sqlite3").write_bytes(b"")
    with pytest.raises((ForkError, sqlite3.OperationalError)):
        bench.restarted()


def test_a_log_may_change_its_key_while_both_are_known(bench: Bench) -> None:
    new = SmallLog("new key")
    new.origin = ORIGIN
    both = Witness(bench.witness.register, [parse_vkey(LOG.vkey), parse_vkey(new.vkey)], clock=bench.clock)
    cosigned(bench, both.add_checkpoint(ask(0, 12)), 12)
    body = AddCheckpoint(12, tuple(consistency_proof(LEAVES[:20], 12)), note(20, log=new)).encode()
    cosigned(bench, both.add_checkpoint(body), 20)
    assert bench.witness.add_checkpoint(body).status == 403  # who knows the old key only


def test_a_witness_key_is_no_log_key(bench: Bench) -> None:
    with pytest.raises(MalformedError, match="expected an Ed25519 log key"):
        Witness(bench.witness.register, [bench.witness.register.verifier], clock=bench.clock)


# --- What others read -------------------------------------------------------------------------------------------------


def test_a_monitor_reads_what_was_cosigned_last_and_no_strangers_lines(bench: Bench) -> None:
    import hashlib

    address = hashlib.sha256(ORIGIN.encode()).hexdigest()
    assert bench.witness.checkpoint_of(address).status == 404
    assert bench.witness.checkpoint_of("0" * 64).status == 404
    strange = ed25519_signature_line("stranger.example", bytes(32), bytes(64)).encode()
    body = AddCheckpoint(0, (), note(12) + strange).encode()
    cosigned(bench, bench.witness.add_checkpoint(body), 12)
    shown = bench.witness.checkpoint_of(address)
    assert shown.status == 200
    signers = verify_note(parse_note(shown.body), [parse_vkey(LOG.vkey), bench.witness.register.verifier], crypto_ecdsa)
    assert [one.name for one in signers] == [ORIGIN, NAME]
    assert "stranger" not in shown.body


def test_a_person_reads_who_this_is(bench: Bench) -> None:
    cosigned(bench, bench.witness.add_checkpoint(ask(0, 12)), 12)
    text = bench.witness.about().body
    assert bench.witness.register.verifier.vkey in text
    assert f"log {ORIGIN}: cosigned up to size 12" in text
