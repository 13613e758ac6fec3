"""Goods arrive. A physical fact cannot be refused: what came is taken in, and what differs is written down."""

from collections.abc import Iterable, Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, Count, Life, count_delivery, guard_receive, guard_role
from supplychain.models import Handoff, Item
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, find_items, last_events


@act("receive")
def receive(*, actor: Actor, request: Request, handoff: Handoff, epcs: Sequence[str] | None = None) -> Done:
    """Take a delivery in: the items scanned (EPCs), or with None all that was announced, unopened and uncounted."""
    check(guard_role(actor.roles, MAY_TRADE, "receive goods"))
    # One receipt of a handoff at a time: two clerks with one delivery share the work, not the goods.
    handoff = Handoff.objects.select_for_update(of=("self",)).select_related("ship_event__entry").get(pk=handoff.pk)
    under_way = {epc_of(item): item for item in _under_way(handoff)}
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
    rows = Item.objects.select_for_update(of=("self",)).select_related("parent").order_by("pk")
    surplus = find_items(count.surplus, rows=rows)
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


def _under_way(handoff: Handoff) -> Iterable[Item]:
    return Item.objects.select_for_update(of=("self",)).filter(handoff=handoff).order_by("pk")


def _check_whole_units(surplus: Iterable[Item], handoff: Handoff) -> None:
    """A code from inside an announced pallet means: scan the pallet. It is neither received nor surplus."""
    for item in surplus:
        above = item.parent
        while above is not None:
            if above.handoff_id == handoff.pk:
                raise Refused.because("PART_OF_UNIT", f"It is packed in {epc_of(above)}: scan that code", epc_of(item))
            above = above.parent


def _check_not_received_before(surplus: dict[str, Item], count: Count, handoff: Handoff) -> None:
    if count.received:
        return
    for epc, item in surplus.items():
        if item.event_items.filter(event=handoff.ship_event).exists():
            raise Refused.because("DOUBLE_RECEIPT", "It was received with this delivery before", epc)


def _is_from_sender(item: Item, handoff: Handoff) -> bool:
    at_rest = item.parent_id is None and item.handoff_id is None and item.life == Life.ACTIVE
    return at_rest and item.holder_id == handoff.sender_id
