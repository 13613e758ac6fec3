"""EPC URNs: what is refused, and that URN and link say the same."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import ORDER_82
from supplychain.gs1.company_prefix import known_prefix_length, prefix_length
from supplychain.gs1.epc_urn import SCHEMES, uri_to_urn, urn_to_uri
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.link_key import constrained_link

BAD = [
    ("urn:epc:id:sgtin", "OTHER_KEY"),
    ("urn:epc:id:gid:1.2.3", "OTHER_KEY"),
    ("URN:EPC:ID:SGTIN:0614141.112345.1", "OTHER_KEY"),
    ("urn:epc:tag:sgtin-96:3.0614141.112345.1", "OTHER_KEY"),
    ("urn:epc:class:sgtin:0614141.112345.1", "OTHER_KEY"),
    ("urn:epc:id:lgtin:0614141.112345.1", "OTHER_KEY"),
    ("urn:epc:idpat:sscc:0614141.*", "OTHER_KEY"),
    ("urn:epc:id:sgtin:0614141.112345", "SYNTAX"),
    ("urn:epc:idpat:sgtin:0614141.112345.7", "SYNTAX"),
    ("urn:epc:id:sgtin:0614141.112345.", "LENGTH"),
    ("urn:epc:id:sgtin:06141.11234567.1", "PREFIX"),
    ("urn:epc:id:sgtin:0614141123456..1", "PREFIX"),
    ("urn:epc:id:sgtin:٠٦١٤١٤١.112345.1", "PREFIX"),
    ("urn:epc:id:sgtin:0614141.11234.1", "LENGTH"),
    ("urn:epc:id:sgtin:0614141.11234A.1", "LENGTH"),
    ("urn:epc:id:sgtin:0614141.112345.a%20b", "CHARACTER"),
    ("urn:epc:id:sgtin:0614141.112345." + "1" * 21, "LENGTH"),
    ("urn:epc:id:itip:0614141.112345.1.02.7", "LENGTH"),
    ("urn:epc:id:itip:0614141.112345.AB.02.7", "LENGTH"),
    ("urn:epc:id:sgcn:0614141.12345.7A", "CHARACTER"),
    ("urn:epc:id:cpi:0614141.ab.7", "CHARACTER"),
    ("urn:epc:id:giai:0614141." + "1" * 24, "LENGTH"),
]


@pytest.mark.parametrize(("urn", "code"), BAD)
def test_what_is_no_epc_is_refused(urn: str, code: str) -> None:
    with pytest.raises(GS1Error) as refusal:
        urn_to_uri(urn)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("uri", "length", "code"),
    [
        ("urn:epc:id:sgtin:0614141.112345.1", 7, "URI"),
        ("https://id.gs1.org/8013/1987654Ad4X4bL5ttr2310c2K", 7, "OTHER_KEY"),
        ("https://id.gs1.org/01/10614141123459/21/400", 5, "PREFIX"),
        ("https://id.gs1.org/01/10614141123459/21/400", 13, "PREFIX"),
        ("https://id.gs1.org/8004/12345678AB", 9, "PREFIX"),
        ("https://id.gs1.org/8004/1234567", 8, "PREFIX"),
        ("https://id.gs1.org/01/10614141123450/21/400", 7, "CHECK_DIGIT"),
    ],
)
def test_what_has_no_urn_is_refused(uri: str, length: int, code: str) -> None:
    with pytest.raises(GS1Error) as refusal:
        uri_to_urn(uri, prefix_length=length)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("uri", "urn"),
    [
        ("https://id.gs1.org/8018/123456789012345675", "urn:epc:id:gsrn:1234567890.1234567"),
        ("https://id.gs1.org/8003/01234567890128", "urn:epc:idpat:grai:1234567890.12.*"),
        ("https://id.gs1.org/8006/123567890801280102", "urn:epc:idpat:itip:2356789080.112.01.02.*"),
    ],
)
def test_keys_without_a_serial_number_have_a_urn(uri: str, urn: str) -> None:
    assert uri_to_urn(uri, prefix_length=10) == urn


def test_a_prefix_that_the_list_does_not_have_is_refused() -> None:
    assert prefix_length("not digits") is None
    with pytest.raises(GS1Error, match="not in GS1's list"):
        uri_to_urn("https://id.gs1.org/8004/0999999999999", prefix_length=known_prefix_length)
    assert known_prefix_length("0614141AB") == 7


def test_a_location_without_extension_has_a_zero_in_its_urn() -> None:
    assert urn_to_uri("urn:epc:id:sgln:0614141.12345.0") == "https://id.gs1.org/414/0614141123452"
    assert uri_to_urn("https://id.gs1.org/414/0614141123452", prefix_length=7) == "urn:epc:id:sgln:0614141.12345.0"


DIGITS = st.text("0123456789", min_size=20, max_size=20)
SERIALS = st.text(ORDER_82, min_size=1, max_size=12)


@given(st.sampled_from(sorted(SCHEMES)), st.integers(6, 12), DIGITS, SERIALS)
def test_a_urn_and_its_link_are_two_spellings_of_one_name(name: str, length: int, digits: str, serial: str) -> None:
    scheme = SCHEMES[name]
    prefix, rest = digits[:length], digits[length:]
    reference = rest[: scheme.digits - length] if scheme.digits else rest[:4]
    if name == "sgcn" or name == "cpi":
        serial = str(len(serial))
    if scheme.moves_first and not reference:
        return

    parts = [prefix, reference, *["01", "02"][: scheme.pieces]]
    if scheme.serial_ai is not None:
        parts.append(quote(serial, safe="!'()*+,:;="))
    level = "class" if name == "lgtin" else "id"
    urn = f"urn:epc:{level}:{name}:{'.'.join(parts)}"
    uri = urn_to_uri(urn)
    assert uri_to_urn(uri, prefix_length=length) == urn
    assert urn_to_uri(uri_to_urn(uri, prefix_length=length)) == uri


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("https://id.gs1.org/gtin/4012345123456", "https://id.gs1.org/01/04012345123456"),
        ("https://a.example/x/y/00/340123453111111115?a=1#f", "https://id.gs1.org/00/340123453111111115"),
        ("https://a.example/01/04012345123456/10/A/21/", None),
        ("https://a.example/01/04012345123456/99/A", None),
        ("https://a.example/21/04012345123456", None),
        ("https://a.example", None),
        ("https://a.example/415/4226350800008/8020/1", None),
        ("https://a.example/01/40123451234AB", None),
        ("https://a.example/8003/01234567890129", "https://id.gs1.org/8003/01234567890129"),
        ("urn:epc:id:gid:1.2.3", None),
        ("ftp://a.example/01/04012345123456", None),
    ],
)
def test_a_link_is_reduced_to_its_key(uri: str, link: str | None) -> None:
    assert constrained_link(uri) == link
