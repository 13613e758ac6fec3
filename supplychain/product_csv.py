"""A file of medicine packages, read row by row: what each row says, or why it cannot be taken.

The file is CSV in UTF-8 with a header. Columns are found by name: `gtin14`, `package_ndc`, `brand` and `labeler` must
be there, `product_ndc`, `generic`, `dosage_form` and `source_ndc` may be, others are passed over. One row is one line:
a quote that is not closed spoils its own line and not the rest of the file.

Registers like openFDA's list every package of a label under every product of that label, so one GTIN stands on several
lines, some of them with a sibling's name. `settle` finds the line that speaks for each GTIN.

>>> header = b"gtin14,package_ndc,brand,labeler\\n"
>>> [row.name for row in parse_products(header + b'00357687242071,57687-242-07,Rescue Sleep,"Bach, Ltd."\\n')]
['Rescue Sleep']
>>> [row.code for row in parse_products(header + b"00357687242072,57687-242-07,Rescue Sleep,Bach\\n")]
['CHECK_DIGIT']

Source: 21 CFR 207.33 (National Drug Code).
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.gs1.ndc import gtin_from_ndc

REQUIRED = ("gtin14", "package_ndc", "brand", "labeler")
OPTIONAL = ("product_ndc", "generic", "dosage_form", "source_ndc")
LONGEST = {"brand": 300, "generic": 500, "dosage_form": 100, "labeler": 200, "source_ndc": 200, "product_ndc": 20}
SHOWN_VALUE = 80  # characters of a bad value that a reason repeats

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
# The decoder writes a byte 0xNN that is no UTF-8 as the lone surrogate U+DCNN.
_BAD_BYTE = range(0xDC80, 0xDD00)


class UnreadableFileError(ValueError):
    """Not one row can be read: this is another kind of file. `code` is stable, `str()` a sentence."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One package as a line of the file states it; its GTIN and its NDC are valid and belong together.

    `line` counts from 1 as an editor does, the header included; `gtin` has 14 digits; `ndc` is hyphenated.
    """

    line: int
    gtin: str
    ndc: str
    product_ndc: str
    name: str
    generic_name: str
    form: str
    labeler: str
    source_ndc: str

    @property
    def labeler_code(self) -> str:
        """The first segment of the NDC: the company's number with the FDA, four or five digits."""
        return self.ndc.partition("-")[0]

    @property
    def is_own(self) -> bool:
        """Whether the line describes the package under its own product, not under a sibling's."""
        return self.product_ndc in ("", self.ndc.rpartition("-")[0])


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that cannot be taken. `gtin` and `ndc` are as they stand in the file, and may be anything."""

    line: int
    gtin: str
    ndc: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A line that says of a GTIN what the line `speaker` says of it."""

    row: ProductRow
    speaker: int


@dataclass(slots=True)
class Settled:
    """The lines of a file sorted out: one that speaks for each GTIN, those that repeat it, those that contradict it."""

    rows: list[ProductRow]
    repeats: list[Repeat]
    refused: list[RefusedRow]


def parse_products(data: bytes) -> Iterator[ProductRow | RefusedRow]:
    """Every line of the file behind the header, in its order; lines with nothing on them are passed over.

    Raises:
        UnreadableFileError: no text in UTF-8 (ENCODING), no line at all (EMPTY), or a header without the columns that
            must be there (MISSING_COLUMNS, DUPLICATE_COLUMN, QUOTING).
    """
    lines = _lines_of(data)
    number, header = next(((at, text) for at, text in lines if text.strip()), (0, ""))
    if not number:
        raise UnreadableFileError("The file is empty: expected a header and rows", code="EMPTY")
    columns = _columns_of(header)
    for line, text in lines:
        if text.strip(" \t,"):
            yield _row_of(line, text, columns)


def settle(rows: Iterable[ProductRow]) -> Settled:
    """Find the line that speaks for each GTIN: the first that describes the package under its own product.

    Other lines of the GTIN repeat it if they give it the same name and labeler, and are refused if they do not. Where
    no line is the package's own and they disagree, nobody can say who is right, and all of them are refused.
    """
    by_gtin: dict[str, list[ProductRow]] = defaultdict(list)
    for row in rows:
        by_gtin[row.gtin].append(row)
    settled = Settled([], [], [])
    for same in by_gtin.values():
        speaker = next((row for row in same if row.is_own), same[0])
        if not speaker.is_own and len({_says(row) for row in same}) > 1:
            settled.refused += [_ambiguous(row, same) for row in same]
            continue
        settled.rows.append(speaker)
        for row in same:
            if row is not speaker and _says(row) == _says(speaker):
                settled.repeats.append(Repeat(row, speaker.line))
            elif row is not speaker:
                settled.refused.append(_contradicts(row, speaker))
    return settled


