"""A shipment, or a part of it, does not leave after all. Only before the receiver has it, and only by the sender."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.late import refuse_before
from supplychain.lifecycle import MAY_TRADE, guard_role, guard_void
from supplychain.models import Handoff
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, last_events, lock_handoff


@act("void")
def void(*, actor: Actor, request: Request, handoff: Handoff, epcs: Sequence[str] | None = None) -> Done:
    """Call off the items `epcs` of a shipment; None: all that is still under way. They stay where they were."""
    check(guard_role(actor.roles, MAY_TRADE, "void a shipment"))
    # The same locks that a receipt takes: either it arrived, or it never left.
    handoff, rows = lock_handoff(handoff)
    under_way = {epc_of(item): item for item in rows if item.handoff_id == handoff.pk}
    named = sorted(under_way) if epcs is None else sorted(epcs)
    check(guard_void(named, under_way=under_way.keys(), sender=handoff.sender.gln, party=actor.party.gln))
    items = {epc: under_way[epc] for epc in named}
    refuse_before(items, request)
    body = epcis.void_shipping(scene_of(actor, request), epcs=named, shipment=handoff.ship_event.event_id)
    return enact(
        body,
        actor=actor,
        request=request,
        after=last_events(items.values()),
        counterparty=handoff.receiver,
        items=items,
    )
