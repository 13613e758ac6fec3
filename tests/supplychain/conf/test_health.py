"""What a supervisor, a balancer and Prometheus are told: the truth about this part, and nothing to strangers."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from ledger.models import Log
from ledger.usecases.advance import advance
from supplychain.conf.health import watched
from tests.append_only import triggers_off
from tests.factories import Cast
from tests.servers import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_watched() -> Iterator[None]:
    kept = dict(watched)
    watched.clear()
    yield
    watched.clear()
    watched.update(kept)


def test_a_live_process_is_healthy_without_asking_anybody(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "parts": {}})


def test_a_dead_worker_thread_makes_the_process_unhealthy(client: Client) -> None:
    watched.update(web=lambda: True, worker=lambda: False)
    response = client.get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"ok": False, "parts": {"web": True, "worker": False}}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_nobody_posts_to_a_probe(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


def test_a_site_without_a_log_is_not_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"] == {"database": "ok", "broker": "ok", "log": "LOG_NOT_OPEN"}


def test_a_site_with_all_its_parts_is_ready(client: Client, cast: Cast) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["ok"]) == (200, True)


@pytest.mark.django_db(transaction=True)
def test_a_log_whose_tree_was_changed_is_not_ready(client: Client, cast: Cast) -> None:
    advance()
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_tile SET hashes = ledger_log.last_header_hash FROM ledger_log WHERE level = 0")
    cache.clear()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["log"] not in ("ok", "LOG_NOT_OPEN")


def test_a_frozen_log_is_not_ready(client: Client, cast: Cast) -> None:
    Log.objects.update(state=Log.FROZEN, frozen_because="for this test")
    assert client.get("/readyz").json()["parts"]["log"] == "LOG_FROZEN"


def test_a_broker_that_is_down_is_named(client: Client, cast: Cast, settings) -> None:
    settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{free_port()}/0"
    parts = client.get("/readyz").json()["parts"]
    assert parts == {"database": "ok", "broker": "unreachable", "log": "ok"}


def test_metrics_name_what_waits(client: Client, cast: Cast) -> None:
    body = client.get("/metrics").content.decode()
    assert "medtrail_ledger_pending_entries 5.0" in body
    assert "medtrail_ledger_tree_size 0.0" in body


def test_metrics_in_production_need_the_token(client: Client, settings) -> None:
    settings.PRODUCTION = True
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200
