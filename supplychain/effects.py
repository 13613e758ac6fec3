"""What an event does to the goods that it names. State is computed from here, and from nowhere else.

An effect is read from the EPCIS event alone. Acts apply the effect of the event that they have just signed; a replay of
the sealed history applies the same effects in the same order, and so arrives at the same state. Whether an act was
allowed is a matter of its guards (`lifecycle`), once, before the event was signed: effects judge nothing.

>>> body = {"type": "ObjectEvent", "action": "DELETE", "bizStep": "dispensing", "epcList": ["urn:a"]}
>>> read_effect(body)
End(epcs=('urn:a',), life=<Life.DISPENSED: 3>)

An event that Medtrail's acts do not write (a sensor reading, somebody else's fish) changes nothing:

>>> read_effect({"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sensor_reporting", "epcList": ["urn:a"]})
Nothing(epcs=('urn:a',))

Source: domain rules 1.2 (which act has which event); CBV 2.0 sections 7.1 and 7.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from supplychain.corrections.rules import DID_NOT_OCCUR
from supplychain.disputes.rules import Answer, Finding, Resolution
from supplychain.endings import ENDINGS
from supplychain.epcis import vocabulary as cbv
from supplychain.holds import rules as holding
from supplychain.holds.rules import Authority
from supplychain.lifecycle import Life, Purpose
from supplychain.serials.reconciliation import Tally

Epcs = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Make:
    """Packs come into being, active and at rest with the event's author. `epcs` in EPC order."""

    epcs: Epcs
    lot_number: str
    expiry: date


@dataclass(frozen=True, slots=True)
class Reserve:
    """Serials are issued for packs to come; `is_minted` here, or brought by the maker. In EPC order."""

    epcs: Epcs
    is_minted: bool


@dataclass(frozen=True, slots=True)
class Close:
    """The serials that the event `allocation` (an eventID) issued are counted; the unused ones are gone for good."""

    allocation: str
    tally: Tally


@dataclass(frozen=True, slots=True)
class PutIn:
    """`children` go into the unit `parent`; a parent seen for the first time comes into being. In EPC order."""

    parent: str
    children: Epcs


@dataclass(frozen=True, slots=True)
class TakeOut:
    """`children` come out of the unit `parent` and stand where it stands."""

    parent: str
    children: Epcs


@dataclass(frozen=True, slots=True)
class Send:
    """Top-level items are on their way to the party `receiver` (GLN-13)."""

    epcs: Epcs
    receiver: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Arrive:
    """The author takes top-level items in, under the shipping event `shipment` (an eventID; "" in the oldest events).

    `set_aside` were in the delivery but not the sender's to give: nothing happens to them. `findings` are what the
    author states of single items.
    """

    epcs: Epcs
    shipment: str
    set_aside: Epcs = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Transform:
    """The packs `inputs` become the packs `outputs`, of one batch."""

    inputs: Epcs
    outputs: Epcs
    lot_number: str
    expiry: date


@dataclass(frozen=True, slots=True)
class CheckReturn:
    """Goods that came back were verified: `epcs` are sold again but for those in `failed`: (EPC, outcome)."""

    epcs: Epcs
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Declare:
    """The author declares its event `event_id` erroneous. `undone` is the effect that it had, if it is taken back."""

    event_id: str
    reason: str
    epcs: Epcs
    undone: "Send | PutIn | None"


