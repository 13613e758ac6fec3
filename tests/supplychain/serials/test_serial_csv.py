"""Serial numbers from a file: whatever is wrong is named by line, value and reason, and nothing is guessed."""

import tracemalloc

import pytest

from supplychain.serials.serial_csv import SHOWN_ERRORS, parse_serials


def faults(text: str | bytes) -> list[tuple[int, str]]:
    data = text if isinstance(text, bytes) else text.encode()
    return [(one.line, one.value) for one in parse_serials(data).errors]


def test_a_serial_that_comes_twice_is_named_with_both_lines() -> None:
    error = parse_serials(b"A1\nA2\nA1\n").errors[0]
    assert (error.line, error.value, error.reason) == (3, "A1", "The same serial stands on line 1")


@pytest.mark.parametrize("value", ["B 7", "Ü7", "A" * 21, "A\x00B", "７７７"])
def test_what_no_barcode_can_carry_is_refused_with_its_line(value: str) -> None:
    assert faults(f"GOOD1\n{value}\n") == [(2, value)]


@pytest.mark.parametrize("value", ["1.23E+11", "4E+12", "1,2345E+15"])
def test_a_number_that_a_spreadsheet_rounded_is_not_taken_for_a_serial(value: str) -> None:
    error = parse_serials(f'serial\n"{value}"\n'.encode()).errors[0]
    assert error.line == 2
    assert "spreadsheet" in error.reason


@pytest.mark.parametrize("value", ["E12", "1E5", "7E+1X"])
def test_a_serial_that_only_looks_a_little_like_a_rounded_number_is_taken(value: str) -> None:
    assert parse_serials(value.encode()).serial_numbers == [value]


def test_a_line_without_a_serial_in_its_column_is_named() -> None:
    assert faults("pallet;serial_number\nP1;A1\nP1;\nP1\n") == [(3, ""), (4, "")]


def test_an_open_quotation_mark_ends_the_reading_with_a_reason() -> None:
    errors = parse_serials(b'A1\n"A2\nA3\n').errors
    assert len(errors) == 1
    assert "cannot be read as CSV" in errors[0].reason


def test_a_file_in_another_encoding_is_refused_at_the_first_foreign_byte() -> None:
    errors = parse_serials("A1\nA2\nÄ3\n".encode("latin-1")).errors
    assert [(one.line, one.value) for one in errors] == [(3, "\\xc4")]
    assert "UTF-8" in errors[0].reason


@pytest.mark.parametrize("data", [b"", b"\n \n", b"serial_number\n", b"\xef\xbb\xbf"])
def test_a_file_without_serials_says_so(data: bytes) -> None:
    assert [one.reason for one in parse_serials(data).errors] == ["The file has no serial numbers"]


def test_ten_thousand_bad_lines_give_a_hundred_reasons_and_a_count() -> None:
    result = parse_serials(b"B 7\n" * 10_000)
    assert (len(result.errors), result.more_errors) == (SHOWN_ERRORS, 10_000 - SHOWN_ERRORS)


@pytest.mark.parametrize(
    "text",
    [
        "A1\nA2\n",
        "A1\r\nA2\r\n",
        "A1\rA2",
        "\ufeffserial_number\nA1\nA2",
        "Serial No;Line\n A1 ;1\n\nA2;2\n",
        'sn,expiry\n"A1",270131\n"A2",270131\n',
        "(21)\tlot\nA1\tL\nA2\tL\n",
        "pallet,21\nP1,A1\nP1,A2\n",
        "\n\nA1,x\nA2,y\n",
    ],
)
def test_files_of_many_makes_give_the_same_two_serials(text: str) -> None:
    result = parse_serials(text.encode())
    assert (result.errors, result.serial_numbers) == ([], ["A1", "A2"])


def test_serials_that_differ_in_case_are_two_packs() -> None:
    assert parse_serials(b"b7\nB7\n").serial_numbers == ["b7", "B7"]


def test_a_hundred_thousand_lines_stay_in_their_order_and_in_little_memory() -> None:
    data = "".join(f"S{number:09d}\n" for number in range(100_000)).encode()
    tracemalloc.start()
    result = parse_serials(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(result.serial_numbers), result.serial_numbers[-1]) == (100_000, "S000099999")
    assert peak < 40 * len(data)
