"""Every page as it is drawn: on a small phone and at a desk, by day and by night, by keyboard, without a script."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Locator, expect

from supplychain.models import Event, Handoff
from supplychain.stock import find_items
from tests.browser import story
from tests.browser.people import People, Person
from tests.factories import GTIN, PASSWORD, Cast, commissioned, handed_over, palletised, shipped

pytestmark = pytest.mark.browser

AUDIT = (Path(__file__).parent / "audit.js").read_text()
SMALLEST = {"width": 360, "height": 740}


@pytest.fixture
def told(cast: Cast, site: str) -> dict[str, list[str]]:
    return story.tell(cast, site)


BROKEN = """<!doctype html><title>·</title><body style="margin:0"><h1>One</h1><h1>Two</h1><h2 id=a>A</h2><h2 id=a>B</h2>
<p style="color:#999">pale</p><p style="width:90px;white-space:nowrap">a sentence that is too long for its place</p>
<p style="width:3000px">wide</p><input name=nameless><button style="height:9px"></button><img src="data:,">"""


def test_the_audit_sees_what_it_looks_for(people: People, screen: str) -> None:
    page = people.stranger().page
    page.set_content(BROKEN)
    found = page.evaluate(f"({AUDIT})", "dark")
    expected = [
        "px wide in",
        "spills",
        "2 h1",
        "title",
        "no language",
        "no label",
        'id "a" twice',
        "no name",
        "px high",
    ]
    for fault in [*expected, "no alt", "contrast 2.8", "in the dark scheme"]:
        assert any(fault in one for one in found), f"{fault!r} is not among {found}"


def test_every_page_is_whole_by_day_and_by_night(told: dict[str, list[str]], people: People, screen: str) -> None:
    """Nothing runs out of the window, one title, a label on each field, no text that fades into its ground."""
    options: dict[str, Any] = {"reduced_motion": "reduce"}  # colours that still change could not be compared
    if screen == "phone":
        options["viewport"] = SMALLEST
    faults: dict[str, list[str]] = {}
    for name, paths in told.items():
        person = people.member(name, **options) if name else people.stranger(**options)
        for path in paths:
            person.open(path)
            for scheme in ("light", "dark"):
                person.page.emulate_media(color_scheme=scheme)
                for fault in person.page.evaluate(f"({AUDIT})", scheme):
                    faults.setdefault(fault, []).append(f"{name or 'a stranger'} at {path} ({scheme})")
    assert not faults, "\n".join(f"{fault}: {len(where)} times, first {where[0]}" for fault, where in faults.items())


def test_pages_of_others_break_no_policy_of_ours(cast: Cast, people: People) -> None:
    """The admin and the API's documentation are drawn by programs that we did not write."""
    get_user_model().objects.create_superuser("operator", password=PASSWORD)
    operator = people.member("operator")
    for path in ("/admin/", "/admin/supplychain/event/", "/admin/ledger/entry/"):
        operator.open(path)
        expect(operator.page.get_by_role("heading", level=1).first).to_be_visible()
    operator.open("/api/docs/")
    expect(operator.page.get_by_text("/api/v1/shipments").first).to_be_visible()


# --- Scanning ---------------------------------------------------------------------------------------------------------


def test_scanning_pages_wait_for_a_scan(cast: Cast, people: People) -> None:
    (pack,) = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.pharmacy, [pack])
    pharmacist = people.member("pharmacy")
    for path in ("/ship", "/unpack", "/dispense", "/check", f"/incoming/{handoff.pk}"):
        pharmacist.open(path)
        expect(pharmacist.scan_field).to_be_focused()
    pharmacist.open("/pack")
    expect(pharmacist.page.get_by_label("Case or pallet")).to_be_focused()
    consumer = people.stranger()
    consumer.open("/")
    expect(consumer.scan_field).to_be_focused()


def test_a_scan_finds_its_field_wherever_the_focus_is(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 3)
    maker = people.member("maker")
    maker.open("/ship")
    maker.page.get_by_role("heading", level=1).click()
    maker.scan(packs[0])
    expect(maker.scanned).to_have_count(1)
    maker.page.get_by_role("button", name="Undo last").focus()
    maker.scan(packs[1])
    expect(maker.scanned).to_have_count(2)
    maker.press("Undo last")
    expect(maker.scanned).to_have_count(1)
    maker.page.get_by_role("button", name="Remove").click()
    expect(maker.scanned).to_have_count(0)
    expect(maker.scan_field).to_be_focused()


def test_packs_scanned_faster_than_the_server_answers_are_all_dispensed(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 5)
    handed_over(cast.maker, cast.pharmacy, packs)
    pharmacist = people.member("pharmacy")
    pharmacist.open("/dispense")
    for code in packs:
        pharmacist.scan(code)
    last = pharmacist.page.get_by_role("region", name="Dispensed last")
    expect(last).to_contain_text("B0000004")
    assert Event.objects.filter(biz_step="dispensing").count() == 5


