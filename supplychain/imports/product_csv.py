"""A file of medicine packages, read row by row: what each row says, or why it cannot be taken.

The file is a table (`imports.table_csv`): `gtin14`, `package_ndc`, `brand` and `labeler` must be there, `product_ndc`,
`generic`, `dosage_form` and `source_ndc` may be, others are passed over.

Registers like openFDA's list every package of a label under every product of that label, so one GTIN stands on several
lines, some of them with a sibling's name. `settle` finds the line that speaks for each GTIN.

>>> header = b"gtin14,package_ndc,brand,labeler\\n"
>>> [row.name for row in parse_products([header, b'00357687242071,57687-242-07,Rescue Sleep,"Bach, Ltd."\\n'])]
['Rescue Sleep']
>>> [row.code for row in parse_products([header, b"00357687242072,57687-242-07,Rescue Sleep,Bach\\n"])]
['CHECK_DIGIT']

Source: 21 CFR 207.33 (National Drug Code).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.gs1.ndc import gtin_from_ndc
from supplychain.imports.table_csv import BadRow, Column, Layout, TableRow, read_table

LAYOUT = Layout(
    (
        Column("gtin14", is_number=True),
        Column("package_ndc"),
        Column("brand", longest=300),
        Column("labeler", longest=200),
        Column("product_ndc", longest=20, is_required=False),
        Column("generic", longest=500, is_required=False),
        Column("dosage_form", longest=100, is_required=False),
        Column("source_ndc", longest=200, is_required=False),
    )
)


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


def parse_products(pieces: Iterable[bytes]) -> Iterator[ProductRow | RefusedRow]:
    """Every line of the file behind the header, in its order; lines with nothing on them are passed over.

    `pieces` are the file's bytes, cut anywhere.

    Raises:
        UnreadableFileError: see `table_csv.read_table`.
    """
    for row in read_table(pieces, LAYOUT):
        if isinstance(row, BadRow):
            values = row.values
            yield RefusedRow(row.line, values.get("gtin14", ""), values.get("package_ndc", ""), row.code, row.reason)
        else:
            yield _row_of(row)


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


def _row_of(row: TableRow) -> ProductRow | RefusedRow:
    """One line as a row, or why not."""
    values = row.values
    gtin, ndc = values["gtin14"], values["package_ndc"]
    try:
        digits = Gtin.parse(gtin).digits
        expected = gtin_from_ndc(ndc, indicator=digits[0]).digits
    except GS1Error as error:
        return RefusedRow(row.line, gtin, ndc, error.code, str(error))
    if expected != digits:
        reason = f"NDC {ndc} belongs to GTIN {expected}, not to {digits}"
        return RefusedRow(row.line, gtin, ndc, "NDC_MISMATCH", reason)
    return ProductRow(
        row.line,
        digits,
        ndc,
        values["product_ndc"],
        values["brand"],
        values["generic"],
        values["dosage_form"],
        values["labeler"],
        values["source_ndc"],
    )


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
