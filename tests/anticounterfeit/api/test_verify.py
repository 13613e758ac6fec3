"""Verification for programs: any scan text, and the same answer as the pack's own page."""

import json
from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from ledger.verifier.pedigree import verify
from supplychain.usecases.issue_api_key import issue_api_key
from tests.anticounterfeit.story import Story, path_of, publish, tell
from tests.factories import GTIN, LOT, Cast, commissioned


@pytest.fixture
def story(cast: Cast) -> Story:
    told = tell(cast)
    publish()
    return told


def ask(code: str, client: Client | None = None):
    return (client or Client()).get("/api/v1/verify", {"code": code})


@pytest.mark.parametrize("code", ["", "nonsense", "(01)123", "https://example.com/", "81234567890123456789", "\x00"])
def test_what_is_no_code_is_a_bad_request_with_a_verdict(cast, code):
    response = ask(code)
    assert response.status_code == 400
    assert response.json()["verdict"]["code"] == "UNREADABLE"
    assert response.json()["verdict"]["reason"]


def test_an_unknown_product_is_not_found_with_a_verdict(cast):
    response = ask("(01)09506000134352(21)B7")
    assert response.status_code == 404
    assert response.json()["verdict"]["code"] == "UNKNOWN_PRODUCT"


def test_a_made_up_serial_number_raises_its_alert(story):
    answer = ask(f"(01){GTIN}(10){LOT}(21)MADEUP").json()
    assert (answer["verdict"]["code"], answer["verdict"]["alert"]) == ("UNKNOWN_SERIAL", "A3")


def test_a_scan_answers_as_the_page_does(story, settings, client):
    page = client.get(path_of(story.left), headers={"accept": "application/json"}).json()
    assert ask(settings.PUBLIC_URL + path_of(story.left)).json() == page
    expiry = path_of(story.left)[-6:]
    scanned = ask(f"]d201{GTIN}17{expiry}10{LOT}\x1d21{story.left.rpartition('/')[2]}").json()
    assert scanned == page


def test_names_are_shown_to_the_party_whose_key_asks(story, cast):
    code = f"(01){GTIN}(21){story.dispensed.rpartition('/')[2]}"
    machine = APIClient()
    _key, token = issue_api_key(party=cast.pharmacy.party, name="till")
    machine.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert "Corner Pharmacy" in json.dumps(ask(code, machine).json())
    assert "Corner Pharmacy" not in json.dumps(ask(code).json())


def test_answers_are_not_kept(story):
    assert ask(f"(01){GTIN}")["Cache-Control"] == "no-store"


def test_the_pedigree_of_a_pack_is_had_by_its_code_and_verifies(story, settings):
    code = f"(01){GTIN}(21){story.dispensed.rpartition('/')[2]}"
    response = Client().get("/api/v1/pedigree", {"code": code})
    assert response.status_code == 200
    assert verify(response.content, (Path(settings.LOG_PUBLIC_DIR) / "policy").read_text()).ok


@pytest.mark.parametrize(
    ("code", "status"),
    [(f"(01){GTIN}", 404), (f"(01){GTIN}(21)MADEUP", 404), ("(00)095200010000000010", 404), ("nonsense", 400)],
)
def test_there_is_no_pedigree_of_what_is_no_registered_pack(cast, code, status):
    response = Client().get("/api/v1/pedigree", {"code": code})
    assert response.status_code in {status, 422}
    assert response["Content-Type"] == "application/problem+json"


def test_a_pedigree_that_waits_for_its_block_says_so(cast):
    commissioned(cast.maker, 1)
    response = Client().get("/api/v1/pedigree", {"code": f"(01){GTIN}(21)B0000000"})
    assert response.status_code == 404
    assert response.json()["code"] == "NOT_YET_PROVEN"
