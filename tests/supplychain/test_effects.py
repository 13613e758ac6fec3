"""What an event does to goods is read from the event alone."""

from datetime import UTC, date, datetime

import pytest

from supplychain.disputes.rules import Answer, Claim, Finding, Resolution, Standing
from supplychain.effects import (
    Arrive,
    CallOff,
    CheckReturn,
    Close,
    Declare,
    End,
    Hold,
    Late,
    Make,
    Nothing,
    PutIn,
    Release,
    Reply,
    Reserve,
    Revive,
    Send,
    TakeOut,
    Transform,
    TurnUp,
    read_effect,
    read_receiver,
    read_sender,
)
from supplychain.endings import ENDINGS
from supplychain.epcis import event as epcis
from supplychain.epcis import vocabulary as cbv
from supplychain.holds.rules import Authority
from supplychain.lifecycle import Purpose
from supplychain.serials.reconciliation import Tally

ME, OTHER = "9520001000003", "9520002000002"
SCENE = epcis.Scene("urn:uuid:0", datetime(2026, 11, 23, 8, 30, tzinfo=UTC), ME)
A, B, UNIT = "https://id.gs1.org/01/09520001000010/21/A", "https://id.gs1.org/01/09520001000010/21/B", "urn:unit"

GTIN = "09520001000010"
TALLIES = [Tally(3, ()), Tally(3, (A, B), (A,), (B,), ("urn:c",), 0)]

CLAIM = Claim("SHORTAGE", A, "urn:uuid:1", ME, OTHER, Standing.OPEN)


def shipping(purpose: Purpose = Purpose.SALE) -> epcis.EventBody:
    return epcis.shipping(SCENE, epcs=[B, A], sender=ME, receiver=OTHER, purpose=purpose)


def receiving(set_aside: tuple[str, ...] = ()) -> epcis.EventBody:
    given = {"sender": OTHER, "receiver": ME, "counted": True, "shipment": "urn:uuid:1"}
    return epcis.receiving(SCENE, epcs=[A], set_aside=set_aside, **given)  # type: ignore[arg-type]


def holding() -> epcis.EventBody:
    lots = [cbv.lot_class("09520001000010", "L1")]
    return epcis.holding(SCENE, epcs=[A], lots=lots, reason="damage", disposition="active", authority="maker")


@pytest.mark.parametrize(
    ("event", "effect"),
    [
        (
            epcis.commissioning(SCENE, epcs=[B, A], lot_number="L1", expiry=date(2028, 1, 31)),
            Make((A, B), "L1", date(2028, 1, 31)),
        ),
        (epcis.issuing(SCENE, epcs=[B, A], is_minted=True), Reserve((A, B), is_minted=True)),
        (epcis.issuing(SCENE, epcs=[B, A], is_minted=False), Reserve((A, B), is_minted=False)),
        *(
            (epcis.reconciling(SCENE, gtin=GTIN, tally=one, allocation="urn:uuid:1"), Close("urn:uuid:1", one))
            for one in TALLIES
        ),
        (epcis.packing(SCENE, parent=UNIT, children=[B, A]), PutIn(UNIT, (A, B))),
        (epcis.unpacking(SCENE, parent=UNIT, children=[A]), TakeOut(UNIT, (A,))),
        (shipping(), Send((A, B), OTHER, Purpose.SALE)),
        (shipping(Purpose.RETURN), Send((A, B), OTHER, Purpose.RETURN)),
        (receiving(), Arrive((A,), "urn:uuid:1")),
        (receiving((B,)), Arrive((A,), "urn:uuid:1", (B,))),
        (
            epcis.receiving(
                SCENE,
                epcs=[A],
                sender=OTHER,
                receiver=ME,
                counted=True,
                shipment="urn:uuid:1",
                findings=[Finding("DAMAGED", A, "Wet")],
                purpose=Purpose.RETURN,
            ),
            Arrive((A,), "urn:uuid:1", (), (Finding("DAMAGED", A, "Wet"),)),
        ),
        (
            epcis.repackaging(SCENE, inputs=[A], outputs=[B], lot_number="L1", expiry=date(2028, 1, 31)),
            Transform((A,), (B,), "L1", date(2028, 1, 31)),
        ),
        (epcis.return_check(SCENE, epcs=[A, B], failed=[(B, "expired")]), CheckReturn((A, B), ((B, "expired"),))),
        (epcis.return_check(SCENE, epcs=[A], failed=[]), CheckReturn((A,), ())),
        (epcis.sensing(SCENE, epcs=[A], elements=[{"sensorReport": [{"type": "Temperature"}]}]), Nothing((A,))),
        (
            epcis.declaring(shipping(), at=SCENE.time, reason="did_not_occur", corrective=[]),
            Declare("urn:uuid:0", "did_not_occur", (A, B), Send((A, B), OTHER, Purpose.SALE)),
        ),
        (
            epcis.declaring(shipping(), at=SCENE.time, reason="incorrect_data", corrective=["urn:uuid:9"]),
            Declare("urn:uuid:0", "incorrect_data", (A, B), None),
        ),
        (shipping() | {"errorDeclaration": "oops"}, Declare("urn:uuid:0", "", (A, B), None)),
        (
            epcis.shipping(SCENE, epcs=[A], sender=ME, receiver=OTHER, purpose=Purpose.RETURN, rma="urn:rma:1"),
            Send((A,), OTHER, Purpose.RETURN),
        ),
        (epcis.unannounced(SCENE, epcs=[B, A], sender=OTHER, receiver=ME), TurnUp((A, B), OTHER)),
        (
            epcis.contradicting(shipping(), [("LATE", A, "urn:uuid:2")]),
            Late((A, B), "", (("LATE", A, "urn:uuid:2"),)),
        ),
        (
            epcis.contradicting(epcis.packing(SCENE, parent=UNIT, children=[A]), [("LATE", A, "urn:uuid:2")]),
            Late((A,), UNIT, (("LATE", A, "urn:uuid:2"),)),
        ),
        (
            epcis.answering(SCENE, CLAIM, epcs=[A], answer=Answer.CONTEST, resolution=None, note="No"),
            Reply((A,), "urn:uuid:1", "SHORTAGE", Answer.CONTEST, None, "No"),
        ),
        (
            epcis.answering(SCENE, CLAIM, epcs=[A], answer=Answer.CONFIRM, resolution=Resolution.LOST, note=""),
            Reply((A,), "urn:uuid:1", "SHORTAGE", Answer.CONFIRM, Resolution.LOST, ""),
        ),
        *((epcis.ending(SCENE, one, epcs=[A]), End((A,), one.life)) for one in ENDINGS.values()),
        (holding(), Hold((A,), (("09520001000010", "L1"),), Authority.MAKER, "damage")),
        (holding() | {cbv.AUTHORITY: "emperor"}, Nothing((A,))),
        (holding() | {"action": "ADD"}, Nothing((A,))),
        (
            epcis.releasing(SCENE, epcs=[A], lots=[], disposition="conformant", undoes=["urn:uuid:1"]),
            Release((A,), (), ("urn:uuid:1",)),
        ),
        (epcis.reviving(SCENE, "undo", epcs=[A], undoes=["urn:uuid:1"]), Revive((A,), was_locked=False)),
        (epcis.reviving(SCENE, "unlock", epcs=[A], undoes=["urn:uuid:1"]), Revive((A,), was_locked=True)),
        (epcis.void_shipping(SCENE, epcs=[A], shipment="urn:uuid:1"), CallOff((A,), "urn:uuid:1")),
    ],
)
def test_each_act_has_its_effect(event: epcis.EventBody, effect: object) -> None:
    assert read_effect(event) == effect


