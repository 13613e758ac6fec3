"""Lines that cannot be taken, and which of several lines is believed."""

import pytest

from supplychain.gs1.identifiers import Gln
from supplychain.imports.labelers import find_labelers, gln_of
from supplychain.imports.product_csv import ProductRow, RefusedRow, parse_products, settle
from supplychain.imports.table_csv import UnreadableFileError

HEADER = "gtin14,package_ndc,product_ndc,brand,generic,labeler,dosage_form,source_ndc\n"
GOOD = "00357687242071,57687-242-07,57687-242,Rescue Sleep,flower,Nelson Bach,SOLUTION,\n"


def parsed(text: str | bytes) -> list[ProductRow | RefusedRow]:
    return list(parse_products([text if isinstance(text, bytes) else text.encode()]))


def only(line: str | bytes) -> ProductRow | RefusedRow:
    [row] = parsed(HEADER.encode() + (line if isinstance(line, bytes) else line.encode()))
    return row


def row(line: int, product_ndc: str = "57687-242", name: str = "A", labeler: str = "L", ndc: str = "57687-242-07"):
    return ProductRow(line, "00357687242071", ndc, product_ndc, name, "", "", labeler, "")


# --- Files that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "EMPTY"),
        (b"\n\n  \n", "EMPTY"),
        (b"\xef\xbb\xbf", "EMPTY"),
        (b"gtin14|package_ndc|brand|labeler\n", "MISSING_COLUMNS"),
        (b"gtin14,package_ndc,brand\n", "MISSING_COLUMNS"),
        (GOOD.encode(), "MISSING_COLUMNS"),
        (b"gtin14,package_ndc,brand,labeler,brand\n", "DUPLICATE_COLUMN"),
        (b'"gtin14,package_ndc,brand,labeler\n', "QUOTING"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "NOT_TEXT"),
        (b"PK\x03\x04" + bytes(100), "NOT_TEXT"),
    ],
)
def test_a_file_of_another_kind_is_named_as_such(data, code):
    with pytest.raises(UnreadableFileError) as caught:
        parsed(data)
    assert caught.value.code == code


# --- Lines that cannot be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (GOOD.replace("242071", "242072"), "CHECK_DIGIT", "expected 1"),
        (GOOD.replace("00357687242071", "٠٠357687242071"), "CHARACTER", "digits"),
        (GOOD.replace("00357687242071", "35768724207E1"), "CHARACTER", "digits"),
        (
            GOOD.replace("57687-242-07", "57687-242-08"),
            "NDC_MISMATCH",
            "NDC 57687-242-08 belongs to GTIN 00357687242088",
        ),
        (GOOD.replace("57687-242-07", "5768724207"), "NDC", "hyphens"),
        (GOOD.replace("57687-242-07", "57687-0242-07"), "NDC", "hyphens"),
        (GOOD.replace("Rescue Sleep", " "), "EMPTY_VALUE", "brand is empty"),
        (GOOD.replace("Nelson Bach", ""), "EMPTY_VALUE", "labeler is empty"),
        (GOOD.replace("Rescue Sleep", "x" * 301), "TOO_LONG", "301 characters, expected at most 300"),
        (GOOD.replace("flower", "x" * 501), "TOO_LONG", "generic"),
        (GOOD.replace("Nelson Bach", "x" * 201), "TOO_LONG", "labeler"),
        (GOOD.replace(",SOLUTION,", ",SOLUTION," + "0378-6611;" * 21), "TOO_LONG", "source_ndc"),
        (GOOD.replace("Rescue", "Res\0cue"), "CONTROL_CHARACTER", r"'\x00' may not stand"),
        (GOOD.replace("Rescue", "Res\x1bcue"), "CONTROL_CHARACTER", "brand"),
        (GOOD.encode().replace(b"Rescue", b"R\xe9scue"), "ENCODING", "byte 0xE9 is not UTF-8"),
        (GOOD.replace("Rescue Sleep", '"Rescue Sleep'), "QUOTING", "unexpected end"),
        (GOOD.replace("Rescue Sleep", '"Rescue" Sleep'), "QUOTING", "expected after"),
        ("00357687242071,57687-242-07\n", "MISSING_COLUMNS", "2 columns: expected at least 6"),
        ("x" * 200_000 + "\n", "QUOTING", "field larger"),
    ],
)
def test_a_bad_line_is_refused_with_its_reason(line, code, words):
    refused = only(line)
    assert isinstance(refused, RefusedRow)
    assert (refused.line, refused.code) == (2, code)
    assert words in refused.reason
    assert len(refused.reason) < 400


def test_a_quote_that_is_not_closed_spoils_its_own_line_only():
    rows = parsed(HEADER + GOOD.replace("Rescue", '"Rescue') + GOOD)
    assert [type(one) for one in rows] == [RefusedRow, ProductRow]
    assert [one.line for one in rows] == [2, 3]


