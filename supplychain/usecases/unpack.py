"""Goods come out of a unit: all of them, or the named ones."""

from collections.abc import Mapping, Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, guard_role, guard_unpack
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, last_events, lock_items, units_of


@act("unpack")
def unpack(*, actor: Actor, request: Request, parent: str, children: Sequence[str] | None = None) -> Done:
    """Take `children` (EPCs; None: everything) out of the unit `parent` (EPC), which the party holds as a root."""
    check(guard_role(actor.roles, MAY_TRADE, "unpack goods"))
    if children is None:
        unit = lock_items([parent])[parent]
        children = [epc_of(item) for item in unit.children.order_by("pk")]
    if not children:
        raise Refused.because("NOTHING_TO_DO", f"There is nothing inside {parent}")
    items = lock_items(children)
    return take_out(actor, request, lock_items([parent])[parent], items)


def take_out(actor: Actor, request: Request, unit: Item, items: Mapping[str, Item]) -> Done:
    """Guard, state and store the unpacking of locked `items` (by EPC) out of the locked root `unit`."""
    parent = epc_of(unit)
    check(guard_unpack(units_of(list(items.values())), parent=units_of([unit])[0], party=actor.party.gln))
    scene = scene_of(actor, request)
    body = epcis.unpacking(scene, parent=parent, children=sorted(items))
    known = {**items, parent: unit}
    return enact(body, actor=actor, request=request, after=last_events(known.values()), items=known)
