"""The pedigree of an item: its own events, and its containers' events while it was inside them.

Custody stands on the root of containment, so most of what happens to a pack is stated about the pallet that it rides
on. The walk goes outwards level by level with two queries for each, at most `MAX_DEPTH` levels, however long the story.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from supplychain.lifecycle import MAX_DEPTH
from supplychain.models import Containment, Event, EventItem, Item

FOREVER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an item's story, and how the event concerns it.

    `through` is the item that the event names: the item itself, or the unit that it was inside at the time. `field` is
    the event field that names it, `position` its place there in EPC order (meaningless for parentID).
    """

    event: Event
    through: Item
    field: str
    position: int


@dataclass(frozen=True, slots=True)
class Stay:
    """`item` is of interest for events with a primary key from `since` to `until`, both included."""

    item: Item
    since: int
    until: int


def history_of(item: Item) -> list[Step]:
    """The item's story in the order in which it was stated, each event once."""
    steps: dict[int, Step] = {}
    level = [Stay(item, 0, FOREVER)]
    for _ in range(MAX_DEPTH):
        if not level:
            break
        for step in _steps_of(level):
            # The same event may name the item and its container; the inner one says more about the item.
            steps.setdefault(step.event.pk, step)
        level = list(_containers_of(level, steps))
    return [steps[pk] for pk in sorted(steps)]


def _steps_of(stays: Iterable[Stay]) -> Iterator[Step]:
    """The events that name the stays' items within their time."""
    by_item = _by_item(stays)
    for stay in stays:
        # A logistic unit comes into being by being packed: that event concerns what was inside, and they know of it.
        if stay.item.gtin and stay.since <= stay.item.made_by_id <= stay.until:
            is_remade = stay.item.made_by.type == "TransformationEvent"
            yield Step(stay.item.made_by, stay.item, "outputEPCList" if is_remade else "epcList", stay.item.position)
    rows = EventItem.objects.filter(item__in=list(by_item)).select_related("event__entry", "event__party")
    # A body may list 100,000 packs, and nobody reads it to tell a story.
    for row in rows.defer("event__body", "event__entry__envelope").order_by("event_id"):
        for stay in by_item[row.item_id]:
            # Other goods that went into or came out of the same unit meanwhile are not this item's story.
            if stay.since and row.field == "parentID":
                continue
            if stay.since <= row.event_id <= stay.until:
                yield Step(row.event, stay.item, row.field, row.position)


def sources_of(item: Item) -> QuerySet[Item]:
    """The packs that `item` was made of, by repackaging; none for a pack that came fresh from the line."""
    named = EventItem.objects.filter(event=item.made_by_id, field="inputEPCList").values("item")
    return Item.objects.filter(pk__in=named).select_related("batch__product", "made_by").order_by("pk")


def _containers_of(stays: Iterable[Stay], steps: dict[int, Step]) -> Iterator[Stay]:
    """What the items stood in, and when; the packing of an item is a step of its own story."""
    by_item = _by_item(stays)
    rows = Containment.objects.filter(child__in=list(by_item)).select_related(
        "parent", "from_event__entry", "from_event__party"
    )
    for row in rows.defer("from_event__body", "from_event__entry__envelope").order_by("from_event_id"):
        until = row.to_event_id or FOREVER
        for stay in by_item[row.child_id]:
            since, last = max(stay.since, row.from_event_id), min(stay.until, until)
            if since > last:
                continue
            if stay.since <= row.from_event_id:
                steps[row.from_event_id] = Step(row.from_event, stay.item, "childEPCs", row.position)
            # Strictly between packing and unpacking: both of those are told from the child's side.
            yield Stay(row.parent, since + 1, last - 1 if row.to_event_id else last)


def _by_item(stays: Iterable[Stay]) -> dict[int, list[Stay]]:
    by_item: dict[int, list[Stay]] = defaultdict(list)
    for stay in stays:
        by_item[stay.item.pk].append(stay)
    return by_item
