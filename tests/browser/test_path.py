"""The main path, through the pages and nothing else: four roles, a scanner, and a stranger with the pack in hand."""

import re
import subprocess
import sys
import time
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from django.core.management import call_command
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from anticounterfeit.code import Claim, read_code
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.identifiers import format_yymmdd
from supplychain.models import Event, Item
from tests.browser.people import People, Person
from tests.check_log import check_log
from tests.factories import OTHER_GTIN, PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHARMACY, PHARMACY_GLN = "Station Pharmacy", "9520004000000"
PRODUCT, LOT = "Ibuprofen Helvetia 400 mg", "W26/11"
EXPIRY = timezone.localdate() + timedelta(days=600)
PUBLISHED_S = 60


def test_a_pack_goes_from_the_line_to_the_hand(cast: Cast, live_site: str, people: People, tmp_path: Path) -> None:
    regulator = people.stranger()
    regulator.sign_in("regulator")
    admit_a_pharmacy(regulator, tmp_path)

    maker = people.stranger()
    maker.sign_in("maker")
    register_a_product(maker)
    codes = make_packs(maker)
    make_packs_from_a_file(maker)
    cases = [pack(maker, as_scanned(codes[:6])), pack(maker, as_scanned(codes[6:]))]
    pallet = pack(maker, [f"00{case}" for case in cases])
    ship(maker, pallet, "Alpine Wholesale", picture="ship")

    wholesaler = people.stranger()
    wholesaler.sign_in("wholesaler")
    receive_by_scanning(wholesaler, pallet)
    unpack(wholesaler, pallet, cases[0])
    ship(wholesaler, cases[0], PHARMACY)

    pharmacist = people.stranger()
    pharmacist.sign_in("station")
    receive_unopened(pharmacist)
    dispense(pharmacist, codes[0])

    consumer = people.stranger()
    look_at_the_pack(consumer, codes[0])
    verify_offline(consumer.page, tmp_path)
    explore_the_ledger(consumer)
    oversee(regulator, codes[0])
    check_log(tmp_path / "public")


# --- Regulator and maker ----------------------------------------------------------------------------------------------


def admit_a_pharmacy(regulator: Person, folder: Path) -> None:
    regulator.go("Parties")
    regulator.follow("Register a party")
    page = regulator.page
    page.get_by_label("GLN", exact=True).fill(PHARMACY_GLN)
    page.get_by_label("Name", exact=True).fill(PHARMACY)
    page.get_by_label("Pharmacy", exact=True).check()
    page.get_by_label("Country", exact=True).fill("CH")
    regulator.fill(city="Bern", licence_number="CH-P-0004")
    regulator.shoot("register-party")
    regulator.press("Sign and admit the party")
    regulator.is_told(f"{PHARMACY} is admitted")
    expect(page.get_by_role("row").filter(has_text=PHARMACY_GLN)).to_contain_text("Admitted")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    call_command("create_member", "station", PHARMACY_GLN, password_file=secret)  # the operator's part


def register_a_product(maker: Person) -> None:
    maker.go("Products")
    maker.follow("Register a product")
    maker.page.get_by_label("Name", exact=True).fill(PRODUCT)
    maker.fill(gtin=OTHER_GTIN, active_substance="Ibuprofen", strength="400 mg", form_and_size="tablet, 20 pieces")
    maker.fill(markets="CH DE")
    maker.press("Register the product")
    maker.is_told(f"Registered {PRODUCT} under GTIN {OTHER_GTIN}")


def make_packs(maker: Person) -> list[str]:
    """Twelve packs with serials that are minted here. Returns the texts of their QR codes, read off the label sheet."""
    fill_batch_form(maker)
    maker.fill(how_many_packs="12")
    maker.shoot("batch-form")
    maker.press("Sign and make the packs")
    maker.is_told(f"Made 12 packs of lot {LOT}")
    maker.follow("Print labels")
    expect(maker.page.get_by_role("heading", name=f"Labels of lot {LOT}")).to_be_visible()
    maker.shoot("labels")
    maker.page.emulate_media(media="print")
    sheet = Image.open(BytesIO(maker.page.screenshot(full_page=True)))
    maker.page.emulate_media(media="screen")
    codes = sorted(found.text for found in zxingcpp.read_barcodes(sheet))
    assert len(set(codes)) == 12
    assert all(code.startswith(f"{maker.site}/01/{OTHER_GTIN}/10/W26%2F11/21/") for code in codes)
    return codes


