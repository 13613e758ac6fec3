"""Keys of every kind, and China's code, which is none of them."""

import pytest

from supplychain.gs1.china import DrugTraceabilityCode
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.keys import NAMES, Key
from supplychain.gs1.uri import QUALIFIERS

URNS = [
    ("urn:epc:id:sgtin:0614141.712345.2017", "gtin"),
    ("urn:epc:class:lgtin:0614141.712345.L1", "gtin"),
    ("urn:epc:id:sscc:0614141.1234567890", "sscc"),
    ("urn:epc:id:sgln:0614141.12345.400", "gln"),
    ("urn:epc:id:pgln:0614141.12345", "pgln"),
    ("urn:epc:id:grai:0614141.12345.400", "grai"),
    ("urn:epc:id:giai:0614141.12345400", "giai"),
    ("urn:epc:id:gsrn:0614141.1234567890", "gsrn"),
    ("urn:epc:id:gsrnp:0614141.1234567890", "gsrnp"),
    ("urn:epc:id:gdti:0614141.12345.400", "gdti"),
    ("urn:epc:id:sgcn:0614141.12345.400", "gcn"),
    ("urn:epc:id:cpi:0614141.AB12.400", "cpi"),
    ("urn:epc:id:ginc:0614141.12345", "ginc"),
    ("urn:epc:id:gsin:0614141.123456789", "gsin"),
    ("urn:epc:id:itip:0614141.712345.01.02.400", "itip"),
    ("urn:epc:id:upui:0614141.712345.T1", "gtin"),
]


@pytest.mark.parametrize(("urn", "name"), URNS)
def test_a_key_is_one_value_whichever_way_it_is_written(urn: str, name: str) -> None:
    key = Key.parse(urn)
    assert key.name == name
    assert Key.parse(key.uri) == Key.parse(key.uri.replace("id.gs1.org", "shop.example/x") + "?99=A") == key
    assert key.urn(7) == urn
    assert str(key) == key.uri


def test_every_key_that_a_link_can_begin_with_has_a_name() -> None:
    assert set(NAMES) == set(QUALIFIERS)


@pytest.mark.parametrize(
    "elements",
    [(), (("21", "B7"),), (("01", "09506000134352"), ("21", "B7"), ("10", "L1")), (("01", "09506000134353"),)],
)
def test_what_is_no_key_is_no_value(elements: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(GS1Error):
        Key(elements)


@pytest.mark.parametrize("uri", ["urn:x:1", "https://example.com/page", "", "https://id.gs1.org/01/09506000134353"])
def test_what_names_no_key_is_refused(uri: str) -> None:
    with pytest.raises(GS1Error):
        Key.parse(uri)


@pytest.mark.parametrize(
    ("digits", "code"),
    [
        ("8123456789012345678", "LENGTH"),
        ("812345678901234567890", "LENGTH"),
        ("", "LENGTH"),
        ("8123456789012345678A", "CHARACTER"),
        ("８1234567890123456789", "CHARACTER"),
        ("٨1234567890123456789", "CHARACTER"),
        ("71234567890123456789", "PREFIX"),
    ],
)
def test_what_is_no_drug_traceability_code_is_refused(digits: str, code: str) -> None:
    with pytest.raises(GS1Error) as refusal:
        DrugTraceabilityCode(digits)
    assert refusal.value.code == code


def test_a_drug_traceability_code_has_two_parts() -> None:
    code = DrugTraceabilityCode("81234567890123456789")
    assert code.identification_code + code.production_code == str(code)
