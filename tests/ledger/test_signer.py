"""The signer remembers on its own, and no database, restored or forged, talks it into a second history."""

import sqlite3
import stat
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger import crypto_fast
from ledger.errors import ForkError, MalformedError
from ledger.signer import Head, Signer
from ledger.tlog.checkpoint import open_checkpoint
from ledger.tlog.merkle import consistency_proof, leaf_hash, root_hash
from ledger.tlog.note import parse_vkey

ORIGIN = "log.example/1"
HONEST = [leaf_hash(b"honest %d" % number) for number in range(64)]
FORGED = [*HONEST[:3], *(leaf_hash(b"forged %d" % number) for number in range(61))]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "log", ORIGIN)


def sign(signer: Signer, size: int, leaves: Sequence[bytes] = HONEST, proof: Sequence[bytes] | None = None) -> str:
    old = signer.head().size
    if proof is None:
        proof = consistency_proof(leaves[:size], old) if 0 < old < size else []
    return signer.sign(size=size, root_hash=root_hash(leaves[:size]), consistency_proof=proof)


def refusal(signer: Signer, size: int, leaves: Sequence[bytes] = HONEST, proof: Sequence[bytes] | None = None) -> str:
    before = signer.head()
    with pytest.raises(ForkError) as error:
        sign(signer, size, leaves, proof)
    assert signer.head() == before
    return error.value.code


# --- What it refuses ------------------------------------------------------------------------------------------------


def test_a_smaller_size_is_a_rollback(signer: Signer) -> None:
    sign(signer, 20)
    assert refusal(signer, 19) == "ROLLBACK"


def test_another_root_at_the_same_size_is_a_fork(signer: Signer) -> None:
    sign(signer, 20)
    assert refusal(signer, 20, FORGED) == "FORK"


def test_a_longer_log_with_another_past_is_a_fork(signer: Signer) -> None:
    sign(signer, 20)
    assert refusal(signer, 30, FORGED) == "FORK"


def test_an_honest_extension_without_its_proof_is_refused(signer: Signer) -> None:
    sign(signer, 20)
    assert refusal(signer, 30, proof=[]) == "FORK"


def test_a_proof_between_other_sizes_is_refused(signer: Signer) -> None:
    sign(signer, 20)
    assert refusal(signer, 30, proof=consistency_proof(HONEST[:30], 19)) == "FORK"


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_tree_is_never_signed(signer: Signer, size: int) -> None:
    with pytest.raises(MalformedError):
        signer.sign(size=size, root_hash=root_hash([]), consistency_proof=[])


def test_a_lost_register_stops_everything(signer: Signer, tmp_path: Path) -> None:
    """An empty memory would sign anything. Making a new one must be somebody's decision."""
    sign(signer, 20)
    (tmp_path / "log/head.sqlite3").unlink()
    with pytest.raises(ForkError, match=r"head\.sqlite3"):
        sign(Signer.create(tmp_path / "log", ORIGIN), 20)
    assert not (tmp_path / "log/head.sqlite3").exists()


def test_the_register_of_another_log_is_not_taken(signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(ForkError, match="knows no log"):
        Signer(tmp_path / "log", "log.example/2").sign(size=1, root_hash=HONEST[0], consistency_proof=[])


def test_a_lost_key_is_named(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "log/log.key").unlink()
    with pytest.raises(ForkError, match=r"log\.key"):
        sign(signer, 1)


def test_a_cut_off_key_is_named(signer: Signer, tmp_path: Path) -> None:
    (tmp_path / "log/log.key").write_bytes(b"short")
    with pytest.raises(MalformedError, match="5 bytes, expected 32"):
        sign(signer, 1)


@pytest.mark.parametrize(
    "sql", ["UPDATE head SET size = 1", "DELETE FROM head", "DELETE FROM history", "UPDATE history SET root = x'00'"]
)
def test_the_register_itself_does_not_go_back(signer: Signer, tmp_path: Path, sql: str) -> None:
    sign(signer, 20)
    register = sqlite3.connect(tmp_path / "log/head.sqlite3")
    with pytest.raises(sqlite3.IntegrityError):
        register.execute(sql)
    register.close()


# --- What it does ---------------------------------------------------------------------------------------------------


def test_a_note_opens_under_the_logs_public_key(signer: Signer) -> None:
    checkpoint = open_checkpoint(sign(signer, 20), parse_vkey(signer.vkey), crypto_fast)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root_hash) == (ORIGIN, 20, root_hash(HONEST[:20]))


def test_every_proven_extension_is_signed_and_remembered(signer: Signer) -> None:
    notes = [sign(signer, size) for size in (1, 2, 3, 20, 64)]
    assert [head.note for head in signer.history()] == notes
    assert signer.head() == Head(64, root_hash(HONEST), notes[-1])


def test_the_same_head_again_gives_the_same_bytes(signer: Signer, tmp_path: Path) -> None:
    """Killed between signing and storing the note, the worker asks again."""
    note = sign(signer, 20)
    assert sign(Signer(tmp_path / "log", ORIGIN), 20) == note
    assert len(list(signer.history())) == 1


def test_the_key_is_for_its_owner_only(signer: Signer, tmp_path: Path) -> None:
    path = tmp_path / "log/log.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_bytes()) == 32


def test_a_signer_that_is_there_stays_as_it_is(signer: Signer, tmp_path: Path) -> None:
    sign(signer, 20)
    again = Signer.create(tmp_path / "log", ORIGIN)
    assert (again.vkey, again.head()) == (signer.vkey, signer.head())


def test_processes_that_create_the_signer_together_agree_on_one_key(tmp_path: Path) -> None:
    barrier, vkeys = threading.Barrier(8), []

    def create() -> None:
        barrier.wait()
        vkeys.append(Signer.create(tmp_path / "log", ORIGIN).vkey)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vkeys) == 8
    assert len(set(vkeys)) == 1
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == ["head.sqlite3", "log.key"]


def test_of_two_that_sign_different_futures_at_once_one_wins(signer: Signer) -> None:
    sign(signer, 3)
    barrier, outcomes = threading.Barrier(2), []

    def extend(leaves: Sequence[bytes]) -> None:
        proof = consistency_proof(leaves[:30], 3)
        barrier.wait()
        try:
            signer.sign(size=30, root_hash=root_hash(leaves[:30]), consistency_proof=proof)
            outcomes.append("signed")
        except ForkError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=extend, args=(leaves,)) for leaves in (HONEST, FORGED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["FORK", "signed"]