def make_packs_from_a_file(maker: Person) -> None:
    """Twelve more of the same lot, with serials from the packaging line."""
    fill_batch_form(maker)
    maker.page.get_by_label("I bring my own").check()
    lines = ["position;serial_number", *(f"{number};LINE{number:04d}" for number in range(1, 13))]
    file = {"name": "line 7.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode("utf-8-sig")}
    maker.page.get_by_label("CSV file with serial numbers").set_input_files(file)  # type: ignore[arg-type]
    maker.press("Sign and make the packs")
    maker.is_told(f"Made 12 packs of lot {LOT}")
    assert Item.objects.filter(gtin=OTHER_GTIN, serial_number__startswith="LINE").count() == 12


def fill_batch_form(maker: Person) -> None:
    maker.go("Batches")
    maker.follow("Register a batch")
    maker.choose("Product", PRODUCT)
    maker.fill(lot_number=LOT, expiry=EXPIRY.isoformat())


# --- Goods on their way -----------------------------------------------------------------------------------------------


def as_scanned(links: list[str]) -> list[str]:
    """The same packs as different scanners give them: the QR code, the DataMatrix, and a colleague's system."""
    codes = []
    for number, link in enumerate(links):
        claim = read_code(link, today=timezone.localdate())
        assert isinstance(claim, Claim)
        assert claim.sgtin is not None
        assert claim.expiry is not None
        text = f"01{claim.gtin}17{format_yymmdd(claim.expiry)}10{claim.lot_number}\x1d21{claim.serial_number}"
        codes.append([link, f"]d2{text}", canonical_epc(claim.sgtin)][number % 3])
    return codes


def pack(person: Person, codes: list[str]) -> str:
    """Everything scanned goes into a new unit. Returns its SSCC."""
    person.go("Pack")
    person.press("New number")
    person.is_told("New number")
    expect(person.scan_field).to_be_focused()
    sscc = person.page.get_by_label("Case or pallet").input_value()
    for number, code in enumerate(codes):
        person.scan(code, separator_as_key=number < 3)
    expect(person.scanned).to_have_count(len(codes))
    expect(person.scan_field).to_be_focused()
    person.shoot("pack")
    person.press("Sign and pack")
    person.is_told(f"Packed {len(codes)} items into {sscc}")
    return sscc


def ship(person: Person, sscc: str, receiver: str, picture: str = "") -> None:
    person.go("Ship")
    expect(person.scan_field).to_be_focused()
    person.scan(sscc)
    expect(person.scanned).to_have_count(1)
    person.choose("Receiver", receiver)
    if picture:
        person.shoot(picture)
    person.press("Sign and ship")
    person.is_told(f"Shipped 1 item to {receiver}")
    expect(person.page.get_by_role("row").filter(has_text=receiver)).to_contain_text("On its way")


def receive_by_scanning(wholesaler: Person, pallet: str) -> None:
    expect(wholesaler.page.get_by_role("region", name="On its way to you")).to_contain_text("Helvetia Pharma")
    wholesaler.shoot("home-wholesaler")
    wholesaler.go("Incoming")
    wholesaler.shoot("incoming")
    wholesaler.follow("Receive the delivery from Helvetia Pharma")
    announced = wholesaler.page.get_by_role("region", name="Announced by the sender").get_by_role("row")
    expect(announced.filter(has_text=pallet)).to_contain_text(f"12 packs of {PRODUCT}, lot {LOT}")
    expect(announced.get_by_text("there", exact=True)).to_be_hidden()
    wholesaler.scan(f"]C100{pallet}")
    expect(announced.get_by_text("there", exact=True)).to_be_visible()
    wholesaler.shoot("receive")
    wholesaler.press("Receive what was scanned")
    wholesaler.is_told("Received the delivery from Helvetia Pharma, all as announced")
    wholesaler.sees("Nothing is under way to you")


def unpack(wholesaler: Person, pallet: str, case: str) -> None:
    wholesaler.go("Unpack")
    expect(wholesaler.scan_field).to_be_focused()
    wholesaler.scan(f"00{pallet}")
    expect(wholesaler.page.get_by_role("heading", name=pallet)).to_be_visible()
    wholesaler.scan(f"00{case}")
    expect(wholesaler.scanned).to_have_count(1)
    wholesaler.shoot("unpack")
    wholesaler.press("Sign and take out what was scanned")
    wholesaler.is_told(f"Took 1 item out of {pallet}")


def receive_unopened(pharmacist: Person) -> None:
    pharmacist.go("Incoming")
    pharmacist.follow("Receive the delivery from Alpine Wholesale")
    pharmacist.press("Receive all as announced")
    pharmacist.is_told("Received the delivery from Alpine Wholesale, all as announced")


def dispense(pharmacist: Person, code: str) -> None:
    pharmacist.go("Dispense")
    expect(pharmacist.scan_field).to_be_focused()
    pharmacist.scan(code)
    expect(pharmacist.page.get_by_role("heading", name="Dispensed", exact=True)).to_be_visible()
    pharmacist.sees(PRODUCT)
    expect(pharmacist.scan_field).to_be_focused()
    expect(pharmacist.scan_field).to_have_value("")
    pharmacist.shoot("dispensed")


# --- The stranger, and the regulator again ----------------------------------------------------------------------------


def look_at_the_pack(consumer: Person, code: str) -> None:
    """What the camera of a phone opens. The proofs are published by the worker meanwhile."""
    page = consumer.page
    page.goto(code)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Dispensed", ignore_case=True)
    expect(page.get_by_role("main")).to_contain_text("DISPENSED")
    expect(page.get_by_role("main")).to_contain_text(f"{LOT}")
    story = page.get_by_role("region", name="The way of this pack").get_by_role("listitem")
    steps = story.locator("strong:first-child").all_inner_texts()
    assert steps[0].startswith("Made"), steps
    # All but the second half of the lot and the other case: they are other packs' story.
    assert len(steps) == Event.objects.count() - 2, steps
    wait_for_proofs(page, story, len(steps))
    consumer.shoot("pack-page")


def wait_for_proofs(page: Page, story: Locator, count: int) -> None:
    """Load the page again until it says of each step that its proof is published."""
    deadline = time.monotonic() + PUBLISHED_S
    while True:
        states = story.get_by_role("link").all_inner_texts()
        assert len(states) == count, states
        if all(state.startswith("published") for state in states):
            return
        assert time.monotonic() < deadline, f"after {PUBLISHED_S} s the proofs are still: {states}"
        page.wait_for_timeout(600)  # more than a hundred times a minute would be refused
        page.reload()


def verify_offline(page: Page, folder: Path) -> None:
    for name, link in (("pedigree.json", "Download the pedigree"), ("policy.txt", "Download the log's policy")):
        with page.expect_download() as download:
            page.get_by_role("link", name=link).click()
        download.value.save_as(folder / "downloads" / name)
        assert download.value.suggested_filename == name
    command = [sys.executable, "-m", "ledger.verifier", "pedigree.json", "--policy", "policy.txt"]
    root = Path(__file__).resolve().parents[2]
    environment = {"PYTHONPATH": str(root), "PATH": ""}
    done = subprocess.run(command, cwd=folder / "downloads", env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "steps hold" in done.stdout


def explore_the_ledger(consumer: Person) -> None:
    page = consumer.page
    story = page.get_by_role("region", name="The way of this pack").get_by_role("listitem")
    story.last.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("published")
    entry = page.url.rpartition("/")[2]
    consumer.sees(entry)
    consumer.shoot("entry")
    with page.expect_download() as download:
        page.get_by_role("link", name=".tlog-proof").click()
    assert download.value.path().read_text().startswith("c2sp.org/tlog-proof")
    height = page.get_by_role("definition").get_by_role("link").inner_text().removeprefix("Block ")
    page.get_by_role("definition").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Block {height}")
    expect(page.get_by_role("link", name=entry[:16])).to_be_visible()
    consumer.shoot("block")
    page.get_by_role("main").get_by_role("link", name="Ledger").click()
    blocks = page.get_by_role("region", name="Blocks").get_by_role("row")
    expect(blocks.get_by_role("link", name=re.compile(rf"\b{height}$"))).to_be_visible()
    consumer.shoot("ledger")


def oversee(regulator: Person, code: str) -> None:
    regulator.open("/")
    regulator.shoot("home-regulator")
    regulator.page.get_by_label("Scan any pack, case or pallet").fill(code)
    regulator.page.keyboard.press("Enter")
    expect(regulator.page.get_by_role("heading", level=1)).to_contain_text(PRODUCT)
    for name in ("Helvetia Pharma", "Alpine Wholesale", PHARMACY, "Nobody in trade any more"):
        regulator.sees(name)
    regulator.shoot("item-regulator")
    regulator.go("Batches")
    regulator.follow(LOT)
    places = regulator.page.get_by_role("region", name="Where the packs are").get_by_role("row")
    for place, packs in (("Helvetia Pharma", 12), ("Alpine Wholesale", 6), (PHARMACY, 5), ("Left trade", 1)):
        expect(places.filter(has_text=place).get_by_role("cell").last).to_have_text(f"{packs}")
    regulator.shoot("batch-regulator")
    regulator.go("Refusals")
    regulator.sees("Nothing was refused")
