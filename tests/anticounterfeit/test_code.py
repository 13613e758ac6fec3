"""What a code claims, what we print, and the path of a Digital Link before a server decoded it."""

from datetime import date
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anticounterfeit.code import Claim, PackCode, escape_path, image_path, pack_path, pedigree_path, read_code
from supplychain.gs1.characters import ORDER_82
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sscc

TODAY = date(2026, 11, 23)
GTIN = Gtin("09520001000010")
EXPIRY = date(2028, 1, 31)
NUMBERS = st.text(alphabet=ORDER_82, min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "LENGTH"),
        ("hello", "OTHER_SYSTEM"),
        ("https://example.com/", "OTHER_SYSTEM"),
        ("https://example.com/01/09520001000011/21/B7", "CHECK_DIGIT"),
        ("https://example.com/01/09520001000010/21/B7?17=281301", "DATE"),
        ("https://id.gs1.org/414/9520001000003", "OTHER_KEY"),
        ("81234567890123456789", "OTHER_SYSTEM"),
    ],
)
def test_a_text_that_is_no_code_of_ours_says_why(text, code):
    with pytest.raises(GS1Error) as caught:
        read_code(text, today=TODAY)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/01/09520001000010/10/L1/21/B7?17=280131",
        "]d201095200010000101728013110L1\x1d21B7",
        "01095200010000101728013110L1^]21B7",
        "(01)09520001000010(17)280131(10)L1(21)B7",
    ],
)
def test_all_spellings_of_a_code_claim_the_same(text):
    assert read_code(text, today=TODAY) == Claim(GTIN, LotNumber("L1"), SerialNumber("B7"), EXPIRY)


def test_a_code_without_serial_number_names_no_pack():
    claim = read_code("09520001000010", today=TODAY)
    assert claim == Claim(GTIN)
    assert claim.sgtin is None


def test_a_code_with_serial_number_names_one_pack():
    claim = read_code("https://example.com/01/09520001000010/21/b7", today=TODAY)
    assert isinstance(claim, Claim)
    assert claim.sgtin is not None
    assert claim.sgtin.serial_number.text == "b7"


def test_the_code_of_a_case_is_an_sscc():
    assert read_code("https://example.com/00/095200010000000010", today=TODAY) == Sscc("095200010000000010")


@given(lot_number=NUMBERS, serial_number=NUMBERS, day=st.dates(TODAY, date(2070, 1, 1)))
def test_what_we_print_claims_what_we_meant(lot_number, serial_number, day):
    code = PackCode(GTIN, LotNumber(lot_number), SerialNumber(serial_number), day)
    claim = read_code(code.url("https://example.com"), today=TODAY)
    assert claim == Claim(code.gtin, code.lot_number, code.serial_number, code.expiry)


def test_the_printed_lines_are_what_the_code_says():
    code = PackCode(GTIN, LotNumber("L/1"), SerialNumber("B7"), EXPIRY)
    assert code.printed_lines() == [("GTIN", GTIN.digits), ("SN", "B7"), ("LOT", "L/1"), ("EXP", "2028-01-31")]


# --- Paths ------------------------------------------------------------------------------------------------------------


@given(lot_number=NUMBERS.filter(lambda lot: "/21/" not in f"/{lot}/"), serial_number=NUMBERS)
def test_a_decoded_path_is_escaped_again_as_it_was(lot_number, serial_number):
    code = PackCode(GTIN, LotNumber(lot_number), SerialNumber(serial_number), EXPIRY)
    path = code.url("https://example.com").removeprefix("https://example.com").partition("?")[0]
    assert escape_path(unquote(path)) == path


@pytest.mark.parametrize(
    ("decoded", "escaped"),
    [
        ("/01/09520001000010", "/01/09520001000010"),
        ("/01/09520001000010/", "/01/09520001000010/"),
        ("/01/09520001000010/21/A/B", "/01/09520001000010/21/A%2FB"),
        ("/01/09520001000010/10/A/B/21/C/D", "/01/09520001000010/10/A%2FB/21/C%2FD"),
        ("/01/09520001000010/22/V/1/21/%2F", "/01/09520001000010/22/V%2F1/21/%252F"),
        ("/01/09520001000010/21/a/21/b", "/01/09520001000010/21/a%2F21%2Fb"),
        ("/01/0952 0001", "/01/0952%200001"),
        ("/00/095200010000000010", "/00/095200010000000010"),
        ("/00/1/2/é", "/00/1/2/%C3%A9"),
    ],
)
def test_paths_of_every_shape_are_escaped(decoded, escaped):
    assert escape_path(decoded) == escaped


def test_a_serial_number_with_a_slash_stays_one_part_of_every_path():
    assert pack_path(GTIN.digits, "A/B+%") == "/01/09520001000010/21/A%2FB%2B%25"
    assert pedigree_path(GTIN.digits, "A/B") == "/pedigree/09520001000010/A%2FB.json"
    assert image_path(GTIN.digits, "A/B", "svg") == "/codes/09520001000010/A%2FB.svg"
