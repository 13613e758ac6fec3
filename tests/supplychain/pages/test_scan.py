"""One scan on its way into a list: the line, or at once what is wrong with it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.models import Batch, Event
from tests.factories import GTIN, commissioned, handed_over, make_batch, packed, palletised, shipped
from tests.supplychain.pages.conftest import Page, People, Visitor

pytestmark = pytest.mark.django_db
CODE = f"]d201{GTIN}21B0000000"


def scan(visitor: Visitor, purpose: str, code: str, **values: str) -> Page:
    return visitor.post("/scan-line", htmx=True, purpose=purpose, code=code, **values)


def is_refused(page: Page) -> bool:
    """A refusal goes to the place for errors, and never into the list."""
    refused = page.response.headers.get("X-Scan") == "refused"
    assert refused == (page.response.headers.get("HX-Retarget") == "#scan-error")
    assert refused != ("<li" in page.html)
    return refused


@pytest.mark.parametrize("purpose", ["pack", "ship"])
def test_what_is_not_in_hand_is_told_at_the_first_scan(people: People, purpose: str) -> None:
    commissioned(people.cast.maker, 1)
    page = scan(people.forger, purpose, CODE)
    assert is_refused(page)
    assert "It is not in your custody" in page.text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("81234567890123456789", "Chinese drug traceability code"),
        (GTIN, "not one pack"),
        ("(01)09520001000010(21)NONE", "Nobody has registered this code here."),
        ("", "Nothing was scanned"),
        ("<img src=x onerror=alert(1)>", "is no GS1 code"),
    ],
)
def test_a_code_that_names_nothing_here_is_explained(people: People, code: str, told: str) -> None:
    page = scan(people.maker, "ship", code)
    assert is_refused(page)
    assert told in page.text
    assert "<img" not in page.html


def test_an_unknown_purpose_is_a_page_out_of_date(people: People) -> None:
    for values in (
        {"purpose": "steal"},
        {"purpose": "ship", "handoff": "x"},
        {"purpose": "ship", "shipping_for": "fun"},
    ):
        page = people.maker.post("/scan-line", htmx=True, code=CODE, **values)
        assert is_refused(page)
        assert "load it again" in page.text


def test_a_pack_inside_a_case_cannot_be_listed_for_shipping(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    case = packed(people.cast.maker, epcs)
    page = scan(people.maker, "ship", CODE)
    assert is_refused(page)
    assert f"(00) {case.rpartition('/')[2]}" in page.text


def test_only_what_is_inside_the_unit_can_be_listed_for_unpacking(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    case = packed(people.cast.maker, epcs[:1])
    assert not is_refused(scan(people.maker, "unpack", epcs[0], unit=case))
    assert is_refused(scan(people.maker, "unpack", epcs[1], unit=case))


@pytest.mark.parametrize("unit", ["", "rubbish", "095200010000000997"])
def test_scanning_for_a_unit_that_is_not_there_is_no_crash(people: People, unit: str) -> None:
    epcs = commissioned(people.cast.maker, 1)
    assert is_refused(scan(people.maker, "unpack", epcs[0], unit=unit))


def test_a_line_tells_what_it_is_and_carries_the_one_spelling_of_its_code(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = scan(people.maker, "ship", CODE)
    assert not is_refused(page)
    assert page.response.headers["X-Scan"] == epcs[0]
    assert f'data-epc="{epcs[0]}"' in page.html
    assert "Amoxil 500 mg (01) 09520001000010 (21) B0000000 Lot L2611A" in page.text


def test_scanning_stores_nothing(people: People) -> None:
    commissioned(people.cast.maker, 1)
    before = Event.objects.count()
    scan(people.maker, "ship", CODE)
    assert Event.objects.count() == before


def test_a_unit_that_is_open_may_be_packed_further(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    case = packed(people.cast.maker, epcs[:1])
    assert not is_refused(scan(people.maker, "pack", epcs[1], unit=case))
    assert is_refused(scan(people.maker, "pack", case, unit=case))


# --- What arrives -----------------------------------------------------------------------------------------------------


def test_arrivals_are_never_refused_for_being_unexpected_but_remarked(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    handoff = str(shipped(people.cast.maker, people.cast.wholesaler, epcs[:1]).pk)
    assert "Not announced" not in scan(people.wholesaler, "receive", epcs[0], handoff=handoff).text
    assert "Not announced" in scan(people.wholesaler, "receive", epcs[1], handoff=handoff).text


def test_a_pack_from_inside_an_announced_case_says_scan_the_case(people: People) -> None:
    pallet, _cases, packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    handoff = str(shipped(people.cast.maker, people.cast.wholesaler, [pallet]).pk)
    page = scan(people.wholesaler, "receive", packs[0], handoff=handoff)
    assert is_refused(page)
    assert f"It is packed in (00) {pallet.rpartition('/')[2]} : scan that code." in page.text


def test_scanning_a_foreign_pallet_does_not_tell_what_is_in_it(people: People) -> None:
    pallet, _cases, _packs = palletised(people.cast.maker, cases=1, packs_per_case=3)
    handed_over(people.cast.maker, people.cast.pharmacy, [pallet])
    epcs = commissioned(people.cast.maker, 1, start=50)
    handoff = str(shipped(people.cast.maker, people.cast.wholesaler, epcs).pk)
    page = scan(people.wholesaler, "receive", pallet, handoff=handoff)
    assert "Not announced" in page.text
    assert "Amoxil" not in page.text


def test_expired_goods_may_be_listed_for_destruction_but_not_for_sale(people: People) -> None:
    batch = make_batch(people.cast.maker)
    commissioned(people.cast.maker, 1, batch=batch)
    Batch.objects.filter(pk=batch.pk).update(expiry=timezone.localdate() - timedelta(days=1))
    assert "EXPIRED" in scan(people.maker, "ship", CODE, shipping_for="sale").text
    assert not is_refused(scan(people.maker, "ship", CODE, shipping_for="destruction"))


# --- What others' goods tell a stranger -------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", ["pack", "ship"])
def test_a_stranger_learns_that_a_pack_is_packed_and_not_in_which_unit(people: People, purpose: str) -> None:
    cast = people.cast
    packs = commissioned(cast.maker, 1)
    number = packed(cast.maker, packs).rpartition("/")[2]
    assert number in scan(people.maker, purpose, CODE).text
    page = scan(people.forger, purpose, CODE)
    assert is_refused(page)
    assert "another unit" in page.text
    assert number not in page.html


def test_the_number_of_anothers_delivery_opens_nothing_of_it(people: People) -> None:
    """The page sends the delivery's number along; a stranger may send any."""
    cast = people.cast
    pallet, cases, _packs = palletised(cast.maker, cases=1, packs_per_case=1)
    handoff = str(shipped(cast.maker, cast.wholesaler, [pallet]).pk)
    code = "(00)" + cases[0].rpartition("/")[2]
    assert "scan that code" in scan(people.wholesaler, "receive", code, handoff=handoff).text
    page = scan(people.forger, "receive", code, handoff=handoff)
    assert "Not announced" in page.text
    assert pallet.rpartition("/")[2] not in page.html
