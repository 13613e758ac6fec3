"""Rows of real deliveries, and what may be wrong with one."""

from datetime import date

import pytest

from supplychain.imports.shipment_csv import COUNTRIES, Shipment, parse_day, parse_shipments
from supplychain.imports.table_csv import BadRow

HEADER = (
    "id,project code,country,vendor,manufacturing site,item description,molecule/test type,dosage,dosage form,"
    "line item quantity,po sent to vendor date,scheduled delivery date,delivered to client date\n"
)
LINE = (
    '3,108-VN-T01,Vietnam,Aurobindo Pharma Limited,"Aurobindo Unit III, India","Nevirapine, 240 ml",Nevirapine,10mg/ml,'
    "Oral suspension,1000,Date Not Captured,14-Nov-06,16-Nov-06\n"
)


def only(line: str) -> Shipment | BadRow:
    [row] = parse_shipments([(HEADER + line).encode()])
    return row


def test_a_row_says_who_what_where_and_when() -> None:
    row = only(LINE)
    assert isinstance(row, Shipment)
    assert (row.line, row.number, row.maker, row.country, row.quantity) == (
        2,
        "3",
        "Aurobindo Unit III, India",
        "VN",
        1000,
    )
    assert (row.made, row.sent, row.delivered) == (date(2006, 10, 15), date(2006, 11, 14), date(2006, 11, 16))


@pytest.mark.parametrize(
    ("change", "days"),
    [
        (("Date Not Captured", "11/1/2006"), ("2006-11-01", "2006-11-14", "2006-11-16")),
        (("Date Not Captured", "12/24/2006"), ("2006-11-14", "2006-11-14", "2006-11-16")),
        (("16-Nov-06", "2-Nov-06"), ("2006-10-03", "2006-11-02", "2006-11-02")),
    ],
)
def test_days_are_in_order_whatever_the_file_says(change: tuple[str, str], days: tuple[str, ...]) -> None:
    row = only(LINE.replace(*change))
    assert isinstance(row, Shipment)
    assert (row.made, row.sent, row.delivered) == tuple(date.fromisoformat(one) for one in days)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ((",1000,", ",0,"), "QUANTITY"),
        ((",1000,", ",-5,"), "QUANTITY"),
        ((",1000,", ",1e3,"), "QUANTITY"),
        ((",1000,", ",,"), "EMPTY_VALUE"),
        (("3,108", "x,108"), "NUMBER"),
        (("Vietnam", "Atlantis"), "UNKNOWN_COUNTRY"),
        (("14-Nov-06", "soon"), "DATE"),
        (("16-Nov-06", "31-Feb-06"), "DATE"),
        (("16-Nov-06", "16-Foo-06"), "DATE"),
    ],
)
def test_a_row_that_is_no_delivery_is_named(change: tuple[str, str], code: str) -> None:
    row = only(LINE.replace(*change))
    assert isinstance(row, BadRow)
    assert (row.line, row.code) == (2, code)


@pytest.mark.parametrize("text", ["", "13/13/2014", "2006-06-02", "2-Jun-2006", "٢-Jun-06x"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert parse_day(text) is None


def test_countries_have_codes_of_two_letters() -> None:
    assert len(COUNTRIES) == len(set(COUNTRIES.values())) == 43
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES.values())
