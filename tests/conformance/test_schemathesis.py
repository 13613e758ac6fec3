"""Requests made up from our own description of the API, by a program that others wrote: none of them breaks the server.

Bounded and repeatable: a few examples of each operation, always the same ones. What it asks for is asked by a maker who
has goods, and by nobody.
"""

import json
import logging
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.cache import cache
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings

from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import Cast, commissioned, shipped

pytestmark = pytest.mark.django_db

EXAMPLES = 3
NOT_OFFERED = {("DELETE", "/epcis/nextPageToken/{token}")}  # 501 is its answer
# Reads a second of every answer: the description itself, and files of a whole batch.
SLOW = ("/api/schema", "export")


@pytest.mark.parametrize("caller", ["maker", "nobody"])
def test_no_request_that_the_description_allows_breaks_the_server(
    cast: Cast, caller: str, settings_quiet: None
) -> None:
    shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 3)[:1])
    headers = {}
    if caller == "maker":
        headers["Authorization"] = f"Bearer {issue_api_key(party=cast.maker.party, name='fuzz')[1]}"
    schema = schemathesis.openapi.from_dict(dict(SchemaGenerator().get_schema(public=True)))
    broken: list[str] = []
    asked = 0

    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # another test says that the description is valid
        if not any(one in operation.path for one in SLOW):
            found = ask(operation, headers)
            asked += len(found)
            broken += [one for one in found if one]
    assert asked > 150
    assert broken == []


def ask(operation: Any, headers: dict[str, str]) -> list[str]:
    """Some requests of one operation; for each what broke, or "" if nothing did."""
    found: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def each(case: Any) -> None:
        cache.clear()  # the throttles count there
        status = send(case, headers).status_code
        is_broken = status >= 500 and (operation.method.upper(), operation.path) not in NOT_OFFERED
        what = f"{case.method} {case.formatted_path} {case.query} {case.body!r:.300}: {status}"
        found.append(what if is_broken else "")

    each()
    return found


def send(case: Any, headers: dict[str, str]) -> Any:
    """The request through Django's own client: in this test's transaction."""
    path = case.formatted_path
    if case.query:
        path += "?" + urlencode([(name, str(value)) for name, value in case.query.items()])
    body = case.body
    if not isinstance(body, bytes | str):
        body = "" if type(body).__name__ == "NotSet" else json.dumps(body, default=str)
    sent = {name: str(value) for name, value in (case.headers or {}).items() if str(value).isprintable()}
    client = Client(raise_request_exception=False)
    kind = case.media_type or "application/json"
    return client.generic(case.method, path, body, content_type=kind, headers={**sent, **headers})


@pytest.fixture
def settings_quiet() -> Any:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
