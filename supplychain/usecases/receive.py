"""Goods arrive. A physical fact cannot be refused: what came is taken in, and what differs is written down."""

from collections.abc import Iterable, Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, Count, Life, count_delivery, guard_receive, guard_role
from supplychain.models import Handoff, Item
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, find_items, last_events, lock_handoff, roots_of


@act("receive")
def receive(*, actor: Actor, request: Request, handoff: Handoff, epcs: Sequence[str] | None = None) -> Done:
    """Take a delivery in: the items scanned (EPCs), or with None all that was announced, unopened and uncounted."""
    check(guard_role(actor.roles, MAY_TRADE, "receive goods"))
    # One receipt of a handoff at a time: two clerks with one delivery share the work, not the goods.
    scanned = find_items(epcs or ())
    handoff, rows = lock_handoff(handoff, and_rows=(item.pk for item in scanned.values()))
    under_way = {epc_of(item): item for item in rows if item.handoff_id == handoff.pk}
    check(
        guard_receive(
            addressee=handoff.receiver.gln,
            party=actor.party.gln,
            under_way=len(under_way),
            shipped=handoff.ship_event.event_time,
            received=request.time,
        )
    )
    count = count_delivery(under_way, under_way if epcs is None else epcs)
    surplus = {epc: item for item in rows if (epc := epc_of(item)) in count.surplus}
    _check_whole_units(surplus.values(), handoff)
    _check_not_received_before(surplus, count, handoff)
    taken = {epc: item for epc, item in surplus.items() if _is_from_sender(item, handoff)}
    goods = {epc: under_way[epc] for epc in sorted(count.received)} | taken
    if not goods:
        raise Refused.because("NOTHING_OF_SHIPMENT", "None of the codes scanned belongs to this delivery")
    scene = scene_of(actor, request)
    body = epcis.receiving(
        scene,
        epcs=sorted(goods),
        sender=handoff.sender.gln,
        receiver=actor.party.gln,
        counted=epcs is not None,
        shipment=handoff.ship_event.event_id,
        set_aside=sorted(count.surplus - taken.keys()),
    )
    return enact(
        body,
        actor=actor,
        request=request,
        # The receiving statement names the shipping statement that it answers.
        after=[handoff.ship_event, *last_events(taken.values())],
        counterparty=handoff.sender,
        items=goods,
    )


def _check_whole_units(surplus: Iterable[Item], handoff: Handoff) -> None:
    """A code from inside an announced pallet means: scan the pallet. It is neither received nor surplus."""
    packed = [item for item in surplus if item.parent_id is not None]
    roots = roots_of(packed)
    for item in packed:
        root = roots[item.pk]
        if root.handoff_id == handoff.pk:
            raise Refused.because("PART_OF_UNIT", f"It is packed in {epc_of(root)}: scan that code", epc_of(item))


def _check_not_received_before(surplus: dict[str, Item], count: Count, handoff: Handoff) -> None:
    if count.received:
        return
    for epc, item in surplus.items():
        if item.event_items.filter(event=handoff.ship_event).exists():
            raise Refused.because("DOUBLE_RECEIPT", "It was received with this delivery before", epc)


def _is_from_sender(item: Item, handoff: Handoff) -> bool:
    at_rest = item.parent_id is None and item.handoff_id is None and item.life == Life.ACTIVE
    return at_rest and item.holder_id == handoff.sender_id
