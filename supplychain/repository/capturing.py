"""Which act a captured event stands for, and whether it is about goods of ours at all.

Guards speak about what was commissioned here. An event that says of such goods what one of our acts says *is* that act
and takes its road; any other (fish, a stranger's pallet, a sensor, a document) is stated, kept, and moves nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from supplychain.acts import Actor, Done, Refused, Request, refuse
from supplychain.effects import (
    UNDO,
    Arrive,
    CallOff,
    Effect,
    End,
    Hold,
    Make,
    Nothing,
    PutIn,
    Release,
    Reserve,
    Revive,
    Send,
    TakeOut,
    read_effect,
)
from supplychain.endings import BY_LIFE
from supplychain.epcis import vocabulary as cbv
from supplychain.epcis.errors import EPCISError
from supplychain.gs1.errors import GS1Error
from supplychain.models import Batch, Handoff, Item, Party, Product
from supplychain.repository.captured import Captured
from supplychain.stock import find_items, key_of, keys_of
from supplychain.usecases.allocate import allocate
from supplychain.usecases.commission import commission
from supplychain.usecases.end_goods import end_goods
from supplychain.usecases.hold import hold
from supplychain.usecases.pack import pack
from supplychain.usecases.receive import receive
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.release import release
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from supplychain.usecases.unlock import unlock
from supplychain.usecases.unpack import unpack
from supplychain.usecases.void import void

Key = tuple[str, str]  # gtin ("" for a logistic unit) and serial number
Body = Mapping[str, Any]
LISTS = ("epcList", "childEPCs")


@dataclass(slots=True)
class KnownGoods:
    """Which of the goods in a document were made here: looked up for all its events at once, and kept up to date."""

    items: set[Key] = field(default_factory=set)
    gtins: set[str] = field(default_factory=set)

    @classmethod
    def among(cls, bodies: Iterable[Body]) -> "KnownGoods":
        wanted: dict[str, set[str]] = {}
        for body in bodies:
            if may_act(body):
                for gtin, serial_number in keys_named(body):
                    wanted.setdefault(gtin, set()).add(serial_number)
        known = cls()
        for gtin, serials in wanted.items():
            rows = Item.objects.filter(gtin=gtin, serial_number__among=sorted(serials))
            known.items |= {(gtin, serial) for serial in rows.values_list("serial_number", flat=True)}
        known.gtins = set(Product.objects.filter(gtin__among=sorted(wanted)).values_list("gtin", flat=True))
        return known

    def are_named(self, body: Body) -> bool:
        """Whether an event that may act names goods of ours; where goods are new, products of ours."""
        keys = keys_named(body)
        if (body.get("bizStep"), body.get("action")) in _NEW:
            return any(gtin in self.gtins for gtin, _ in keys)
        return any(key in self.items for key in keys)

    def add(self, body: Body) -> None:
        """What an act has just made or packed is known from now on."""
        self.items.update(keys_named(body))


# What names serials that nobody can know yet.
_NEW = frozenset({(cbv.COMMISSIONING, cbv.ADD), (cbv.ENCODING, cbv.OBSERVE)})
_ACTING = frozenset(
    {
        *_NEW,
        *((cbv.COMMISSIONING, cbv.ADD), (cbv.PACKING, cbv.ADD), (cbv.UNPACKING, cbv.DELETE)),
        *((cbv.SHIPPING, cbv.OBSERVE), (cbv.RECEIVING, cbv.OBSERVE), (cbv.VOID_SHIPPING, cbv.OBSERVE)),
        *((cbv.DECOMMISSIONING, cbv.DELETE), (cbv.INSPECTING, cbv.OBSERVE), (cbv.OTHER, cbv.OBSERVE)),
        *((one.biz_step, one.action) for one in BY_LIFE.values()),
    }
)


def may_act(body: Body) -> bool:
    """Whether an event has the form of an act: a look at the words alone, so that most events cost no query."""
    if body["type"] not in ("ObjectEvent", "AggregationEvent") or "errorDeclaration" in body:
        return False
    return (body.get("bizStep", ""), body.get("action", "")) in _ACTING


def keys_named(body: Body) -> list[Key]:
    """The packs and logistic units that an event names; whatever else has an EPC is left out."""
    epcs = [epc for name in LISTS for epc in body.get(name, ())]
    parent = [body["parentID"]] if "parentID" in body else []
    try:
        return keys_of([*epcs, *parent])
    except GS1Error:
        return [key for epc in (*epcs, *parent) if (key := _find_key(epc)) is not None]


def _find_key(epc: str) -> Key | None:
    try:
        return key_of(epc)
    except GS1Error:
        return None


def effect_on_goods(body: Body) -> Effect:
    """What an event about goods of ours does.

    Raises:
        EPCISError: it has the form of an act and lacks what the act needs to know; names the field.
    """
    step, action = body.get("bizStep"), body.get("action")
    if (step, action) == (cbv.COMMISSIONING, cbv.ADD):
        for name in (cbv.LOT_NUMBER, cbv.ITEM_EXPIRATION_DATE):
            if name not in body.get("ilmd", {}):
                raise EPCISError(
                    "MISSING", f"ilmd.{name}", None, f"{name}: packs of ours have a lot and an expiry date"
                )
    try:
        effect = read_effect(body)
    except (ValueError, TypeError):
        field = cbv.PURPOSE if cbv.PURPOSE in body else f"ilmd.{cbv.ITEM_EXPIRATION_DATE}"
        value = body.get(cbv.PURPOSE) or body.get("ilmd", {}).get(cbv.ITEM_EXPIRATION_DATE)
        raise EPCISError("WORD", field, value, "a word or a date that this act knows") from None
    if isinstance(effect, Nothing) and (step, action) == (cbv.DECOMMISSIONING, cbv.DELETE):
        raise EPCISError(
            "MISSING", cbv.ACT, None, "export or free_sample: goods of ours are decommissioned for a reason"
        )
    return effect


def act_of(captured: Captured, effect: Effect, *, actor: Actor) -> Callable[[Request], Done] | None:
    """The act that has this effect, ready to be done with a request; None for an event that only looks on.

    Raises:
        Refused: what the act needs (a product, a partner, a shipment) is not here; kept as evidence.
    """
    try:
        return _act_of(captured.body, effect, actor)
    except Refused as refusal:
        raise refuse("capture", actor, refusal) from refusal


def _act_of(body: Body, effect: Effect, actor: Actor) -> Callable[[Request], Done] | None:
    match effect:
        case Make():
            return _commission(effect, actor)
        case Reserve(is_minted=False):
            return _allocate(effect, actor)
        case PutIn(parent=parent, children=children):
            return lambda request: pack(actor=actor, request=request, parent=parent, children=list(children))
        case TakeOut(parent=parent, children=children):
            return lambda request: unpack(
                actor=actor, request=request, parent=parent, children=list(children) if children else None
            )
        case Send(epcs=epcs):
            check_side(body, "sourceList", "source", actor.party)
            receiver = receiver_of(effect)
            return lambda request: ship(
                actor=actor, request=request, epcs=list(epcs), receiver=receiver, purpose=effect.purpose.value
            )
        case Arrive(epcs=epcs):
            check_side(body, "destinationList", "destination", actor.party)
            handoff = shipment_of(effect, receiver=actor.party)
            check_side(body, "sourceList", "source", handoff.sender)
            return lambda request: receive(actor=actor, request=request, handoff=handoff, epcs=list(epcs))
        case CallOff(epcs=epcs):
            handoff = shipment_of(effect, sender=actor.party)
            return lambda request: void(actor=actor, request=request, handoff=handoff, epcs=list(epcs))
        case End(epcs=epcs, life=life):
            how = BY_LIFE[life].act
            return lambda request: end_goods(actor=actor, request=request, how=how, epcs=list(epcs))
        case Revive():
            return _revive(effect, actor)
        case Hold(epcs=epcs, lots=lots, reason=reason):
            # In which capacity it is placed, the act decides for itself, whatever the event claims.
            named = {"epcs": list(epcs), "batches": batches_named(lots)}
            return lambda request: hold(actor=actor, request=request, reason=reason, **named)
        case Release(epcs=epcs, lots=lots, holds=holds):
            named = {"epcs": list(epcs), "batches": batches_named(lots)}
            placed_by = holds[0] if len(holds) == 1 else ""
            return lambda request: release(actor=actor, request=request, placed_by=placed_by, **named)
    return None


def batches_named(lots: Iterable[Key]) -> list[Batch]:
    """The batches of classes (GTIN, lot number). Raises Refused: there is none of that name."""
    found: list[Batch] = []
    for gtin, lot_number in lots:
        batch = Batch.objects.filter(product__gtin=gtin, lot_number=lot_number).first()
        if batch is None:
            raise Refused.because("UNKNOWN_BATCH", f"GTIN {gtin or '?'} has no lot {lot_number or '?'}")
        found.append(batch)
    return found


def _one_product(epcs: Sequence[str]) -> tuple[Product, list[str]]:
    """The product of new packs, and their serials. Raises Refused."""
    keys = keys_of(epcs)
    gtins = {gtin for gtin, _ in keys}
    product = Product.objects.filter(gtin=keys[0][0]).first() if len(gtins) == 1 else None
    if product is None:
        text = "Packs of one product are commissioned by one event: expected one registered GTIN"
        raise Refused.because("SEVERAL_PRODUCTS", text)
    return product, [serial for _, serial in keys]


def _allocate(effect: Reserve, actor: Actor) -> Callable[[Request], Done]:
    """A line tells which serials it has: the maker's own list, to be commissioned from."""
    product, serial_numbers = _one_product(effect.epcs)
    return lambda request: allocate(actor=actor, request=request, product=product, serial_numbers=serial_numbers)