# --- Lines that are fine ----------------------------------------------------------------------------------------------


def test_a_line_is_read_by_the_names_of_its_columns():
    text = 'labeler,BRAND,extra, package_ndc ,gtin14\n"Bach, ""Ltd""", Sleep ,?,57687-242-07,00357687242071\n'
    assert parsed(text) == [ProductRow(2, "00357687242071", "57687-242-07", "", "Sleep", "", "", 'Bach, "Ltd"', "")]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_numbers_are_those_of_an_editor(newline, mark):
    text = mark + newline + (HEADER + "\n" + GOOD + " , ,\n" + GOOD).replace("\n", newline)
    assert [one.line for one in parsed(text)] == [4, 6]


def test_a_mark_that_only_looks_like_the_end_of_a_line_is_none():
    [one] = parsed(HEADER + GOOD.replace("Rescue Sleep", "Rescue\u2028Sleep\xa0Ω"))
    assert isinstance(one, ProductRow)
    assert one.name == "Rescue\u2028Sleep\xa0Ω"


def test_a_shorter_gtin_and_an_outer_package_are_read_as_what_they_are():
    short = only(GOOD.replace("00357687242071", "357687242071"))
    outer = only(GOOD.replace("00357687242071", "10357687242078"))
    assert isinstance(short, ProductRow)
    assert isinstance(outer, ProductRow)
    assert (short.gtin, outer.gtin) == ("00357687242071", "10357687242078")


# --- Which line is believed -------------------------------------------------------------------------------------------


def test_the_line_under_the_packages_own_product_speaks_for_it():
    sibling, own = row(2, "57687-999", "Sleep Junior"), row(3, "57687-242", "Sleep")
    settled = settle([sibling, own])
    assert settled.rows == [own]
    assert [(one.line, one.code) for one in settled.refused] == [(2, "DUPLICATE_IN_FILE")]
    assert "'Sleep' on line 3; this line says 'Sleep Junior'" in settled.refused[0].reason
    assert "57687-999, which is not the package's own" in settled.refused[0].reason


def test_a_line_that_says_the_same_is_a_repeat_and_no_fault():
    rows = [row(2), row(3), row(4, "57687-999")]
    settled = settle(rows)
    assert settled.rows == rows[:1]
    assert [(one.row.line, one.speaker) for one in settled.repeats] == [(3, 2), (4, 2)]
    assert settled.refused == []


def test_of_two_own_lines_the_first_is_believed():
    settled = settle([row(2, name="A"), row(3, name="B"), row(4, labeler="Other")])
    assert [one.line for one in settled.rows] == [2]
    assert [one.line for one in settled.refused] == [3, 4]
    assert "is of 'L' on line 2; this line says 'Other'" in settled.refused[1].reason


def test_where_only_siblings_speak_they_must_agree():
    agree = settle([row(2, "57687-998"), row(3, "57687-999")])
    assert ([one.line for one in agree.rows], len(agree.repeats)) == ([2], 1)
    differ = settle([row(2, "57687-998", "A"), row(3, "57687-999", "B")])
    assert (differ.rows, [one.code for one in differ.refused]) == ([], ["AMBIGUOUS", "AMBIGUOUS"])
    assert "Lines 2, 3" in differ.refused[0].reason


# --- Companies --------------------------------------------------------------------------------------------------------


def companies(*pairs: tuple[str, str]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    rows = [row(line, ndc=f"{code}-242-07", labeler=name) for line, (code, name) in enumerate(pairs, start=2)]
    return [(one.name, one.other_names, one.codes) for one in find_labelers(rows)]


def test_one_name_with_two_codes_is_one_company():
    assert companies(("63517", "Cardinal"), ("37205", "Cardinal")) == [("Cardinal", (), ("37205", "63517"))]


def test_one_code_under_two_names_is_one_company_called_as_on_most_lines():
    pairs = [("0363", "Walgreens"), ("0363", "Walgreen Co"), ("0363", "Walgreen Co")]
    assert companies(*pairs) == [("Walgreen Co", ("Walgreens",), ("0363",))]
    assert companies(*pairs[:2])[0][0] == "Walgreens"


def test_names_and_codes_connect_through_each_other():
    pairs = [("62011", "McKesson"), ("70677", "Mckesson"), ("62011", "Mckesson"), ("49348", "McKesson"), ("1234", "B")]
    assert companies(*pairs) == [("McKesson", ("Mckesson",), ("49348", "62011", "70677")), ("B", (), ("1234",))]


def test_a_name_that_is_a_number_is_no_code():
    assert len(companies(("57687", "0363"), ("0363", "Other"))) == 2


def test_a_labelers_gln_follows_from_its_code_and_is_valid():
    assert [gln_of(code) for code in ("57687", "0363")] == ["0357687000008", "0303630000007"]
    assert all(Gln(gln_of(code)) for code in ("57687", "0363", "0002"))
