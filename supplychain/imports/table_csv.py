"""Tables as people's spreadsheets write them, read row by row from a stream: what each row says, or why not.

The first line names the columns, in any order, in any of their usual names. One row is one line: a quote that is not
closed spoils its own line and not the rest of the file. Comma, semicolon and tab separate cells, whichever the header
has most of; a spreadsheet's own `sep=;` line is understood. The text is UTF-8, or UTF-16 with its mark.

>>> layout = Layout((Column("gtin", is_number=True), Column("name", aliases=("product",))))
>>> [(row.line, row.values) for row in read_table([b"Product;GTIN\\r\\nAmoxil;00357687242071\\r\\n"], layout)]
[(2, {'name': 'Amoxil', 'gtin': '00357687242071'})]
>>> [bad.code for bad in read_table([b"gtin,name\\n3.57687E+11,Amoxil\\n"], layout)]
['ROUNDED']

Source: RFC 4180, and what spreadsheets do instead.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

SEPARATORS = ",;\t"
SHOWN_VALUE = 80  # characters of a bad value that a reason repeats
LONGEST_MAGIC = 4  # bytes that tell what a file is
LONGEST_LINE = 100_000  # characters; longer is another kind of file, and would have to be held in memory
# The decoder writes a byte 0xNN that is no UTF-8 as the lone surrogate U+DCNN.
_BAD_BYTE = range(0xDC80, 0xDD00)
_ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE][+-]?\d{1,3}")
_DECIMAL = re.compile(r"\d+[.,]0+")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_OTHER_KINDS = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet (XLSX, ODS): save the sheet as CSV UTF-8"),
    (b"\x1f\x8b", "a gzip archive: unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (XLS): save the sheet as CSV UTF-8"),
    (b"%PDF", "a PDF document: expected a CSV file"),
    (b"\x89PNG", "a picture: expected a CSV file"),
)


class UnreadableFileError(ValueError):
    """Not one row can be read: this is another kind of file. `code` is stable, `str()` a sentence."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have: its name, other names for it, and what its cells must be.

    `is_number`: an identification number, which a spreadsheet must not have taken for a quantity.
    """

    name: str
    aliases: tuple[str, ...] = ()
    is_required: bool = True
    longest: int = 500
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of table. Others that a file has are passed over."""

    columns: tuple[Column, ...]

    def find(self, heading: str) -> str | None:
        """The name of the column that is called `heading` in a file."""
        plain = plain_heading(heading)
        return next((one.name for one in self.columns if plain in (one.name, *map(plain_heading, one.aliases))), None)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line: its number as an editor counts (from 1, the header included), and its cells by column name.

    A column that the file has not, and a cell that is empty, is "".
    """

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that cannot be taken: the column that is at fault ("" for the whole line), its value, and why.

    `values` are the line's cells by column name, as far as it could be cut into cells; they may be anything.
    """

    line: int
    column: str
    value: str
    code: str
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)


def read_table(pieces: Iterable[bytes], layout: Layout) -> Iterator[TableRow | BadRow]:
    """Every line behind the header, in order; lines with nothing on them are passed over.

    `pieces` are the file's bytes in order, cut anywhere: no more than a piece and a line is in memory at a time.

    Raises:
        UnreadableFileError: another kind of file (NOT_TEXT), no line at all (EMPTY), or a header that does not have the
            columns (MISSING_COLUMNS, DUPLICATE_COLUMN, QUOTING).
    """
    lines = numbered_lines(pieces)
    separator = ""
    number, header = next(((at, text) for at, text in lines if text.strip()), (0, ""))
    if found := _SEPARATOR_LINE.fullmatch(header.strip()):
        separator = found[1]
        number, header = next(((at, text) for at, text in lines if text.strip()), (0, ""))
    if not number:
        raise UnreadableFileError("The file is empty: expected a header and rows", code="EMPTY")
    separator = separator or max(SEPARATORS, key=header.count)
    places = _find_columns(header, separator, layout)
    for line, text in lines:
        if text.strip(' \t"' + separator):
            yield _read_row(line, text, separator, places, layout)