def _commission(effect: Make, actor: Actor) -> Callable[[Request], Done]:
    product, serial_numbers = _one_product(effect.epcs)

    def run(request: Request) -> Done:
        # The lot comes into being with its first packs, under the same rules as by hand.
        batch: Batch = register_batch(actor=actor, product=product, lot_number=effect.lot_number, expiry=effect.expiry)
        return commission(actor=actor, request=request, batch=batch, serial_numbers=serial_numbers)

    return run


def _revive(effect: Revive, actor: Actor) -> Callable[[Request], Done]:
    if effect.was_locked:
        return lambda request: unlock(actor=actor, request=request, epcs=list(effect.epcs))
    if len(effect.epcs) != 1:
        raise Refused.because("BAD_COUNT", f"{UNDO} of {len(effect.epcs)} items: expected one pack for each event")
    return lambda request: undo(actor=actor, request=request, epc=effect.epcs[0])


# --- Partners and shipments -------------------------------------------------------------------------------------------


def receiver_of(effect: Send) -> Party:
    if not effect.receiver:
        raise Refused.because(
            "UNKNOWN_PARTY", "The event names no receiver: expected a destination of type possessing_party with its GLN"
        )
    receiver = Party.objects.filter(gln=effect.receiver).first()
    if receiver is None:
        raise Refused.because("UNKNOWN_PARTY", f"GLN {effect.receiver} is not registered here")
    return receiver


