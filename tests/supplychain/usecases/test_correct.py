"""Sensor reports change nothing; error declarations change what their author may still take back."""

import json
from typing import Any

import pytest

from supplychain.acts import Done, Request
from supplychain.history import without_effect
from supplychain.lifecycle import Life
from supplychain.models import Event, Handoff, Item
from supplychain.stock import find_items
from supplychain.usecases.correct import correct
from supplychain.usecases.dispense import dispense
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.sensor_report import sensor_report
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, handed_over, packed, refusal_code, shipped

pytestmark = pytest.mark.django_db
WARM = [{"sensorReport": [{"type": "Temperature", "maxValue": 9.5, "uom": "CEL", "exception": "ALARM_CONDITION"}]}]


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def declared(event: Event, **more: Any) -> dict[str, Any]:
    return {"request": Request(), "event_id": event.event_id, "reason": "did_not_occur"} | more


# --- Sensors ----------------------------------------------------------------------------------------------------------


def report(actor, epcs: list[str], elements: object = WARM) -> dict[str, Any]:
    return {"actor": actor, "request": Request(), "epcs": epcs, "elements": json.dumps(elements)}


def test_a_sensor_report_is_kept_and_changes_nothing(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    before = list(Item.objects.values())
    done = sensor_report(**report(cast.maker, epcs))
    assert (done.event.biz_step, done.event.disposition) == ("sensor_reporting", "")
    assert json.loads(done.event.body)["sensorElementList"] == WARM
    assert list(Item.objects.values()) == before
    assert done.event in [row.event for row in item(epcs[0]).event_items.all()]


def test_both_sides_report_while_goods_are_under_way_and_nobody_else(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    shipped(cast.maker, cast.wholesaler, epcs)
    for who in (cast.maker, cast.wholesaler, cast.regulator):
        sensor_report(**report(who, epcs))
    assert refusal_code(sensor_report, **report(cast.pharmacy, epcs)) == "NOT_HOLDER"


@pytest.mark.parametrize(
    "elements",
    [
        [],
        {},
        [{}],
        [{"sensorReport": []}],
        [{"sensorReport": ["warm"]}],
        [{"sensorReport": [{"value": 3.5}]}],
        [{"sensorReport": [{"type": "Temperature", "value": "warm"}]}],
        [{"sensorReport": [{"type": "Temperature", "value": True}]}],
        [{"sensorReport": [{"type": "Temperature"}]}] * 101,
        [{"sensorReport": [{"type": "Temperature", "value": 5}]}],  # in which unit?
        [{"sensorReport": [{"type": "Temperature", "value": 5, "uom": "KGM"}]}],
    ],
)
def test_sensor_data_of_another_form_is_refused(cast: Cast, elements: object) -> None:
    epcs = commissioned(cast.maker, 1)
    assert refusal_code(sensor_report, **report(cast.maker, epcs, elements)) == "BAD_SENSOR_DATA"


def test_sensor_data_that_is_no_json_or_too_much_or_about_nothing_is_refused(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    wish = report(cast.maker, epcs)
    assert refusal_code(sensor_report, **wish | {"elements": "{"}) == "BAD_SENSOR_DATA"
    assert refusal_code(sensor_report, **wish | {"elements": " " * 70_000}) == "BAD_SENSOR_DATA"
    assert refusal_code(sensor_report, **wish | {"epcs": []}) == "NOTHING_TO_DO"


# --- Error declarations -----------------------------------------------------------------------------------------------


def test_a_shipment_that_did_not_occur_never_left(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    done = correct(actor=cast.maker, **declared(handoff.ship_event))
    assert Handoff.objects.get().state == "void"
    assert (item(epcs[0]).holder, item(epcs[0]).handoff) == (cast.maker.party, None)
    body, before = json.loads(done.event.body), json.loads(handoff.ship_event.body)
    assert body.pop("errorDeclaration")["reason"] == "did_not_occur"
    assert body == before  # the same event again, under its own name
    assert done.event.event_id != handoff.ship_event.event_id
    assert handoff.ship_event.correction.declared_by == done.event
    assert handoff.ship_event.entry in [edge.parent for edge in done.event.entry.parent_edges.all()]
    assert without_effect(Event.objects.values_list("pk", flat=True)) == {handoff.ship_event.pk, done.event.pk}
    ship(actor=cast.maker, request=Request(), epcs=epcs, receiver=cast.pharmacy.party)


def test_a_packing_that_did_not_occur_leaves_the_packs_where_they_are(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    case = packed(cast.maker, epcs)
    event = item(case).last_event
    correct(actor=cast.maker, **declared(event))
    assert [item(epc).parent for epc in epcs] == [None, None]
    assert [item(epc).holder for epc in epcs] == [cast.maker.party] * 2


def test_a_declaration_comes_too_late_once_something_was_built_on_the_event(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    case = packed(cast.maker, epcs)
    packing = item(case).last_event
    handoff = shipped(cast.maker, cast.wholesaler, [case])
    assert refusal_code(correct, actor=cast.maker, **declared(packing)) == "CORRECTION_TOO_LATE"
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff)
    assert refusal_code(correct, actor=cast.maker, **declared(handoff.ship_event)) == "CORRECTION_TOO_LATE"
    assert item(case).holder == cast.wholesaler.party


@pytest.mark.parametrize("who", ["wholesaler", "forger", "regulator"])
def test_only_its_author_declares_an_event_erroneous(cast: Cast, who: str) -> None:
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    assert refusal_code(correct, actor=getattr(cast, who), **declared(handoff.ship_event)) == "NOT_AUTHOR"


def test_a_dispensing_is_undone_and_not_declared_away(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, epcs)
    done = dispense(actor=cast.pharmacy, request=Request(), epc=epcs[0])
    assert refusal_code(correct, actor=cast.pharmacy, **declared(done.event)) == "CORRECTION_IRREVERSIBLE"
    receipt = Event.objects.get(biz_step="receiving")
    assert refusal_code(correct, actor=cast.pharmacy, **declared(receipt)) == "CORRECTION_IRREVERSIBLE"
    made = Event.objects.get(biz_step="commissioning")
    assert refusal_code(correct, actor=cast.maker, **declared(made)) == "CORRECTION_IRREVERSIBLE"
    assert item(epcs[0]).life == Life.DISPENSED


def two_reports(cast: Cast) -> tuple[Done, Done]:
    epcs = commissioned(cast.maker, 1)
    return sensor_report(**report(cast.maker, epcs)), sensor_report(**report(cast.maker, epcs))


def test_incorrect_data_names_the_authors_own_events_that_say_it_right(cast: Cast) -> None:
    wrong, right = two_reports(cast)
    ids = {"reason": "incorrect_data", "corrective_event_ids": [right.event.event_id]}
    done = correct(actor=cast.maker, **declared(wrong.event, **ids))
    assert json.loads(done.event.body)["errorDeclaration"]["correctiveEventIDs"] == [right.event.event_id]
    assert wrong.event.correction.reason == "incorrect_data"


def test_the_reason_decides_whether_corrective_events_are_named(cast: Cast) -> None:
    wrong, right = two_reports(cast)
    other = sensor_report(**report(cast.regulator, ["https://id.gs1.org/01/09520001000010/21/B0000000"]))
    own, foreign = [right.event.event_id], [other.event.event_id]
    for more in (
        {"corrective_event_ids": own},
        {"reason": "incorrect_data"},
        {"reason": "incorrect_data", "corrective_event_ids": foreign},
        {"reason": "incorrect_data", "corrective_event_ids": ["urn:uuid:unknown"]},
    ):
        assert refusal_code(correct, actor=cast.maker, **declared(wrong.event, **more)) == "CORRECTIVE_IDS"
    assert refusal_code(correct, actor=cast.maker, **declared(wrong.event, reason="oops")) == "BAD_REASON"
    many = {"reason": "incorrect_data", "corrective_event_ids": ["x"] * 101}
    assert refusal_code(correct, actor=cast.maker, **declared(wrong.event, **many)) == "BAD_COUNT"


def test_an_event_is_declared_erroneous_once_and_for_good(cast: Cast) -> None:
    wrong, _right = two_reports(cast)
    done = correct(actor=cast.maker, **declared(wrong.event))
    assert refusal_code(correct, actor=cast.maker, **declared(wrong.event)) == "CORRECTED_ALREADY"
    assert refusal_code(correct, actor=cast.maker, **declared(done.event)) == "CORRECTION_FINAL"
    unknown = {"request": Request(), "event_id": "urn:uuid:none", "reason": "did_not_occur"}
    assert refusal_code(correct, actor=cast.maker, **unknown) == "UNKNOWN_EVENT"