def numbered_lines(pieces: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers. Ends are LF, CRLF or CR, and nothing else that looks like one.

    Raises:
        UnreadableFileError: the bytes are those of another kind of file (NOT_TEXT), or a line is longer than any
            table's (LONG_LINE).
    """
    number, rest, ended_in_cr = 1, "", False
    for text in _decoded(pieces):
        # A CR at the end of a piece may be half of a CRLF, whose line has ended already.
        fresh = text.removeprefix("\n") if ended_in_cr else text
        ended_in_cr = text.endswith("\r") if text else ended_in_cr
        *lines, rest = (rest + fresh).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line in lines:
            yield number, line
            number += 1
        if len(rest) > LONGEST_LINE:
            raise UnreadableFileError(
                f"Line {number} has more than {LONGEST_LINE:,} characters: this is no table", code="LONG_LINE"
            )
    yield number, rest


def _decoded(pieces: Iterable[bytes]) -> Iterator[str]:
    """The text of the bytes. What is no UTF-8 is kept as a mark, for its line to be refused alone."""
    rest = iter(pieces)
    start = b""
    while len(start) < LONGEST_MAGIC and (piece := next(rest, None)) is not None:
        start += piece
    decoder = _choose_decoder(start)
    yield decoder.decode(start)
    for piece in rest:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _choose_decoder(start: bytes) -> codecs.IncrementalDecoder:
    for magic, what in _OTHER_KINDS:
        if start.startswith(magic):
            raise UnreadableFileError(f"The file is {what}", code="NOT_TEXT")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.getincrementaldecoder("utf-16")("replace")
    return codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")


def plain_heading(text: str) -> str:
    """A heading as it is compared: `Lot Number`, `lot-number` and `LOT_NUMBER` are one."""
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def cells_of(line: str, separator: str = ",") -> list[str]:
    """The cells of one line. Raises csv.Error for quotes that do not fit together."""
    return next(csv.reader([line], delimiter=separator, strict=True), [])


def _find_columns(header: str, separator: str, layout: Layout) -> dict[str, int]:
    """Where each known column stands."""
    try:
        headings = cells_of(header, separator)
    except csv.Error as error:
        raise UnreadableFileError(f"Header {shown(header)}: {error}", code="QUOTING") from None
    places: dict[str, int] = {}
    for at, heading in enumerate(headings):
        name = layout.find(heading)
        if name in places:
            raise UnreadableFileError(f"Header {shown(header)} has the column {name} twice", code="DUPLICATE_COLUMN")
        if name is not None:
            places[name] = at
    needed = [one.name for one in layout.columns if one.is_required]
    if missing := [name for name in needed if name not in places]:
        raise UnreadableFileError(
            f"Header {shown(header)} has no column {', '.join(missing)}; expected at least {', '.join(needed)}",
            code="MISSING_COLUMNS",
        )
    return places


def _read_row(line: int, text: str, separator: str, places: Mapping[str, int], layout: Layout) -> TableRow | BadRow:
    """One line as a row, or why not."""
    try:
        cells = cells_of(text, separator)
    except csv.Error as error:
        return BadRow(line, "", text[:SHOWN_VALUE], "QUOTING", f"{shown(text)}: {error}; a cell must stay on its line")
    values = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
    needed = 1 + max(places[one.name] for one in layout.columns if one.is_required)
    if len(cells) < needed:
        few = f"{len(cells)} columns: expected at least {needed}"
        return BadRow(line, "", text[:SHOWN_VALUE], "MISSING_COLUMNS", few, values)
    for column in layout.columns:
        value = values.get(column.name, "")
        if (fault := find_fault(column, value)) is not None:
            return BadRow(line, column.name, value[:SHOWN_VALUE], *fault, values)
    return TableRow(line, {one.name: values.get(one.name, "") for one in layout.columns})


def find_fault(column: Column, value: str) -> tuple[str, str] | None:
    """Why a cell cannot be what its column says, as a code and a sentence; None if nothing is wrong."""
    for character in value:
        if ord(character) in _BAD_BYTE:
            at = f"{column.name} {shown(value)}: byte 0x{ord(character) - 0xDC00:02X} is not UTF-8"
            return "ENCODING", f"{at}; save the file as CSV UTF-8"
        if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 or character == "\ufffd":
            return "CONTROL_CHARACTER", f"{column.name} {shown(value)}: {character!r} may not stand in a text"
    if not value:
        return ("EMPTY_VALUE", f"{column.name} is empty: expected a value") if column.is_required else None
    if len(value) > column.longest:
        return "TOO_LONG", f"{column.name} {shown(value)}: {len(value)} characters, expected at most {column.longest}"
    if column.is_number and (_ROUNDED.fullmatch(value) or _DECIMAL.fullmatch(value)):
        lost = f"{column.name} {shown(value)}: a spreadsheet took this number for a quantity and rounded it"
        return "ROUNDED", f"{lost}; format the column as text, enter the number again and export again"
    return None


def shown(value: str) -> str:
    """A value as a reason may repeat it."""
    return repr(value if len(value) <= SHOWN_VALUE else value[:SHOWN_VALUE] + "…")
