"""Goods come out of a unit: all of them, or the named ones."""

from collections import Counter
from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, guard_role, guard_unpack
from supplychain.models import Containment, Event, EventItem, Item
from supplychain.recording import record, scene_of
from supplychain.stock import chunks, epc_of, last_events, lock_items, units_of
from supplychain.usecases.pack import add_contents, count_packs


@act("unpack")
def unpack(*, actor: Actor, request: Request, parent: str, children: Sequence[str] | None = None) -> Done:
    """Take `children` (EPCs; None: everything) out of the unit `parent` (EPC), which the party holds as a root."""
    check(guard_role(actor.roles, MAY_TRADE, "unpack goods"))
    if children is None:
        unit = lock_items([parent])[parent]
        children = [epc_of(item) for item in unit.children.order_by("pk")]
    if not children:
        raise Refused.because("NOTHING_TO_DO", f"There is nothing inside {parent}")
    items = list(lock_items(children).values())
    unit = lock_items([parent])[parent]
    return Done(take_out(actor, request, unit, items))


def take_out(actor: Actor, request: Request, unit: Item, items: Sequence[Item]) -> Event:
    """Guard, state and store the unpacking of locked `items` out of the locked root `unit`."""
    parent = epc_of(unit)
    check(guard_unpack(units_of(items), parent=units_of([unit])[0], party=actor.party.gln))
    scene = scene_of(actor, request)
    body = epcis.unpacking(scene, parent=parent, children=sorted(epc_of(item) for item in items))
    event = record(body, actor=actor, request=request, event_time=scene.time, after=last_events([*items, unit]))
    for some in chunks([item.pk for item in items]):
        Containment.objects.filter(child__in=some, parent=unit, to_event=None).update(to_event=event)
        # Custody was the unit's; it comes down to each child as the child becomes a root.
        Item.objects.filter(pk__in=some).update(
            parent=None, holder=unit.holder_id, place=unit.place_id, last_event=event
        )
    EventItem.objects.bulk_create(
        [
            EventItem(event=event, item=unit, field="parentID"),
            *(
                EventItem(event=event, item=item, field="childEPCs", position=position)
                for position, item in enumerate(sorted(items, key=epc_of))
            ),
        ],
        batch_size=2000,
    )
    Item.objects.filter(pk=unit.pk).update(last_event=event)
    add_contents(unit, Counter({batch: -count for batch, count in count_packs(items).items()}))
    return event
