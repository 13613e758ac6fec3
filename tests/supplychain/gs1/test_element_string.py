from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.gs1.characters import CHARSET_82
from supplychain.gs1.element_string import Scan, ScanKind, parse_bracketed, parse_element_string, parse_scan
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin, Sscc

TODAY = date(2026, 11, 23)
GTIN = Gtin("09506000134352")
SSCC = Sscc("095060000000000015")
PACK = {"01": "09506000134352", "17": "280131", "10": "L1", "21": "B7"}
ELEMENTS = "01095060001343521728013110L1\x1d21B7"


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/",
        "http://example.com/products/paracetamol?ean=9506000134352",
        "https://example.com/10/L1",
        "ftp://example.com/x",
        "81234567890123456789",  # 药品追溯码
        "PZN-12345678",
        "PZN 1234567",
        "-12345678",
        "12345678",  # eight digits with the check digit of a PZN: 1*1+2*2+…+7*7 = 140, modulo 11 = 8
        "57687-242-07",
        "5768-7242-07",
        "57687-0242-07",
        "[)>\x1e06\x1d9N111234567842\x1d1TL1\x1dD280131\x1dSB7\x1e\x04",
        "+A123BJC5D6E71",
        "urn:epc:id:sgtin:9506000.013435.B7",
        "hello",
        "4711",
        "123456",
        "1012345",  # could be a lot, could be anything
        "]A0ABC",
        "]Q1",
        "٠٩٥٠٦٠٠٠١٣٤٣٥٢",
        "WIFI:T:WPA;S:shop;P:secret;;",
    ],
)
def test_a_code_of_another_system_is_named_as_such(text: str) -> None:
    with pytest.raises(GS1Error, match="expected the GS1 code of a pack or of a logistic unit") as caught:
        parse_scan(text, today=TODAY)
    assert caught.value.code == "OTHER_SYSTEM"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("81234567890123456789", "a Chinese drug traceability code (药品追溯码, 20 digits)"),
        ("12345678", "a German PZN"),
        ("57687-242-07", "an NDC of the United States"),
        ("https://example.com/", "an ordinary web address"),
        ("hello", "no GS1 code"),
    ],
)
def test_the_refusal_says_what_was_scanned_instead(text: str, name: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_scan(text, today=TODAY)
    assert f"Code {text!r} is {name}: expected" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "LENGTH", "Nothing was scanned"),
        (" \r\n", "LENGTH", "Nothing was scanned"),
        ("1" * 8192, "LENGTH", "Scan of 8192 characters"),
        ("]d2", "SYNTAX", "at least one element"),
        ("]d2\x1d", "SYNTAX", "at least one element"),
        ("010950600013435321B7", "CHECK_DIGIT", "(01) '09506000134353': check digit 3 is wrong"),
        ("010950600013435", "LENGTH", "(01) '0950600013435' is too short"),
        (ELEMENTS.replace("280131", "281301"), "DATE", "(17) Date '281301': month 13"),
        (ELEMENTS + "x" * 20, "LENGTH", "(21) 'B7xxxxxxxxxxxxxxxxxxxx' is too long"),
        (ELEMENTS + "\x1d\x1d10L1", "UNKNOWN_AI", r"behind (21): '\x1d10L' does not begin with"),
        (ELEMENTS + "\x1d0509", "UNKNOWN_AI", "behind (21): '0509' does not begin with"),
        ("]d2x", "UNKNOWN_AI", "Element string: 'x' does not begin with"),
        (ELEMENTS + "\x1d10L2", "DUPLICATE_AI", "(10) has two values, 'L1' and 'L2'"),
        (ELEMENTS + "\x1d21b7", "DUPLICATE_AI", "(21) has two values, 'B7' and 'b7'"),
        ("10L1\x1d2", "UNKNOWN_AI", "behind (10): '2' does not begin"),
        ("]C110L1", "NO_KEY", "Code with (10) names neither a product (01) nor a logistic unit (00)"),
        ("17280131|10L1", "NO_KEY", "(17)(10) names neither"),
        ("4149506000140445", "OTHER_KEY", "(414) names neither"),
        ("https://example.com/414/9506000140445", "OTHER_KEY", "by (414)"),
        ("https://example.com/01/09506000134353", "CHECK_DIGIT", "expected 2"),
        ("https://example.com/01/09506000134352?10=L1", "MISPLACED_AI", "(10) belongs in the path"),
        ("https:example.com", "URI", "expected to begin with https://"),
        ("(01)09506000134353", "CHECK_DIGIT", "(01) '09506000134353'"),
        ("(01)09506000134352(21", "SYNTAX", "expected (AI) at '(21'"),
        ("(01)09506000134352(21)", "LENGTH", "(21) has no value"),
        ("(1)09506000134352", "UNKNOWN_AI", "(1) is not a GS1 Application Identifier"),
        ("(01) 09506000134352", "CHARACTER", "' ' is not a digit"),
        ("095060000000000014", "CHECK_DIGIT", "SSCC '095060000000000014'"),
        ("9506000134353", "CHECK_DIGIT", "GTIN '9506000134353': check digit 3 is wrong, expected 2"),
        ("12345679", "CHECK_DIGIT", "GTIN '12345679'"),
        ("]E09506000134353", "CHECK_DIGIT", "GTIN '9506000134353'"),
    ],
)
def test_a_broken_code_is_refused_by_the_name_of_its_bad_element(text: str, code: str, message: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_scan(text, today=TODAY)
    assert caught.value.code == code
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


FULL = Scan(
    kind=ScanKind.ELEMENT_STRING,
    gtin=GTIN,
    sgtin=Sgtin(GTIN, SerialNumber("B7")),
    lot_number=LotNumber("L1"),
    expiry=date(2028, 1, 31),
)


@pytest.mark.parametrize("prefix", ["", "]d2", "]C1", "]Q3", "]e0", "]J1", "\x1d", "]d2\x1d", "^"])
def test_a_symbology_identifier_and_a_leading_separator_change_nothing(prefix: str) -> None:
    assert parse_scan(prefix + ELEMENTS, today=TODAY) == FULL


@pytest.mark.parametrize(
    "spelling", ["\x1d", "^]", "{GS}", "<GS>", "[GS]", "\\x1d", "\\x1D", "\\u001d", "␝", "↔", "|", "~", "^"]
)
def test_the_separator_may_be_spelt_in_every_way_that_scanners_do(spelling: str) -> None:
    assert parse_scan(ELEMENTS.replace("\x1d", spelling), today=TODAY) == FULL


@pytest.mark.parametrize("around", [("", "\r"), ("", "\r\n"), ("", "\t"), (" ", " "), ("\n", "\x1d\n"), ("", "\x1d")])
def test_what_a_scanner_adds_around_a_code_is_cut_off(around: tuple[str, str]) -> None:
    before, behind = around
    assert parse_scan(before + ELEMENTS + behind, today=TODAY) == FULL


@pytest.mark.parametrize(
    "text",
    [
        "21B7\x1d1728013110L1\x1d0109506000134352",
        "0109506000134352\x1d17280131\x1d10L1\x1d21B7",
        "010950600013435201095060001343521728013121B7\x1d10L1",
        "0109506000134352"
        "11250131"
        "13250131"
        "15280131"
        "17280131"
        "3103000195"
        "30"
        "1\x1d"
        "37"
        "5\x1d"
        "240X\x1d"
        "710123\x1d"
        "716A1\x1d"
        "21B7\x1d"
        "10L1",
    ],
)
def test_the_order_of_the_elements_does_not_matter_and_others_are_passed_over(text: str) -> None:
    assert parse_scan(text, today=TODAY) == FULL


@pytest.mark.parametrize(
    ("text", "scan"),
    [
        (
            "(01)09506000134352(17)280131(10)L1(21)B7",
            Scan(
                ScanKind.BRACKETED, *[getattr(FULL, name) for name in ("gtin", "sgtin", "sscc", "lot_number", "expiry")]
            ),
        ),
        ("(00)095060000000000015(02)09506000134352(37)25(10)L1", Scan(ScanKind.BRACKETED, sscc=SSCC)),
        ("095060000000000015", Scan(ScanKind.SSCC, sscc=SSCC)),
        ("00095060000000000015", Scan(ScanKind.ELEMENT_STRING, sscc=SSCC)),
        ("]C100095060000000000015", Scan(ScanKind.ELEMENT_STRING, sscc=SSCC)),
        ("9506000134352", Scan(ScanKind.GTIN, gtin=GTIN)),
        ("09506000134352", Scan(ScanKind.GTIN, gtin=GTIN)),
        ("]E09506000134352", Scan(ScanKind.GTIN, gtin=GTIN)),
        ("]E402345673", Scan(ScanKind.GTIN, gtin=Gtin("00000002345673"))),
        ("416000336108", Scan(ScanKind.GTIN, gtin=Gtin("00416000336108"))),
        ("0109506000134352", Scan(ScanKind.ELEMENT_STRING, gtin=GTIN)),
        ("01095060001343522012", Scan(ScanKind.ELEMENT_STRING, gtin=GTIN)),
        ("https://example.com/01/09506000134352", Scan(ScanKind.DIGITAL_LINK, gtin=GTIN)),
        ("HTTPS://EXAMPLE.COM/00/095060000000000015", Scan(ScanKind.DIGITAL_LINK, sscc=SSCC)),
        ("]Q1https://example.com/01/09506000134352", Scan(ScanKind.DIGITAL_LINK, gtin=GTIN)),
    ],
)
def test_every_form_of_a_code_is_read(text: str, scan: Scan) -> None:
    assert parse_scan(text, today=TODAY) == scan


def test_a_digital_link_gives_the_same_as_the_element_string() -> None:
    scan = parse_scan("https://example.com/01/09506000134352/10/L1/21/B7?17=280131", today=TODAY)
    assert (scan.gtin, scan.sgtin, scan.lot_number, scan.expiry) == (
        FULL.gtin,
        FULL.sgtin,
        FULL.lot_number,
        FULL.expiry,
    )


def test_a_scan_has_an_epc_only_if_it_names_one_thing() -> None:
    assert FULL.epc == "https://id.gs1.org/01/09506000134352/21/B7"
    assert Scan(ScanKind.SSCC, sscc=SSCC).epc == "https://id.gs1.org/00/095060000000000015"
    assert Scan(ScanKind.GTIN, gtin=GTIN).epc is None


def test_brackets_inside_a_bracketed_value_are_escaped() -> None:
    assert parse_bracketed("(10)A\\(1)B(21)7") == {"10": "A(1)B", "21": "7"}


@pytest.mark.parametrize("text", ["", "01", ")(", "(", "(01"])
def test_a_text_without_brackets_is_no_bracketed_text(text: str) -> None:
    with pytest.raises(GS1Error) as caught:
        parse_bracketed(text)
    assert caught.value.code == "SYNTAX"


TEXTS = st.text(sorted(CHARSET_82 - set("<>")), min_size=1, max_size=20)


@given(lot=TEXTS, serial=TEXTS, separator=st.sampled_from(["\x1d", "^]", "{GS}", "|", "~"]))
def test_lot_and_serial_come_through_element_strings_and_brackets_unchanged(
    lot: str, serial: str, separator: str
) -> None:
    elements = PACK | {"10": lot, "21": serial}
    assert parse_element_string(f"01095060001343521728013110{lot}{separator}21{serial}") == elements
    bracketed = "".join(f"({ai})" + value.replace("(", "\\(") for ai, value in elements.items())
    assert parse_bracketed(bracketed) == elements


@given(text=st.text(max_size=40) | st.text("0123456789()[]]dCQe|~^\x1dBhtps:/", max_size=40))
def test_no_scan_makes_the_parser_fail_in_another_way(text: str) -> None:
    with suppress(GS1Error):
        scan = parse_scan(text, today=TODAY)
        assert scan.gtin or scan.sscc
