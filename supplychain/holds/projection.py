"""What holds do to present state. Called by `projection` only.

`Item.holds` counts the open holds on an item itself and on whatever is inside it: a pallet with one held pack in it is
known by one column. Ancestors are at most five levels up, so a hold costs what it names, not what surrounds it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db.models import Count, F

from supplychain.effects import Hold as HoldEffect
from supplychain.effects import Release
from supplychain.holds.models import Hold
from supplychain.models import Batch, Event, Item
from supplychain.stock import chunks


def place_holds(effect: HoldEffect, event: Event, items: Sequence[Item]) -> None:
    batches = find_batches(effect.lots)
    shared = {"event": event, "party_id": event.party_id, "authority": effect.authority, "reason": effect.reason}
    Hold.objects.bulk_create([Hold(item=item, **shared) for item in items], batch_size=2000)
    Hold.objects.bulk_create([Hold(batch=batch, **shared) for batch in batches])
    count_up(Counter({item.pk: 1 for item in items}))
    Batch.objects.filter(pk__in=[one.pk for one in batches]).update(holds=F("holds") + 1)


def lift_holds(effect: Release, event: Event, items: Sequence[Item]) -> None:
    lifted: Counter[int] = Counter()
    rows = Hold.objects.filter(lifted_by=None, event__event_id__in=effect.holds)
    for some in chunks([item.pk for item in items]):
        mine = rows.filter(item__in=some)
        lifted.update(dict(mine.values_list("item").annotate(count=Count("pk")).order_by()))
        mine.update(lifted_by=event)
    count_up(Counter({pk: -count for pk, count in lifted.items()}))
    for batch in find_batches(effect.lots):
        count = rows.filter(batch=batch).update(lifted_by=event)
        Batch.objects.filter(pk=batch.pk).update(holds=F("holds") - count)


def carry_in(unit: Item, children: Sequence[Item]) -> None:
    """What is held in the goods that go into a unit is held inside the unit."""
    if count := sum(_counts(children).values()):
        Item.objects.filter(pk=unit.pk).update(holds=F("holds") + count)


def carry_out(unit: Item, children: Sequence[Item]) -> None:
    """Goods that come out of a held unit stay held, each by name: else unpacking would be the way around a hold."""
    counts = _counts([unit, *children])
    of_unit = counts.pop(unit.pk, 0)
    if not of_unit:
        return
    if inside := sum(counts.values()):
        Item.objects.filter(pk=unit.pk).update(holds=F("holds") - inside)
    own = list(Hold.objects.filter(item=unit, lifted_by=None))
    if not own:
        return
    # A pack that the same statement holds by name, too, has its row already.
    named: set[tuple[int | None, int]] = set()
    for some in chunks([child.pk for child in children]):
        rows = Hold.objects.filter(item__in=some, event__in=[one.event_id for one in own], lifted_by=None)
        named.update((one.item_id, one.event_id) for one in rows)
    copies = [
        Hold(item=child, event_id=one.event_id, party_id=one.party_id, authority=one.authority, reason=one.reason)
        for child in children
        for one in own
        if (child.pk, one.event_id) not in named
    ]
    Hold.objects.bulk_create(copies, batch_size=2000)
    count_up(Counter(copy.item_id for copy in copies if copy.item_id is not None))


def _counts(items: Iterable[Item]) -> dict[int, int]:
    """Read anew: one act may take a case off its pallet and a pack out of the case."""
    rows = Item.objects.filter(holds__gt=0).values_list("pk", "holds")
    return {pk: holds for some in chunks([item.pk for item in items]) for pk, holds in rows.filter(pk__among=some)}


def find_batches(lots: Iterable[tuple[str, str]]) -> list[Batch]:
    return [Batch.objects.get(product__gtin=gtin, lot_number=lot_number) for gtin, lot_number in sorted(lots) if gtin]


def count_up(holds: Counter[int]) -> None:
    """Add to the counts of items (by primary key) and of all units around them, level by level."""
    while holds:
        above: Counter[int] = Counter()
        by_change: dict[int, list[int]] = {}
        for pk, change in holds.items():
            by_change.setdefault(change, []).append(pk)
        for change, keys in by_change.items():
            for some in chunks(sorted(keys)):
                Item.objects.filter(pk__among=some).update(holds=F("holds") + change)
        for some in chunks(holds):
            for item in Item.objects.filter(pk__among=some, parent__isnull=False).only("parent"):
                above[item.parent_id or 0] += holds[item.pk]
        holds = Counter({pk: change for pk, change in above.items() if change})
