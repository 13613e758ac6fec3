"""Cost follows the work, not the goods: a handoff of a pallet writes and asks the same, whatever is on the pallet."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supplychain.models import Item
from tests.factories import Cast, commissioned, handed_over, make_batch, packed

pytestmark = pytest.mark.django_db

SIZES = (10, 300, 2_000)


def count_rows() -> Counter[str]:
    return Counter({model._meta.label: model._default_manager.count() for model in apps.get_models()})


@pytest.fixture
def costs(cast: Cast) -> list[tuple[int, Counter[str], int, list[str]]]:
    """For each size: queries, new rows by table, items that changed, and the tables written to."""
    batch = make_batch(cast.maker)
    pallets = [packed(cast.maker, commissioned(cast.maker, size, start=size * 10, batch=batch)) for size in (5, *SIZES)]
    handed_over(cast.maker, cast.wholesaler, [pallets[0]])  # what is loaded once is loaded
    found = []
    for pallet in pallets[1:]:
        before, newest = count_rows(), set(Item.objects.values_list("pk", "last_event"))
        with CaptureQueriesContext(connection) as queries:
            handoff = handed_over(cast.maker, cast.wholesaler, [pallet])
        assert handoff.state == "received"
        changed = len(set(Item.objects.values_list("pk", "last_event")) - newest)
        writes = [one["sql"].split()[:3] for one in queries.captured_queries if one["sql"][:6] in ("INSERT", "UPDATE")]
        found.append((len(queries), count_rows() - before, changed, sorted(" ".join(one) for one in writes)))
    return found


def test_a_handoff_asks_as_many_queries_for_ten_packs_as_for_two_thousand(costs) -> None:
    assert len({queries for queries, *_ in costs}) == 1


def test_a_handoff_writes_as_many_rows_for_ten_packs_as_for_two_thousand(costs) -> None:
    (_, rows, changed, writes), *others = costs
    assert sum(rows.values()) < 40  # the two acts, their entries, and what they can be found by
    assert changed == 1  # the pallet
    assert all((more, there, wrote) == (rows, changed, writes) for _, more, there, wrote in others)
