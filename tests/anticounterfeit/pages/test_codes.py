"""QR codes over HTTP, and the sheets of labels."""

import io
import re
from urllib.parse import quote, urlsplit

import pytest
import zxingcpp
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from anticounterfeit.pages import codes
from supplychain.acts import Request
from supplychain.models import Batch
from supplychain.usecases.commission import commission
from tests.factories import GTIN, PASSWORD, Cast, commissioned, make_batch


def scanned(png: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return found.text


def test_no_code_is_drawn_for_a_pack_that_does_not_exist(client, cast):
    make_batch(cast.maker)
    assert client.get(f"/codes/{GTIN}/MADEUP.png").status_code == 404


@pytest.mark.parametrize("serial", ["B7", "A/B", "100%", "a+b?", "x.png"])
def test_the_qr_code_of_a_pack_is_read_by_a_scanner_and_leads_to_its_page(client, cast, settings, serial):
    batch = make_batch(cast.maker, lot_number="L/1")
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=[serial])
    image = client.get(f"/codes/{GTIN}/{quote(serial, safe='')}.png")
    assert image["Content-Type"] == "image/png"
    url = scanned(image.content)
    assert url.startswith(settings.PUBLIC_URL + "/01/")
    target = urlsplit(url)
    answer = client.get(f"{target.path}?{target.query}", headers={"accept": "application/json"}).json()
    assert answer["verdict"]["code"] == "MATCHES"
    assert answer["claim"] == {
        "gtin": GTIN,
        "lot_number": "L/1",
        "serial_number": serial,
        "expiry": batch.expiry.isoformat(),
    }


def test_the_named_addresses_lead_to_the_images_and_the_sheet(client, cast):
    commissioned(cast.maker, 1)
    for kind, media_type in (("png", "image/png"), ("svg", "image/svg+xml")):
        response = client.get(reverse("pack-qr", args=[GTIN, "B0000000", kind]))
        assert response["Content-Type"] == media_type
    client.login(username="maker", password=PASSWORD)
    assert client.get(reverse("label-sheet", args=[Batch.objects.get().pk])).status_code == 200


# --- Sheets -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def batch(cast: Cast) -> Batch:
    made = make_batch(cast.maker)
    commissioned(cast.maker, 7, batch=made)
    return made


def sheet(client: Client, batch: Batch, **query):
    return client.get(f"/batches/{batch.pk}/labels", query)


@pytest.mark.parametrize("who", ["wholesaler", "pharmacy", "forger"])
def test_labels_are_printed_by_their_maker_and_nobody_else(client, batch, who):
    client.login(username=who, password=PASSWORD)
    assert sheet(client, batch).status_code == 404


def test_strangers_are_asked_to_sign_in(client, batch):
    response = sheet(client, batch)
    assert response.status_code == 302
    assert "sign-in" in response["Location"]


@pytest.mark.parametrize("after", ["-1", "x", "9" * 40, "٣", ""])
def test_a_page_that_cannot_be_is_the_first_one(client, batch, after):
    client.login(username="maker", password=PASSWORD)
    assert sheet(client, batch, after=after).content.count(b'class="label"') == 7


@pytest.mark.parametrize("who", ["maker", "regulator"])
def test_a_sheet_has_a_code_and_four_lines_for_each_pack(client, batch, who):
    client.login(username=who, password=PASSWORD)
    html = sheet(client, batch).content.decode()
    assert html.count("<svg xmlns") == html.count('class="label"') == 7
    for title in ("GTIN", "SN", "LOT", "EXP"):
        assert html.count(f"<dt>{title}</dt>") == 7
    for serial in ("B0000000", "B0000006"):
        assert serial in html
    assert batch.expiry.isoformat() in html


def test_sheets_follow_each_other_without_a_pack_lost_or_printed_twice(client, batch, monkeypatch):
    monkeypatch.setattr(codes, "LABELS_PER_SHEET", 3)
    client.login(username="maker", password=PASSWORD)
    serials: list[str] = []
    query: dict[str, str] = {}
    for _ in range(3):
        html = sheet(client, batch, **query).content.decode()
        serials += re.findall(r"B000000\d", html)
        more = re.search(r'href="\?after=(\d+)" rel="next"', html)
        query = {"after": more[1]} if more else {}
    assert serials == [f"B{number:07d}" for number in range(7)]
    assert not query


def test_a_sheet_costs_the_same_queries_however_many_labels_are_on_it(client, batch, monkeypatch):
    client.login(username="maker", password=PASSWORD)
    counts = []
    for labels in (1, 7):
        monkeypatch.setattr(codes, "LABELS_PER_SHEET", labels)
        with CaptureQueriesContext(connection) as queries:
            sheet(client, batch)
        counts.append(len(queries))
    assert counts[0] == counts[1]
