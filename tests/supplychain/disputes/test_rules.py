"""The kinds of differences, and when an answer is due."""

from dataclasses import replace
from datetime import date

import pytest

from supplychain.disputes.rules import (
    FINDINGS,
    KINDS,
    Answer,
    Claim,
    Finding,
    Resolution,
    Standing,
    due_on,
    guard_answer,
)
from supplychain.disputes.rules import guard_findings as guard

PDG = {
    "missing_product_data",
    "missing_product",
    "data_misalignment",
    "overages",
    "underages",
    "master_data_errors",
    "other_errors",
}
CLAIM = Claim("DAMAGED", "urn:a", "urn:uuid:1", "RECEIVER", "SENDER", Standing.OPEN)


def test_every_kind_has_a_category_of_pdg_and_a_way_to_settle_it() -> None:
    assert {kind.category for kind in KINDS.values()} <= PDG
    assert all(kind.resolutions for kind in KINDS.values())
    assert "SHORTAGE" not in FINDINGS  # that one is counted, never stated


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        (date(2026, 11, 23), date(2026, 11, 26)),  # Monday
        (date(2026, 11, 25), date(2026, 11, 30)),  # Wednesday
        (date(2026, 11, 27), date(2026, 12, 2)),  # Friday
        (date(2026, 11, 28), date(2026, 12, 2)),  # Saturday
        (date(2026, 11, 29), date(2026, 12, 2)),  # Sunday
    ],
)
def test_an_answer_is_due_after_three_business_days(raised: date, due: date) -> None:
    assert due_on(raised) == due


def test_a_finding_is_said_once_of_something_that_is_there() -> None:
    present = frozenset({"urn:a"})
    one = Finding("DAMAGED", "urn:a")
    assert guard([one, Finding("WRONG_LOT", "urn:a")], present=present) == []
    assert [breach.code for breach in guard([Finding("EATEN", "urn:a")], present=present)] == ["BAD_FINDING"]
    long = Finding("DAMAGED", "urn:a", "x" * 501)
    assert [breach.code for breach in guard([long], present=present)] == ["NOTE_TOO_LONG"]
    assert [breach.code for breach in guard([one, one], present=present)] == ["NAMED_TWICE"]
    assert [breach.code for breach in guard([Finding("DAMAGED", "urn:b")], present=present)] == ["BAD_FINDING"]


SETTLED, CONTESTED = replace(CLAIM, standing=Standing.SETTLED), replace(CLAIM, standing=Standing.CONTESTED)
MISSING = replace(CLAIM, code="SHORTAGE")


@pytest.mark.parametrize(
    ("claims", "party", "answer", "resolution", "note", "codes"),
    [
        ([CLAIM], "SENDER", Answer.CONFIRM, Resolution.KEPT, "", []),
        ([CLAIM], "SENDER", Answer.CONTEST, None, "It left us dry", []),
        ([CLAIM], "RECEIVER", Answer.WITHDRAW, None, "", []),
        ([CONTESTED], "SENDER", Answer.CONFIRM, Resolution.DESTROYED, "", []),
        ([CONTESTED], "RECEIVER", Answer.WITHDRAW, None, "", []),
        ([], "SENDER", Answer.CONFIRM, Resolution.KEPT, "", ["NOTHING_TO_DO"]),
        ([CLAIM, MISSING], "SENDER", Answer.CONFIRM, Resolution.KEPT, "", ["MIXED_DIFFERENCES"]),
        ([CLAIM, replace(CLAIM, about="x")], "SENDER", Answer.CONFIRM, Resolution.KEPT, "", ["MIXED_DIFFERENCES"]),
        ([CLAIM], "SENDER", Answer.CONFIRM, Resolution.KEPT, "x" * 501, ["NOTE_TOO_LONG"]),
        ([CLAIM], "SENDER", Answer.CONFIRM, None, "", ["BAD_RESOLUTION"]),
        ([CLAIM], "SENDER", Answer.CONFIRM, Resolution.LOST, "", ["BAD_RESOLUTION"]),
        ([CLAIM], "SENDER", Answer.CONTEST, None, " ", ["NOTE_MISSING"]),
        ([CLAIM, CLAIM], "OTHER", Answer.WITHDRAW, None, "", ["NOT_A_SIDE", "NOT_A_SIDE"]),
        ([SETTLED], "SENDER", Answer.CONFIRM, Resolution.KEPT, "", ["DISPUTE_SETTLED"]),
        ([SETTLED], "RECEIVER", Answer.WITHDRAW, None, "", ["DISPUTE_SETTLED"]),
        ([CLAIM], "SENDER", Answer.WITHDRAW, None, "", ["NOT_CLAIMANT"]),
        ([MISSING], "RECEIVER", Answer.WITHDRAW, None, "", ["RECEIVE_IT"]),
        ([CLAIM], "RECEIVER", Answer.CONFIRM, Resolution.KEPT, "", ["NOT_RESPONDENT"]),
        ([CONTESTED], "SENDER", Answer.CONTEST, None, "Still dry", ["CONTESTED_ALREADY"]),
    ],
)
def test_who_may_say_what(claims, party, answer, resolution, note: str, codes: list[str]) -> None:
    breaches = guard_answer(claims, party=party, answer=answer, resolution=resolution, note=note)
    assert [one.code for one in breaches] == codes