@pytest.mark.parametrize(
    "change",
    [
        {"action": "OBSERVE"},
        {"bizStep": "sensor_reporting"},
        {"bizStep": "dispensing", "type": "TransactionEvent"},
        {"bizStep": "urn:example:fishing"},
    ],
)
def test_an_event_that_no_act_writes_changes_nothing(change: dict[str, str]) -> None:
    assert read_effect({**epcis.ending(SCENE, ENDINGS["dispense"], epcs=[A]), **change}) == Nothing((A,))


def test_an_aggregation_that_only_observes_changes_nothing() -> None:
    assert read_effect({**epcis.packing(SCENE, parent=UNIT, children=[A]), "action": "OBSERVE"}) == Nothing((A,))


def test_an_event_without_step_or_lists_changes_nothing() -> None:
    assert read_effect({"type": "ObjectEvent"}) == Nothing()


def test_the_oldest_receiving_events_name_no_shipment() -> None:
    event = receiving()
    del event["bizTransactionList"]
    assert read_effect(event) == Arrive((A,), "")
    event["bizTransactionList"] = [{"type": "po", "bizTransaction": "urn:uuid:9"}]
    assert read_effect(event) == Arrive((A,), "")


@pytest.mark.parametrize(
    "destinations",
    [[], [{"type": "owning_party", "destination": f"https://id.gs1.org/417/{OTHER}"}], [{"type": "possessing_party"}]],
)
def test_a_shipment_to_nobody_names_nobody(destinations: list[dict[str, str]]) -> None:
    effect = read_effect({**shipping(), "destinationList": destinations})
    assert isinstance(effect, Send)
    assert effect.receiver == ""


@pytest.mark.parametrize("uri", ["", "https://id.gs1.org/417/12", "https://id.gs1.org/414/9520002000002", "urn:epc:x"])
def test_a_party_that_is_no_gln_of_ours_is_nobody(uri: str) -> None:
    body = {**shipping(), "destinationList": [{"type": "possessing_party", "destination": uri}]}
    effect = read_effect(body)
    assert isinstance(effect, Send)
    assert effect.receiver == ""


def test_a_reconciliation_that_counts_nothing_changes_nothing() -> None:
    event = epcis.reconciling(SCENE, gtin=GTIN, tally=TALLIES[1], allocation="urn:uuid:1")
    assert read_effect({**event, "quantityList": []}) == Nothing((A, B))


@pytest.mark.parametrize(
    "given", [{cbv.CONTRADICTS: "x"}, {cbv.CONTRADICTS: ["x"]}, {cbv.FINDINGS: {"code": "DAMAGED"}}]
)
def test_what_somebody_else_writes_into_our_fields_is_no_row(given: dict[str, object]) -> None:
    assert read_effect(receiving() | given) == Arrive((A,), "urn:uuid:1")


@pytest.mark.parametrize("given", [{cbv.ANSWER: "shrug"}, {cbv.RESOLUTION: "burnt"}])
def test_an_answer_in_other_words_changes_nothing(given: dict[str, object]) -> None:
    said = epcis.answering(SCENE, CLAIM, epcs=[A], answer=Answer.CONFIRM, resolution=Resolution.LOST, note="")
    assert read_effect(said | given) == Nothing((A,))


def test_parties_that_are_none_of_ours_are_nobody() -> None:
    stranger = {**shipping(), "sourceList": [{"type": "owning_party", "source": "urn:x"}], "destinationList": []}
    assert (read_sender(stranger), read_receiver(stranger)) == ("", "")
