"""The code, letter by letter: from the label through the web server to the page."""

from urllib.parse import quote

import pytest
from django.test import RequestFactory

from anticounterfeit.pages.addresses import asked_code, asked_serial
from supplychain.acts import Request
from supplychain.usecases.commission import commission
from tests.anticounterfeit.story import publish
from tests.factories import GTIN, make_batch, pack_epc

JSON = {"accept": "application/json"}
ODD_SERIALS = [
    "A/B",
    "A+B",
    "100%",
    '"quoted"',
    "<b>&amp;",
    "a?b",
    "x;y=z",
    "%2F",
    "//",
    "21/7",
    "!*'()",
    "_.-",
]


@pytest.mark.parametrize("serial", ODD_SERIALS)
def test_every_serial_number_survives_the_way_from_the_label_to_the_page(client, cast, serial):
    batch = make_batch(cast.maker, lot_number="L/1+%")
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=[serial])
    url = f"/01/{GTIN}/10/{quote('L/1+%', safe='')}/21/{quote(serial, safe='')}?17={batch.expiry:%y%m%d}"
    publish()
    answer = client.get(url, headers=JSON).json()
    assert answer["verdict"]["code"] == "MATCHES"
    assert answer["claim"]["serial_number"] == serial
    assert answer["claim"]["lot_number"] == "L/1+%"
    pedigree = client.get(answer["pedigree"])
    assert pedigree.status_code == 200
    assert pedigree.json()["items"][0]["disclosed"]["lists"]["epcList"]["epc"] == pack_epc(serial)


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        ({"REQUEST_URI": f"/01/{GTIN}/21/A%2FB?x=1"}, f"/01/{GTIN}/21/A%2FB"),
        ({"RAW_URI": f"/01/{GTIN}/21/A%2FB"}, f"/01/{GTIN}/21/A%2FB"),
        ({"REQUEST_URI": f"http://proxy.example/01/{GTIN}/21/A%2FB?17=281031"}, f"/01/{GTIN}/21/A%2FB"),
        ({"REQUEST_URI": f"/sub/01/{GTIN}/21/A%2FB", "SCRIPT_NAME": "/sub"}, f"/01/{GTIN}/21/A%2FB"),
        ({}, f"/01/{GTIN}/21/A%2FB"),
    ],
)
def test_what_was_asked_is_found_whether_or_not_the_server_keeps_the_request_line(meta, expected, settings):
    request = RequestFactory().get(f"/01/{GTIN}/21/A/B", **meta)
    assert asked_code(request).startswith(settings.PUBLIC_URL + expected)
    assert "/sub" not in asked_code(request)


def test_the_serial_number_of_a_file_is_found_whether_or_not_the_server_keeps_the_request_line():
    path = f"/pedigree/{GTIN}/A/B.json"
    assert asked_serial(RequestFactory().get(path), "A/B") == "A/B"
    # Some servers decode everything but the slash.
    half = RequestFactory().get(path, REQUEST_URI=f"/pedigree/{GTIN}/A%2FB%252F.json")
    assert asked_serial(half, "A%2FB%2F") == "A/B%2F"
