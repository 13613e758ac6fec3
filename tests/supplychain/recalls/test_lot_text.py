"""Lot numbers out of running text: what is read, and what is left to a person."""

import pytest

from supplychain.recalls.lot_text import read_lots


@pytest.mark.parametrize(
    ("text", "lots", "left_over"),
    [
        ("", (), ()),
        ("90A024", ("90A024",), ()),
        ("Lot #: BJ3186, BJ3142, Exp 12/12.", ("BJ3186", "BJ3142"), ()),
        ("Lot # 8D1082, Exp 01/13; 8D1151, Exp 03/13", ("8D1082", "8D1151"), ()),
        ("1) Units: 003LX34086;2)Unit: 003LX34086, 003LX34287", ("003LX34086", "003LX34287"), ()),
        ("1) - 5) Lot #030813", ("030813",), ()),
        ("lots from 00112 through 10412", (), ("00112", "10412")),
        ("All products.", (), ("All", "products.")),
        ("Lot A1", (), ("A1",)),
        ("Lot ABCDEFGHIJKLMNOPQRST123", (), ("ABCDEFGHIJKLMNOPQRST123",)),
        ("Best Before 07 FEB 2014 Lot 90A024", ("90A024",), ("Best", "Before", "07")),
        ("Lot 12345ü", (), ("12345ü",)),
    ],
)
def test_each_token_is_a_lot_or_left_over(text: str, lots: tuple[str, ...], left_over: tuple[str, ...]) -> None:
    found = read_lots(text)
    assert (found.lots, found.left_over) == (lots, left_over)


def test_expiries_are_kept_as_they_were_written() -> None:
    text = "Lot 90A024, Exp 09/13; 90A028 Exp. 5/31/2012, 90A029 Exp 04-23-2012, 90A030 Exp JAN 2014"
    assert read_lots(text).expiries == ("09/13", "5/31/2012", "04-23-2012", "JAN", "2014")
