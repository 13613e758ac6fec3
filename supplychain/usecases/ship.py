"""Goods leave for another party. The sender signs that it shipped; the receiver will sign that it received."""

from collections.abc import Sequence

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, Breach, Purpose, guard_licence, guard_role, guard_ship
from supplychain.models import Event, EventItem, Handoff, Item, Party
from supplychain.recording import record, scene_of
from supplychain.stock import chunks, epc_of, last_events, lock_items, units_of


@act("ship")
def ship(
    *, actor: Actor, request: Request, epcs: Sequence[str], receiver: Party, purpose: str = Purpose.SALE.value
) -> Done:
    """Ship top-level items (EPCs) to `receiver`. What is packed in them goes along; the cost does not grow with it."""
    check(guard_role(actor.roles, MAY_TRADE, "ship goods"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    check(guard_receiver(actor, receiver))
    items = list(lock_items(epcs).values())
    check(
        guard_ship(units_of(items), party=actor.party.gln, today=timezone.localdate(), purpose=parse_purpose(purpose))
    )

    scene = scene_of(actor, request)
    body = epcis.shipping(scene, epcs=sorted(epcs), sender=actor.party.gln, receiver=receiver.gln)
    event = record(
        body,
        actor=actor,
        request=request,
        event_time=scene.time,
        after=last_events(items),
        counterparty=receiver,
    )
    handoff = Handoff.objects.create(sender=actor.party, receiver=receiver, ship_event=event, purpose=purpose)
    for some in chunks([item.pk for item in items]):
        Item.objects.filter(pk__in=some).update(handoff=handoff, last_event=event)
    name_items(event, items)
    return Done(event, handoff)


def parse_purpose(text: str) -> Purpose:
    if text not in set(Purpose):
        raise Refused.because("BAD_PURPOSE", f"Purpose {text!r}: expected one of {', '.join(Purpose)}")
    return Purpose(text)


def guard_receiver(actor: Actor, receiver: Party) -> list[Breach]:
    """S3: an active, licensed party of the log, and not oneself."""
    if receiver.pk == actor.party.pk:
        return [Breach("SHIP_TO_SELF", "", "Sender and receiver are the same party")]
    if not receiver.keyid:
        return [Breach("PARTNER_NOT_AUTHORISED", "", f"{receiver.name} has not been admitted to this log")]
    return guard_licence(receiver.licence_expiry, today=timezone.localdate(), who=receiver.name)


def name_items(event: Event, items: Sequence[Item]) -> None:
    """Note which items an event names in its epcList, each with its place in EPC order."""
    EventItem.objects.bulk_create(
        [
            EventItem(event=event, item=item, field="epcList", position=position)
            for position, item in enumerate(sorted(items, key=epc_of))
        ],
        batch_size=2000,
    )
