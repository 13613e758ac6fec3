"""The same thing twice: a finger that shakes, a scanner that fires again, a page that comes back. It happens once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from supplychain.acts import Request
from supplychain.models import Item
from supplychain.usecases.dispense import dispense
from tests.browser.people import People, Person
from tests.browser.steps import acts, at_the_pharmacy, fill_batch_form, open_batch_form
from tests.factories import Cast, commissioned, make_product, shipped

# What a page says does not depend on its width; the walk goes over both.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("screen", ["desktop"], indirect=True)]


def test_a_button_pressed_twice_acts_once(cast: Cast, people: People) -> None:
    (pack,) = commissioned(cast.maker, 1)
    maker = people.member("maker")
    maker.open("/ship")
    maker.choose("Receiver", "Alpine Wholesale")
    maker.scan(pack)
    expect(maker.scanned).to_have_count(1)
    maker.page.get_by_role("button", name="Sign and ship").dblclick()
    maker.is_told("Shipped 1 item to Alpine Wholesale")
    expect(maker.page.get_by_role("heading", level=1)).to_have_text("Sent")
    expect(maker.page.get_by_role("alert")).to_have_count(0)
    assert acts("shipping") == 1


def test_a_form_that_is_sent_again_after_going_back_acts_once_and_says_so(cast: Cast, people: People) -> None:
    """Of all forms the one of a batch: only its number tells five more packs from the same five again."""
    make_product(cast.maker)
    maker = people.member("maker")
    open_batch_form(maker)
    maker.fill(how_many_packs="5")
    maker.press("Sign and make the packs")
    maker.is_told("Made 5 packs of lot L1")
    maker.page.go_back()
    expect(maker.field("How many packs")).to_have_value("5")
    maker.fill(lot_number="L1")  # no browser brings that back: its autocomplete is off
    maker.press("Sign and make the packs")
    maker.is_told("This was done already; nothing was done twice. Made 5 packs of lot L1")
    assert (Item.objects.count(), acts("commissioning")) == (5, 1)


def test_a_form_that_comes_back_and_is_changed_is_a_new_wish(cast: Cast, people: People) -> None:
    make_product(cast.maker)
    maker = people.member("maker")
    open_batch_form(maker)
    maker.fill(how_many_packs="5")
    maker.press("Sign and make the packs")
    maker.is_told("Made 5 packs of lot L1")
    maker.page.go_back()
    maker.fill(lot_number="L2", how_many_packs="3")
    maker.press("Sign and make the packs")
    maker.is_warned("This form was sent before with other content. Nothing was stored now")
    maker.press("Sign and make the packs")
    maker.is_told("Made 3 packs of lot L2")
    assert (Item.objects.count(), acts("commissioning")) == (8, 2)


def test_without_a_script_a_form_that_is_sent_again_acts_once_too(cast: Cast, people: People) -> None:
    (pack,) = commissioned(cast.maker, 1)
    maker = people.member("maker", java_script_enabled=False)
    maker.open("/ship")
    maker.choose("Receiver", "Alpine Wholesale")
    maker.fill(codes=pack)
    maker.press("Sign and ship")
    maker.is_told("Shipped 1 item to Alpine Wholesale")
    maker.page.go_back()
    maker.press("Sign and ship")
    maker.is_warned("It is on its way")
    assert acts("shipping") == 1


def test_without_a_script_going_back_to_the_batch_form_makes_no_second_set_of_packs(cast: Cast, people: People) -> None:
    make_product(cast.maker)
    maker = people.member("maker", java_script_enabled=False)
    maker.open("/batches/new")
    for told in ("Made 5 packs of lot L1", "This was done already; nothing was done twice. Made 5 packs of lot L1"):
        fill_batch_form(maker)
        maker.fill(how_many_packs="5")
        maker.press("Sign and make the packs")
        maker.is_told(told)
        maker.page.go_back()
    assert (Item.objects.count(), acts("commissioning")) == (5, 1)


def test_a_code_scanned_twice_stands_in_the_list_once(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 2)
    maker = people.member("maker")
    maker.open("/ship")
    for code in (packs[0], packs[1], packs[0]):
        maker.scan(code)
    expect(maker.scanned).to_have_count(2)
    expect(maker.scanned.filter(has_text="B0000000")).to_contain_text("scanned 2 times")
    maker.choose("Receiver", "Alpine Wholesale")
    maker.press("Sign and ship")
    maker.is_told("Shipped 2 items to Alpine Wholesale")


def test_a_delivery_is_received_once_also_from_two_tabs(cast: Cast, people: People) -> None:
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 2))
    wholesaler = people.member("wholesaler")
    wholesaler.open(f"/incoming/{handoff.pk}")
    second = Person(wholesaler.page.context.new_page(), people.site, people.folder)
    second.open(f"/incoming/{handoff.pk}")
    wholesaler.press("Receive all as announced")
    wholesaler.is_told("all as announced")
    second.press("Receive all as announced")
    second.is_warned("This delivery was received before")
    second.sees("Everything of this delivery has been received")
    assert acts("receiving") == 1


# --- Dispensed before -------------------------------------------------------------------------------------------------


def test_another_pharmacys_dispensed_pack_gets_a_red_answer(cast: Cast, people: People) -> None:
    (pack,) = at_the_pharmacy(cast)
    dispense(actor=cast.pharmacy, request=Request(), epc=pack)
    assert_red(people.member("forger"), pack)


def test_a_pack_that_was_dispensed_here_before_gets_a_red_answer(cast: Cast, people: People) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=2), tick=True):
        (pack,) = at_the_pharmacy(cast)
    earlier = timezone.now() - timedelta(hours=1)
    dispense(actor=cast.pharmacy, request=Request(event_time=earlier), epc=pack)
    pharmacist = people.member("pharmacy")
    assert_red(pharmacist, pack)
    pharmacist.sees(f"{earlier:%Y-%m-%d %H:%M}")


def assert_red(pharmacist: Person, pack: str) -> None:
    pharmacist.open("/dispense")
    pharmacist.scan(pack)
    answer = pharmacist.page.locator(".verdict")
    expect(answer.get_by_role("heading")).to_have_text("Do not dispense")
    expect(answer).to_have_class("verdict verdict-bad")
    expect(answer).to_contain_text("ALREADY_DISPENSED")
    expect(pharmacist.scan_field).to_be_focused()
    pharmacist.shoot("dispensed-before")
    assert acts("dispensing") == 1


def test_a_scanner_that_fires_twice_dispenses_once_and_frightens_nobody(cast: Cast, people: People) -> None:
    first, second = at_the_pharmacy(cast, 2)
    pharmacist = people.member("pharmacy")
    pharmacist.open("/dispense")
    for code in (first, first):
        pharmacist.scan(code)
    expect(pharmacist.page.get_by_role("heading", name="You dispensed this pack before")).to_be_visible()
    expect(pharmacist.page.locator(".verdict-info")).to_contain_text("Nothing was recorded now")
    assert acts("dispensing") == 1
    pharmacist.scan(second)
    expect(pharmacist.page.get_by_role("heading", name="Dispensed", exact=True)).to_be_visible()
    assert acts("dispensing") == 2
