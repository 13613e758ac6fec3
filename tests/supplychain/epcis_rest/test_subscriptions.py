"""Named queries and who is told of their events: a real receiver, a real sender, and addresses that nobody may name."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ledger.usecases.advance import advance
from supplychain.models import NamedQuery, Subscription
from supplychain.usecases.notify_subscribers import notify_subscribers
from tests.factories import commissioned, shipped
from tests.supplychain.epcis_rest.documents import an_event, bare

pytestmark = pytest.mark.django_db

TOKEN = "13df38d8275b13f05704629e5f1cf3d45d6132d5"


class Receiver(HTTPServer):
    """A subscriber's server: keeps what it gets, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def events(self) -> list[dict[str, Any]]:
        bodies = [json.loads(body) for _, body in self.got]
        return [one for body in bodies for one in body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]]


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    server = Receiver()
    settings.EPCIS_WEBHOOK_TEST_HOSTS = [f"127.0.0.1:{server.server_port}"]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def subscribed(client, receiver, **wish: Any) -> Subscription:
    named = client.post("queries", {"name": "steps", "query": {"EQ_bizStep": ["shipping"]}})
    assert named.status == 201, named.body
    answer = client.post("queries/steps/subscriptions", {"dest": receiver.url, "signatureToken": TOKEN, **wish})
    assert answer.status == 201, answer.body
    assert answer.headers["Location"].endswith(answer.body["subscriptionID"])
    assert TOKEN not in json.dumps(answer.body)
    return Subscription.objects.get(pk=answer.body["subscriptionID"])


def captured(client, **fields: Any) -> str:
    event = an_event(**fields)
    assert client.post("events", bare(event)).status == 201
    return str(event["eventID"])


# --- What must not happen ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dest",
    ["http://127.0.0.1:5432/", "https://localhost/", "https://169.254.169.254/latest/", "https://[::1]/", "ftp://x.y/"],
)
def test_nobody_has_events_sent_to_where_only_we_can_go(epcis, dest):
    epcis.forger.post("queries", {"name": "q", "query": {}})
    answer = epcis.forger.post("queries/q/subscriptions", {"dest": dest, "stream": True})
    assert (answer.status, answer.body["type"]) == (400, "epcisException:SubscriptionControlsException")
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ({}, "stream"),
        ({"stream": False}, "stream"),
        ({"stream": True, "schedule": {"hour": "1"}}, "stream"),
        ({"schedule": {"hour": "25"}}, "schedule.hour"),
        ({"schedule": {}}, "schedule"),
        ({"stream": "yes"}, "stream"),
        ({"stream": True, "every": 5}, "every"),
        ({"stream": True, "signatureToken": "x" * 300}, "signatureToken"),
        ({"stream": True, "initialRecordTime": "yesterday"}, "initialRecordTime"),
        ({"stream": True, "dest": 7}, "dest"),
        ({"stream": True, "dest": ""}, "dest"),
    ],
)
def test_a_subscription_that_cannot_be_is_refused_with_its_field(epcis, receiver, wish, path):
    epcis.maker.post("queries", {"name": "q", "query": {}})
    answer = epcis.maker.post("queries/q/subscriptions", {"dest": receiver.url, **wish})
    assert (answer.status, answer.body["type"]) == (400, "epcisException:SubscriptionControlsException")
    assert answer.body["errors"][0]["path"] == path


def test_subscribers_get_what_their_party_may_see_and_nothing_else(epcis, cast, receiver):
    subscribed(epcis.forger, receiver, stream=True)
    shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    advance()
    notify_subscribers()
    assert receiver.got == []


def test_another_partys_queries_are_not_there(epcis, receiver):
    subscription = subscribed(epcis.maker, receiver, stream=True)
    for path in ("queries/steps", "queries/steps/events", f"queries/steps/subscriptions/{subscription.pk}"):
        assert epcis.forger.get(path).status == 404
    assert epcis.forger.get("queries/steps", method="DELETE").status == 404
    assert epcis.forger.get("queries").body == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"name": "q"},
        {"name": "a/b", "query": {}},
        {"name": "q", "query": {"EQ_bizStep": "x", "what": 1}},
        {"name": 7, "query": {}},
    ],
)
def test_what_is_no_named_query_is_refused(epcis, body):
    answer = epcis.maker.post("queries", body)
    assert (answer.status, answer.body["type"]) == (400, "epcisException:QueryValidationException")
    assert not NamedQuery.objects.exists()


