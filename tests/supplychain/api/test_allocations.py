"""Serial numbers over the API: issued, fetched by their maker alone, unknown to everybody else, counted."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.models import Allocation, Item, Refusal
from tests.factories import GTIN, OTHER_GTIN, make_batch, make_product, serials
from tests.supplychain.api.conftest import Callers, address

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(api: Callers, cast) -> int:
    make_product(cast.maker)
    answer = api.maker.post("allocations", {"gtin": GTIN, "serial_numbers": ["A/1%", *serials(9)]})
    assert answer.status == 201, answer.body
    return int(answer.body["allocation"]["id"])


def file_of(caller, pk: int, **query):
    return caller.client.get(address(f"allocations/{pk}/serials.csv"), query, headers=caller.headers)


def test_minted_serials_are_issued_and_listed(api: Callers, cast) -> None:
    make_product(cast.maker)
    answer = api.maker.post("allocations", {"gtin": GTIN, "count": 300}, key="line 4, tonight")
    assert answer.status == 201
    assert answer.body["allocation"] == {
        "id": Allocation.objects.get().pk,
        "gtin": GTIN,
        "quantity": 300,
        "is_minted": True,
        "is_open": True,
    }
    again = api.maker.post("allocations", {"gtin": GTIN, "count": 300}, key="line 4, tonight")
    assert (again.status, again.body["allocation"], Item.objects.count()) == (200, answer.body["allocation"], 300)
    assert [one["quantity"] for one in api.maker.get("allocations").body["results"]] == [300]
    assert [one["quantity"] for one in api.regulator.get("allocations").body["results"]] == [300]
    assert api.forger.get("allocations").body["results"] == []


def test_the_list_is_cut_by_key(api: Callers, cast) -> None:
    make_product(cast.maker)
    for count in (1, 2, 3):
        api.maker.post("allocations", {"gtin": GTIN, "count": count})
    first = api.maker.get("allocations", limit=2)
    assert [one["quantity"] for one in first.body["results"]] == [3, 2]
    assert [one["quantity"] for one in api.maker.get(first.body["next"]).body["results"]] == [1]


def test_the_file_for_the_line_has_every_serial_with_its_links(api: Callers, issued: int, cast, settings) -> None:
    settings.PUBLIC_URL = "https://verify.example"
    batch = make_batch(cast.maker, "L/7", timezone.localdate() + timedelta(days=400))
    answer = file_of(api.maker, issued, batch=batch.pk)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer.headers["Cache-Control"]
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode())))
    assert rows[0] == ["serial_number", "epc", "digital_link"]
    assert rows[1] == [
        "A/1%",
        f"https://id.gs1.org/01/{GTIN}/21/A%2F1%25",
        f"https://verify.example/01/{GTIN}/10/L%2F7/21/A%2F1%25?17={batch.expiry:%y%m%d}",
    ]
    assert [row[0] for row in rows[2:]] == serials(9)
    bare = list(csv.reader(io.StringIO(file_of(api.maker, issued).getvalue().decode())))
    assert bare[2][2] == f"https://verify.example/01/{GTIN}/21/B0000000"


@pytest.mark.parametrize("name", ["regulator", "wholesaler", "forger"])
def test_nobody_but_the_maker_gets_the_file(api: Callers, issued: int, name: str) -> None:
    answer = file_of(getattr(api, name), issued)
    assert (answer.status_code, answer.json()["code"]) == (404, "UNKNOWN_ALLOCATION")


def test_the_file_names_no_batch_of_another_product(api: Callers, issued: int, cast) -> None:
    from supplychain.usecases.register_batch import register_batch

    other = register_batch(
        actor=cast.maker,
        product=make_product(cast.maker, OTHER_GTIN, "Other"),
        lot_number="L1",
        expiry=timezone.localdate() + timedelta(days=9),
    )
    assert file_of(api.maker, issued, batch=other.pk).json()["code"] == "UNKNOWN_BATCH"
    assert (
        file_of(api.maker, issued, batch="x").status_code == 422
        or file_of(api.maker, issued, batch="x").status_code == 400
    )


@pytest.mark.parametrize("code", [f"(01){GTIN}(21)B0000003", f"https://id.gs1.org/01/{GTIN}/21/B0000003"])
def test_a_dark_serial_is_unknown_to_every_caller(api: Callers, issued: int, code: str) -> None:
    """The same answer as for a serial that was never issued: or asking would tell a thief which numbers are good."""
    for caller in (api.maker, api.wholesaler, api.forger, api.regulator):
        dark = caller.get("items/lookup", code=code)
        never = caller.get("items/lookup", code=code.replace("B0000003", "NEVER"))
        assert (dark.status, dark.code) == (never.status, never.code) == (404, "UNKNOWN_ITEM")


def test_a_list_is_counted_once(api: Callers, issued: int, cast) -> None:
    batch = make_batch(cast.maker)
    path = f"allocations/{issued}/reconciliation"
    assert api.maker.post(f"batches/{batch.pk}/commission", {"serial_numbers": serials(5)}).status == 201
    report = {"destroyed": ["A/1%"], "unused": serials(3, 5), "applied": 6}
    answer = api.maker.post(path, report, key="count")
    assert (answer.status, answer.body["outcome"]) == (201, "accept_with_exception")
    assert [(one["code"], one["epc"].rpartition("/")[2]) for one in answer.body["exceptions"]] == [
        ("UNACCOUNTED", "B0000008"),
        ("APPLIED_DIFFERS", ""),
    ]
    assert api.maker.post(path, report, key="count").body["exceptions"] == answer.body["exceptions"]
    assert api.maker.post(path, {}).code == "ALREADY_RECONCILED"
    found = api.regulator.get(f"allocations/{issued}").body
    told = {name: found[name] for name in ("is_open", "applied", "dark", "destroyed", "unused")}
    assert told == {"is_open": False, "applied": 5, "dark": 0, "destroyed": 1, "unused": 3}
    late = api.maker.post(f"batches/{batch.pk}/commission", {"serial_numbers": ["B0000008"]})
    assert (late.status, late.code) == (409, "SERIAL_REUSED")


def test_nothing_unused_is_another_report_than_nothing_said(api: Callers, issued: int) -> None:
    answer = api.maker.post(f"allocations/{issued}/reconciliation", {"unused": []})
    assert [one["code"] for one in answer.body["exceptions"]] == ["UNACCOUNTED"] * 10


def test_a_forger_neither_issues_nor_counts(api: Callers, issued: int) -> None:
    assert api.forger.post("allocations", {"gtin": GTIN, "count": 5}).code == "NOT_BRAND_OWNER"
    assert api.forger.post(f"allocations/{issued}/reconciliation", {}).code == "NOT_BRAND_OWNER"
    assert api.forger.get(f"allocations/{issued}").code == "UNKNOWN_ALLOCATION"
    assert api.nobody.post("allocations", {"gtin": GTIN, "count": 5}).status == 401
    assert [one.act for one in Refusal.objects.order_by("pk")] == ["allocate", "reconcile"]


@pytest.mark.parametrize(
    "body",
    [
        {"gtin": GTIN},
        {"gtin": GTIN, "count": 1, "serial_numbers": ["B1"]},
        {"gtin": GTIN, "count": 1_000_001},
        {"gtin": GTIN, "count": 1, "length": 21},
        {"gtin": "123", "count": 1},
        {"gtin": GTIN, "serial_numbers": []},
        {"gtin": GTIN, "serial_numbers": ["B1", 2]},
    ],
)
def test_bad_bodies_issue_nothing(api: Callers, cast, body: dict) -> None:
    make_product(cast.maker)
    assert api.maker.post("allocations", body).status == 422
    assert not Item.objects.exists()


def test_what_an_allocation_tells_costs_the_same_queries_for_ten_and_for_a_thousand(
    api: Callers, cast, django_assert_max_num_queries
) -> None:
    make_product(cast.maker)
    pk = api.maker.post("allocations", {"gtin": GTIN, "count": 1_000}).body["allocation"]["id"]
    with django_assert_max_num_queries(8):
        api.maker.get(f"allocations/{pk}")
