"""Serial numbers through the pages: issued, fetched, counted; and no page shows a dark one to anybody else."""

from typing import Any

import pytest

from supplychain.models import Allocation, Item
from tests.factories import GTIN, commissioned, make_batch, make_product, serials
from tests.supplychain.pages.conftest import Page, People
from tests.supplychain.pages.test_products import csv

pytestmark = pytest.mark.django_db
NEW = "/serials/new"


def issue(people: People, **values: object) -> Page:
    product = make_product(people.cast.maker)
    return people.maker.act(NEW, **({"product": product.pk, "source": "own"} | values))


def test_a_list_is_issued_fetched_and_counted(people: People) -> None:
    page = issue(people, serials_text="\n".join(serials(5)))
    assert "Issued 5 serial numbers." in people.maker.follow(page).text
    commissioned(people.cast.maker, 3, batch=make_batch(people.cast.maker))
    detail = people.maker.get(page.location)
    assert "On packs 3 Not used yet 2" in detail.text
    counted = people.maker.act(page.location, destroyed="B0000003", unused="B0000004", applied="3")
    assert "It adds up" in people.maker.follow(counted).text
    assert "Counted" in people.maker.get("/serials").text


def test_what_does_not_add_up_stands_on_the_page(people: People) -> None:
    page = issue(people, serials_text="\n".join(serials(3)))
    counted = people.maker.act(page.location, destroyed="B0000000", unused="B0000001")
    text = people.maker.follow(counted).text
    assert "What does not add up" in text
    assert "B0000002" in text
    assert "UNACCOUNTED" in text
    assert "with differences" in people.regulator.get("/serials").text


def test_bad_lines_are_named_and_nothing_is_issued(people: People) -> None:
    page = issue(people, serials_file=csv("serial_number", "A1", "A 2", "A1", "1.23E+12"))
    assert page.status == 422
    assert "3 A 2" in page.text
    assert "4 A1 The same serial stands on line 2" in page.text
    assert "rounded by a spreadsheet" in page.text
    assert not Item.objects.exists()


def test_serials_that_are_in_use_are_named_with_their_lines(people: People) -> None:
    issue(people, serials_text="A1\nA2")
    page = issue(people, serials_file=csv("serial_number", "A3", "A2"))
    assert page.status == 422
    assert "3 A2 This serial was issued or used before" in page.text
    assert Item.objects.count() == 2


def test_a_report_about_other_serials_is_refused_in_place(people: People) -> None:
    page = issue(people, serials_text="A1\nA2")
    for report, words in (({"destroyed": "X1"}, "NOT_OF_ALLOCATION"), ({"unused": "A 1"}, "not in GS1 character set")):
        again = people.maker.act(page.location, **report)
        assert (again.status, words in again.text) == (422, True)
    assert Allocation.objects.get().reconciled_by is None


def test_the_same_form_sent_twice_issues_once(people: People) -> None:
    product = make_product(people.cast.maker)
    number = people.maker.get(NEW).number
    for _ in range(2):
        people.maker.post(NEW, request_id=number, product=product.pk, source="mint", count="7")
    assert (Allocation.objects.count(), Item.objects.count()) == (1, 7)


def test_the_list_is_for_its_maker_and_told_to_the_regulator(people: People) -> None:
    page = issue(people, serials_text="A1\nA2")
    file = page.location + ".csv"

    response: Any = people.maker.client.get(file)
    body = response.getvalue()
    assert body.splitlines()[1].startswith(b"A1,https://id.gs1.org/01/" + GTIN.encode())
    assert people.regulator.get(page.location).status == 200
    assert "File for the line" not in people.regulator.get(page.location).text
    assert people.regulator.get(file).status == 403
    for other, status in ((people.forger, 404), (people.wholesaler, 403)):
        assert other.get(page.location).status == status
        assert other.get(file).status == status
    assert people.stranger.get(file).status == 302
    assert people.maker.get(file + "?batch=999").status == 404


def test_no_page_shows_a_dark_serial(people: People) -> None:
    issue(people, serials_text="A1\nA2")
    for visitor in (people.maker, people.wholesaler, people.forger, people.regulator):
        assert visitor.get(f"/items/pack/{GTIN}-A1").status == 404
        assert "/items/" not in visitor.get("/find", code=f"(01){GTIN}(21)A1").location
    public = people.stranger.get(f"/01/{GTIN}/21/A1")
    never = people.stranger.get(f"/01/{GTIN}/21/A9")
    assert public.text.replace("A1", "A9") == never.text
    assert people.stranger.get(f"/codes/{GTIN}/A1.svg").status == 404


def test_a_serial_that_was_counted_as_unused_verifies_as_unknown(people: People) -> None:
    page = issue(people, serials_text="A1\nA2")
    people.maker.act(page.location)
    assert people.stranger.get(f"/01/{GTIN}/21/A1").text.replace("A1", "A9") == (
        people.stranger.get(f"/01/{GTIN}/21/A9").text
    )