def party_at(body: Body, list_name: str, name: str) -> str:
    """The GLN of the possessing party in a source or destination list; "" if there is none of ours."""
    for one in body.get(list_name, ()):
        if one.get("type") == cbv.POSSESSING_PARTY:
            return cbv.gln_of_party(one.get(name, ""))
    return ""


def check_side(body: Body, list_name: str, name: str, expected: Party) -> None:
    """An event must not tell another story of who has the goods than what is signed by doing the act."""
    gln = party_at(body, list_name, name)
    if gln and gln != expected.gln:
        raise Refused.because("OTHER_PARTY", f"{list_name} names {gln} as possessing party: expected {expected.gln}")


def shipment_of(effect: Arrive | CallOff, *, receiver: Party | None = None, sender: Party | None = None) -> Handoff:
    """The handoff that an event is about: the one that it names by eventID, else the one that the goods are under way
    with. A despatch advice number of a partner's own system says nothing here.
    """
    named = Handoff.objects.filter(ship_event__event_id=effect.shipment).first() if effect.shipment else None
    if named is not None:
        return named
    sides = {"receiver": receiver} if receiver else {"sender": sender}
    items = find_items([epc for epc in effect.epcs if _find_key(epc)])
    ids = sorted({item.handoff_id for item in items.values() if item.handoff_id is not None})
    found = list(Handoff.objects.filter(pk__in=ids, **sides).select_related("sender"))
    if len(found) > 1:
        raise Refused.because("SEVERAL_SHIPMENTS", f"These goods belong to {len(found)} shipments: one event for each")
    if not found:
        raise Refused.because("NOT_UNDER_WAY", "None of these goods is on its way to or from you")
    return found[0]


def counterparty_of(body: Body, party: Party, parties: Mapping[str, Party]) -> Party | None:
    """Who is at the other end of an event that moves nothing here, if it is a party of ours: it may see it, too."""
    for list_name, name in (("destinationList", "destination"), ("sourceList", "source")):
        other = parties.get(party_at(body, list_name, name))
        if other is not None and other.pk != party.pk:
            return other
    return None
