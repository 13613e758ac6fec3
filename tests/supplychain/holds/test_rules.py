"""Who may hold, and who may lift: the pure rules."""

import itertools

import pytest

from supplychain.epcis import vocabulary as cbv
from supplychain.holds.rules import (
    FINDINGS,
    REASONS,
    Authority,
    Lien,
    authority_over,
    guard_finding,
    guard_hold,
    guard_reason,
    guard_release,
    may_lift,
)
from supplychain.lifecycle import Kind, Life, Role, Unit

A, B = "9520001000003", "9520002000002"


def unit(**values: object) -> Unit:
    shape = {"epc": "e", "kind": Kind.PACK, "life": Life.ACTIVE, "holder": A, "in_transit": False, "parent": None}
    return Unit(**(shape | values))  # type: ignore[arg-type]


@pytest.mark.parametrize("life", [one for one in Life if one not in (Life.ACTIVE, Life.LOCKED)])
def test_what_has_left_trade_is_not_held(life: Life) -> None:
    assert [one.code for one in guard_hold([unit(life=life)], party=A, authority=Authority.REGULATOR)] == [
        "NOT_HOLDABLE"
    ]


def test_every_bad_item_is_named() -> None:
    units = [unit(epc="1", holder=B), unit(epc="2"), unit(epc="3", holder=None)]
    found = guard_hold(units, party=A, authority=Authority.HOLDER)
    assert [(one.code, one.epc) for one in found] == [("NOT_HOLDER", "1"), ("NOT_HOLDER", "3")]


@pytest.mark.parametrize("authority", [Authority.MAKER, Authority.REGULATOR])
def test_maker_and_regulator_hold_what_others_have(authority: Authority) -> None:
    assert guard_hold([unit(holder=B, in_transit=True)], party=A, authority=authority) == []


def test_nothing_is_no_hold() -> None:
    assert guard_hold([], party=A, authority=Authority.HOLDER)[0].code == "NOTHING_TO_DO"
    assert guard_release({}, party=A, authority=Authority.HOLDER)[0].code == "NOTHING_TO_DO"


@pytest.mark.parametrize(("placed", "lifting"), list(itertools.product(Authority, Authority)))
def test_another_party_lifts_only_what_a_lower_authority_placed(placed: Authority, lifting: Authority) -> None:
    expected = lifting > placed or (placed is lifting is Authority.REGULATOR)
    assert may_lift(Lien("x", B, placed), party=A, authority=lifting) is expected


@pytest.mark.parametrize(("placed", "lifting"), list(itertools.product(Authority, Authority)))
def test_whoever_placed_a_hold_lifts_it_but_for_the_regulators(placed: Authority, lifting: Authority) -> None:
    expected = placed is not Authority.REGULATOR or lifting is Authority.REGULATOR
    assert may_lift(Lien("x", A, placed), party=A, authority=lifting) is expected


def test_one_hold_that_can_be_lifted_is_enough_to_release_something() -> None:
    theirs = Lien("x", B, Authority.REGULATOR)
    liens = {"e": [theirs, Lien("y", A, Authority.HOLDER)], "f": [], "g": [Lien("z", B, Authority.MAKER)]}
    found = guard_release(liens, party=A, authority=Authority.HOLDER)
    assert [(one.code, one.epc) for one in found] == [("NOT_HELD", "f"), ("HOLD_OWNER", "g")]


@pytest.mark.parametrize(
    ("roles", "is_maker", "expected"),
    [
        ([Role.PHARMACY], False, Authority.HOLDER),
        ([Role.MANUFACTURER], True, Authority.MAKER),
        ([Role.REGULATOR], False, Authority.REGULATOR),
        ([Role.REGULATOR, Role.MANUFACTURER], True, Authority.REGULATOR),
        ([], False, Authority.HOLDER),
    ],
)
def test_the_highest_capacity_counts(roles: list[Role], is_maker: bool, expected: Authority) -> None:
    assert authority_over(roles, is_maker=is_maker) is expected


def test_reasons_and_findings_are_words_with_a_disposition() -> None:
    assert [guard_reason(one) for one in REASONS] == [[]] * len(REASONS)
    assert [guard_finding(one) for one in FINDINGS] == [[]] * len(FINDINGS)
    assert guard_reason("why not")[0].code == guard_finding("fine")[0].code == "BAD_REASON"


@pytest.mark.parametrize(("gtin", "lot"), [("09520001000010", "L2611A"), ("09520001000010", 'A/1 %2F?"ü')])
def test_a_batch_is_named_by_its_class_and_read_back(gtin: str, lot: str) -> None:
    assert cbv.read_lot_class(cbv.lot_class(gtin, lot)) == (gtin, lot)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://id.gs1.org/01/09520001000010",
        "https://id.gs1.org/01/09520001000010/21/B1",
        "https://id.gs1.org/01/09520001000010/10/a/b",
        "http://id.gs1.org/01/09520001000010/10/L1",
    ],
)
def test_what_is_no_class_of_a_batch_reads_as_nothing(text: str) -> None:
    assert cbv.read_lot_class(text) == ("", "")
