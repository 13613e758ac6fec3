"""EPC URNs and Digital Links as OpenEPCIS's translator writes one as the other: 16 schemes, 229 cases.

Percent signs differ between implementations; links are compared by what they say.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from supplychain.gs1.company_prefix import known_prefix_length
from supplychain.gs1.epc_urn import uri_to_urn, urn_to_uri
from supplychain.gs1.errors import GS1Error

pytestmark = pytest.mark.conformance

NO_URI = "no URI by RFC 3986: a character that has to be escaped stands in it"
CHECK_DIGIT = "the key's check digit is wrong"
# Where we refuse what the translator takes, by its input, and why. All other cases agree.
DISAGREEMENTS = {
    "https://id.gs1.org/8010/30056867890#1294-5A/8011/4893": "behind # begins the fragment; a # in a value is %23",
    "https://id.gs1.org/8010/8585885039434/38": "a slash in a value is %2F; here it begins a segment of its own",
    'https://id.gs1.org/253/93589983944438!"%&"+': NO_URI,
    'https://id.gs1.org/8004/3575958495850!"/%_': NO_URI,
    "https://id.gs1.org/8004/42512183.SENSOR.TR-07-AVE-583:1": "31 characters, and a GIAI has 30 at most",
    "https://id.gs1.org/8003/043847837483703:;<>=?AZ_az": NO_URI,
    "https://id.gs1.org/8006/646734858938493844/21/!\"%&'()*+,-./1:;<=>=": NO_URI,
    "https://id.gs1.org/01/12345678901231/21/!\"%&'()*+,-./": NO_URI,
    "https://id.gs1.org/01/57875874837438/235/19:;<=>?AZ_az": NO_URI,
    "urn:epc:idpat:itip:493494.3399430.40.39.*": "piece 40 of 39: GS1's own engine has no such piece",
    "https://id.gs1.org/8017/123456789012345678": CHECK_DIGIT,
    "https://google.com/8017/643963764374736343": CHECK_DIGIT,
    "https://google.com/8017/667602231213121237": CHECK_DIGIT,
    "https://id.gs1.org/8006/495892314098876544": CHECK_DIGIT,
    "https://id.gs1.org/8006/394354903094390493": CHECK_DIGIT,
}


def cases(shared_folder: Path) -> list[dict[str, Any]]:
    path = shared_folder / "vectors" / "openepcis-translator" / "epc_translation_cases.json"
    loaded: list[dict[str, Any]] = json.loads(path.read_text())
    assert len(loaded) == 229
    return loaded


def translate(case: dict[str, Any]) -> str | None:
    try:
        if case["op"] == "urn_to_dl":
            return urn_to_uri(case["in"])
        return uri_to_urn(case["in"], prefix_length=case.get("gcp_length", known_prefix_length))
    except GS1Error:
        return None


def test_every_case_is_translated_or_refused(shared_folder: Path) -> None:
    agreed = 0
    for case in cases(shared_folder):
        if case["in"] in DISAGREEMENTS or case.get("gtin_check_digit_ok") is False:
            continue
        ours, theirs = translate(case), case["out"]
        assert (ours is None) == (theirs is None), case
        assert ours is None or unquote(ours) == unquote(theirs), case
        agreed += 1
    assert agreed == 229 - len(DISAGREEMENTS) - 5


def test_what_we_refuse_and_the_translator_does_not(shared_folder: Path) -> None:
    theirs = {case["in"]: case for case in cases(shared_folder)}
    for case in DISAGREEMENTS:
        assert translate(theirs[case]) != theirs[case]["out"]


def test_a_urn_is_the_same_after_going_through_its_link(shared_folder: Path) -> None:
    returned = 0
    for case in cases(shared_folder):
        if case["op"] == "urn_to_dl" and case["out"] is not None and case["in"] not in DISAGREEMENTS:
            prefix = case["in"].split(":")[4].split(".")[0]
            back = uri_to_urn(urn_to_uri(case["in"]), prefix_length=len(prefix))
            if ":idpat:upui:" not in case["in"]:  # its class is that of the GTIN, whose name is sgtin
                assert unquote(back) == unquote(case["in"]), case
                returned += 1
    assert returned > 40
