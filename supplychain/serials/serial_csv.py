"""Serial numbers as a packaging line or an ERP exports them: a CSV file, read line by line, every bad line named.

One serial a line, in the column called serial, serial_number, serialnumber, sn or 21, else in the first one. Comma,
semicolon and tab separate columns, whichever the first line uses. Empty lines are skipped.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO

from supplychain.gs1.errors import GS1Error, show
from supplychain.gs1.identifiers import SerialNumber

HEADINGS = ("serial", "serial_number", "serial number", "serialnumber", "serial no", "sn", "21", "(21)")
SEPARATORS = ",;\t"
SHOWN_ERRORS = 100
MOST_LINES = 1_000_000
# What a spreadsheet makes of a long number when it saves a CSV: the last digits are lost for good.
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with one line: its number as an editor counts (from 1), the value, and the reason."""

    line: int
    value: str
    reason: str


@dataclass(slots=True)
class SerialList:
    """The serials of a file in its order. Usable only if `errors` is empty; `more_errors` are not listed there."""

    serial_numbers: list[str] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)  # the line on which each of them stands
    errors: list[LineError] = field(default_factory=list)
    more_errors: int = 0

    def refuse(self, line: int, value: str, reason: str) -> None:
        if len(self.errors) < SHOWN_ERRORS:
            self.errors.append(LineError(line, value[:80], reason))
        else:
            self.more_errors += 1


def parse_serials(data: bytes) -> SerialList:
    """Read a whole file. It never raises: whatever is wrong stands in the list's errors."""
    result = SerialList()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        result.refuse(
            line, repr(data[error.start : error.start + 1])[2:-1], "Not UTF-8 text: save the file as CSV UTF-8"
        )
        return result
    first_seen: dict[str, int] = {}
    for line, value in _values(text, result):
        if len(first_seen) >= MOST_LINES:
            result.refuse(line, value, f"More than {MOST_LINES:,} serials: split the file")
            break
        if reason := _fault(value):
            result.refuse(line, value, reason)
        elif (earlier := first_seen.setdefault(value, line)) != line:
            result.refuse(line, value, f"The same serial stands on line {earlier}")
    result.serial_numbers, result.line_of = list(first_seen), first_seen
    if not result.serial_numbers and not result.errors:
        result.refuse(1, "", "The file has no serial numbers")
    return result


def _values(text: str, result: SerialList) -> Iterator[tuple[int, str]]:
    """The serial column with line numbers. A row that cannot be read goes to the errors and ends the reading."""
    head = next((row for row in text.split("\n", 20)[:20] if row.strip()), "")
    separator = max(SEPARATORS, key=head.count)
    rows = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    column: int | None = None
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            result.refuse(rows.line_num, "", f"This line cannot be read as CSV: {error}")
            return
        if not any(cell.strip() for cell in row):
            continue
        if column is None:
            column, is_heading = _find_column(row)
            if is_heading:
                continue
        yield rows.line_num, row[column].strip() if column < len(row) else ""


def _find_column(first_row: list[str]) -> tuple[int, bool]:
    """Which column holds the serials, and whether this row is a line of headings."""
    names = [cell.strip().lower() for cell in first_row]
    for heading in HEADINGS:
        if heading in names:
            return names.index(heading), True
    return 0, False


def _fault(value: str) -> str:
    """Why a value is no serial number, or an empty text."""
    if not value:
        return "No serial number on this line"
    if _ROUNDED.fullmatch(value):
        return f"{show(value)} was rounded by a spreadsheet: format the column as text and export again"
    try:
        SerialNumber(value)
    except GS1Error as error:
        return str(error)
    return ""
