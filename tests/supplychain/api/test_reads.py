"""What each party may read: nothing of strangers, page by page, at a number of queries that does not grow."""

import hashlib
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supplychain.acts import Request
from supplychain.models import Batch, Event, Handoff, Product
from supplychain.statement import verify_event
from supplychain.usecases.dispense import dispense
from tests.factories import (
    GTIN,
    LOT,
    MAKER_GLN,
    OTHER_GTIN,
    commissioned,
    handed_over,
    make_batch,
    make_product,
    packed,
    palletised,
    shipped,
)

pytestmark = pytest.mark.django_db


def queries_of(call) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    assert answer.status == 200, answer.body
    return len(queries)


def all_pages(caller, path, **query):
    """Follow the next links to the end."""
    answer = caller.get(path, **query)
    while True:
        yield answer.body["results"]
        if answer.body["next"] is None:
            return
        answer = caller.get(answer.body["next"].removeprefix("http://testserver"))


# --- What is not theirs -----------------------------------------------------------------------------------------------


def test_batches_and_products_of_others_are_not_listed(api, cast):
    batch = make_batch(cast.maker)
    for caller in (api.forger, api.wholesaler, api.pharmacy):
        assert caller.get("batches").body["results"] == []
        assert caller.get("products").body["results"] == []
        assert caller.get(f"batches/{batch.pk}").code == "UNKNOWN_BATCH"
    for caller in (api.maker, api.regulator):
        assert [one["lot_number"] for one in caller.get("batches").body["results"]] == [LOT]
        assert [one["gtin"] for one in caller.get("products").body["results"]] == [GTIN]


def test_a_batch_is_shown_to_whoever_holds_goods_of_it(api, cast):
    pallet, _, _ = palletised(cast.maker, cases=2, packs_per_case=2)
    batch = Batch.objects.get()
    assert api.wholesaler.get(f"batches/{batch.pk}").status == 404
    handed_over(cast.maker, cast.wholesaler, [pallet])
    answer = api.wholesaler.get(f"batches/{batch.pk}")
    assert answer.body["packs"] == {"active": 4}
    assert api.pharmacy.get(f"batches/{batch.pk}").status == 404
    loose = commissioned(cast.maker, 1, start=50, batch=batch)
    handed_over(cast.maker, cast.pharmacy, loose)
    dispense(actor=cast.pharmacy, request=Request(), epc=loose[0])
    assert api.maker.get(f"batches/{batch.pk}").body["packs"] == {"active": 4, "dispensed": 1}


def test_handoffs_are_shown_to_both_sides_and_the_regulator_alone(api, cast):
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    path = f"handoffs/{handoff.pk}"
    for caller in (api.maker, api.wholesaler, api.regulator):
        assert caller.get(path).body["state"] == "open"
    for caller in (api.pharmacy, api.forger):
        answer = caller.get(path)
        assert (answer.status, answer.code) == (404, "UNKNOWN_HANDOFF")
        assert caller.get("handoffs/incoming").body["results"] == []
        assert caller.get("handoffs/outgoing").body["results"] == []
    assert api.wholesaler.get("handoffs/outgoing").body["results"] == []
    assert api.maker.get("handoffs/incoming").body["results"] == []


def test_stock_is_ones_own_and_at_rest(api, cast):
    epcs = commissioned(cast.maker, 3)
    shipped(cast.maker, cast.wholesaler, epcs[:1])
    assert [one["epc"] for one in api.maker.get("stock").body["results"]] == epcs[:0:-1]
    assert api.wholesaler.get("stock").body["results"] == []
    assert api.regulator.get("stock").body["results"] == []


def test_an_event_is_whole_for_its_parties_and_commitments_for_others(api, cast):
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 2))
    path = f"events/{handoff.ship_event.event_id}"
    for caller in (api.maker, api.wholesaler, api.regulator):
        body = caller.get(path).body
        # With the event and its secret a partner recomputes all that the sender signed.
        verify_event(body["event"], body["statement"], secret=bytes.fromhex(body["secret"]))
        assert body["event"]["destinationList"][0]["destination"].endswith("9520002000002")
    for caller in (api.pharmacy, api.forger):
        answer = caller.get(path)
        assert (answer.body["event"], answer.body["secret"]) == (None, None)
        assert answer.body["statement"]["lists"]["epcList"]["size"] == 2
        assert "9520002000002" not in json.dumps(answer.body)
        assert bytes(handoff.ship_event.secret).hex() not in json.dumps(answer.body)