@dataclass(frozen=True, slots=True)
class TurnUp:
    """Goods have come from `sender` (GLN-13) without a notice: an open difference, until the notice comes."""

    epcs: Epcs
    sender: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Differences of kind `code`, which the event `about` raised on these EPCs, are answered."""

    epcs: Epcs
    about: str
    code: str
    answer: Answer
    resolution: Resolution | None
    note: str


@dataclass(frozen=True, slots=True)
class Late:
    """Stated after statements that it does not go together with: nothing happens, but a difference for each EPC.

    `parent` is the unit of an aggregation, or ""; `against` has a code, an EPC and an eventID for each contradiction.
    """

    epcs: Epcs
    parent: str
    against: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class End:
    """The items leave trade, or are locked: their life becomes `life`."""

    epcs: Epcs
    life: Life


@dataclass(frozen=True, slots=True)
class Revive:
    """The items live again: an end was undone, and they are back with the author, or a lock was taken off."""

    epcs: Epcs
    was_locked: bool


@dataclass(frozen=True, slots=True)
class CallOff:
    """Top-level items of the shipping event `shipment` do not leave after all."""

    epcs: Epcs
    shipment: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The items were seen, measured or inspected. No dimension of their state changes."""

    epcs: Epcs = ()


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold is placed on items, and on batches as (GTIN-14, lot number), in the capacity of `authority`."""

    epcs: Epcs
    lots: tuple[tuple[str, str], ...]
    authority: Authority
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """The holds that the events `holds` (eventIDs) placed are lifted from these items and batches."""

    epcs: Epcs
    lots: tuple[tuple[str, str], ...]
    holds: tuple[str, ...]


_Moves = Make | Reserve | Close | PutIn | TakeOut | Send | Arrive | CallOff
Effect = _Moves | End | Revive | Hold | Release | Transform | CheckReturn | Declare | TurnUp | Reply | Late | Nothing

# Decommissioning is no member: it may mean that goods were exported, or given away.
_SAID_BY_STEP = {
    (cbv.DISPENSING, cbv.DISPENSED): "dispense",
    (cbv.SAMPLING, cbv.INACTIVE): "sample",
    (cbv.DESTROYING, cbv.DESTROYED): "destroy",
    (cbv.OTHER, cbv.STOLEN): "report_stolen",
}
UNLOCK = "unlock"
UNDO = "undo"
RECONCILE = "reconcile"


def read_effect(event: Mapping[str, Any]) -> Effect:
    """The effect of an EPCIS event in its JSON form.

    Which step means what is the vocabulary's; the action must be the one that our acts write, so that an observation
    called "dispensing" (a partial one) ends no life.
    """
    step, action, kind = event.get("bizStep", ""), event.get("action", ""), event.get("type", "")
    if "errorDeclaration" in event:
        return _read_declaration(event)
    if against := tuple((code, epc, of) for code, epc, of in _rows(event, cbv.CONTRADICTS, "code", "epc", "event")):
        return Late(_epcs(event, "epcList") + _epcs(event, "childEPCs"), event.get("parentID", ""), against)
    if kind == "AggregationEvent":
        return _read_aggregation(event, step, action)
    epcs = _epcs(event, "epcList")
    if (kind, step) == ("TransformationEvent", cbv.REPACKAGING) and cbv.LOT_NUMBER in event.get("ilmd", {}):
        expiry = date.fromisoformat(event["ilmd"][cbv.ITEM_EXPIRATION_DATE])
        outputs = _epcs(event, "outputEPCList")
        return Transform(_epcs(event, "inputEPCList"), outputs, event["ilmd"][cbv.LOT_NUMBER], expiry)
    if kind != "ObjectEvent":
        return Nothing(epcs)
    if (step, action) == (cbv.COMMISSIONING, cbv.ADD):
        ilmd = event.get("ilmd", {})
        return Make(epcs, ilmd[cbv.LOT_NUMBER], date.fromisoformat(ilmd[cbv.ITEM_EXPIRATION_DATE]))
    if (step, action) in ((cbv.RESERVING, cbv.OBSERVE), (cbv.ENCODING, cbv.OBSERVE)):
        return Reserve(epcs, is_minted=step == cbv.RESERVING)
    if (step, action) == (cbv.SHIPPING, cbv.OBSERVE):
        return Send(epcs, read_receiver(event), Purpose(event.get(cbv.PURPOSE, Purpose.SALE)))
    if (step, action) == (cbv.RECEIVING, cbv.OBSERVE):
        return _read_arrival(event, epcs)
    if (step, action) == (cbv.VOID_SHIPPING, cbv.OBSERVE):
        return CallOff(epcs, read_shipment(event))
    return _read_hold(event, epcs, step, action) or _read_ending(event, epcs, step, action)


def _read_hold(event: Mapping[str, Any], epcs: Epcs, step: str, action: str) -> Effect | None:
    if action != cbv.OBSERVE:
        return None
    lots = tuple(cbv.read_lot_class(one.get("epcClass", "")) for one in event.get("quantityList", ()))
    match step, event.get(cbv.ACT):
        case cbv.HOLDING, holding.HOLD:
            authority = Authority.__members__.get(str(event.get(cbv.AUTHORITY)).upper())
            return Hold(epcs, lots, authority, str(event.get(cbv.REASON, ""))) if authority else None
        case cbv.INSPECTING, holding.RELEASE:
            return Release(epcs, lots, tuple(event.get(cbv.UNDOES, ())))
    return None


def _read_declaration(event: Mapping[str, Any]) -> Effect:
    """What an error declaration takes back follows from the event that it repeats."""
    said = event["errorDeclaration"]
    reason = str(said.get("reason", "")) if isinstance(said, Mapping) else ""
    repeated = read_effect({field: value for field, value in event.items() if field != "errorDeclaration"})
    is_undone = reason == DID_NOT_OCCUR and isinstance(repeated, Send | PutIn)
    epcs = _epcs(event, "epcList") + _epcs(event, "childEPCs")
    return Declare(str(event.get("eventID", "")), reason, epcs, repeated if is_undone else None)  # type: ignore[arg-type]


def _read_arrival(event: Mapping[str, Any], epcs: Epcs) -> Effect:
    if event.get(cbv.ACT) == cbv.UNANNOUNCED:
        return TurnUp(epcs, read_sender(event))
    findings = tuple(Finding(*row) for row in _rows(event, cbv.FINDINGS, "code", "epc", "note"))
    return Arrive(epcs, read_shipment(event), _epcs(event, cbv.SET_ASIDE), findings)


def _read_reply(event: Mapping[str, Any], epcs: Epcs) -> Effect:
    answer, resolution = event.get(cbv.ANSWER), event.get(cbv.RESOLUTION)
    if answer not in set(Answer) or resolution not in {None, *Resolution}:
        return Nothing(epcs)
    return Reply(
        epcs,
        about=str(event.get(cbv.ABOUT, "")),
        code=str(event.get(cbv.DIFFERENCE, "")),
        answer=Answer(answer),
        resolution=Resolution(resolution) if resolution else None,
        note=str(event.get(cbv.NOTE, "")),
    )


def _rows(event: Mapping[str, Any], field: str, *names: str) -> list[tuple[str, ...]]:
    """A list of small objects in one of our own fields. What else stands there is no row."""
    rows = event.get(field)
    return [
        tuple(str(row.get(name, "")) for name in names)
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    ]


def _read_ending(event: Mapping[str, Any], epcs: Epcs, step: str, action: str) -> Effect:
    """Several acts share a business step; our own events then name the act. Those of other systems, and our oldest
    dispensings, say it by business step and disposition alone, where that can mean one thing only.
    """
    act = event.get(cbv.ACT) or _SAID_BY_STEP.get((step, event.get("disposition", "")), "")
    act = act or ("dispense" if step == cbv.DISPENSING else "")
    if (act, step, action) == (RECONCILE, cbv.DECOMMISSIONING, cbv.DELETE) and event.get("quantityList"):
        return Close(str(event.get(cbv.ALLOCATION, "")), read_tally(event))
    ending = ENDINGS.get(act)
    if ending is not None and (ending.biz_step, ending.action) == (step, action):
        return End(epcs, ending.life)
    if (act, action) == (cbv.VERIFY_RETURN, cbv.OBSERVE):
        return CheckReturn(epcs, tuple((epc, of) for epc, of in _rows(event, cbv.NOT_SALEABLE, "epc", "outcome")))
    if (act, action) == (cbv.ANSWER_DISPUTE, cbv.OBSERVE):
        return _read_reply(event, epcs)
    if act in (UNDO, UNLOCK) and action == cbv.OBSERVE:
        return Revive(epcs, was_locked=act == UNLOCK)
    return Nothing(epcs)


def read_tally(event: Mapping[str, Any]) -> Tally:
    """What a reconciling event counted."""
    return Tally(
        issued=int(event["quantityList"][0]["quantity"]),
        closed=_epcs(event, "epcList"),
        destroyed=_epcs(event, cbv.SCRAPPED),
        unaccounted=_epcs(event, cbv.UNACCOUNTED),
        contradicted=_epcs(event, cbv.CONTRADICTED),
        counted=event.get(cbv.COUNTED),
    )


def read_receiver(event: Mapping[str, Any]) -> str:
    """The GLN-13 of the party that is to possess the goods; "" if the event names none of ours."""
    for one in event.get("destinationList", ()):
        if one.get("type") == cbv.POSSESSING_PARTY:
            return cbv.gln_of_party(one.get("destination", ""))
    return ""


def read_sender(event: Mapping[str, Any]) -> str:
    """The GLN-13 of the party that possessed the goods before; "" if the event names none of ours."""
    for one in event.get("sourceList", ()):
        if one.get("type") == cbv.POSSESSING_PARTY:
            return cbv.gln_of_party(one.get("source", ""))
    return ""


def read_shipment(event: Mapping[str, Any]) -> str:
    """The eventID of the shipping event that this one answers, cancels or is about; "" if it names none."""
    for one in event.get("bizTransactionList", ()):
        if one.get("type") == cbv.DESPATCH_ADVICE:
            return str(one.get("bizTransaction", ""))
    return ""


def _read_aggregation(event: Mapping[str, Any], step: str, action: str) -> Effect:
    parent, children = event.get("parentID", ""), _epcs(event, "childEPCs")
    if (step, action) == (cbv.PACKING, cbv.ADD):
        return PutIn(parent, children)
    if (step, action) == (cbv.UNPACKING, cbv.DELETE):
        return TakeOut(parent, children)
    return Nothing(children)


def _epcs(event: Mapping[str, Any], field: str) -> Epcs:
    return tuple(sorted(event.get(field, ())))
