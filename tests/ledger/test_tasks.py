"""The doorbell: heard or not, nothing depends on it."""

import time
from collections.abc import Callable

import pytest
from celery import Celery
from django.db import connection, transaction

from ledger import tasks
from ledger.models import Log, Pending, Tile
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, event, open_cast, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_neither_fails_nor_delays_the_request(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Celery("dead", broker="redis://127.0.0.1:1/0", set_as_current=False)  # nobody listens there
    monkeypatch.setattr(tasks, "advance", app.task(name="ledger.advance")(tasks.advance.run))
    bell = tasks.Doorbell()
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
    bell = tasks.Doorbell()
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