def test_a_scan_without_a_network_is_said_to_be_lost(cast: Cast, people: People) -> None:
    packs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.pharmacy, packs)
    pharmacist = people.member("pharmacy")
    context = pharmacist.page.context
    for path, lost in (("/ship", "this code was not added"), ("/dispense", "nothing was dispensed")):
        pharmacist.open(path)
        context.set_offline(True)
        pharmacist.scan(packs[0])
        pharmacist.sees(lost)
        context.set_offline(False)
    pharmacist.scan(packs[0])
    expect(pharmacist.page.get_by_role("heading", name="Dispensed", exact=True)).to_be_visible()
    assert all("ERR_INTERNET_DISCONNECTED" in fault or "htmx:" in fault for fault in people.faults), people.faults
    people.faults.clear()


# --- Other ways to work -----------------------------------------------------------------------------------------------


def test_without_a_script_goods_go_from_hand_to_hand(cast: Cast, people: People) -> None:
    pallet, _cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    (single,) = commissioned(cast.maker, 1, start=2, batch=find_items(packs[:1])[packs[0]].batch)
    maker = people.member("maker", java_script_enabled=False)
    maker.open("/")
    maker.go("Ship")
    maker.choose("Receiver", "Corner Pharmacy")
    maker.fill(codes=f"00{story.sscc_of(pallet)}\n{single}\n")
    maker.press("Sign and ship")
    maker.is_told("Shipped 2 items to Corner Pharmacy")

    pharmacist = people.member("pharmacy", java_script_enabled=False)
    pharmacist.open("/")
    pharmacist.go("Incoming")
    pharmacist.follow("Receive the delivery from Helvetia Pharma")
    pharmacist.fill(codes=f"{pallet}\r\n]d201{GTIN}21B0000002")
    pharmacist.press("Receive what was scanned")
    pharmacist.is_told("all as announced")

    pharmacist.go("Unpack")
    pharmacist.page.get_by_label("Scan the case or pallet").fill(f"(00){story.sscc_of(pallet)}")
    pharmacist.press("Open")
    pharmacist.press("Take everything out")
    pharmacist.is_told(f"Took 1 item out of {story.sscc_of(pallet)}")

    pharmacist.go("Pack")
    pharmacist.fill(codes=single)
    pharmacist.press("New number")
    expect(pharmacist.field("Codes")).to_have_value(single)
    pharmacist.press("Sign and pack")
    pharmacist.is_told("Packed 1 item into")

    pharmacist.go("Dispense")
    pharmacist.page.get_by_label("Scan the pack").fill(packs[1])
    pharmacist.press("Dispense")
    expect(pharmacist.page.get_by_role("heading", name="Dispensed", exact=True)).to_be_visible()


def test_the_keyboard_alone_is_enough(cast: Cast, people: People) -> None:
    (pack,) = commissioned(cast.maker, 1)
    maker = people.stranger()
    maker.open("/sign-in")
    page = maker.page
    page.keyboard.type("maker")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Helvetia Pharma")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(maker, page.get_by_role("link", name="Ship goods"))
    page.keyboard.press("Enter")
    expect(maker.scan_field).to_be_focused()
    maker.scan(pack)
    expect(maker.scanned).to_have_count(1)
    tab_to(maker, page.get_by_label("Receiver"), key="Shift+Tab")
    page.keyboard.type("Alp")
    tab_to(maker, page.get_by_role("button", name="Sign and ship"))
    page.keyboard.press("Enter")
    maker.is_told("Shipped 1 item to Alpine Wholesale")
    assert Handoff.objects.count() == 1


def tab_to(person: Person, target: Locator, *, key: str = "Tab", at_most: int = 25) -> None:
    for _ in range(at_most):
        person.page.keyboard.press(key)
        if target.evaluate("element => element === document.activeElement"):
            # Who cannot see where the focus is, is lost.
            assert target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"after {at_most} times {key} the focus has not come to {target}")


def test_the_menu_of_a_phone_opens_closes_and_covers_nothing(cast: Cast, people: People, screen: str) -> None:
    maker = people.member("maker")
    maker.open("/sent")
    opener = maker.page.get_by_role("button", name="Menu", exact=True)
    menu = maker.page.get_by_role("navigation", name="Main")
    if screen == "desktop":
        expect(opener).to_be_hidden()
        expect(menu).to_be_visible()
        return
    expect(menu).to_be_hidden()
    opener.click()
    expect(menu.get_by_role("link", name="Sent")).to_be_visible()
    maker.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()
    # The shortcuts at the bottom hide no part of the page: its end can be scrolled above them.
    maker.page.keyboard.press("End")
    footer, tabs = maker.page.get_by_role("contentinfo"), maker.page.get_by_role("navigation", name="Shortcuts")
    maker.page.wait_for_function("Math.ceil(scrollY + innerHeight) >= document.documentElement.scrollHeight")
    below, above = footer.bounding_box(), tabs.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] + below["height"] <= above["y"] + 1
