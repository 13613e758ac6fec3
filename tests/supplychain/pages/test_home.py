"""The first page, and the way from a code to its public page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger.usecases.advance import advance
from supplychain.acts import Refused, Request
from supplychain.usecases.ship import ship
from tests.factories import GTIN, LOT, commissioned, handed_over, make_batch, shipped
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db
CHECK = "/check"


# --- A stranger with a code -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("81234567890123456789", "Chinese drug traceability code"),
        ("https://example.com/shop?item=7", "ordinary web address"),
        ("(01)09520001000011(21)B7", "check digit 1 is wrong"),
        ("<script>alert(1)</script>", "is no GS1 code"),
        ("\x00\x1d", "We cannot read this code"),
        (GTIN, "The serial number is missing"),
        ("095200010000000027", "This is the label of a case or pallet"),
    ],
)
def test_a_code_that_names_no_pack_is_explained_and_kept_in_the_field(people: People, code: str, told: str) -> None:
    page = people.stranger.get(CHECK, code=code)
    assert page.status == 400
    assert told in page.text
    assert page.value_of("code") == code
    assert "<script>alert" not in page.html


def test_an_empty_field_asks_for_a_code(people: People) -> None:
    page = people.stranger.get(CHECK, code="  ")
    assert page.status == 200
    assert "Scan, paste or type the code of a pack first." in page.text


@pytest.mark.parametrize(
    ("code", "path"),
    [
        (f"https://elsewhere.example/01/{GTIN}/10/L1/21/B7?17=280131", f"/01/{GTIN}/10/L1/21/B7?17=280131"),
        (f"]d201{GTIN}17280131" + "10L1\x1d21B7", f"/01/{GTIN}/10/L1/21/B7?17=280131"),
        (f"(01){GTIN}(21)B7", f"/01/{GTIN}/21/B7"),
        (f"(01){GTIN}(10)A/1(21)B%2F7", f"/01/{GTIN}/10/A%2F1/21/B%252F7"),
    ],
)
def test_a_code_leads_to_the_packs_own_page_here_and_tells_what_the_code_told(
    people: People, code: str, path: str
) -> None:
    page = people.stranger.get(CHECK, code=code)
    assert (page.status, page.location) == (302, path)


def test_a_code_never_leads_to_another_site(people: People) -> None:
    page = people.stranger.get(CHECK, code=f"https://evil.example//01/{GTIN}/21/B7")
    assert page.status == 400 or page.location == f"/01/{GTIN}/21/B7"


def test_whoever_tries_out_codes_must_slow_down(people: People, settings) -> None:
    settings.PAGE_RATE = "3/h"
    statuses = [people.stranger.get(CHECK, code=f"(01){GTIN}(21)B{number}").status for number in range(4)]
    assert statuses == [302, 302, 302, 429]


def test_the_first_page_leads_to_ledger_api_and_sign_in(people: People) -> None:
    page = people.stranger.get("/")
    assert page.status == 200
    for name in ("ledger:explorer", "api-docs", "sign-in", "check"):
        assert reverse(name) in page.html


# --- Members ----------------------------------------------------------------------------------------------------------


def test_the_dashboard_of_a_new_party_is_empty_and_not_broken(people: People) -> None:
    page = people.pharmacy.get("/")
    assert page.status == 200
    for told in ("Nothing is under way to you.", "Your shelves are empty.", "Nothing yet."):
        assert told in page.text


def test_the_dashboard_tells_what_is_held_coming_sent_and_done(people: People) -> None:
    cast = people.cast
    epcs = commissioned(cast.maker, 7)
    handed_over(cast.maker, cast.wholesaler, epcs[:4])
    shipped(cast.maker, cast.wholesaler, epcs[4:6])
    advance()
    shipped(cast.wholesaler, cast.pharmacy, epcs[:1])

    page = people.wholesaler.get("/")
    assert "3 packs of 1 batch" in page.text
    assert f"Amoxil 500 mg {LOT}" in page.text
    assert "Helvetia Pharma 2 items (2 packs)" in page.text
    assert "Corner Pharmacy 1 item (1 pack)" in page.text
    assert "Shipped Waiting for its block 1 item to Corner Pharmacy" in page.text
    assert "Received Proof published 4 items from Helvetia Pharma" in page.text
    assert "Alpine Wholesale 2 items (2 packs)" in people.maker.get("/").text


def test_the_dashboard_costs_the_same_with_more_batches(people: People) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            people.maker.get("/")
        return len(captured)

    for number in range(2):
        epcs = commissioned(people.cast.maker, 2, start=number * 10, batch=make_batch(people.cast.maker, f"L{number}"))
        shipped(people.cast.maker, people.cast.wholesaler, epcs[:1])
    before = cost()
    for number in range(2, 7):
        epcs = commissioned(people.cast.maker, 2, start=number * 10, batch=make_batch(people.cast.maker, f"L{number}"))
        shipped(people.cast.maker, people.cast.wholesaler, epcs[:1])
    assert cost() == before


def test_the_regulator_sees_parties_log_and_refusals(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    with pytest.raises(Refused):
        ship(actor=people.cast.forger, request=Request(), epcs=epcs, receiver=people.cast.pharmacy.party)
    text = people.regulator.get("/").text
    assert "Wholesaler 2 of 2 admitted" in text
    assert "Shady Trading Ship It is not in your custody" in text
    assert LOT in text
