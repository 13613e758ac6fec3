"""Goods arrive. A physical fact cannot be refused: what came is taken in, and what differs is written down."""

from collections.abc import Iterable, Mapping, Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.disputes.rules import Finding, guard_findings
from supplychain.epcis import event as epcis
from supplychain.late import Against, find_later
from supplychain.lifecycle import MAY_TRADE, Count, Life, Purpose, count_delivery, guard_receive, guard_role
from supplychain.models import Handoff, Item
from supplychain.past import unit_at
from supplychain.recording import enact, scene_of
from supplychain.stock import epc_of, find_items, last_events, lock_handoff, roots_of, units_of


@act("receive")
def receive(
    *,
    actor: Actor,
    request: Request,
    handoff: Handoff,
    epcs: Sequence[str] | None = None,
    findings: Sequence[Sequence[str]] = (),
) -> Done:
    """Take a delivery in: the items scanned (EPCs), or with None all that was announced, unopened and uncounted.

    `findings` tell what is wrong with single items that came: (code, EPC, note), with a code of `disputes.FINDINGS`.
    """
    check(guard_role(actor.roles, MAY_TRADE, "receive goods"))
    # One receipt of a handoff at a time: two clerks with one delivery share the work, not the goods.
    scanned = find_items(epcs or ())
    handoff, rows = lock_handoff(handoff, and_rows=(item.pk for item in scanned.values()))
    under_way = {epc_of(item): item for item in rows if item.handoff_id == handoff.pk}
    if against := _came_before(actor, request, handoff, scanned, under_way):
        return _state(actor, request, handoff, scanned, against=against)
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
    later = find_later(surplus, request)
    taken = {epc: item for epc, item in surplus.items() if _is_from_sender(item, handoff) and epc not in later}
    goods = {epc: under_way[epc] for epc in sorted(count.received)} | taken
    if not goods:
        raise Refused.because("NOTHING_OF_SHIPMENT", "None of the codes scanned belongs to this delivery")
    found = [_finding(one) for one in findings]
    check(guard_findings(found, present=count.received | count.surplus))
    aside = sorted(count.surplus - taken.keys())
    return _state(actor, request, handoff, goods, counted=epcs is not None, set_aside=aside, findings=found)


def _state(
    actor: Actor,
    request: Request,
    handoff: Handoff,
    goods: Mapping[str, Item],
    *,
    against: Against | None = None,
    counted: bool = True,
    set_aside: Sequence[str] = (),
    findings: Sequence[Finding] = (),
) -> Done:
    body = epcis.receiving(
        scene_of(actor, request),
        epcs=sorted(goods),
        sender=handoff.sender.gln,
        receiver=actor.party.gln,
        counted=counted,
        shipment=handoff.ship_event.event_id,
        set_aside=set_aside,
        findings=findings,
        purpose=Purpose(handoff.purpose),
    )
    others = [item for item in goods.values() if item.handoff_id != handoff.pk]
    return enact(
        epcis.contradicting(body, against) if against else body,
        actor=actor,
        request=request,
        # The receiving statement names the shipping statement that it answers.
        after=[handoff.ship_event, *last_events(others)],
        counterparty=handoff.sender,
        items=goods,
    )


def _finding(given: Sequence[str]) -> Finding:
    if not 2 <= len(given) <= 3 or not all(isinstance(one, str) for one in given):
        raise Refused.because("BAD_FINDING", f"Finding {list(given)!r}: expected a code, an EPC and maybe a note")
    return Finding(*given)


def _came_before(
    actor: Actor, request: Request, handoff: Handoff, scanned: Mapping[str, Item], under_way: Mapping[str, Item]
) -> Against:
    """A late receipt of goods that are not under way any more, but were then: called off meanwhile, say."""
    if handoff.receiver_id != actor.party.pk or not scanned or under_way.keys() & scanned.keys():
        return []
    later = find_later(scanned, request)
    if later.keys() != scanned.keys():
        return []
    for item, now in zip(scanned.values(), units_of(list(scanned.values())), strict=True):
        then = unit_at(item, now, request.time)
        if then is None or not then.in_transit or then.addressee != actor.party.gln:
            return []
    return [("LATE", epc, event.event_id) for epc, event in later.items()]


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
