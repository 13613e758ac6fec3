"""The resolver over HTTP: linksets that GS1's schema takes, redirects, and the page for whoever asks for nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft7Validator

from tests.anticounterfeit.story import path_of, tell
from tests.factories import GTIN, LOT, WHOLESALER_GLN

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(cast) -> str:
    return path_of(tell(cast).left)


def get(path: str, accept: str = "*/*", **query: str) -> Any:
    url = (
        path
        + ("&" if "?" in path else "?") * bool(query)
        + "&".join(f"{name}={value}" for name, value in query.items())
    )
    return Client().get(url, headers={"Accept": accept}, REQUEST_URI=url)


@pytest.mark.parametrize("path", ["/01/09520001000034", "/00/095200010000009990", "/01/09506000134352/21/X"])
def test_what_nobody_registered_has_no_links(cast, path):
    answer = get(path, linkType="linkset")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


def test_a_broken_link_and_an_unknown_type_are_said_so(pack):
    assert get("/01/123", linkType="linkset").status_code == 400
    assert get(pack, linkType="gs1:smpc").json()["code"] == "NO_SUCH_LINK"


@pytest.mark.parametrize("path", [f"/01/{GTIN}", f"/01/{GTIN}/10/{LOT}", f"/01/{GTIN}/10/{LOT}/21/B0000001"])
def test_linksets_are_as_gs1_has_them(cast, shared_folder: Path, path):
    tell(cast)
    schema = json.loads((shared_folder / "vectors/gs1-linkset/gs1-linkset-schema.json").read_text())
    for answer in (
        get(path, linkType="linkset"),
        get(path, accept="application/linkset+json"),
        get(path, linkType="all"),
    ):
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/linkset+json")
        assert "json-ld#context" in answer.headers["Link"]
        Draft7Validator(schema).validate(answer.json())
        (context,) = answer.json()["linkset"]
        assert context["itemDescription"] == "Amoxil 500 mg"
        assert {"https://gs1.org/voc/defaultLink", "https://gs1.org/voc/epcis"} <= set(context)


def test_gs1s_own_bad_linkset_does_not_pass_the_schema(shared_folder: Path):
    folder = shared_folder / "vectors/gs1-linkset"
    schema = json.loads((folder / "gs1-linkset-schema.json").read_text())
    assert not Draft7Validator(schema).is_valid(json.loads((folder / "invalid-basic-example.json").read_text()))


def test_a_link_type_redirects_and_leads_to_the_linkset(pack, settings):
    for kind in ("pip", "gs1:pip", "gs1:defaultLink", "gs1:recallStatus", "gs1:epcis"):
        answer = get(pack, linkType=kind)
        assert answer.status_code == 307, kind
        assert answer.headers["Location"].startswith(settings.PUBLIC_URL)
        assert 'rel="linkset"' in answer.headers["Link"]
    assert (
        get(pack, linkType="gs1:recallStatus")
        .headers["Location"]
        .startswith(f"{settings.PUBLIC_URL}/api/v1/verify?code=")
    )


def test_the_verification_service_is_found_with_all_that_it_needs(pack, settings):
    more = {
        "context": "dscsaSaleableReturn",
        "reqGLN": WHOLESALER_GLN,
        "corrUUID": "6a1f7f0e-8a3c-4d0c-9f7e-0a2b3c4d5e6f",
    }
    location = get(pack, linkType="gs1:verificationService", **more).headers["Location"]
    answer = get(location.removeprefix(settings.PUBLIC_URL))
    assert (answer.status_code, answer.json()["data"]) == (200, {"verified": True})


def test_of_two_ways_to_the_story_the_client_takes_the_one_it_reads(pack):
    several = get(pack, linkType="gs1:traceability")
    assert (several.status_code, len(several.json()["linkset"][0]["https://gs1.org/voc/traceability"])) == (300, 2)
    assert get(pack, accept="application/json", linkType="gs1:traceability").status_code == 307


def test_a_unit_has_links_too(cast):
    pallet = tell(cast).pallet
    answer = get(pallet.removeprefix("https://id.gs1.org"), linkType="linkset")
    assert "https://gs1.org/voc/verificationService" not in answer.json()["linkset"][0]


def test_a_browser_still_gets_the_page(pack):
    answer = get(pack, accept="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert 'rel="linkset"' in answer.headers["Link"]


def test_the_resolver_describes_itself_as_gs1s_own_does(shared_folder: Path, settings):
    answer = get("/.well-known/gs1resolver")
    body = answer.json()
    theirs = json.loads((shared_folder / "vectors/gs1-resolver-ce/gs1resolver.json").read_text())
    for name in ("name", "resolverRoot", "supportedLinkType", "supportedPrimaryKeys", "validatesAIcombinations"):
        assert type(body[name]) is type(theirs[name])
    assert body["resolverRoot"] == settings.PUBLIC_URL
