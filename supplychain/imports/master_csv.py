"""Products, parties and places as rows of a table: which columns there are, and what a row says.

>>> from supplychain.imports.table_csv import TableRow
>>> values = {name.name: "" for name in LAYOUTS["places"].columns} | {"gln": "9520002000019", "name": "North"}
>>> read_place(TableRow(2, values | {"country": "ch"}))
{'gln': '9520002000019', 'name': 'North', 'city': '', 'country': 'CH'}

Source: GS1 General Specifications, section 2 (GTIN, GLN); ISO 3166-1.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from supplychain.imports.table_csv import Column, Layout, TableRow, shown

PRODUCTS, PARTIES, PLACES = "products", "parties", "places"
LAYOUTS: Mapping[str, Layout] = {
    PRODUCTS: Layout(
        (
            Column("gtin", ("gtin14", "gtin13", "ean", "upc", "(01)", "01", "product code"), is_number=True),
            Column("name", ("product", "product name", "brand", "brand name"), longest=300),
            Column("generic_name", ("generic", "substance", "active substance", "inn"), is_required=False),
            Column("strength", ("dose",), is_required=False, longest=100),
            Column("form", ("dosage form", "form and size"), is_required=False, longest=100),
            Column("markets", ("countries", "market"), is_required=False),
            Column("national_codes", ("national code",), is_required=False),
        )
    ),
    PARTIES: Layout(
        (
            Column("gln", ("gln13", "(417)", "party gln"), is_number=True),
            Column("name", ("party", "company", "company name"), longest=200),
            Column("roles", ("role", "licensed as"), longest=100),
            Column("country", ("country code",), longest=2),
            Column("city", ("town",), is_required=False, longest=100),
            Column("licence_number", ("license number", "licence", "license"), is_required=False, longest=80),
            Column("licence_expiry", ("license expiry", "licence valid until"), is_required=False, longest=10),
            Column("company_prefixes", ("company prefix", "prefixes"), is_required=False, is_number=True),
        )
    ),
    PLACES: Layout(
        (
            Column("gln", ("gln13", "(414)", "place gln", "location gln"), is_number=True),
            Column("name", ("place", "site", "location"), longest=200),
            Column("city", ("town",), is_required=False, longest=100),
            Column("country", ("country code",), longest=2),
        )
    ),
}
KEY = {PRODUCTS: "gtin", PARTIES: "gln", PLACES: "gln"}
_BETWEEN = re.compile(r"[\s,;|/]+")


class UnreadableCellError(ValueError):
    """A cell that is not what its column means; `column` and `value` say where. `code` is stable."""

    def __init__(self, column: str, value: str, expected: str, *, code: str) -> None:
        super().__init__(f"{column} {shown(value)}: expected {expected}")
        self.column, self.value, self.code = column, value, code


def read_product(row: TableRow) -> dict[str, Any]:
    """The arguments of `register_product`. Raises UnreadableCellError."""
    values = row.values
    return {
        "gtin": values["gtin"],
        "name": values["name"],
        "generic_name": values["generic_name"],
        "strength": values["strength"],
        "form": values["form"],
        "markets": [read_country("markets", one) for one in split(values["markets"])],
        "national_codes": dict(_read_code(one) for one in re.split(r"[;|]", values["national_codes"]) if one.strip()),
    }


def read_party(row: TableRow) -> dict[str, Any]:
    """The arguments of `register_party`. Raises UnreadableCellError."""
    values = row.values
    return {
        "gln": values["gln"],
        "name": values["name"],
        "roles": [one.lower() for one in split(values["roles"])],
        "country": read_country("country", values["country"]),
        "city": values["city"],
        "licence_number": values["licence_number"],
        "licence_expiry": _read_day(values["licence_expiry"]),
        "company_prefixes": split(values["company_prefixes"]),
    }


def read_place(row: TableRow) -> dict[str, Any]:
    """The arguments of `register_place`. Raises UnreadableCellError."""
    values = row.values
    return {
        "gln": values["gln"],
        "name": values["name"],
        "city": values["city"],
        "country": read_country("country", values["country"]),
    }


READERS: Mapping[str, Callable[[TableRow], dict[str, Any]]] = {
    PRODUCTS: read_product,
    PARTIES: read_party,
    PLACES: read_place,
}


def split(text: str) -> list[str]:
    """The words of a cell that holds several."""
    return [one for one in _BETWEEN.split(text) if one]


def read_country(column: str, text: str) -> str:
    """Two letters in either case, as two capitals."""
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise UnreadableCellError(column, text, "a country code of two letters (ISO 3166-1)", code="BAD_COUNTRY")
    return text.upper()


def _read_code(text: str) -> tuple[str, str]:
    """A national code, `PZN 01234567` or `PZN:01234567`."""
    scheme, _, value = text.strip().replace(":", " ", 1).partition(" ")
    if not value.strip():
        raise UnreadableCellError(
            "national_codes", text, "the scheme and the value, such as PZN 01234567", code="NATIONAL_CODE"
        )
    return scheme.upper(), value.strip()


def _read_day(text: str) -> date | None:
    """A day as ISO 8601 has it. 03/04/2027 is refused: it is another day in each country."""
    if not text:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else _no_day(text)
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> date:
    raise UnreadableCellError("licence_expiry", text, "a day such as 2027-12-31", code="DATE")