def test_an_unknown_event_is_unknown(api):
    for name in ("urn:uuid:0", "x" * 5000, "%00", "urn:uuid:%F0%9F"):
        answer = api.maker.get(f"events/{name}")
        assert (answer.status, answer.code) == (404, "UNKNOWN_EVENT")


# --- What a code names ------------------------------------------------------------------------------------------------


def test_a_code_is_looked_up_in_whatever_form_it_comes(api, cast):
    epc = commissioned(cast.maker, 1)[0]
    for code in (epc, f"https://pack.example/01/{GTIN}/10/{LOT}/21/B0000000?17=280131", f"(01){GTIN}(21)B0000000"):
        body = api.maker.get("items/lookup", code=code).body
        assert body["item"]["epc"] == body["scan"]["epc"] == epc
        assert body["product"]["gtin"] == GTIN
        assert body["item"]["custody"] == {
            "is_yours": True,
            "is_under_way": False,
            "holder": {"gln": MAKER_GLN, "name": "Helvetia Pharma"},
            "handoff": None,
            "parent": None,
        }


def test_a_lookup_tells_strangers_the_state_but_not_the_place(api, cast):
    pallet, cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    nothing = {"is_yours": False, "is_under_way": False, "holder": None, "handoff": None, "parent": None}
    body = api.pharmacy.get("items/lookup", code=packs[0]).body
    assert (body["item"]["life"], body["item"]["batch"]["lot_number"]) == ("active", LOT)
    assert body["item"]["custody"] == nothing
    assert api.maker.get("items/lookup", code=packs[0]).body["item"]["custody"]["parent"] == cases[0]

    handoff = shipped(cast.maker, cast.wholesaler, [pallet])
    coming = api.wholesaler.get("items/lookup", code=packs[0]).body["item"]["custody"]
    assert coming == {**nothing, "is_under_way": True, "handoff": handoff.pk, "parent": cases[0]}
    assert api.pharmacy.get("items/lookup", code=packs[0]).body["item"]["custody"]["handoff"] is None


def test_a_lookup_of_a_product_code_finds_the_product(api, cast):
    make_product(cast.maker)
    body = api.pharmacy.get("items/lookup", code=GTIN).body
    assert (body["product"]["gtin"], body["item"]) == (GTIN, None)


def test_a_lookup_of_nothing_registered_is_404_and_of_no_code_422(api, cast):
    make_product(cast.maker)
    for code in (f"(01){GTIN}(21)NEVER", OTHER_GTIN, "(00)095200010000000010"):
        answer = api.maker.get("items/lookup", code=code)
        assert (answer.status, answer.code) == (404, "UNKNOWN_ITEM")
    for code in ("", "  ", "09520001000011", "81000000000000000000", "\0", "x" * 9000):
        assert api.maker.get("items/lookup", code=code).status == 422
    assert api.maker.get("items/lookup").body["errors"][0]["field"] == "code"


# --- Pages and queries ------------------------------------------------------------------------------------------------


def test_pages_have_every_row_once_even_when_rows_come_in_between(api, cast):
    batch = make_batch(cast.maker)
    epcs = commissioned(cast.maker, 7, batch=batch)
    pages = all_pages(api.maker, "stock", limit=3)
    seen = [next(pages)]
    commissioned(cast.maker, 1, start=100, batch=batch)
    seen += pages
    assert [len(page) for page in seen] == [3, 3, 1]
    assert [one["epc"] for page in seen for one in page] == epcs[::-1]


def test_parties_are_listed_by_name_page_by_page(api):
    pages = list(all_pages(api.maker, "parties", limit=2))
    names = [one["name"] for page in pages for one in page]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert names == sorted(names)
    assert [one["name"] for one in api.maker.get("parties", search="corner").body["results"]] == ["Corner Pharmacy"]
    assert api.maker.get(f"parties/{MAKER_GLN}").body["roles"] == ["manufacturer"]
    for gln in ("9520008000006", "x", "9520001000003 ", "%00"):
        assert api.maker.get(f"parties/{gln}").code == "UNKNOWN_PARTY"


