"""The EPCIS 2.0 event of each act of Medtrail, as the JSON object that goes into a document's eventList.

One function for each act; all give a plain `dict` with the standard's field names, ready to be stated, stored and sent.
EPCs are canonical Digital Link URIs. Which act has which event: CBV 2.0, and section 1.2 of our domain rules.

>>> from datetime import UTC, datetime
>>> scene = Scene(event_id="urn:uuid:0", time=datetime(2026, 11, 23, 8, 30, tzinfo=UTC), place="9506000140445")
>>> unpacking(scene, parent="https://id.gs1.org/00/1", children=[])["bizStep"]
'unpacking'
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from supplychain.disputes.rules import Answer, Claim, Finding, Resolution
from supplychain.endings import Ending
from supplychain.epcis import vocabulary as cbv
from supplychain.holds.rules import HOLD, RELEASE
from supplychain.lifecycle import Purpose
from supplychain.serials.reconciliation import Tally

EventBody = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """When and where an act happened, and the event's name.

    `time` has a time zone; `place` is the GLN-13 of the site, both read point and business location.
    """

    event_id: str
    time: datetime
    place: str


def format_time(moment: datetime) -> str:
    """UTC with milliseconds and a Z, the one spelling that our statements use: `2026-11-23T08:30:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_time(text: str) -> datetime:
    """The moment that `format_time` wrote; in any offset that the standard allows."""
    return datetime.fromisoformat(text)


def commissioning(scene: Scene, *, epcs: Sequence[str], lot_number: str, expiry: date) -> EventBody:
    """Packs come into being: ObjectEvent ADD, with lot and expiry as instance/lot master data."""
    event = _event(scene, "ObjectEvent", cbv.ADD, cbv.COMMISSIONING, cbv.ACTIVE)
    event["epcList"] = list(epcs)
    event["ilmd"] = {cbv.LOT_NUMBER: lot_number, cbv.ITEM_EXPIRATION_DATE: expiry.isoformat()}
    return event


def issuing(scene: Scene, *, epcs: Sequence[str], is_minted: bool) -> EventBody:
    """Serials are set aside for packs to come: reserving, or encoding where the maker's own line made them.

    ObjectEvent OBSERVE: ADD would say that the packs exist.
    """
    step, disposition = (cbv.RESERVING, cbv.RESERVED) if is_minted else (cbv.ENCODING, cbv.ENCODED)
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, step, disposition)
    event["epcList"] = list(epcs)
    return event


def reconciling(scene: Scene, *, gtin: str, tally: Tally, allocation: str) -> EventBody:
    """An issued list of serials is closed: ObjectEvent DELETE of those that never were commissioned.

    `allocation` is the eventID of the event that issued them. All that were issued stand as a quantity of the product
    `gtin` (14 digits), so that the event says something even if each of them was applied.
    """
    event = _event(scene, "ObjectEvent", cbv.DELETE, cbv.DECOMMISSIONING, cbv.INACTIVE)
    event["epcList"] = list(tally.closed)
    event["quantityList"] = [{"epcClass": cbv.product_uri(gtin), "quantity": tally.issued}]
    event |= {cbv.ACT: "reconcile", cbv.ALLOCATION: allocation}
    named = {
        cbv.SCRAPPED: tally.destroyed,
        cbv.UNACCOUNTED: tally.unaccounted,
        cbv.CONTRADICTED: tally.contradicted,
    }
    event |= {field: list(epcs) for field, epcs in named.items() if epcs}
    return event if tally.counted is None else event | {cbv.COUNTED: tally.counted}


def packing(scene: Scene, *, parent: str, children: Sequence[str]) -> EventBody:
    """Children go into a unit: AggregationEvent ADD."""
    event = _event(scene, "AggregationEvent", cbv.ADD, cbv.PACKING, cbv.IN_PROGRESS)
    event["parentID"] = parent
    event["childEPCs"] = list(children)
    return event


def unpacking(scene: Scene, *, parent: str, children: Sequence[str]) -> EventBody:
    """The named children come out of the unit: AggregationEvent DELETE."""
    event = _event(scene, "AggregationEvent", cbv.DELETE, cbv.UNPACKING, cbv.IN_PROGRESS)
    event["parentID"] = parent
    event["childEPCs"] = list(children)
    return event


def shipping(
    scene: Scene, *, epcs: Sequence[str], sender: str, receiver: str, purpose: Purpose = Purpose.SALE, rma: str = ""
) -> EventBody:
    """Top-level items leave for another party: ObjectEvent OBSERVE. `sender` and `receiver` are GLN-13.

    `rma` is the supplier's consent to a return, as a URI.

    What stands inside the items is inferred from packing events and not listed, as CBV 2.0 demands of an ObjectEvent.
    """
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.SHIPPING, cbv.IN_TRANSIT)
    del event["bizLocation"]  # it leaves: no business location holds afterwards (CBV 2.0, 7.1 shipping)
    event["epcList"] = list(epcs)
    if purpose is not Purpose.SALE:
        event[cbv.PURPOSE] = purpose.value
    if rma:
        event["bizTransactionList"] = [{"type": cbv.RETURN_AUTHORISATION, "bizTransaction": rma}]
    return event | _parties(sender, receiver)


def receiving(
    scene: Scene,
    *,
    epcs: Sequence[str],
    sender: str,
    receiver: str,
    counted: bool,
    shipment: str,
    set_aside: Sequence[str] = (),
    findings: Sequence[Finding] = (),
    purpose: Purpose = Purpose.SALE,
) -> EventBody:
    """The addressee takes top-level items in. `counted`: each of them was scanned, not taken over from the notice.

    `shipment` is the eventID of the shipping event that this answers; `set_aside` came along but is not taken over;
    `findings` are what the receiver states of single items. What comes back to its supplier is `returned`.
    """
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.RECEIVING, cbv.IN_PROGRESS)
    event["epcList"] = list(epcs)
    how = cbv.COMPLETENESS_VERIFIED if counted else cbv.COMPLETENESS_INFERRED
    event["persistentDisposition"] = {"set": [how]}
    event["bizTransactionList"] = [{"type": cbv.DESPATCH_ADVICE, "bizTransaction": shipment}]
    if set_aside:
        event[cbv.SET_ASIDE] = list(set_aside)
    if findings:
        event[cbv.FINDINGS] = [_finding(one) for one in findings]
    if purpose is Purpose.RETURN:
        event["disposition"] = cbv.RETURNED
    return event | _parties(sender, receiver)


def _finding(one: Finding) -> dict[str, str]:
    return {"code": one.code, "epc": one.epc} | ({"note": one.note} if one.note else {})


def unannounced(scene: Scene, *, epcs: Sequence[str], sender: str, receiver: str) -> EventBody:
    """Goods have come from `sender` without a notice. They change hands when the sender states that it shipped them."""
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.RECEIVING, cbv.IN_PROGRESS)
    event["epcList"] = list(epcs)
    event["persistentDisposition"] = {"set": [cbv.COMPLETENESS_VERIFIED]}
    return event | {cbv.ACT: cbv.UNANNOUNCED} | _parties(sender, receiver)


def return_check(scene: Scene, *, epcs: Sequence[str], failed: Sequence[tuple[str, str]]) -> EventBody:
    """Goods that came back were verified; `failed` are those that are not sold again: (EPC, outcome)."""
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.INSPECTING, cbv.NON_CONFORMANT if failed else cbv.CONFORMANT)
    event["epcList"] = list(epcs)
    event[cbv.ACT] = cbv.VERIFY_RETURN
    if failed:
        event[cbv.NOT_SALEABLE] = [{"epc": epc, "outcome": outcome} for epc, outcome in failed]
    return event


def repackaging(
    scene: Scene, *, inputs: Sequence[str], outputs: Sequence[str], lot_number: str, expiry: date
) -> EventBody:
    """Packs become other packs: TransformationEvent, with lot and expiry of what comes out. It has no action."""
    event = _event(scene, "TransformationEvent", "", cbv.REPACKAGING, cbv.ACTIVE)
    del event["action"]
    event["inputEPCList"], event["outputEPCList"] = list(inputs), list(outputs)
    event["ilmd"] = {cbv.LOT_NUMBER: lot_number, cbv.ITEM_EXPIRATION_DATE: expiry.isoformat()}
    return event


def sensing(scene: Scene, *, epcs: Sequence[str], elements: Sequence[Mapping[str, Any]]) -> EventBody:
    """Sensor data about items: ObjectEvent OBSERVE. What it measured changes no disposition."""
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.SENSOR_REPORTING, "")
    del event["disposition"]
    event["epcList"] = list(epcs)
    event["sensorElementList"] = [dict(one) for one in elements]
    return event


def declaring(event: EventBody, *, at: datetime, reason: str, corrective: Sequence[str]) -> EventBody:
    """The same event again, with an error declaration."""
    declaration: EventBody = {"declarationTime": format_time(at), "reason": reason}
    if corrective:
        declaration["correctiveEventIDs"] = list(corrective)
    return event | {"errorDeclaration": declaration}


def answering(
    scene: Scene, claim: Claim, *, epcs: Sequence[str], answer: Answer, resolution: Resolution | None, note: str
) -> EventBody:
    """One side answers differences of the kind of `claim`, which the event `claim.about` raised about `epcs`."""
    disposition = cbv.UNKNOWN if resolution is Resolution.LOST else cbv.IN_PROGRESS
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.OTHER, disposition)
    event["epcList"] = list(epcs)
    event |= {cbv.ACT: cbv.ANSWER_DISPUTE, cbv.ABOUT: claim.about, cbv.DIFFERENCE: claim.code, cbv.ANSWER: answer.value}
    if resolution is not None:
        event[cbv.RESOLUTION] = resolution.value
    if note:
        event[cbv.NOTE] = note
    return event


def contradicting(event: EventBody, against: Sequence[tuple[str, str, str]]) -> EventBody:
    """The event of an act that is stated late, marked as one that has no effect.

    `against`: for each EPC on which a later statement is known already, a code, the EPC, and that statement's eventID.
    """
    return event | {cbv.CONTRADICTS: [{"code": code, "epc": epc, "event": of} for code, epc, of in sorted(against)]}


def void_shipping(scene: Scene, *, epcs: Sequence[str], shipment: str) -> EventBody:
    """Items of the shipping event `shipment` (its eventID) stay with their sender: ObjectEvent OBSERVE."""
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.VOID_SHIPPING, cbv.IN_PROGRESS)
    event["epcList"] = list(epcs)
    event["bizTransactionList"] = [{"type": cbv.DESPATCH_ADVICE, "bizTransaction": shipment}]
    return event


def ending(scene: Scene, how: Ending, *, epcs: Sequence[str]) -> EventBody:
    """Items leave trade, or are set apart from it. Of a dispensing nothing is told about the patient."""
    event = _event(scene, "ObjectEvent", how.action, how.biz_step, how.disposition)
    event["epcList"] = list(epcs)
    if how.biz_step != cbv.DISPENSING:  # the one step that stands for one act
        event[cbv.ACT] = how.act
    return event


def reviving(scene: Scene, act: str, *, epcs: Sequence[str], undoes: Sequence[str]) -> EventBody:
    """Items live again: `act` is "undo" or "unlock", `undoes` the eventIDs of what is taken back.

    An ObjectEvent OBSERVE and no error declaration: what is undone did happen, and its event stays as it is.
    """
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.INSPECTING, cbv.CONFORMANT)
    event["epcList"] = list(epcs)
    return event | {cbv.ACT: act, cbv.UNDOES: list(undoes)}


def holding(
    scene: Scene, *, epcs: Sequence[str], lots: Sequence[str], reason: str, disposition: str, authority: str
) -> EventBody:
    """Goods are set apart: items by name (`epcs`), batches by class (`lots`, as `vocabulary.lot_class`).

    A batch's class stands in a quantityList without a number: of however many packs there are.
    """
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.HOLDING, disposition)
    return event | _named(epcs, lots) | {cbv.ACT: HOLD, cbv.REASON: reason, cbv.AUTHORITY: authority}


def releasing(
    scene: Scene, *, epcs: Sequence[str], lots: Sequence[str], disposition: str, undoes: Sequence[str]
) -> EventBody:
    """Somebody has looked, and the holds that the events `undoes` (eventIDs) placed are lifted from these goods."""
    event = _event(scene, "ObjectEvent", cbv.OBSERVE, cbv.INSPECTING, disposition)
    return event | _named(epcs, lots) | {cbv.ACT: RELEASE, cbv.UNDOES: list(undoes)}


def _named(epcs: Sequence[str], lots: Sequence[str]) -> EventBody:
    """What an event names one by one, and by class. An empty list is left out."""
    named: EventBody = {"epcList": list(epcs)} if epcs else {}
    return named | ({"quantityList": [{"epcClass": one} for one in lots]} if lots else {})


def _event(scene: Scene, kind: str, action: str, biz_step: str, disposition: str) -> EventBody:
    here = {"id": cbv.place_uri(scene.place)}
    return {
        "type": kind,
        "eventID": scene.event_id,
        "eventTime": format_time(scene.time),
        "eventTimeZoneOffset": "+00:00",
        "action": action,
        "bizStep": biz_step,
        "disposition": disposition,
        "readPoint": here,
        "bizLocation": here,
    }


def _parties(sender: str, receiver: str) -> EventBody:
    roles = (cbv.OWNING_PARTY, cbv.POSSESSING_PARTY)
    return {
        "sourceList": [{"type": role, "source": cbv.party_uri(sender)} for role in roles],
        "destinationList": [{"type": role, "destination": cbv.party_uri(receiver)} for role in roles],
    }
