"""Stock, and the page of one item: names and hours for those concerned, role, country and day for the others."""

import json

import pytest
from django.urls import reverse

from supplychain.acts import Request
from supplychain.models import Event
from supplychain.stock import find_items
from supplychain.templatetags.medtrail import item_url
from supplychain.usecases.commission import commission
from supplychain.usecases.dispense import dispense
from supplychain.usecases.unpack import unpack
from tests.factories import GTIN, LOT, commissioned, handed_over, make_batch, pack_epc, palletised, shipped
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db


def page_of(epc: str) -> str:
    return item_url(find_items([epc])[epc])


# --- What strangers must not learn ------------------------------------------------------------------------------------


def test_a_stranger_of_the_trade_learns_role_country_and_day_only(people: People) -> None:
    cast = people.cast
    pallet, _cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    for epc in (packs[0], pallet):
        page = people.forger.get(page_of(epc))
        assert page.status == 200
        assert "Alpine Wholesale" not in page.text
        assert "Wholesaler, CH" in page.text
        assert "UTC" not in page.text
        assert reverse("ledger:entry", args=[find_items([epc])[epc].last_event.entry.entry_id]) not in page.html
    assert pallet.rpartition("/")[2] not in people.forger.get(page_of(packs[0])).html
    assert "What is inside is its holder's business" in people.forger.get(page_of(pallet)).text


def test_the_maker_does_not_learn_to_whom_its_customer_sold(people: People) -> None:
    cast = people.cast
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, epcs)
    handed_over(cast.wholesaler, cast.pharmacy, epcs)
    text = people.maker.get(page_of(epcs[0])).text
    assert "Alpine Wholesale, from Helvetia Pharma" in text
    assert "Corner Pharmacy" not in text
    assert "Pharmacy, CH" in text


def test_the_event_file_is_for_its_author_its_counterparty_and_the_regulator(people: People) -> None:
    cast = people.cast
    event = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1)).ship_event
    path = reverse("event", args=[event.pk])
    for visitor in (people.maker, people.wholesaler, people.regulator):
        assert json.loads(visitor.get(path).html)["eventID"] == event.event_id
    for visitor in (people.pharmacy, people.forger):
        assert visitor.get(path).status == 404
    assert people.stranger.get(path).status == 302


def test_a_code_that_nobody_registered_is_not_found(people: People) -> None:
    for code in (f"{GTIN}-NONE", "nonsense", f"{GTIN}", "-"):
        assert people.maker.get(reverse("item", args=["pack", code])).status == 404
    assert people.maker.get(reverse("item", args=["unit", "095200010000000027"])).status == 404
    assert people.maker.get("/items/crate/1").status == 404


# --- What the holder sees ---------------------------------------------------------------------------------------------


def test_stock_lists_roots_with_what_is_in_them(people: People) -> None:
    palletised(people.cast.maker, cases=2, packs_per_case=3)
    commissioned(people.cast.maker, 1, start=100)
    text = people.maker.get(reverse("hold")).text
    assert f"6 packs of Amoxil 500 mg, lot {LOT}" in text
    assert "B0000100" in text
    assert "B0000000" not in text


def test_a_scanned_code_in_the_search_opens_the_item(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = people.maker.get(reverse("hold"), q=f"01{GTIN}21B0000000")
    assert (page.status, page.location) == (302, page_of(epcs[0]))


def test_the_regulator_opens_any_item_from_its_first_page(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = people.regulator.get(reverse("find"), code=epcs[0])
    assert page.location == page_of(epcs[0])
    missed = people.regulator.get(reverse("find"), code="rubbish")
    assert "Nobody has registered rubbish here." in people.regulator.follow(missed).text


def test_the_search_finds_a_lot_and_says_when_there_is_none(people: People) -> None:
    commissioned(people.cast.maker, 1)
    assert "B0000000" in people.maker.get(reverse("hold"), q=LOT).text
    assert "Nothing of yours goes by NONE." in people.maker.get(reverse("hold"), q="NONE").text


@pytest.mark.parametrize("after", ["-1", "x", "٣", "9" * 40, "1e3"])
def test_a_damaged_cursor_starts_from_the_top(people: People, after: str) -> None:
    commissioned(people.cast.maker, 1)
    assert "B0000000" in people.maker.get(reverse("hold"), after=after).text


def test_the_next_page_keeps_the_search(people: People) -> None:
    commissioned(people.cast.maker, 51)
    page = people.maker.get(reverse("hold"), q=LOT)
    assert f"?q={LOT}&amp;after=" in page.html
    last = find_items([f"https://id.gs1.org/01/{GTIN}/21/B0000001"]).popitem()[1].pk
    assert "B0000000" in people.maker.get(reverse("hold"), q=LOT, after=last).text


def test_the_story_of_a_pack_is_told_newest_first_with_its_units(people: People) -> None:
    cast = people.cast
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.pharmacy, [pallet])
    unpack(actor=cast.pharmacy, request=Request(), parent=pallet, children=cases[:1])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    page = people.regulator.get(page_of(packs[0]))
    told = page.text.partition("Newest first")[2]
    order = [told.find(word) for word in ("Dispensed", "Unpacked", "Received", "Shipped", "Packed", "Made")]
    assert -1 not in order
    assert order == sorted(order)
    assert f"inside {pallet.rpartition('/')[2]}" in told
    assert "Nobody in trade any more" in page.text


def test_a_serial_with_a_slash_has_a_page(people: People) -> None:
    odd = ["A/B", "%2F", "a/../b", "..", "x&y=?"]
    commission(actor=people.cast.maker, request=Request(), batch=make_batch(people.cast.maker), serial_numbers=odd)
    for serial in odd:
        page = people.maker.get(page_of(pack_epc(serial)))
        assert page.status == 200, serial
        assert "Lot" in page.text


def test_what_stands_in_the_event_file_is_what_was_stored(people: People) -> None:
    commissioned(people.cast.maker, 1)
    event = Event.objects.get(biz_step="commissioning")
    assert people.maker.get(reverse("event", args=[event.pk])).html == event.body
