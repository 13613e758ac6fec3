"""A pack goes to a patient: the end of its life in trade."""

from django.utils import timezone

from supplychain.acts import Actor, Done, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_DISPENSE, guard_dispense, guard_licence, guard_role
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, last_events, lock_containers, lock_items, units_of
from supplychain.usecases.unpack import take_out


@act("dispense")
def dispense(*, actor: Actor, request: Request, epc: str) -> Done:
    """Dispense one pack (EPC). A pack that still stands in a case is unpacked first, under a statement of its own."""
    check(guard_role(actor.roles, MAY_DISPENSE, "dispense"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    item = lock_items([epc])[epc]
    containers = lock_containers(item)
    check(guard_dispense(units_of([item])[0], party=actor.party.gln, today=timezone.localdate()))
    _unpack_down_to(actor, request, item, containers)

    item.refresh_from_db()
    body = epcis.dispensing(scene_of(actor, request), epcs=[epc])
    return enact(body, actor=actor, request=request, after=last_events([item]), items={epc: item})


def _unpack_down_to(actor: Actor, request: Request, item: Item, containers: list[Item]) -> None:
    """From the outside in: the case off the pallet, then the pack out of the case."""
    inside_out = [item, *containers]
    for depth in range(len(containers), 0, -1):
        unit, child = inside_out[depth], inside_out[depth - 1]
        unit.refresh_from_db()
        take_out(actor, request.step(f"unpack-{depth}"), unit, {epc_of(child): child})
        child.refresh_from_db()
