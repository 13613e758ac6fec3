"""Nothing is sealed, signed or published on a log that contradicts itself, from the first moment on."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from ledger.errors import LedgerError
from ledger.models import Block, Checkpoint, Log, Pending
from ledger.signer import Signer
from ledger.startup import check_at_start
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.recover import recover
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from ledger.usecases.unfreeze import unfreeze
from tests.check_log import check_log
from tests.ledger.cast import Cast, event, open_cast, published, put, put_events
from tests.ledger.restore import restore_to

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Three blocks, published."""
    cast = open_cast()
    for _ in range(3):
        put_events(cast, 2)
        published()
    return cast


def refused(code: str) -> None:
    """Work comes in, a worker comes by, and nothing moves; and whoever asks is told."""
    before = (Block.objects.count(), Checkpoint.objects.count(), Pending.objects.count(), history())
    with pytest.raises(LedgerError) as error:
        advance()
    assert error.value.code == code
    assert (Block.objects.count(), Checkpoint.objects.count(), Pending.objects.count(), history()) == before
    cache.clear()
    answer = Client().get("/readyz")
    state = "LOG_FROZEN" if Log.objects.get().state == Log.FROZEN else code
    assert (answer.status_code, answer.json()["parts"]["log"]) == (503, state)


def history() -> list[int]:
    folder = Path(settings.LOG_DIR)
    if not (folder / "head.sqlite3").exists():
        return []
    return [head.size for head in Signer(folder, settings.LOG_ORIGIN).history()]


def test_a_database_restored_from_an_old_copy_seals_nothing_until_it_is_led_forward(cast: Cast) -> None:
    seen = check_log(settings.LOG_PUBLIC_DIR)
    restore_to(2, entries_too=False)
    late = put(event(), cast.maker).entry
    refused("ROLLBACK")
    list(recover(folder=settings.LOG_PUBLIC_DIR))
    unfreeze(because="restored from last night's copy, led forward from the published files")
    published()
    list(audit())
    assert check_log(settings.LOG_PUBLIC_DIR, earlier=seen).entries[-1] == bytes(late.envelope_sha256).hex()


def test_a_stale_replica_that_was_promoted_under_a_running_worker_seals_nothing(cast: Cast) -> None:
    """The worker was at work a moment ago; it looks again before each block."""
    put_events(cast, 1)
    published()
    restore_to(3)
    put_events(cast, 1)
    refused("ROLLBACK")


def test_a_replica_that_sealed_by_itself_is_a_fork(cast: Cast) -> None:
    restore_to(2)
    for _ in range(3):
        put_events(cast, 4)
        seal()
    refused("FORK")


def test_a_lost_register_stops_sealing_until_it_is_back(cast: Cast, tmp_path: Path) -> None:
    register = Path(settings.LOG_DIR) / "head.sqlite3"
    register.rename(tmp_path / "register")
    put_events(cast, 1)
    refused("SIGNER_HEAD_MISSING")
    (tmp_path / "register").rename(register)
    assert advance() is not None


def test_a_register_from_yesterday_signs_nothing_on_a_database_from_yesterday(cast: Cast, tmp_path: Path) -> None:
    """Both agree with each other, and with nobody who saw what was published since."""
    register = Path(settings.LOG_DIR) / "head.sqlite3"
    shutil.copy(register, tmp_path / "register")
    put_events(cast, 1)
    published()
    shutil.copy(tmp_path / "register", register)
    restore_to(3)
    put_events(cast, 5)
    refused("PUBLISHED_AHEAD")


def test_what_was_sealed_before_is_not_signed_either(cast: Cast) -> None:
    """Nothing waits, but a block has no head yet, and what is published is another history."""
    put_events(cast, 1)
    seal()
    folder = Path(settings.LOG_PUBLIC_DIR)
    other = Signer.create(folder.parent / "other", settings.LOG_ORIGIN)
    (folder / "checkpoint").write_text(other.sign(size=5, root_hash=bytes(32), consistency_proof=[]))
    refused("CHECKPOINT_UNSIGNED")


def test_published_files_from_yesterday_are_not_built_upon(cast: Cast) -> None:
    note = Checkpoint.objects.earliest("tree_size").note
    (Path(settings.LOG_PUBLIC_DIR) / "checkpoint").write_text(note)
    put_events(cast, 1)
    refused("PUBLISHED_BEHIND")


def test_a_host_without_the_published_files_works(cast: Cast) -> None:
    shutil.rmtree(settings.LOG_PUBLIC_DIR)
    check_log_state()


def test_nothing_due_nothing_is_looked_at(cast: Cast, django_assert_max_num_queries: object) -> None:
    """Beat comes each second; a log at rest costs it a handful of queries."""
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        advance()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_starts_says_how_the_log_stands(own_log_folders: None, caplog: pytest.LogCaptureFixture) -> None:
    assert check_at_start() == "LOG_NOT_OPEN"
    cast = open_cast()
    published()
    assert check_at_start() == "ok"
    put_events(cast, 1)
    seal()
    sign()
    (Path(settings.LOG_DIR) / "head.sqlite3").unlink()
    assert check_at_start() == "SIGNER_HEAD_MISSING"
    assert "ledger_not_ready" in caplog.text
