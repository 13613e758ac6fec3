"""A hundred thousand packs in one call: it must go through, and the door must not be what takes the time."""

import json
import sys

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supplychain.api.batches import CommissionSerializer
from supplychain.models import Event, Item
from tests.factories import make_batch

pytestmark = pytest.mark.django_db

COUNT = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_serials_go_through_in_one_call(api, cast):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    body = {"serial_numbers": [f"S{number:011d}" for number in range(COUNT)]}
    answer = api.maker.post(path, body, key="a whole batch")
    assert (answer.status, answer.body["serial_numbers"]) == (201, [])
    assert Item.objects.count() == COUNT
    assert len(json.loads(Event.objects.get().body)["epcList"]) == COUNT
    assert api.maker.post(path, body, key="a whole batch").status == 200


def test_the_door_looks_at_a_list_of_serials_as_a_whole():
    """Counted, not timed: REST framework's own ListField makes several calls for each element."""
    serials = [f"S{number:011d}" for number in range(COUNT)]
    calls = 0

    def count(_frame, event, _argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        assert CommissionSerializer(data={"serial_numbers": serials}).is_valid()
    finally:
        sys.setprofile(None)
    assert calls < COUNT / 10


def test_commissioning_costs_the_same_queries_for_two_packs_and_for_two_hundred(api, cast):
    path = f"batches/{make_batch(cast.maker).pk}/commission"
    api.maker.get("stock")
    counts = []
    for count in (2, 200):
        with CaptureQueriesContext(connection) as queries:
            assert api.maker.post(path, {"count": count}).status == 201
        counts.append(sum("INSERT INTO supplychain_item" not in one["sql"] for one in queries.captured_queries))
    assert counts[0] == counts[1]
