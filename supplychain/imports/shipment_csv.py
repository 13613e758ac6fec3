"""A file of real deliveries, row by row: who made what, who sold it, in which country it arrived, and when.

The columns are those of USAID's SCMS delivery history: antiretroviral medicines and HIV tests, 2006 to 2015. Dates are
days; `2-Jun-06` and `11/13/2014` (month first) are both in it.

>>> parse_day("2-Jun-06"), parse_day("11/13/2014"), parse_day("Date Not Captured")
(datetime.date(2006, 6, 2), datetime.date(2014, 11, 13), None)

Source: SCMS Delivery History Dataset, data dictionary.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from supplychain.imports.table_csv import BadRow, Column, Layout, TableRow, read_table, shown

LAYOUT = Layout(
    (
        Column("id", longest=12),
        Column("project_code", longest=40),
        Column("country", longest=60),
        Column("vendor", longest=200),
        Column("manufacturing_site", longest=200),
        Column("item_description", longest=300),
        Column("molecule_test_type", ("molecule/test type",), is_required=False),
        Column("dosage", is_required=False, longest=100),
        Column("dosage_form", is_required=False, longest=100),
        Column("line_item_quantity", longest=12),
        Column("po_sent_to_vendor_date", is_required=False, longest=40),
        Column("scheduled_delivery_date", longest=40),
        Column("delivered_to_client_date", longest=40),
    )
)
# ISO 3166-1 alpha-2 of the programme's countries, as the file writes them.
_COUNTRIES = """
Afghanistan=AF; Angola=AO; Belize=BZ; Benin=BJ; Botswana=BW; Burkina Faso=BF; Burundi=BI; Cameroon=CM;
Congo, DRC=CD; Côte d'Ivoire=CI; Dominican Republic=DO; Ethiopia=ET; Ghana=GH; Guatemala=GT; Guinea=GN;
Guyana=GY; Haiti=HT; Kazakhstan=KZ; Kenya=KE; Kyrgyzstan=KG; Lebanon=LB; Lesotho=LS; Liberia=LR; Libya=LY;
Malawi=MW; Mali=ML; Mozambique=MZ; Namibia=NA; Nigeria=NG; Pakistan=PK; Rwanda=RW; Senegal=SN;
Sierra Leone=SL; South Africa=ZA; South Sudan=SS; Sudan=SD; Swaziland=SZ; Tanzania=TZ; Togo=TG; Uganda=UG;
Vietnam=VN; Zambia=ZM; Zimbabwe=ZW
"""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_MONTH = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})")
COUNTRIES = {name: code for name, _, code in (pair.strip().rpartition("=") for pair in _COUNTRIES.split(";"))}
MAKING = timedelta(days=30)  # between making and sending, where the file does not say


@dataclass(frozen=True, slots=True)
class Shipment:
    """One delivery: `quantity` packs of `item` went from `maker` through `vendor` to a `project` in `country`.

    `made`, `sent` and `delivered` are days in this order; `line` is the line of the file; `country` two letters.
    """

    line: int
    number: str
    maker: str
    vendor: str
    country: str
    country_name: str
    project: str
    item: str
    substance: str
    strength: str
    form: str
    quantity: int
    made: date
    sent: date
    delivered: date


def parse_shipments(pieces: Iterable[bytes]) -> Iterator[Shipment | BadRow]:
    """Every line behind the header, as a delivery or with the reason why it is none.

    Raises:
        UnreadableFileError: see `table_csv.read_table`.
    """
    for row in read_table(pieces, LAYOUT):
        yield row if isinstance(row, BadRow) else read_shipment(row)


def read_shipment(row: TableRow) -> Shipment | BadRow:
    """What one line says."""
    values = row.values
    quantity, number = values["line_item_quantity"], values["id"]
    if not (quantity.isascii() and quantity.isdigit() and int(quantity) > 0):
        return _bad(row, "line_item_quantity", "QUANTITY", "a whole number from 1")
    if not (number.isascii() and number.isdigit()):
        return _bad(row, "id", "NUMBER", "digits")
    country = COUNTRIES.get(values["country"])
    if country is None:
        return _bad(row, "country", "UNKNOWN_COUNTRY", "a country of the programme")
    for column in ("scheduled_delivery_date", "delivered_to_client_date"):
        if parse_day(values[column]) is None:
            return _bad(row, column, "DATE", "a day such as 2-Jun-06")
    made, sent, delivered = _days(row)
    return Shipment(
        line=row.line,
        number=number,
        maker=values["manufacturing_site"],
        vendor=values["vendor"],
        country=country,
        country_name=values["country"],
        project=values["project_code"],
        item=values["item_description"],
        substance=values["molecule_test_type"],
        strength=values["dosage"],
        form=values["dosage_form"],
        quantity=int(quantity),
        made=made,
        sent=sent,
        delivered=delivered,
    )


def _days(row: TableRow) -> tuple[date, date, date]:
    """Made, sent and delivered, in this order: goods arrive late, and sometimes before they were promised."""
    delivered = parse_day(row.values["delivered_to_client_date"])
    scheduled = parse_day(row.values["scheduled_delivery_date"])
    assert delivered is not None
    assert scheduled is not None
    sent = min(scheduled, delivered)
    ordered = parse_day(row.values["po_sent_to_vendor_date"])
    return min(ordered or sent - MAKING, sent), sent, delivered


def parse_day(text: str) -> date | None:
    """A day in either spelling of the file; None for anything else, such as `Date Not Captured`."""
    try:
        if found := _DAY_MONTH.fullmatch(text):
            return date(2000 + int(found[3]), _MONTHS.index(found[2].lower()) + 1, int(found[1]))
        if found := _MONTH_DAY.fullmatch(text):
            return date(2000 + int(found[3]) % 100, int(found[1]), int(found[2]))
    except ValueError:
        pass  # no such day, or no such month
    return None


def _bad(row: TableRow, column: str, code: str, expected: str) -> BadRow:
    value = row.values[column]
    return BadRow(row.line, column, value, code, f"{column} {shown(value)}: expected {expected}", row.values)