@pytest.mark.parametrize("path", ["parties", "products", "batches", "stock", "handoffs/incoming", "handoffs/outgoing"])
def test_a_list_costs_the_same_queries_for_two_rows_and_for_twenty(api, cast, path):
    caller = api.wholesaler if path == "handoffs/incoming" else api.maker
    batch = make_batch(cast.maker)
    epcs = commissioned(cast.maker, 60, batch=batch)
    caller.get(path)  # notes the use of the key

    def grow(first, count):
        for number in range(first, first + count):
            Product.objects.create(gtin=f"{number:014d}", name=f"P{number}", brand_owner=cast.maker.party)
            Batch.objects.create(product=batch.product, lot_number=f"L{number}", expiry=batch.expiry)
            packed(cast.maker, [epcs[2 * number]])
            shipped(cast.maker, cast.wholesaler, [epcs[2 * number + 1]])

    grow(0, 2)
    few = queries_of(lambda: caller.get(path))
    grow(2, 18)
    assert queries_of(lambda: caller.get(path)) == few
    assert few <= 5


def test_one_handoff_costs_the_same_queries_whatever_is_in_it(api, cast):
    batch = make_batch(cast.maker)
    small = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1, batch=batch))
    many = commissioned(cast.maker, 40, start=100, batch=batch)
    units = [packed(cast.maker, many[at : at + 2]) for at in range(0, 40, 2)]
    large = handed_over(cast.maker, cast.wholesaler, units)
    api.wholesaler.get("stock")
    counts = [queries_of(lambda pk=pk: api.wholesaler.get(f"handoffs/{pk}")) for pk in (small.pk, large.pk)]
    # The large one has units, whose contents are one query more, and a receipt, which is two.
    assert counts[0] <= 6
    assert counts[1] <= counts[0] + 3


def test_a_handoff_shows_what_was_announced_page_by_page(api, cast):
    epcs = commissioned(cast.maker, 5)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    body = {"handoff": handoff.pk, "epcs": epcs[:2]}
    assert api.wholesaler.post("receipts", body).status == 201
    answer = api.maker.get(f"handoffs/{handoff.pk}", limit=3).body
    rows = answer["items"]["results"]
    rest = api.maker.get(answer["items"]["next"].removeprefix("http://testserver")).body
    assert rest["items"]["next"] is None
    rows += rest["items"]["results"]
    assert [(one["epc"], one["is_under_way"]) for one in rows] == [(epc, epc in epcs[2:]) for epc in epcs]
    assert [one["code"] for one in answer["differences"]] == ["SHORTAGE"] * 3
    assert [one["biz_step"] for one in answer["receipts"]] == ["receiving"]
    assert answer["ship_event"]["entry_id"] == bytes(handoff.ship_event.entry.entry_id).hex()


def test_a_sender_does_not_see_into_a_unit_once_it_was_received(api, cast):
    case = packed(cast.maker, commissioned(cast.maker, 3))
    handoff = shipped(cast.maker, cast.wholesaler, [case])

    def line(caller):
        [one] = caller.get(f"handoffs/{handoff.pk}").body["items"]["results"]
        return one["is_open"], one["packs"], len(one["contents"])

    assert line(api.maker) == line(api.wholesaler) == line(api.regulator) == (True, 3, 1)
    assert api.wholesaler.post("receipts", {"handoff": handoff.pk}).status == 201
    assert line(api.wholesaler) == line(api.regulator) == (True, 3, 1)
    assert line(api.maker) == (False, None, 0)


def test_lists_of_handoffs_count_what_is_under_way(api, cast):
    pallet, _, _ = palletised(cast.maker, cases=2, packs_per_case=3)
    shipped(cast.maker, cast.wholesaler, [pallet])
    coming = api.wholesaler.get("handoffs/incoming").body["results"]
    assert [(one["items"], one["packs"], one["handoff"]["sender"]["gln"]) for one in coming] == [(1, 6, MAKER_GLN)]
    assert api.wholesaler.post("receipts", {"handoff": coming[0]["handoff"]["id"]}).status == 201
    assert api.wholesaler.get("handoffs/incoming").body["results"] == []
    assert api.maker.get("handoffs/outgoing", open="true").body["results"] == []
    assert api.maker.get("handoffs/outgoing").body["results"][0]["handoff"]["state"] == "received"


def test_the_answer_names_the_entry_that_the_log_has(api, cast):
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    body = api.maker.get(f"handoffs/{handoff.pk}").body
    entry = Event.objects.get(pk=body["ship_event"]["id"]).entry
    assert body["ship_event"]["entry_id"] == bytes(entry.entry_id).hex()
    assert hashlib.sha256(bytes(entry.envelope)).digest() == bytes(entry.envelope_sha256)
    assert Handoff.objects.get().ship_event.entry == entry
