"""Tables as people's spreadsheets make them, and the files that are none."""

import itertools
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.imports.table_csv import (
    LONGEST_LINE,
    BadRow,
    Column,
    Layout,
    TableRow,
    UnreadableFileError,
    numbered_lines,
    read_table,
)

LAYOUT = Layout(
    (
        Column("gtin", ("product code", "(01)"), is_number=True),
        Column("name", longest=20),
        Column("note", is_required=False, longest=5),
    )
)
TEXT = "gtin,name,note\n00357687242071,Rescue Sleep,x\n00357687242088,Other,\n"


def read(data: str | bytes) -> list[TableRow | BadRow]:
    return list(read_table([data if isinstance(data, bytes) else data.encode()], LAYOUT))


def cells(data: str | bytes) -> list[tuple[str, ...]]:
    return [tuple(row.values.values()) for row in read(data) if isinstance(row, TableRow)]


WANTED = [("00357687242071", "Rescue Sleep", "x"), ("00357687242088", "Other", "")]


# --- Files that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "EMPTY", "empty"),
        (b"\r\n  \r\n", "EMPTY", "empty"),
        (b"sep=;\r\n", "EMPTY", "empty"),
        (b"PK\x03\x04" + bytes(50), "NOT_TEXT", "save the sheet as CSV"),
        (b"\x1f\x8b\x08" + bytes(50), "NOT_TEXT", "unpack it first"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), "NOT_TEXT", "XLS"),
        (b"%PDF-1.7\n", "NOT_TEXT", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "NOT_TEXT", "picture"),
        (b"\x7fELF" + bytes(5000), "MISSING_COLUMNS", "no column gtin, name"),
        (bytes(LONGEST_LINE + 1), "LONG_LINE", "no table"),
        (b"gtin|name\n", "MISSING_COLUMNS", "expected at least gtin, name"),
        (b"gtin,note\n", "MISSING_COLUMNS", "no column name"),
        (b"gtin,name,Product Code\n", "DUPLICATE_COLUMN", "gtin twice"),
        (b'"gtin,name\n', "QUOTING", "Header"),
    ],
)
def test_a_file_of_another_kind_is_named_as_such(data: bytes, code: str, words: str) -> None:
    with pytest.raises(UnreadableFileError) as caught:
        read(data)
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_line_without_end_stops_the_reading_before_it_fills_the_memory() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        yield b"gtin,name\n"
        while True:
            taken += 1
            yield b"x" * 10_000

    with pytest.raises(UnreadableFileError) as caught:
        list(read_table(endless(), LAYOUT))
    assert (caught.value.code, taken) == ("LONG_LINE", 11)


# --- Lines that cannot be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "column", "code", "words"),
    [
        ("3.57687E+11,A,", "gtin", "ROUNDED", "format the column as text"),
        ('"3,57687E+11",A,', "gtin", "ROUNDED", "rounded"),
        ("3E+12,A,", "gtin", "ROUNDED", "rounded"),
        ("357687242071.00,A,", "gtin", "ROUNDED", "rounded"),
        (",A,", "gtin", "EMPTY_VALUE", "gtin is empty"),
        ("1,,", "name", "EMPTY_VALUE", "name is empty"),
        ("1," + "x" * 21 + ",", "name", "TOO_LONG", "21 characters, expected at most 20"),
        ("1,A,123456", "note", "TOO_LONG", "note"),
        ("1,A\x00,", "name", "CONTROL_CHARACTER", r"'\x00' may not stand"),
        ("1,A\x1b,", "name", "CONTROL_CHARACTER", "may not stand"),
        ("1,A\x9f,", "name", "CONTROL_CHARACTER", "may not stand"),
        ('1,"A,', "", "QUOTING", "a cell must stay on its line"),
        ('1,"A"B,', "", "QUOTING", "expected after"),
        ("1", "", "MISSING_COLUMNS", "1 columns: expected at least 2"),
    ],
)
def test_a_bad_line_is_named_with_column_and_value(line: str, column: str, code: str, words: str) -> None:
    bad, good = read("gtin,name,note\n" + line + "\n1,A,\n")
    assert isinstance(bad, BadRow)
    assert isinstance(good, TableRow)
    assert (bad.line, bad.column, bad.code) == (2, column, code)
    assert words in bad.reason
    assert len(bad.reason) < 400


def test_a_byte_of_another_encoding_spoils_its_line_only() -> None:
    bad, good = read(b"gtin,name\n1,Z\xfcrich\n2,Basel\n")
    assert isinstance(bad, BadRow)
    assert (bad.code, "byte 0xFC is not UTF-8; save the file as CSV UTF-8" in bad.reason) == ("ENCODING", True)
    assert isinstance(good, TableRow)


# --- Files of many makes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace(",", ";").encode(),
        TEXT.replace(",", "\t").encode(),
        b"sep=;\r\n" + TEXT.replace(",", ";").replace("\n", "\r\n").encode(),
        b'"sep=;"\n' + TEXT.replace(",", ";").encode(),
        TEXT.replace("gtin,name", " Product-Code , NAME ").encode(),
        TEXT.replace("Rescue Sleep", '  "Rescue Sleep"'.strip()).encode(),
        TEXT.replace("Other,", "Other   ,  ").encode(),
        TEXT.replace("Other,", "Other").encode(),
        ("\n\n" + TEXT.replace("\n00357687242088", "\n,,\n\n ; \n00357687242088")).replace(" ; ", " , ").encode(),
        (TEXT + "\n\n,,,\n").encode(),
        TEXT.replace("name,note", "name,unknown,note").replace("p,x", "p,?,x").replace("Other,", "Other,?,").encode(),
    ],
)
def test_files_of_many_makes_give_the_same_rows(data: bytes) -> None:
    assert cells(data) == WANTED


def test_line_numbers_are_those_of_an_editor() -> None:
    assert [row.line for row in read("\n\ngtin,name\n\n1,A\n,\n2,B")] == [5, 7]


def test_what_only_looks_like_the_end_of_a_line_is_none() -> None:
    assert cells("gtin,name\n1,A\u2028B\x85\xa0".replace("\x85", "") + "C\n")[0][1] == "A\u2028B\xa0C"


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6))
def test_where_the_pieces_are_cut_changes_nothing(data: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[start:stop] for start, stop in itertools.pairwise(places)]
    outcomes = []
    for one in ([data], pieces):
        try:
            outcomes.append(list(numbered_lines(one)))
        except UnreadableFileError as error:
            outcomes.append([(0, error.code)])
    assert outcomes[0] == outcomes[1]


def test_a_long_table_takes_little_memory() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"gtin,name\n"
        for number in range(2_000):
            yield b"".join(b"%d,Name %d\n" % (number, at) for at in range(50))

    tracemalloc.start()
    count = sum(isinstance(row, TableRow) for row in read_table(pieces(), LAYOUT))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 100_000
    assert peak < 2_000_000
