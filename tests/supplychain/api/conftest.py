"""Every party of the cast as a caller over HTTP, each with an API key of its own."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from ledger.models import Entry
from supplychain.models import Event, Handoff, Item, Refusal
from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import Cast

BASE = "/api/v1/"


@dataclass
class Answer:
    """An HTTP answer: its status, its headers, and its body as JSON."""

    status: int
    headers: Any
    body: Any

    @property
    def code(self) -> str:
        return str(self.body.get("code", ""))


class Caller:
    """Somebody with an API key; an empty key is nobody."""

    def __init__(self, key: str = "") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def get(self, path: str, **query: Any) -> Answer:
        return answered(self.client.get(address(path), query, headers=self.headers))

    def post(self, path: str, body: Any = None, *, key: str | None = None, content_type="application/json") -> Answer:
        headers = self.headers if key is None else {**self.headers, "Idempotency-Key": key}
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        return answered(self.client.post(address(path), data, content_type=content_type, headers=headers))


def address(path: str) -> str:
    return path if path.startswith(("/", "http")) else BASE + path


def answered(response: Any) -> Answer:
    return Answer(response.status_code, response.headers, json.loads(response.content) if response.content else None)


@dataclass
class Callers:
    regulator: Caller
    maker: Caller
    wholesaler: Caller
    pharmacy: Caller
    forger: Caller
    nobody: Caller


@pytest.fixture
def api(cast: Cast) -> Callers:
    def caller(name: str) -> Caller:
        return Caller(issue_api_key(party=getattr(cast, name).party, name="tests")[1])

    roles = ("regulator", "maker", "wholesaler", "pharmacy", "forger")
    return Callers(**{name: caller(name) for name in roles}, nobody=Caller())


def stored():
    return Entry.objects.count(), Event.objects.count(), Item.objects.count(), Handoff.objects.count()


@pytest.fixture
def refused():
    """A post that must be refused with this status and code, and leave nothing behind but the evidence."""

    def check(caller, path, body, status, code):
        before, evidence = stored(), Refusal.objects.count()
        answer = caller.post(path, body)
        assert (answer.status, answer.code) == (status, code), answer.body
        assert stored() == before
        assert Refusal.objects.count() == evidence + 1
        assert answer.body["type"] == f"urn:medtrail:problem:{code}"
        assert answer.body["reasons"][0]["code"] == code
        assert answer.body["detail"].startswith(answer.body["reasons"][0]["text"])
        return answer

    return check
