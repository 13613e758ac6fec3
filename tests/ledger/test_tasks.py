"""The doorbell: heard or not, nothing depends on it."""

from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import connection, transaction

from ledger import tasks
from ledger.models import Log, Pending, Tile
from tests.append_only import triggers_off
from tests.ledger.cast import Cast, event, open_cast, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


@pytest.fixture
def dead_broker() -> Iterator[None]:
    """A broker that nobody runs: the port is closed."""
    before = current_app.conf.broker_url
    current_app.conf.broker_url = "redis://127.0.0.1:1/0"
    current_app.pool.force_close_all()
    current_app.amqp._producer_pool = None
    yield
    current_app.conf.broker_url = before
    current_app.amqp._producer_pool = None


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_never_fails_the_request(dead_broker: None) -> None:
    cast = open_cast()
    tasks.doorbell.last_ring = float("-inf")
    with transaction.atomic():
        submitted = put(event(), cast.maker)
    assert Pending.objects.filter(entry=submitted.entry).exists()


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
    cast = open_cast()
    rings: list[object] = []
    monkeypatch.setattr(tasks.advance, "apply_async", lambda **options: rings.append(options))
    tasks.doorbell.last_ring = float("-inf")
    with transaction.atomic():
        for _ in range(5):
            put(event(), cast.maker)
        assert rings == []
    assert len(rings) == 1
