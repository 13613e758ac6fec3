"""The rules of returns, repackaging, sensor data and corrections, each with its counter-examples."""

from dataclasses import replace
from datetime import date

import pytest

from supplychain import repackaging, sensing
from supplychain.corrections import rules as correcting
from supplychain.corrections.rules import Corrective, Said
from supplychain.lifecycle import BatchState, Kind, Life, Unit
from supplychain.returns import rules as returns
from supplychain.returns.rules import Label, Record

ME, OTHER, TODAY, EXPIRY = "9520002000002", "9520001000003", date(2026, 11, 25), date(2028, 1, 31)
PACK = Unit("urn:a", Kind.PACK, Life.ACTIVE, ME, in_transit=False, parent=None, expiry=EXPIRY)
BACK = replace(PACK, is_returned=True)
RECORD = Record("urn:a", "L1", EXPIRY, was_ours=True)


@pytest.mark.parametrize(
    ("record", "label", "outcome"),
    [
        (RECORD, Label("urn:a"), "saleable"),
        (RECORD, Label("urn:a", "L1", EXPIRY), "saleable"),
        (RECORD, Label("urn:a", "L2", EXPIRY), "lot_mismatch"),
        (RECORD, Label("urn:a", "L1", TODAY), "expiry_mismatch"),
        (replace(RECORD, was_ours=False), Label("urn:a"), "not_sold_by_us"),
        (Record("urn:case", "", None, was_ours=True), Label("urn:case", "L2", TODAY), "saleable"),
    ],
)
def test_a_returned_pack_is_held_against_its_record(record: Record, label: Label, outcome: str) -> None:
    assert returns.assess_return(record, label, []) == outcome


@pytest.mark.parametrize(
    ("unit", "codes"),
    [
        (BACK, []),
        (PACK, ["NOT_RETURNED"]),
        (replace(BACK, parent="urn:case"), ["DISAGGREGATE_FIRST"]),
        (replace(BACK, life=Life.DESTROYED), ["ALREADY_DESTROYED"]),
        (replace(BACK, holder=OTHER), ["NOT_HOLDER"]),
        (replace(BACK, in_transit=True), ["IN_TRANSIT"]),
    ],
)
def test_what_may_be_verified(unit: Unit, codes: list[str]) -> None:
    assert [one.code for one in returns.guard_return_check([unit], party=ME)] == codes
    assert [one.code for one in returns.guard_return_check([], party=ME)] == ["NOTHING_TO_DO"]


@pytest.mark.parametrize(
    ("unit", "codes"),
    [
        (PACK, []),
        (replace(PACK, kind=Kind.LOGISTIC_UNIT), ["NOT_A_PACK"]),
        (replace(PACK, parent="urn:case"), ["DISAGGREGATE_FIRST"]),
        (replace(PACK, life=Life.REPACKAGED), ["ALREADY_REPACKAGED"]),
        (replace(PACK, holder=OTHER), ["NOT_HOLDER"]),
        (replace(PACK, batch_state=BatchState.RECALLED), ["BATCH_CALLED_BACK"]),
        (replace(PACK, expiry=date(2027, 1, 1)), ["EXPIRY_EXTENDED"]),
        (BACK, ["RETURN_NOT_VERIFIED"]),
    ],
)
def test_what_may_be_repackaged(unit: Unit, codes: list[str]) -> None:
    breaches = repackaging.guard_repackage([unit], new_expiry=EXPIRY, today=TODAY, party=ME)
    assert [one.code for one in breaches] == codes
    nothing = repackaging.guard_repackage([], new_expiry=EXPIRY, today=TODAY, party=ME)
    assert [one.code for one in nothing] == ["NOTHING_TO_DO"]


def test_sensor_data_is_in_or_out_of_its_limits() -> None:
    element = {"sensorReport": [{"type": "Temperature", "minValue": 2.5, "maxValue": 7.5}]}
    assert sensing.guard_elements([element]) == []
    assert not sensing.is_out_of_limit([element], low=2.0, high=8.0)
    assert not sensing.is_out_of_limit([element])
    assert sensing.is_out_of_limit([element], low=3.0)
    assert sensing.is_out_of_limit([element], high=7.0)
    assert sensing.is_out_of_limit([{"sensorReport": [{"exception": "ALARM_CONDITION"}]}])


@pytest.mark.parametrize(
    "elements",
    [
        "x",
        [],
        [1],
        [{}],
        [{"sensorReport": [1]}],
        [{"sensorReport": [{}]}],
        [{"sensorReport": [{"type": "T", "value": ""}]}],
    ],
)
def test_sensor_data_of_another_form(elements: object) -> None:
    assert [one.code for one in sensing.guard_elements(elements)] == ["BAD_SENSOR_DATA"]


SHIPPED = Said("shipping", ME)


@pytest.mark.parametrize(
    ("said", "reason", "corrective", "codes"),
    [
        (SHIPPED, "did_not_occur", [], []),
        (replace(SHIPPED, biz_step="sensor_reporting", is_built_on=True), "did_not_occur", [], []),
        (SHIPPED, "incorrect_data", [Corrective("urn:b", ME)], []),
        (replace(SHIPPED, author=OTHER), "did_not_occur", [], ["NOT_AUTHOR"]),
        (replace(SHIPPED, is_declaration=True), "did_not_occur", [], ["CORRECTION_FINAL"]),
        (replace(SHIPPED, is_declared=True), "did_not_occur", [], ["CORRECTED_ALREADY"]),
        (SHIPPED, "oops", [], ["BAD_REASON"]),
        (SHIPPED, "did_not_occur", [Corrective("urn:b", ME)], ["CORRECTIVE_IDS"]),
        (SHIPPED, "incorrect_data", [], ["CORRECTIVE_IDS"]),
        (SHIPPED, "incorrect_data", [Corrective("urn:b", OTHER), Corrective("urn:c", "")], ["CORRECTIVE_IDS"] * 2),
        (replace(SHIPPED, is_built_on=True), "did_not_occur", [], ["CORRECTION_TOO_LATE"]),
        (replace(SHIPPED, biz_step="destroying"), "did_not_occur", [], ["CORRECTION_IRREVERSIBLE"]),
        (replace(SHIPPED, biz_step=""), "did_not_occur", [], ["CORRECTION_IRREVERSIBLE"]),
    ],
)
def test_what_may_be_declared_erroneous(said: Said, reason: str, corrective, codes: list[str]) -> None:
    breaches = correcting.guard_correction(said, party=ME, reason=reason, corrective=corrective)
    assert [one.code for one in breaches] == codes
