"""A recall's statement lives for ever: it is read strictly, and what is read is written again the same."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.envelope import canonical, parse_payload
from ledger.errors import MalformedError
from supplychain.recalls.recall import Action, Depth, Scope
from supplychain.recalls.statement import (
    Answer,
    Body,
    Op,
    format_moment,
    parse_answer,
    parse_body,
    parse_moment,
    parse_quantities,
    parse_scope,
)

ENTRY = "ab" * 32
TIME = "2026-11-23T08:30:00.000Z"
SCOPE = {"gtin": "09520001000010", "lots": ["L1", "L2"], "serials": [{"from": "B1", "to": "B9"}], "markets": ["CH"]}
RECALL = {
    "op": "recall",
    "action": "withdrawal",
    "scope": SCOPE,
    "severity": 2,
    "depth": "pharmacy",
    "reason": "potency",
    "text": "Too weak.\nTake it back.",
    "respond_by": "2026-12-01",
    "time": TIME,
}
NARROW = {"op": "narrow", "recall": ENTRY, "scope": SCOPE, "text": "Less.", "time": TIME}
LIFT = {"op": "lift", "recall": ENTRY, "text": "All clear.", "time": TIME}
QUANTITIES = {"quarantined": 1, "returned": 2, "destroyed": 3, "dispensed": 4, "not_found": 5}
REPORT = {"recall": ENTRY, "time": TIME, "quantities": QUANTITIES}


def code_of(call: Any, value: Any) -> str:
    with pytest.raises(MalformedError) as refused:
        call(value)
    assert str(refused.value).startswith("recall statement: ")
    return refused.value.code


@pytest.mark.parametrize("body", [RECALL, NARROW, LIFT], ids=["recall", "narrow", "lift"])
def test_what_is_read_is_written_again_byte_for_byte(body: dict[str, Any]) -> None:
    payload = canonical({"recall": body})
    again = parse_body(parse_payload(payload)).as_json()
    assert canonical({"recall": again}) == payload


def test_every_member_means_what_it_says() -> None:
    assert parse_body({"recall": RECALL}) == Body(
        Op.RECALL,
        "Too weak.\nTake it back.",
        datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        scope=Scope("09520001000010", ("L1", "L2"), (("B1", "B9"),), ("CH",)),
        action=Action.WITHDRAWAL,
        severity=2,
        depth=Depth.PHARMACY,
        reason="potency",
        respond_by=date(2026, 12, 1),
    )


@pytest.mark.parametrize("body", [RECALL, NARROW, LIFT], ids=["recall", "narrow", "lift"])
def test_no_member_may_be_missing_or_added(body: dict[str, Any]) -> None:
    for name in body:
        less = {key: value for key, value in body.items() if key != name}
        assert code_of(parse_body, {"recall": less}) == "RECALL_STATEMENT"
    assert code_of(parse_body, {"recall": {**body, "more": 1}}) == "RECALL_STATEMENT"


@pytest.mark.parametrize(
    "change",
    [
        {"op": "cancel"},
        {"op": 1},
        {"action": "lift"},
        {"action": None},
        {"severity": 0},
        {"severity": True},
        {"severity": "1"},
        {"depth": "CONSUMER"},
        {"depth": "moon"},
        {"reason": "because"},
        {"text": ""},
        {"text": " x"},
        {"text": "x\0"},
        {"text": "x" * 2001},
        {"text": 5},
        {"respond_by": "2026-13-01"},
        {"respond_by": "20261201"},
        {"respond_by": None},
        {"time": "2026-11-23T08:30:00Z"},
        {"time": "2026-11-23T08:30:00.000+01:00"},
        {"time": "2026-11-23T08:30:00.000"},
        {"time": "soon"},
        {"time": 0},
        {"scope": None},
        {"scope": []},
    ],
)
def test_a_value_that_is_none_is_refused(change: dict[str, Any]) -> None:
    assert code_of(parse_body, {"recall": {**RECALL, **change}}) == "RECALL_STATEMENT"


@pytest.mark.parametrize("statement", [{}, {"recall": None}, {"recall": []}, {"recall": "lift"}])
def test_a_statement_without_a_body_is_refused(statement: dict[str, Any]) -> None:
    assert code_of(parse_body, statement) == "RECALL_STATEMENT"


@pytest.mark.parametrize("entry", ["", "AB" * 32, "ab" * 31, 5, None])
def test_a_recall_is_named_by_its_entry(entry: Any) -> None:
    assert code_of(parse_body, {"recall": {**LIFT, "recall": entry}}) == "RECALL_STATEMENT"
    assert code_of(parse_answer, {"recall_report": {**REPORT, "recall": entry}}) == "RECALL_STATEMENT"


@pytest.mark.parametrize(
    "change",
    [
        {"gtin": "09520001000011"},
        {"gtin": "9520001000010"},
        {"gtin": 9520001000010},
        {"lots": []},
        {"lots": ["L2", "L1"]},
        {"lots": ["L1", "L1"]},
        {"lots": ["x" * 21]},
        {"lots": "L1"},
        {"lots": [1]},
        {"lots": [f"L{number:04d}" for number in range(1001)]},
        {"serials": []},
        {"serials": [{"from": "B1"}]},
        {"serials": [{"from": "B1", "to": "B10"}]},
        {"serials": [{"from": "B9", "to": "B1"}]},
        {"serials": [{"from": "B1", "to": "B9"}] * 2},
        {"serials": [{"from": "C1", "to": "C9"}, {"from": "B1", "to": "B9"}]},
        {"serials": [{"from": "B ", "to": "B9"}]},
        {"serials": [{"from": "ü1", "to": "ü9"}]},
        {"serials": ["B1"]},
        {"serials": {"from": "B1", "to": "B9"}},
        {"markets": []},
        {"markets": ["ch"]},
        {"markets": ["CHE"]},
        {"markets": ["DE", "CH"]},
        {"more": []},
    ],
)
def test_a_scope_is_read_strictly(change: dict[str, Any]) -> None:
    assert code_of(parse_scope, {**SCOPE, **change}) == "RECALL_STATEMENT"


def test_a_scope_without_limits_is_the_whole_product() -> None:
    assert parse_scope({"gtin": SCOPE["gtin"]}) == Scope("09520001000010")
    assert code_of(parse_scope, {}) == "RECALL_STATEMENT"


def test_a_report_is_read_and_written_again() -> None:
    assert parse_answer({"recall_report": REPORT}).as_json() == REPORT
    known = {"recall": ENTRY, "time": TIME}
    assert parse_answer({"recall_report": known}) == Answer(ENTRY, parse_moment(TIME))
    assert parse_answer({"recall_report": known}).as_json() == known


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"quarantined": 1},
        {**QUANTITIES, "lost": 1},
        {**QUANTITIES, "returned": -1},
        {**QUANTITIES, "returned": True},
        {**QUANTITIES, "returned": 1.5},
        {**QUANTITIES, "returned": 10**12 + 1},
    ],
)
def test_quantities_are_five_whole_numbers(value: Any) -> None:
    assert code_of(parse_quantities, value) == "RECALL_STATEMENT"
    assert code_of(parse_answer, {"recall_report": {**REPORT, "quantities": value}}) == "RECALL_STATEMENT"


@pytest.mark.parametrize("statement", [{}, {"recall_report": 5}, {"recall_report": {**REPORT, "more": 1}}])
def test_a_report_is_read_strictly(statement: dict[str, Any]) -> None:
    assert code_of(parse_answer, statement) == "RECALL_STATEMENT"


def test_a_moment_has_one_spelling() -> None:
    assert format_moment(parse_moment(TIME)) == TIME
