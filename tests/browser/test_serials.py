"""Serial numbers, places and files, as a person at the line meets them."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from supplychain.acts import Request
from supplychain.models import Allocation, Batch, Item
from supplychain.usecases.allocate import allocate
from supplychain.usecases.commission import commission
from supplychain.usecases.reconcile import reconcile
from tests.browser.people import People
from tests.browser.test_pages import AUDIT
from tests.factories import GTIN, Cast, make_batch, make_product, palletised, serials

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("SHOTS")


def is_whole(person, name: str, screen: str) -> None:
    assert person.page.evaluate(f"({AUDIT})", "light") == [], name
    if SHOTS:
        person.page.screenshot(path=f"{SHOTS}/{name}-{screen}.png", full_page=True)


def test_a_list_is_issued_used_and_counted(cast: Cast, people: People, screen: str) -> None:
    make_product(cast.maker)
    maker = people.member("maker", reduced_motion="reduce")
    maker.open("/serials")
    is_whole(maker, "serials-empty", screen)
    maker.follow("Issue serial numbers")
    maker.choose("Product", "Amoxil")
    maker.page.get_by_label("I bring my own").check()
    maker.page.get_by_label("Or paste them").fill("B 1\nB2\nB2")
    maker.press("Sign and issue")
    maker.is_warned("Nothing was stored")
    is_whole(maker, "issue-serials-bad", screen)
    maker.page.get_by_label("Or paste them").fill("\n".join(serials(4)))
    maker.press("Sign and issue")
    maker.is_told("Issued 4 serial numbers.")
    commission(actor=cast.maker, request=Request(), batch=make_batch(cast.maker), serial_numbers=serials(2))
    maker.page.reload()
    is_whole(maker, "allocation", screen)
    with maker.page.expect_download() as download:
        maker.press("Download CSV")
    assert Path(download.value.path()).read_text().splitlines()[0] == "serial_number,epc,digital_link"
    maker.page.get_by_label("Spoilt or scrapped codes").fill("B0000002")
    maker.page.get_by_label("Codes that came back unused").fill("B0000000")
    maker.press("Sign and close the list")
    maker.is_told("The list is counted and closed.")
    maker.sees("What does not add up")
    is_whole(maker, "allocation-counted", screen)
    assert Allocation.objects.get().unused == 0


def test_a_file_with_faults_is_reported_line_by_line(cast: Cast, people: People, screen: str, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text("gln;name;city;country\n9520001000010;Line 7;Basel;CH\n9.52E+12;Line 8;Basel;CH\n952;Line 9;;CH\n")
    maker = people.member("maker", reduced_motion="reduce")
    maker.open("/")
    maker.go("Import a file")
    is_whole(maker, "import", screen)
    maker.page.get_by_label("What is in it").select_option("places")
    maker.page.get_by_label("CSV file").set_input_files(file)
    maker.press("Import")
    maker.sees("Lines to put right")
    maker.sees("a spreadsheet took this number for a quantity")
    is_whole(maker, "import-report", screen)
    maker.go("Places")
    is_whole(maker, "places", screen)
    maker.press("Act from here")
    maker.is_told("From now on you act from Line 7.")


def test_a_batch_is_traced_and_exported(cast: Cast, people: People, screen: str) -> None:
    palletised(cast.maker, cases=2, packs_per_case=2)
    maker = people.member("maker", reduced_motion="reduce")
    maker.open(f"/batches/{Batch.objects.get().pk}")
    is_whole(maker, "batch", screen)
    maker.follow("Packs and units, one by one")
    expect(maker.page.get_by_role("row")).to_have_count(2)
    is_whole(maker, "batch-units", screen)
    done = allocate(actor=cast.maker, request=Request(), product=make_product(cast.maker), count=3)
    reconcile(actor=cast.maker, request=Request(), allocation=Allocation.objects.get(event=done.event))
    maker.open("/serials")
    is_whole(maker, "serials", screen)
    assert Item.objects.filter(gtin=GTIN).count() == 7
