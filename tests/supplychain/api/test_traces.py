"""Forwards: where a batch is now. Backwards: which way an item came. To each what it may know."""

import pytest
from django.contrib.auth import get_user_model

from supplychain.acts import Request
from supplychain.models import Batch
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.unpack import unpack
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, palletised, shipped
from tests.supplychain.api.conftest import Callers

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(cast: Cast) -> Batch:
    """A pallet at the wholesaler's, a case of it at the pharmacy's with one pack dispensed, a pack on its way, and two
    at the maker's, one of them destroyed."""
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=3)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=cases[:1])
    handed_over(cast.wholesaler, cast.pharmacy, cases[:1])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    batch = Batch.objects.get()
    loose = commissioned(cast.maker, 3, start=100, batch=batch)
    shipped(cast.maker, cast.wholesaler, loose[:1])
    destroy(actor=cast.maker, request=Request(), epcs=loose[1:2])
    commissioned(cast.maker, 2, start=500, batch=make_batch(cast.maker, "OTHER"))
    return batch


def told(body: dict) -> set[tuple]:
    return {
        (one["life"], one["holder"] and one["holder"]["name"], tuple(one["roles"]), one["is_under_way"], one["packs"])
        for one in body["shares"]
    }


def test_the_regulator_sees_who_has_how_many(api: Callers, batch: Batch) -> None:
    answer = api.regulator.get(f"batches/{batch.pk}/trace")
    assert answer.body["packs"] == 9
    assert told(answer.body) == {
        ("active", "Alpine Wholesale", ("wholesaler",), False, 3),
        ("active", "Corner Pharmacy", ("pharmacy",), False, 2),
        ("dispensed", None, (), False, 1),
        ("active", "Helvetia Pharma", ("manufacturer",), True, 1),
        ("active", "Helvetia Pharma", ("manufacturer",), False, 1),
        ("destroyed", None, (), False, 1),
    }


def test_the_maker_sees_roles_where_it_may_not_know_names(api: Callers, batch: Batch) -> None:
    answer = api.maker.get(f"batches/{batch.pk}/trace")
    assert answer.body["packs"] == 9
    assert {one[1] for one in told(answer.body)} == {None, "Helvetia Pharma"}
    assert ("active", None, ("pharmacy",), False, 2) in told(answer.body)


@pytest.mark.parametrize("path", ["trace", "units"])
def test_nobody_else_learns_how_large_a_batch_is(api: Callers, batch: Batch, path: str) -> None:
    for caller in (api.wholesaler, api.pharmacy, api.forger):
        assert caller.get(f"batches/{batch.pk}/{path}").code == "UNKNOWN_BATCH"
        assert caller.get(f"batches/{10**9}/{path}").code == "UNKNOWN_BATCH"


def test_units_and_loose_packs_are_listed_page_by_page(api: Callers, batch: Batch) -> None:
    seen: list[dict] = []
    path: str | None = f"batches/{batch.pk}/units?limit=2"
    pages = 0
    while path:
        body = api.regulator.get(path).body
        seen, path, pages = seen + body["results"], body["next"], pages + 1
    assert pages == 3
    assert sum(one["packs"] for one in seen) == 9
    assert len({one["epc"] for one in seen}) == len(seen) == 6
    makers = api.maker.get(f"batches/{batch.pk}/units").body["results"]
    assert [one["epc"] for one in makers].count(None) == 2  # the pallet and the case that others hold
    assert sum(one["packs"] for one in makers) == 9


def test_a_trace_of_a_large_batch_asks_as_many_queries_as_of_a_small_one(
    api: Callers, cast: Cast, django_assert_max_num_queries
) -> None:
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 600, batch=batch)
    for at in range(0, 500, 50):
        packed(cast.maker, packs[at : at + 50])
    for path in ("trace", "units"):
        with django_assert_max_num_queries(9):
            assert api.maker.get(f"batches/{batch.pk}/{path}").status == 200


def test_an_items_way_is_told_whole_where_one_took_part(api: Callers, cast: Cast) -> None:
    pallet, _cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    whole = api.regulator.get("items/trace", code=packs[0]).body["steps"]
    assert [one["biz_step"] for one in whole] == [
        *("receiving", "shipping", "receiving", "shipping", "packing", "packing", "commissioning")
    ]
    assert {one["through"] for one in whole[:4]} == {pallet}
    makers = api.maker.get("items/trace", code=packs[0]).body["steps"]
    assert [one["party"] is None for one in makers] == [True, True, False, False, False, False, False]
    shown = {"biz_step": "receiving", "day": whole[0]["day"], "roles": ["pharmacy"], "country": "CH"}
    hidden = dict.fromkeys(("through", "event_id", "event_time", "party", "counterparty"))
    assert makers[0] == shown | hidden


@pytest.mark.parametrize(
    ("code", "status"), [("", 422), ("(01)09520001000010(21)NEVER", 404), ("rubbish", 422), ("(01)09520001000010", 404)]
)
def test_a_code_that_names_no_item_has_no_way(api: Callers, code: str, status: int) -> None:
    assert api.maker.get("items/trace", code=code).status == status


def test_the_page_lists_what_the_api_lists(batch: Batch, client, cast: Cast) -> None:
    client.force_login(get_user_model().objects.get(username="maker"))
    page = client.get(f"/batches/{batch.pk}/units").content.decode()
    assert "A unit of its holder" in page
    assert "Pharmacy, CH" in page
    assert f"/batches/{batch.pk}/units" in client.get(f"/batches/{batch.pk}").content.decode()
