"""Goods come out of a unit: all of them, or the named ones."""

from collections.abc import Mapping, Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.late import judge
from supplychain.lifecycle import MAY_TRADE, Breach, guard_role, guard_unpack
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, find_items, last_events, lock_stable, refuse_repeated


@act("unpack")
def unpack(*, actor: Actor, request: Request, parent: str, children: Sequence[str] | None = None) -> Done:
    """Take `children` (EPCs; None: everything) out of the unit `parent` (EPC), which the party holds as a root."""
    check(guard_role(actor.roles, MAY_TRADE, "unpack goods"))
    named = [] if children is None else children
    refuse_repeated([parent, *named])
    found = find_items([parent, *named])
    if unknown := [epc for epc in (parent, *named) if epc not in found]:
        raise Refused(Breach("UNKNOWN_ITEM", epc, f"{epc} was never registered here") for epc in unknown)
    above, wanted = found[parent].pk, {item.pk for item in found.values()}
    rows = lock_stable(lambda: wanted | _inside(above) if children is None else wanted)
    items = {epc_of(item): item for item in rows.values() if item.pk != above}
    if not items:
        raise Refused.because("NOTHING_TO_DO", f"There is nothing inside {parent}")
    return take_out(actor, request, rows[above], items)


def _inside(unit: int) -> set[int]:
    return set(Item.objects.filter(parent=unit).values_list("pk", flat=True))


def take_out(actor: Actor, request: Request, unit: Item, items: Mapping[str, Item]) -> Done:
    """Guard, state and store the unpacking of locked `items` (by EPC) out of the locked root `unit`."""
    parent = epc_of(unit)
    known = {**items, parent: unit}
    against = judge(lambda units: guard_unpack(units[:-1], parent=units[-1], party=actor.party.gln), known, request)
    body = epcis.unpacking(scene_of(actor, request), parent=parent, children=sorted(items))
    if against:
        body = epcis.contradicting(body, against)
    return enact(body, actor=actor, request=request, after=last_events(known.values()), items=known)
