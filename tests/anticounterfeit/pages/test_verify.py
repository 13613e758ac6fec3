"""The page for those who type the code."""

import pytest

from tests.factories import GTIN, LOT, Cast, commissioned, make_batch


@pytest.fixture
def expiry(cast: Cast) -> str:
    commissioned(cast.maker, 1)
    return make_batch(cast.maker).expiry.isoformat()


def verdict(client, **query):
    response = client.get("/verify", query, headers={"accept": "application/json"})
    return response.status_code, response.json()["verdict"]["code"]


def test_the_empty_page_offers_both_ways(client, cast):
    html = client.get("/verify").content.decode()
    assert 'name="code"' in html
    assert 'name="serial_number"' in html


@pytest.mark.parametrize("code", ["nonsense", "(01)123", "   ", "<script>"])
def test_what_is_no_code_is_said_so(client, cast, code):
    assert verdict(client, code=code) == (400, "UNREADABLE")


@pytest.mark.parametrize("query", [{"gtin": "1" * 15}, {"gtin": GTIN, "expiry": "31.31.2028"}])
def test_lines_that_cannot_be_are_refused_with_the_name_of_the_line(client, cast, query):
    response = client.get("/verify", query)
    assert response.status_code == 400
    assert b'role="alert"' in response.content


def test_nothing_typed_is_no_code(client, cast):
    assert verdict(client, code="", gtin="") == (400, "UNREADABLE")


def test_a_code_in_brackets_is_checked(client, expiry):
    assert verdict(client, code=f"(01){GTIN}(21)B0000000") == (200, "MATCHES")


def test_the_four_lines_are_checked_as_they_stand_on_the_box(client, expiry):
    lines = {"gtin": GTIN, "serial_number": "B0000000", "lot_number": LOT, "expiry": expiry}
    assert verdict(client, **lines) == (200, "MATCHES")
    assert verdict(client, **lines | {"gtin": GTIN.lstrip("0")}) == (200, "MATCHES")
    assert verdict(client, **lines | {"lot_number": "A/B"}) == (200, "BATCH_MISMATCH")
