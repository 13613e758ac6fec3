"""What a row of products, parties or places says, and the cells that say nothing."""

from datetime import date
from typing import Any

import pytest

from supplychain.imports.master_csv import KEY, LAYOUTS, PARTIES, PLACES, PRODUCTS, READERS, UnreadableCellError
from supplychain.imports.table_csv import TableRow

GOOD: dict[str, dict[str, str]] = {
    PRODUCTS: {"gtin": "09520001000010", "name": "Amoxil", "markets": "ch, DE", "national_codes": "PZN 1|cip:34 "},
    PARTIES: {"gln": "9520004000000", "name": "P", "roles": "Pharmacy;wholesaler", "country": "ch"},
    PLACES: {"gln": "9520002000019", "name": "North", "country": "CH"},
}


def read(kind: str, **changes: str) -> dict[str, Any]:
    empty = {column.name: "" for column in LAYOUTS[kind].columns}
    return READERS[kind](TableRow(2, empty | GOOD[kind] | changes))


def test_a_product_has_its_markets_and_codes() -> None:
    said = read(PRODUCTS)
    assert (said["markets"], said["national_codes"]) == (["CH", "DE"], {"PZN": "1", "CIP": "34"})
    assert read(PRODUCTS, markets="", national_codes="")["markets"] == []


def test_a_party_has_its_roles_and_the_end_of_its_licence() -> None:
    said = read(PARTIES, licence_expiry="2030-12-31", company_prefixes="9520004 9520005")
    assert (said["roles"], said["country"]) == (["pharmacy", "wholesaler"], "CH")
    assert (said["licence_expiry"], said["company_prefixes"]) == (date(2030, 12, 31), ["9520004", "9520005"])
    assert read(PARTIES)["licence_expiry"] is None


@pytest.mark.parametrize(
    ("kind", "column", "value", "code"),
    [
        (PRODUCTS, "markets", "CHE", "BAD_COUNTRY"),
        (PRODUCTS, "markets", "ｃｈ", "BAD_COUNTRY"),
        (PRODUCTS, "national_codes", "PZN", "NATIONAL_CODE"),
        (PRODUCTS, "national_codes", "PZN:", "NATIONAL_CODE"),
        (PARTIES, "country", "1", "BAD_COUNTRY"),
        (PARTIES, "licence_expiry", "31.12.2030", "DATE"),
        (PARTIES, "licence_expiry", "2030-02-30", "DATE"),
        (PLACES, "country", "", "BAD_COUNTRY"),
    ],
)
def test_a_cell_that_says_nothing_is_named(kind: str, column: str, value: str, code: str) -> None:
    with pytest.raises(UnreadableCellError) as caught:
        read(kind, **{column: value})
    assert (caught.value.column, caught.value.value, caught.value.code) == (column, value, code)


def test_each_kind_has_a_column_that_names_its_rows() -> None:
    assert all(KEY[kind] in {column.name for column in LAYOUTS[kind].columns} for kind in LAYOUTS)