def _lines_of(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines with their numbers. Not str.splitlines(), which also splits at marks that stand inside names."""
    if data.startswith(_UTF16):
        raise UnreadableFileError("The file is in UTF-16: expected UTF-8; save it as CSV UTF-8", code="ENCODING")
    text = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
    return enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1)


def _columns_of(header: str) -> dict[str, int]:
    """Where each known column stands."""
    try:
        names = [name.strip().lower() for name in _cells_of(header)]
    except csv.Error as error:
        raise UnreadableFileError(f"Header {_shown(header)}: {error}", code="QUOTING") from None
    if missing := [name for name in REQUIRED if name not in names]:
        raise UnreadableFileError(
            f"Header {_shown(header)} has no column {', '.join(missing)}; expected at least {', '.join(REQUIRED)}, "
            "with commas between",
            code="MISSING_COLUMNS",
        )
    if twice := [name for name in (*REQUIRED, *OPTIONAL) if names.count(name) > 1]:
        raise UnreadableFileError(f"Header {_shown(header)} has the column {twice[0]} twice", code="DUPLICATE_COLUMN")
    return {name: names.index(name) for name in (*REQUIRED, *OPTIONAL) if name in names}


def _cells_of(line: str) -> list[str]:
    """The cells of one line. Raises csv.Error for quotes that do not fit together."""
    return next(csv.reader([line], strict=True))


def _row_of(line: int, text: str, columns: dict[str, int]) -> ProductRow | RefusedRow:
    """One line as a row, or why not."""
    try:
        cells = _cells_of(text)
    except csv.Error as error:
        return RefusedRow(line, "", "", "QUOTING", f"{_shown(text)}: {error}")
    values = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
    gtin, ndc = values["gtin14"], values["package_ndc"]
    found = _find_bad_text(values) or _find_missing(values, cells, columns) or _find_too_long(values)
    if found:
        return RefusedRow(line, gtin, ndc, *found)
    try:
        digits = Gtin.parse(gtin).digits
        expected = gtin_from_ndc(ndc, indicator=digits[0]).digits
    except GS1Error as error:
        return RefusedRow(line, gtin, ndc, error.code, str(error))
    if expected != digits:
        reason = f"NDC {ndc} belongs to GTIN {expected}, not to {digits}"
        return RefusedRow(line, gtin, ndc, "NDC_MISMATCH", reason)
    rest = {name: values.get(name, "") for name in OPTIONAL}
    return ProductRow(
        line,
        digits,
        ndc,
        rest["product_ndc"],
        values["brand"],
        rest["generic"],
        rest["dosage_form"],
        values["labeler"],
        rest["source_ndc"],
    )


def _find_bad_text(values: dict[str, str]) -> tuple[str, str] | None:
    """A byte that is no UTF-8, or a control character, in a column that we would keep."""
    for name, value in values.items():
        for character in value:
            if ord(character) in _BAD_BYTE:
                return "ENCODING", f"{name} {_shown(value)}: byte 0x{ord(character) - 0xDC00:02X} is not UTF-8"
            if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0:
                return "CONTROL_CHARACTER", f"{name} {_shown(value)}: {character!r} may not stand in a text"
    return None


def _find_missing(values: dict[str, str], cells: list[str], columns: dict[str, int]) -> tuple[str, str] | None:
    """A cell that must have something in it and has not."""
    if len(cells) <= max(columns.values()):
        return "MISSING_COLUMNS", f"{len(cells)} columns: expected at least {max(columns.values()) + 1}"
    if empty := [name for name in REQUIRED if not values[name]]:
        return "EMPTY_VALUE", f"{', '.join(empty)} is empty: expected a value"
    return None


def _find_too_long(values: dict[str, str]) -> tuple[str, str] | None:
    """A value that no column of ours could hold."""
    for name, most in LONGEST.items():
        if (length := len(values.get(name, ""))) > most:
            return "TOO_LONG", f"{name} {_shown(values[name])}: {length} characters, expected at most {most}"
    return None


def _says(row: ProductRow) -> tuple[str, str]:
    """What two lines of one GTIN must agree on. Its form and its sources may be those of the sibling."""
    return row.name, row.labeler


def _contradicts(row: ProductRow, speaker: ProductRow) -> RefusedRow:
    """Why a line is not believed beside the one that speaks for its GTIN."""
    is_name = row.name != speaker.name
    said, here = (speaker.name, row.name) if is_name else (speaker.labeler, row.labeler)
    reason = f"GTIN {row.gtin} is {'' if is_name else 'of '}{said!r} on line {speaker.line}; this line says {here!r}"
    if not row.is_own:
        reason += f" and describes product {row.product_ndc}, which is not the package's own"
    return RefusedRow(row.line, row.gtin, row.ndc, "DUPLICATE_IN_FILE", reason)


def _ambiguous(row: ProductRow, same: Sequence[ProductRow]) -> RefusedRow:
    """Why none of several lines is believed."""
    lines = ", ".join(str(one.line) for one in same)
    reason = f"Lines {lines} give GTIN {row.gtin} different names, and none of them describes its own product"
    return RefusedRow(row.line, row.gtin, row.ndc, "AMBIGUOUS", reason)


def _shown(value: str) -> str:
    """A value as a reason may repeat it."""
    return repr(value if len(value) <= SHOWN_VALUE else value[:SHOWN_VALUE] + "…")
