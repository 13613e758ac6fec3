"""The tables of present state, all of them written from effects: items, containment, contents, handoffs, receipts.

Acts come here after their event is signed and stored, in the same transaction and with the rows locked; `rebuild_state`
comes here with every event of the history. Nobody else writes these tables, so the state is a fold over the log.

Set-based throughout: what an effect costs follows the number of items that the event names, never what is inside them.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from django.db.models import F, Max, Q

from supplychain.disputes.projection import (
    announce,
    find_again,
    note_answer,
    raise_contradictions,
    raise_differences,
    raise_unannounced,
    settle,
    settle_state,
)
from supplychain.disputes.rules import Answer, Resolution
from supplychain.effects import (
    Arrive,
    CallOff,
    CheckReturn,
    Close,
    Declare,
    Effect,
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
)
from supplychain.holds.projection import carry_in, carry_out, lift_holds, place_holds
from supplychain.lifecycle import Breach, Count, Kind, Life, Purpose, count_delivery, differences
from supplychain.models import Batch, Containment, Content, Correction, Event, Handoff, Item, Party, Receipt
from supplychain.projecting import Items
from supplychain.projecting import change as _change
from supplychain.projecting import name_items as _name
from supplychain.projecting import named as _named
from supplychain.returns.projection import carry_return_in, note_return_check
from supplychain.serials.reconciliation import differences_of
from supplychain.serials.rows import close_allocation, issue_serials, make_packs
from supplychain.stock import chunks, contents_of, epc_of, key_of, keys_of


@dataclass(frozen=True, slots=True)
class Projected:
    """What an effect led to beside the state of goods."""

    handoff: Handoff | None = None
    exceptions: tuple[Breach, ...] = ()


def project(event: Event, effect: Effect, items: Items | None = None) -> Projected:
    """Write what `effect` of `event` does. `items`: the rows that it names, if the caller has them at hand."""
    return _apply(effect, event, items) or Projected()


@singledispatch
def _apply(effect: Effect, event: Event, items: Items | None) -> Projected | None:
    raise TypeError(f"{effect!r}: expected an effect of `supplychain.effects`")


# --- Made -------------------------------------------------------------------------------------------------------------


@_apply.register
def _make(effect: Make, event: Event, _items: Items | None) -> None:
    keys = keys_of(effect.epcs)
    gtin = keys[0][0]
    batch = Batch.objects.get(product__gtin=gtin, lot_number=effect.lot_number)
    make_packs(batch, event, gtin, [serial for _, serial in keys])


@_apply.register
def _reserve(effect: Reserve, event: Event, _items: Items | None) -> None:
    issue_serials(event, effect)


@_apply.register
def _close(effect: Close, event: Event, _items: Items | None) -> Projected:
    close_allocation(event, effect)
    return Projected(exceptions=tuple(differences_of(effect.tally)))


# --- Packed -----------------------------------------------------------------------------------------------------------


@_apply.register
def _put_in(effect: PutIn, event: Event, items: Items | None) -> None:
    children = _named(effect.children, items)
    found = _named([effect.parent], items)
    unit = found[0] if found else _new_unit(event, key_of(effect.parent)[1])
    carry_return_in(unit, children)
    # Custody leaves the children: from here on it stands on the root.
    _change(children, parent=unit, holder=None, place=None, handoff=None, last_event=event)
    Containment.objects.bulk_create(
        (
            Containment(child=item, parent=unit, from_event=event, position=position)
            for position, item in enumerate(sorted(children, key=epc_of))
        ),
        batch_size=2000,
    )
    _name(event, "parentID", [unit])
    _change([unit], last_event=event, height=max(unit.height, 1 + max(item.height for item in children)))
    _add_contents(unit, count_packs(children))
    carry_in(unit, children)


def _new_unit(event: Event, digits: str) -> Item:
    return Item.objects.create(
        kind=Kind.LOGISTIC_UNIT,
        serial_number=digits,
        life=Life.ACTIVE,
        made_by=event,
        last_event=event,
        holder_id=event.party_id,
        place_id=event.place_id,
    )


@_apply.register
def _take_out(effect: TakeOut, event: Event, items: Items | None) -> None:
    children = _named(effect.children, items)
    (unit,) = _named([effect.parent], items)
    for some in chunks([item.pk for item in children]):
        Containment.objects.filter(child__among=some, parent=unit, to_event=None).update(to_event=event)
    # Custody was the unit's; it comes down to each child as the child becomes a root.
    custody = {"holder": unit.holder_id, "place": unit.place_id, "returned_by": unit.returned_by_id}
    _change(children, parent=None, **custody, last_event=event)
    _name(event, "parentID", [unit])
    _name(event, "childEPCs", children)
    highest = unit.children.aggregate(highest=Max("height"))["highest"]
    _change([unit], last_event=event, height=0 if highest is None else 1 + highest)
    _add_contents(unit, Counter({batch: -count for batch, count in count_packs(children).items()}))
    carry_out(unit, children)


def count_packs(items: Sequence[Item]) -> Counter[int]:
    """Packs by batch (primary key), those inside units included."""
    packs: Counter[int] = Counter(item.batch_id for item in items if item.batch_id is not None)
    for rows in contents_of(items).values():
        for row in rows:
            packs[row.batch_id] += row.packs
    return packs


def _add_contents(unit: Item, packs: Counter[int]) -> None:
    """Add to, or with negative numbers take from, what a unit is known to contain."""
    for batch_id, count in sorted(packs.items()):
        if not Content.objects.filter(unit=unit, batch_id=batch_id).update(packs=F("packs") + count):
            Content.objects.create(unit=unit, batch_id=batch_id, packs=count)
    Content.objects.filter(unit=unit, packs=0).delete()


# --- Handed on --------------------------------------------------------------------------------------------------------


@_apply.register
def _send(effect: Send, event: Event, items: Items | None) -> Projected:
    goods = _named(effect.epcs, items)
    handoff = Handoff.objects.create(
        sender_id=event.party_id,
        receiver=Party.objects.get(gln=effect.receiver),
        ship_event=event,
        purpose=effect.purpose.value,
    )
    _change(goods, handoff=handoff, last_event=event)
    _name(event, "epcList", goods)
    _arrive_unannounced(handoff, goods)
    return Projected(handoff)


@_apply.register
def _arrive(effect: Arrive, event: Event, items: Items | None) -> Projected:
    goods = _named(effect.epcs, items)
    handoff = find_handoff(event, effect.shipment)
    under_way = Item.objects.filter(handoff=handoff)
    # What was written off is not missed again, but welcome when it comes.
    expected = {epc for item in under_way if (epc := epc_of(item)) in effect.epcs or item.life != Life.LOST}
    count = count_delivery(expected, [*effect.epcs, *effect.set_aside])
    exceptions = differences(count, taken=frozenset(effect.epcs)) + [
        Breach(one.code, one.epc, one.note or "Stated by the receiver") for one in effect.findings
    ]
    Receipt.objects.create(handoff=handoff, event=event)
    _change(goods, holder=event.party_id, place=event.place_id, handoff=None, last_event=event)
    if handoff.purpose == Purpose.RETURN:
        _change(goods, returned_by=event)
    _find_lost(event, goods, Resolution.ARRIVED)
    _name(event, "epcList", goods)
    settle(event, effect.epcs, Resolution.ARRIVED, codes=("SHORTAGE", "UNANNOUNCED"))
    raise_differences(event, handoff, exceptions, effect.findings)
    _note_differences(handoff, count, exceptions)
    return Projected(handoff, tuple(exceptions))


@_apply.register
def _call_off(effect: CallOff, event: Event, items: Items | None) -> Projected:
    goods = _named(effect.epcs, items)
    handoff = find_handoff(event, effect.shipment)
    _change(goods, handoff=None, last_event=event)
    _find_lost(event, goods, Resolution.BACK_TO_SENDER)
    _name(event, "epcList", goods)
    settle(event, effect.epcs, Resolution.BACK_TO_SENDER, codes=("SHORTAGE",))
    settle_state(handoff)
    return Projected(handoff)


def find_handoff(event: Event, shipment: str) -> Handoff:
    """The handoff that an event of its sender or receiver is about.

    The oldest events, and those that a client wrote, name it only by what they build on: `shipment` is then "", or the
    number of somebody's despatch advice.
    """
    named = Handoff.objects.filter(ship_event__event_id=shipment).first() if shipment else None
    if named is not None:
        return named
    parents = event.entry.parent_edges.values("parent")
    sides = Q(receiver_id=event.party_id) | Q(sender_id=event.party_id)
    return Handoff.objects.get(sides, ship_event__entry__in=parents)


def _find_lost(event: Event, goods: Sequence[Item], resolution: Resolution) -> None:
    if lost := [item for item in goods if item.life == Life.LOST]:
        _change(lost, life=Life.ACTIVE, ended_by=None)
        find_again(event, lost, resolution)


def _note_differences(handoff: Handoff, count: Count, exceptions: Sequence[Breach]) -> None:
    handoff.state = "partial" if count.missing else "received"
    handoff.differences = [{"code": one.code, "epc": one.epc, "text": one.text} for one in exceptions]
    handoff.save(update_fields=["state", "differences"])


@_apply.register
def _turn_up(effect: TurnUp, event: Event, items: Items | None) -> Projected:
    goods = _named(effect.epcs, items)
    _name(event, "epcList", goods)
    exceptions = raise_unannounced(event, effect, goods)
    # Its notice may be there already: it is so when history is replayed in the order in which things happened.
    moving = [item for item in goods if item.handoff_id is not None]
    for handoff in Handoff.objects.filter(pk__among=[item.handoff_id for item in moving]).select_related("ship_event"):
        if (handoff.sender.gln, handoff.receiver_id) == (effect.sender, event.party_id):
            _arrive_unannounced(handoff, [item for item in moving if item.handoff_id == handoff.pk])
    return Projected(None, exceptions)


def _arrive_unannounced(handoff: Handoff, goods: Sequence[Item]) -> None:
    """What was stated to have come before its notice, and what the notice names: together they are a receipt."""
    arrived = announce(handoff.ship_event, handoff, goods)
    for event, items in arrived.items():
        _change(items, holder=event.party_id, place=event.place_id, handoff=None)
        if handoff.purpose == Purpose.RETURN:
            _change(items, returned_by=event)
        Receipt.objects.create(handoff=handoff, event=event)
    if arrived:
        settle_state(handoff)


@_apply.register
def _reply(effect: Reply, event: Event, items: Items | None) -> Projected:
    rows = note_answer(event, effect)
    handoff = rows[0].handoff if rows else None
    goods = [row.item for row in rows if row.item is not None]
    _name(event, "epcList", goods)
    if effect.answer is Answer.CONFIRM and effect.code == "SHORTAGE" and handoff is not None:
        moving = [item for item in goods if item.handoff_id == handoff.pk]
        if effect.resolution is Resolution.LOST:
            _change(moving, life=Life.LOST, ended_by=event, last_event=event)
        else:
            _change(moving, handoff=None, last_event=event)
        settle_state(handoff)
    return Projected(handoff)


@_apply.register
def _late(effect: Late, event: Event, items: Items | None) -> Projected:
    if effect.parent:
        _name(event, "parentID", _named([effect.parent], items))
    named = _named(effect.epcs, items)
    _name(event, "childEPCs" if effect.parent else "epcList", named)
    return Projected(None, raise_contradictions(event, effect))


# --- Ended ------------------------------------------------------------------------------------------------------------


@_apply.register
def _end(effect: End, event: Event, items: Items | None) -> None:
    goods = _named(effect.epcs, items)
    # Out of everybody's custody: a dispensed pack is its owner's, and no party's stock. What is locked stays put.
    left = {} if effect.life is Life.LOCKED else {"holder": None, "place": None, "handoff": None}
    _change(goods, life=effect.life, last_event=event, ended_by=event, **left)
    _name(event, "epcList", goods)
    if effect.life is Life.STOLEN:
        # Nothing of a delivery that was stolen whole is waited for any more.
        gone = {item.handoff_id for item in goods if item.handoff_id is not None}
        for handoff in Handoff.objects.filter(pk__in=gone):
            settle_state(handoff)
        settle(event, effect.epcs, Resolution.REPORTED_STOLEN, codes=("SHORTAGE",))


@_apply.register
def _revive(effect: Revive, event: Event, items: Items | None) -> None:
    goods = _named(effect.epcs, items)
    back = {} if effect.was_locked else {"holder": event.party_id, "place": event.place_id}
    _change(goods, life=Life.ACTIVE, last_event=event, ended_by=None, **back)
    _name(event, "epcList", goods)


# --- Held -------------------------------------------------------------------------------------------------------------


@_apply.register
def _hold(effect: Hold, event: Event, items: Items | None) -> None:
    goods = _named(effect.epcs, items)
    place_holds(effect, event, goods)
    _change(goods, last_event=event)
    _name(event, "epcList", goods)


@_apply.register
def _release(effect: Release, event: Event, items: Items | None) -> None:
    goods = _named(effect.epcs, items)
    lift_holds(effect, event, goods)
    _change(goods, last_event=event)
    _name(event, "epcList", goods)


# --- Remade, verified, corrected --------------------------------------------------------------------------------------


@_apply.register
def _transform(effect: Transform, event: Event, items: Items | None) -> None:
    sources = _named(effect.inputs, items)
    gone = {"holder": None, "place": None, "handoff": None, "returned_by": None}
    _change(sources, life=Life.REPACKAGED, last_event=event, ended_by=event, **gone)
    _name(event, "inputEPCList", sources)
    keys = keys_of(effect.outputs)
    batch = Batch.objects.get(product__gtin=keys[0][0], lot_number=effect.lot_number)
    make_packs(batch, event, keys[0][0], [serial for _, serial in keys])


@_apply.register
def _check_return(effect: CheckReturn, event: Event, items: Items | None) -> Projected:
    goods = _named(effect.epcs, items)
    _name(event, "epcList", goods)
    return Projected(None, note_return_check(event, effect, goods))


@_apply.register
def _declare(effect: Declare, event: Event, items: Items | None) -> Projected | None:
    erroneous = Event.objects.defer("body").get(event_id=effect.event_id)
    Correction.objects.create(event=erroneous, declared_by=event, reason=effect.reason)
    match effect.undone:
        case Send(epcs=epcs):
            return _apply(CallOff(epcs, effect.event_id), event, items)
        case PutIn(parent=parent, children=children):
            return _apply(TakeOut(parent, children), event, items)
    _name(event, "epcList", _named(effect.epcs, items))
    return None


# --- Nothing ----------------------------------------------------------------------------------------------------------


@_apply.register
def _nothing(effect: Nothing, event: Event, items: Items | None) -> None:
    _name(event, "epcList", _named(effect.epcs, items))
