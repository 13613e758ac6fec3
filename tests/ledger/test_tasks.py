"""The doorbell: heard or not, nothing depends on it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.db import connection, transaction

from ledger import tasks
from ledger.errors import LedgerError
from ledger.models import Checkpoint, Log, Pending, Tile
from ledger.tlog.note import ed25519_vkey
from ledger.usecases.advance import advance as advance_log
from ledger.witness_models import Witness
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, event, open_cast, put
from tests.ledger.witnessed import witnessed
from tests.witnesses import lying

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture(autouse=True)
def witness_bells_are_done(db: None) -> Iterator[None]:
    """The threads that ask witnesses outlive a task, but must not outlive the test's database."""
    yield
    wait_until(lambda: all(bell.is_idle for bell in tasks.witness_bells), seconds=30)


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_neither_fails_nor_delays_the_request(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Celery("dead", broker="redis://127.0.0.1:1/0", set_as_current=False)  # nobody listens there
    monkeypatch.setattr(tasks, "advance", app.task(name="ledger.advance")(tasks.advance.run))
    bell = tasks.Doorbell("test", tasks.call_worker)
    started = time.monotonic()
    with transaction.atomic():
        submitted = put(event(), open_cast().maker)
        transaction.on_commit(bell.press, robust=True)
    assert time.monotonic() - started < 4  # the broker's own patience is longer
    wait_until(lambda: "ledger_ring_unheard" in caplog.text, seconds=30)
    assert Pending.objects.filter(entry=submitted.entry).exists()


def wait_until(holds: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)


def test_the_task_does_what_is_due(cast: Cast) -> None:
    tasks.advance()
    assert not Pending.objects.exists()
    tasks.advance()
    assert Log.objects.get().height == 1


def test_the_task_before_any_log_does_nothing() -> None:
    tasks.advance()


def test_a_contradiction_stops_the_log_and_not_the_worker(cast: Cast) -> None:
    tasks.advance()
    with triggers_off(connection):
        Tile.objects.update(hashes=bytes(32))
    put(event(), cast.maker)
    tasks.advance()
    assert Log.objects.get().state == Log.FROZEN
    tasks.advance()


def test_the_task_is_found_by_the_name_that_beat_calls() -> None:
    assert tasks.advance.name == "ledger.advance"
    assert tasks.advance.acks_late
    assert tasks.advance.ignore_result


@pytest.mark.django_db(transaction=True)
def test_many_submissions_ring_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[dict[str, bool]] = []
    bell = tasks.Doorbell("test", tasks.call_worker)
    monkeypatch.setattr(tasks, "doorbell", bell)
    monkeypatch.setattr(tasks.advance, "apply_async", lambda **options: rings.append(options))
    cast = open_cast()  # several transactions: on a busy machine they ring more than once
    wait_until(lambda: bool(rings) and not bell._pressed.is_set(), seconds=10)
    time.sleep(3 * tasks.QUIET_SECONDS)
    before = len(rings)
    with transaction.atomic():
        for _ in range(5):
            put(event(), cast.maker)
    wait_until(lambda: len(rings) > before, seconds=10)
    time.sleep(3 * tasks.QUIET_SECONDS)  # long enough for a second to show
    assert rings[before:] == [{"retry": False}]


@pytest.mark.django_db(transaction=True)
def test_the_task_has_witnesses_asked_by_a_thread_of_its_own(tmp_path: Path, settings: Any) -> None:
    """A witness that does not answer holds no worker: the task is back long before it gives up."""
    cast = open_cast()
    settings.WITNESS_TIMEOUT_S = 3
    with witnessed(cast, tmp_path, ["w1", "w2"]) as log, lying(wait_long) as liar:
        log.policy("group one 1 {names}", urls={"w2": liar.url})
        put(event(), cast.maker)
        started = time.monotonic()
        tasks.advance()
        assert time.monotonic() - started < 1
        wait_until(lambda: Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).exists(), seconds=20)
        # And the next entry is sealed and signed while the slow one is still being waited for.
        put(event(), cast.maker)
        tasks.advance()
        assert not Pending.objects.exists()
        assert Checkpoint.objects.count() == 2
        wait_until(has_published_two, seconds=20)
        wait_until(lambda: Witness.objects.filter(failures__gte=1).exists(), seconds=20)


def has_published_two() -> bool:
    tasks.advance()  # as beat does each second
    return Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).count() == 2


def wait_long(path: str, body: bytes) -> tuple[int, str, str]:
    time.sleep(4)
    return 503, "text/plain", "late"


def test_a_policy_file_under_somebodys_hands_stops_publishing_and_nothing_else(
    cast: Cast, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WITNESS_POLICY = str(tmp_path / "policy")
    (tmp_path / "policy").write_text("half a li")
    tasks.advance()
    assert "ledger_stopped" in caplog.text
    assert not Pending.objects.exists()
    assert Log.objects.get().state == Log.ACTIVE
    assert Checkpoint.objects.get().state == Checkpoint.SIGNED


def test_a_policy_that_names_another_key_for_this_log_publishes_nothing(
    cast: Cast, tmp_path: Path, settings: Any
) -> None:
    other = ed25519_vkey(settings.LOG_ORIGIN, bytes(32))
    (tmp_path / "policy").write_text(f"log {other}\nquorum none\n")
    settings.WITNESS_POLICY = str(tmp_path / "policy")
    with pytest.raises(LedgerError) as error:
        advance_log()
    assert error.value.code == "POLICY_KEY"
    assert Log.objects.get().state == Log.ACTIVE