def test_a_redirect_is_not_followed_and_counts_as_no_delivery(epcis, receiver):
    receiver.status = 302
    subscription = subscribed(epcis.maker, receiver, stream=True)
    captured(epcis.maker)
    advance()
    assert notify_subscribers() == 0
    subscription.refresh_from_db()
    assert (subscription.failures, subscription.last_error) == (1, "answered 302")


# --- What must work ---------------------------------------------------------------------------------------------------


def test_a_stream_brings_each_event_once_signed_with_the_clients_token(epcis, receiver):
    before = captured(epcis.maker)
    advance()
    subscribed(epcis.maker, receiver, stream=True)
    first = captured(epcis.maker)
    captured(epcis.maker, bizStep="receiving")
    assert notify_subscribers() == 0  # not yet sealed
    advance()
    assert notify_subscribers() == 1
    assert notify_subscribers() == 0
    second = captured(epcis.maker)
    advance()
    assert notify_subscribers() == 1
    assert [one["eventID"] for one in receiver.events()] == [first, second]
    assert before not in [first, second]
    headers, body = receiver.got[0]
    expected = hmac.new(TOKEN.encode(), body, hashlib.sha256).hexdigest()
    assert headers["GS1-Signature"] == f"sha256={expected}"
    document = json.loads(body)["epcisBody"]["queryResults"]
    assert document["queryName"] == "steps"
    assert document["subscriptionID"] == str(Subscription.objects.get().pk)


def test_what_nobody_took_is_sent_again_later_and_later(epcis, receiver):
    subscription = subscribed(epcis.maker, receiver, stream=True)
    sent = captured(epcis.maker)
    advance()
    receiver.status = 500
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for failures, wait in enumerate((2, 4, 8), start=1):
            assert notify_subscribers() == 0
            subscription.refresh_from_db()
            assert subscription.failures == failures
            assert (subscription.due_at - timezone.now()).total_seconds() == wait
            assert notify_subscribers() == 0  # not before its time
            clock.shift(wait)
        receiver.status = 204
        assert notify_subscribers() == 1
    assert [one["eventID"] for one in receiver.events()] == [sent] * 4
    shown = epcis.maker.get(f"queries/steps/subscriptions/{subscription.pk}").body
    assert (shown["failures"], shown["lastError"], "lastNotifiedAt" in shown) == (0, "", True)


def test_a_schedule_reports_at_its_time_also_that_there_is_nothing(epcis, receiver):
    with time_machine.travel("2026-11-25T12:00:00Z", tick=False) as clock:
        subscribed(epcis.maker, receiver, schedule={"hour": "1", "minute": "5"}, reportIfEmpty=True)
        captured(epcis.maker, eventTime="2026-11-25T11:00:00Z")
        advance()
        assert notify_subscribers() == 0
        clock.move_to("2026-11-26T01:05:00Z")
        assert notify_subscribers() == 1
        assert notify_subscribers() == 0
        clock.move_to("2026-11-27T01:05:01Z")
        assert notify_subscribers() == 1
    assert len(receiver.events()) == 1
    assert len(receiver.got) == 2


def test_who_asks_for_an_earlier_time_gets_what_was_recorded_since(epcis, receiver):
    old = captured(epcis.maker)
    advance()
    subscribed(epcis.maker, receiver, stream=True, initialRecordTime="2020-01-01T00:00:00Z")
    assert notify_subscribers() == 1
    assert [one["eventID"] for one in receiver.events()] == [old]


def test_a_query_and_its_subscriptions_go_together(epcis, receiver):
    subscription = subscribed(epcis.maker, receiver, stream=True)
    assert epcis.maker.post("queries", {"name": "steps", "query": {}}).status == 409
    assert len(epcis.maker.get("queries/steps/subscriptions").body) == 1
    assert epcis.maker.get(f"queries/steps/subscriptions/{subscription.pk}", method="DELETE").status == 204
    assert epcis.maker.get("queries/steps", method="DELETE").status == 204
    assert epcis.maker.get("queries/steps").status == 404
