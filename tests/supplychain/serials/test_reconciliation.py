"""issued = applied + destroyed + unused, and whatever is left has a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.serials.reconciliation import Tally, count_serials, differences_of, guard_reconcile

NAMES = st.sets(st.sampled_from("abcdefgh"))


def codes(tally: Tally) -> list[tuple[str, str]]:
    return [(one.code, one.epc) for one in differences_of(tally)]


def test_a_list_that_adds_up_has_no_differences() -> None:
    tally = count_serials(issued=4, dark=["c", "d"], destroyed=["c"], unused=["d"], counted=2)
    assert (tally.applied, tally.destroyed, tally.unused, tally.unaccounted) == (2, ("c",), 1, ())
    assert codes(tally) == []


def test_what_nobody_reports_is_unused_unless_the_unused_were_counted() -> None:
    assert codes(count_serials(issued=3, dark=["b", "c"], destroyed=[], unused=None)) == []
    assert codes(count_serials(issued=3, dark=["b", "c"], destroyed=[], unused=["b"])) == [("UNACCOUNTED", "c")]


def test_a_pack_that_is_reported_as_destroyed_is_named() -> None:
    tally = count_serials(issued=3, dark=["c"], destroyed=["a"], unused=["b"])
    assert codes(tally) == [
        ("UNACCOUNTED", "c"),
        ("COMMISSIONED_ALL_THE_SAME", "a"),
        ("COMMISSIONED_ALL_THE_SAME", "b"),
    ]


@pytest.mark.parametrize("counted", [0, 1, 3])
def test_another_count_of_applied_codes_is_named(counted: int) -> None:
    tally = count_serials(issued=3, dark=["c"], destroyed=[], unused=None, counted=counted)
    assert codes(tally) == [("APPLIED_DIFFERS", "")]


@given(issued=NAMES, dark=NAMES, destroyed=NAMES, unused=st.none() | NAMES)
def test_every_serial_is_counted_exactly_once(issued, dark, destroyed, unused) -> None:
    dark = dark & issued
    tally = count_serials(issued=len(issued), dark=sorted(dark), destroyed=destroyed, unused=unused)
    assert tally.applied + len(tally.destroyed) + tally.unused + len(tally.unaccounted) == len(issued)
    assert min(tally.applied, tally.unused) >= 0
    assert set(tally.destroyed) <= set(tally.closed) == dark
    assert not set(tally.destroyed) & set(tally.unaccounted)


def test_only_serials_of_the_list_are_reported_and_each_once() -> None:
    breaches = guard_reconcile(of_allocation=["a", "b"], destroyed=["a", "x"], unused=["a"])
    assert [(one.code, one.epc) for one in breaches] == [("NOT_OF_ALLOCATION", "x"), ("NAMED_TWICE", "a")]
    assert guard_reconcile(of_allocation=["a", "b"], destroyed=["a"], unused=None) == []
