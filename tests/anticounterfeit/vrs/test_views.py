"""Verification messages over HTTP: who is answered, with which status, and what is not told."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.test import Client
from django.utils import timezone

from supplychain.models import Batch, Item, Party
from supplychain.usecases.issue_api_key import issue_api_key
from tests.anticounterfeit.story import tell
from tests.factories import GTIN, LOT, MAKER_GLN, OTHER_GTIN, WHOLESALER_GLN

pytestmark = pytest.mark.django_db

UUID = "6a1f7f0e-8a3c-4d0c-9f7e-0a2b3c4d5e6f"


@pytest.fixture
def story(cast):
    return tell(cast)


def ask(*, gtin: str = GTIN, lot: str = LOT, serial: str = "B0000001", headers: Any = None, **query: str) -> Any:
    expiry = Batch.objects.get().expiry
    asked = {
        "exp": f"{expiry:%y%m%d}",
        "linkType": "verificationService",
        "context": "dscsaSaleableReturn",
        "reqGLN": WHOLESALER_GLN,
        "corrUUID": UUID,
        **query,
    }
    path = f"/verify/gtin/{gtin}/lot/{quote(lot, safe='')}/ser/{quote(serial, safe='')}"
    text = urlencode({name: value for name, value in asked.items() if value})
    return Client().get(f"{path}?{text}", headers=headers or {}, REQUEST_URI=f"{path}?{text}")


def test_numbers_that_match_are_verified_by_the_brand_owner(story):
    answer = ask()
    assert answer.status_code == 200
    body = answer.json()
    assert (body["responderGLN"], body["data"], body["corrUUID"]) == (MAKER_GLN, {"verified": True}, UUID)
    assert body["verificationTimestamp"].endswith("Z")
    assert answer.headers["GS1US-Version"] == "1.3.0"


def test_a_made_up_serial_number_learns_nothing_of_lot_and_expiry(story):
    for lot in (LOT, "WRONG"):
        for exp in ("", "300101"):
            answer = ask(serial="MADEUP", lot=lot, **({"exp": exp} if exp else {}))
            assert answer.json()["data"] == {"verified": False, "verificationFailureReason": "No_match_GTIN_Serial"}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"lot": "WRONG"}, "No_match_GTIN_Serial_Lot"),
        ({"exp": "300101"}, "No_match_GTIN_Serial_Expiry"),
        ({"lot": "WRONG", "exp": "300101"}, "No_match_GTIN_Serial_Lot_Expiry"),
    ],
)
def test_what_differs_is_named(story, more, reason):
    assert ask(**more).json()["data"]["verificationFailureReason"] == reason


def test_a_dispensed_pack_is_not_for_sale_and_a_recalled_one_says_so(story):
    assert ask(serial="B0000000").json()["data"] == {
        "verified": False,
        "verificationFailureReason": "Not_for_re-distribution",
    }
    Batch.objects.update(state="recalled")
    assert ask().json()["data"] == {"verified": True, "additionalInfo": "Recalled"}


def test_day_nought_is_the_last_of_the_month(story):
    last = Batch.objects.get().expiry.replace(day=28)
    last = (last + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    Batch.objects.update(expiry=last)
    assert ask(exp=f"{last:%y%m}00").json()["data"]["verified"] is True


@pytest.mark.parametrize(
    "more",
    [
        {"exp": ""},
        {"exp": "991301"},
        {"exp": "20280131"},
        {"linkType": ""},
        {"linkType": "pip"},
        {"context": ""},
        {"context": "other"},
        {"corrUUID": ""},
        {"corrUUID": "7"},
        {"reqGLN": ""},
        {"reqGLN": "9520002000003"},
        {"gtin": "09520001000011"},
        {"gtin": "9520001000010"},
        {"lot": "x" * 21},
        {"serial": "é"},
        {"serial": "\x00"},
    ],
)
def test_what_cannot_be_read_is_a_bad_request(story, more):
    answer = ask(**more)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_only_licensed_partners_are_answered(story, cast):
    assert ask(reqGLN="4012345000009").status_code == 401
    assert ask(gtin=OTHER_GTIN).status_code == 404
    key = issue_api_key(party=cast.forger.party, name="x")[1]
    assert ask(headers={"Authorization": f"Bearer {key}"}).status_code == 403
    Party.objects.filter(gln=WHOLESALER_GLN).update(licence_expiry=timezone.localdate() - timedelta(days=1))
    assert ask().status_code == 403


def test_a_slash_in_a_serial_number_is_part_of_it(story):
    Item.objects.filter(serial_number="B0000001").update(serial_number="B/1/ser/2")
    assert ask(serial="B/1/ser/2").json()["data"] == {"verified": True}


def test_connectivity_names_who_would_answer(story):
    client = Client()
    good = {"gtin": GTIN, "reqGLN": WHOLESALER_GLN, "context": "dscsaSaleableReturn"}
    assert client.get("/verify/checkConnectivity", good).json() == {"responderGLN": MAKER_GLN}
    for more, status in (
        ({"gtin": OTHER_GTIN}, 404),
        ({"gtin": "1"}, 400),
        ({"reqGLN": "4012345000009"}, 401),
        ({"reqGLN": "x"}, 400),
        ({"context": "x"}, 400),
    ):
        assert client.get("/verify/checkConnectivity", {**good, **more}).status_code == status
    assert (
        client.post("/verify/checkConnectivity", json.dumps(good), content_type="application/json").status_code == 405
    )


def test_the_page_for_people_is_where_it_was(story):
    assert Client().get("/verify").status_code == 200
