"""Packs go into a case, cases onto a pallet."""

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.gs1.identifiers import Sscc
from supplychain.lifecycle import MAY_TRADE, Kind, Life, guard_pack, guard_role
from supplychain.models import Containment, Content, Event, EventItem, Item
from supplychain.recording import record, scene_of
from supplychain.stock import chunks, contents_of, epc_of, key_of, last_events, lock_items, units_of

MOST_CHILDREN = 20_000


@act("pack")
def pack(*, actor: Actor, request: Request, parent: str, children: Sequence[str]) -> Done:
    """Put `children` (EPCs) into the logistic unit `parent` (the EPC of an SSCC, new or in the party's hands)."""
    check(guard_role(actor.roles, MAY_TRADE, "pack goods"))
    if len(children) > MOST_CHILDREN:
        raise Refused.because("BAD_COUNT", f"{len(children)} items in one unit: expected at most {MOST_CHILDREN}")
    gtin, digits = key_of(parent)
    if gtin:
        raise Refused.because("NOT_AN_SSCC", "Goods are packed into a unit with an SSCC; this is the code of a pack")
    items = list(lock_items(children).values())
    units = units_of(items)
    existing = Item.objects.select_for_update(of=("self",)).filter(gtin="", serial_number=digits).first()
    seen = units_of([existing])[0] if existing else None
    check(guard_pack(units, parent=seen, parent_epc=parent, party=actor.party.gln))
    if existing is None:
        check_prefix(actor, digits)

    scene = scene_of(actor, request)
    before = last_events([*items, *([existing] if existing else [])])
    body = epcis.packing(scene, parent=parent, children=sorted(children))
    event = record(body, actor=actor, request=request, event_time=scene.time, after=before)
    unit = existing or _new_unit(actor, event, digits)
    put_into(unit, items, event)
    return Done(event)


def check_prefix(actor: Actor, digits: str) -> None:
    """A new unit's number comes from the party's own company prefix. A foreign one would be somebody else's pallet."""
    Sscc(digits)
    if not any(digits[1:].startswith(prefix) for prefix in actor.party.company_prefixes):
        own = ", ".join(actor.party.company_prefixes) or "none on file"
        raise Refused.because("NOT_YOUR_PREFIX", f"SSCC {digits} is not under your company prefix ({own})")


def _new_unit(actor: Actor, event: Event, digits: str) -> Item:
    return Item.objects.create(
        kind=Kind.LOGISTIC_UNIT,
        serial_number=digits,
        life=Life.ACTIVE,
        made_by=event,
        last_event=event,
        holder=actor.party,
        place=actor.place,
    )


def put_into(unit: Item, items: Sequence[Item], event: Event) -> None:
    """Move locked root items under `unit`: custody leaves them, for it stands on the root."""
    in_epc_order = sorted(items, key=epc_of)
    for some in chunks([item.pk for item in in_epc_order]):
        Item.objects.filter(pk__in=some).update(parent=unit, holder=None, place=None, handoff=None, last_event=event)
    Containment.objects.bulk_create(
        (
            Containment(child=item, parent=unit, from_event=event, position=position)
            for position, item in enumerate(in_epc_order)
        ),
        batch_size=2000,
    )
    EventItem.objects.create(event=event, item=unit, field="parentID")
    Item.objects.filter(pk=unit.pk).update(
        last_event=event, height=max(unit.height, 1 + max(item.height for item in items))
    )
    add_contents(unit, count_packs(items))


def count_packs(items: Sequence[Item]) -> Counter[int]:
    """Packs by batch (primary key), those inside units included."""
    packs: Counter[int] = Counter(item.batch_id for item in items if item.batch_id is not None)
    for rows in contents_of(items).values():
        for row in rows:
            packs[row.batch_id] += row.packs
    return packs


def add_contents(unit: Item, packs: Counter[int]) -> None:
    """Add to, or with negative numbers take from, what a locked unit is known to contain."""
    for batch_id, count in sorted(packs.items()):
        if not Content.objects.filter(unit=unit, batch_id=batch_id).update(packs=F("packs") + count):
            Content.objects.create(unit=unit, batch_id=batch_id, packs=count)
    Content.objects.filter(unit=unit, packs=0).delete()
