"""What people do wrong, and what is done to them: a clear message, and nothing stored by halves."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from supplychain.models import Batch, Event, Handoff, Item, Party, Product
from tests.browser.people import People
from tests.browser.steps import acts, open_batch_form
from tests.factories import (
    GTIN,
    MAKER_GLN,
    OTHER_GTIN,
    PASSWORD,
    Cast,
    commissioned,
    make_product,
    pack_epc,
    packed,
    palletised,
    shipped,
)

# What a page says does not depend on its width; the walk goes over both.
pytestmark = [pytest.mark.browser, pytest.mark.parametrize("screen", ["desktop"], indirect=True)]

OTHER_SYSTEMS = {
    "https://shop.example/p/4711?ref=poster": "an ordinary web address",
    "81234567890123456789": "a Chinese drug traceability code",
    f"]d201{GTIN[:-1]}1" + "21B0000001": "check digit",
    f"01{GTIN}": "names a product",
}


# --- Signing in -------------------------------------------------------------------------------------------------------


def test_a_wrong_sign_in_does_not_tell_which_half_was_wrong(cast: Cast, people: People) -> None:
    person = people.stranger()
    told = []
    for name, password in (("maker", "a wrong one"), ("nobody", PASSWORD), ("Maker", PASSWORD)):
        person.sign_in(name, password)
        person.is_warned("Name and password do not belong together")
        told.append(person.page.get_by_role("alert").inner_text())
    assert len(set(told)) == 1
    assert not Session.objects.exists()
    expect(person.page.get_by_label("Username")).to_have_value("Maker")
    expect(person.page.get_by_label("Password")).to_have_value("")
    person.sign_in("maker")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Helvetia Pharma")


def test_trying_many_passwords_is_slowed_down(cast: Cast, people: People, settings) -> None:
    settings.SIGN_IN_RATE = "2/m"
    person = people.stranger()
    for _ in range(2):
        person.sign_in("maker", "a wrong one")
        person.is_warned("do not belong together")
    person.sign_in("maker")
    person.is_warned("Too many tries. Wait a minute")
    assert not Session.objects.exists()


def test_a_page_that_is_not_for_this_role_says_for_whom_it_is(cast: Cast, people: People) -> None:
    person = people.member("pharmacy")
    person.open("/batches/new")
    person.sees("This page is for: Manufacturer or Repackager. Corner Pharmacy is licensed as: Pharmacy.")


# --- Master data ------------------------------------------------------------------------------------------------------


def test_a_serial_that_stands_twice_in_the_file_is_named_by_its_line(cast: Cast, people: People) -> None:
    make_product(cast.maker)
    maker = people.member("maker")
    open_batch_form(maker)
    maker.page.get_by_label("I bring my own").check()
    rows = ["serial_number", "A0001", "A0002", "A0003", "A0002", "", "A 04"]
    file = {"name": "line.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    maker.page.get_by_label("CSV file with serial numbers").set_input_files(file)  # type: ignore[arg-type]
    maker.press("Sign and make the packs")
    maker.is_warned("Nothing was stored")
    lines = maker.page.get_by_role("region", name="Lines to put right").get_by_role("row")
    expect(lines).to_have_count(3)
    expect(lines.nth(1)).to_contain_text("5")
    expect(lines.nth(1)).to_contain_text("The same serial stands on line 3")
    expect(lines.nth(2)).to_contain_text("7")
    assert (Batch.objects.count(), Item.objects.count(), Event.objects.count()) == (0, 0, 0)
    # Put right, it goes through: the rest of the form stands as it was.
    expect(maker.field("Lot number")).to_have_value("L1")
    maker.page.get_by_label("Or paste them").fill("A0001\nA0002\nA0003\n")
    maker.press("Sign and make the packs")
    maker.is_told("Made 3 packs of lot L1")


def test_a_batch_that_has_expired_already_is_refused(cast: Cast, people: People) -> None:
    make_product(cast.maker)
    maker = people.member("maker")
    open_batch_form(maker, days=-1)
    maker.fill(how_many_packs="5")
    maker.press("Sign and make the packs")
    maker.is_warned("Nothing was stored")
    maker.is_warned("BATCH_EXPIRED")
    assert (Batch.objects.count(), Item.objects.count(), Event.objects.count()) == (0, 0, 0)


def test_a_wrong_check_digit_is_told_at_the_field(cast: Cast, people: People) -> None:
    maker = people.member("maker")
    maker.open("/products/new")
    maker.fill(gtin=f"{OTHER_GTIN[:-1]}0")
    maker.page.get_by_label("Name", exact=True).fill("Ibuprofen")
    maker.press("Register the product")
    maker.is_warned("Nothing was stored")
    field = maker.field("GTIN")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field.locator("xpath=..")).to_contain_text("check digit")
    expect(maker.page.get_by_label("Name", exact=True)).to_have_value("Ibuprofen")
    assert not Product.objects.exists()

    regulator = people.member("regulator")
    regulator.open("/parties/new")
    regulator.page.get_by_label("GLN", exact=True).fill(f"{MAKER_GLN[:-1]}9")
    regulator.page.get_by_label("Name", exact=True).fill("Typing Error Ltd")
    regulator.page.get_by_label("Wholesaler").check()
    regulator.page.get_by_label("Country", exact=True).fill("CH")
    regulator.press("Sign and admit the party")
    expect(regulator.page.get_by_label("GLN", exact=True).locator("xpath=..")).to_contain_text("check digit")
    assert not Party.objects.filter(name="Typing Error Ltd").exists()


# --- Goods ------------------------------------------------------------------------------------------------------------


def test_what_is_not_held_cannot_be_shipped(cast: Cast, people: People) -> None:
    (theirs,) = commissioned(cast.maker, 1)
    wholesaler = people.member("wholesaler")
    wholesaler.open("/ship")
    wholesaler.scan(theirs)
    wholesaler.is_warned("It is not in your custody")
    expect(wholesaler.scanned).to_have_count(0)
    # And if it is sent all the same, typed and not added: the act itself asks again.
    wholesaler.choose("Receiver", "Corner Pharmacy")
    wholesaler.scan_field.fill(theirs)
    wholesaler.press("Sign and ship")
    wholesaler.is_warned("Nothing was stored")
    wholesaler.is_warned("NOT_HOLDER")
    assert not Handoff.objects.exists()


def test_a_part_of_a_case_cannot_be_shipped_without_it(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 2)
    packed(cast.maker, packs)
    maker = people.member("maker")
    maker.open("/ship")
    maker.scan(packs[0])
    maker.is_warned("ship that, or unpack it")
    expect(maker.scanned).to_have_count(0)


def test_a_delivery_that_differs_is_shown_before_anything_is_signed(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, packs[:2])
    wholesaler = people.member("wholesaler")
    wholesaler.open(f"/incoming/{handoff.pk}")
    for code in (packs[0], packs[2]):
        wholesaler.scan(code)
    expect(wholesaler.scanned).to_have_count(2)
    expect(wholesaler.scanned.filter(has_text="B0000002")).to_contain_text("Not announced")
    wholesaler.press("Receive what was scanned")
    wholesaler.is_warned("Before you sign: this is different")
    expect(wholesaler.page.get_by_role("heading", name="Before you sign")).to_be_in_viewport()
    wholesaler.shoot("receive-different")
    assert acts("receiving") == 0
    wholesaler.press("Sign for it with these differences")
    wholesaler.is_told("with 2 differences on record")
    assert acts("receiving") == 1


@pytest.mark.parametrize(("code", "reason"), OTHER_SYSTEMS.items(), ids=["shop", "chinese", "check digit", "product"])
def test_a_code_that_names_no_pack_of_ours_is_told_as_what_it_is(
    cast: Cast, people: People, code: str, reason: str
) -> None:
    make_product(cast.maker)
    pharmacist = people.member("pharmacy")
    pharmacist.open("/ship")
    pharmacist.scan(code)
    pharmacist.is_warned(reason)
    expect(pharmacist.scanned).to_have_count(0)
    pharmacist.open("/dispense")
    pharmacist.scan(code)
    expect(pharmacist.page.get_by_role("heading", name="This code cannot be read")).to_be_visible()
    pharmacist.sees(reason)
    assert not Event.objects.exists()

    consumer = people.stranger()
    consumer.open("/check")
    consumer.scan(code)
    consumer.is_warned("names a product, not one pack" if reason == "names a product" else reason)
    expect(consumer.scan_field).to_have_value(code)


def test_a_pack_that_nobody_made_is_refused_everywhere(cast: Cast, people: People) -> None:
    commissioned(cast.maker, 1)
    made_up = pack_epc("ZZZZZZZZZZZZ")
    pharmacist = people.member("pharmacy")
    pharmacist.open("/ship")
    pharmacist.scan(made_up)
    pharmacist.is_warned("Nobody has registered this code here")
    pharmacist.open("/dispense")
    pharmacist.scan(made_up)
    refusal = pharmacist.page.locator(".verdict-bad")
    expect(refusal).to_contain_text("Do not dispense")
    expect(refusal).to_contain_text("UNKNOWN_ITEM")
    assert acts("dispensing") == 0
    consumer = people.stranger()
    consumer.open("/check")
    consumer.scan(made_up)
    expect(consumer.page.locator(".verdict-bad").get_by_role("heading")).to_have_text("Do not use")
    consumer.shoot("unknown-pack")


def test_a_session_that_ended_over_the_scanning_leads_to_the_sign_in_and_back(cast: Cast, people: People) -> None:
    (pack,) = commissioned(cast.maker, 1)
    maker = people.member("maker")
    maker.open("/ship")
    Session.objects.all().delete()
    maker.scan(pack)
    expect(maker.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    maker.fill(username="maker", password=PASSWORD)
    maker.press("Sign in")
    expect(maker.page.get_by_role("heading", level=1)).to_have_text("Ship goods")


def test_the_forger_gets_nowhere_with_goods_that_passed_him_by(cast: Cast, people: People) -> None:
    """He is licensed for everything, and tries page after page with a pallet that is none of his."""
    pallet, _cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    shipped(cast.maker, cast.wholesaler, [pallet])
    before = Event.objects.count()
    forger = people.member("forger")
    for path in ("/ship", "/unpack"):
        forger.open(path)
        forger.scan(pallet)
        forger.is_warned("It is on its way")
        expect(forger.scanned).to_have_count(0)
    handoff = Handoff.objects.get()
    forger.open(f"/incoming/{handoff.pk}")
    forger.sees("There is nothing here")
    forger.open("/dispense")
    forger.scan(packs[0])
    expect(forger.page.locator(".verdict-bad")).to_contain_text("Do not dispense")
    assert Event.objects.count() == before
