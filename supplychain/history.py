"""The pedigree of an item: its own events, and its containers' events while it was inside them.

Custody stands on the root of containment, so most of what happens to a pack is stated about the pallet that it rides
on. The walk goes outwards level by level, at most `MAX_DEPTH` levels, over rows that one query has read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from supplychain.corrections.rules import DID_NOT_OCCUR
from supplychain.lifecycle import MAX_DEPTH
from supplychain.models import Event, EventItem, Item, Party

FOREVER = 2**63 - 1
MADE = "made"  # in which list a pack comes into being depends on the event: made on the line, or repackaged


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
    """The item with key `item` is of interest for events with a primary key from `since` to `until`, both included."""

    item: int
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Packing:
    """A child was in a parent from one event until another (None: it still is); all by key."""

    child: int
    parent: int
    packed: int
    unpacked: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Naming:
    """How an event concerns the story: through which item, in which field, at which place there."""

    item: int
    field: str
    position: int


# All that the item was ever in, outwards; in one query, because it is asked for every pack that anybody scans.
WAY_OUT = """
WITH RECURSIVE way (level, child_id, parent_id, from_event_id, to_event_id, place) AS (
    SELECT 0, child_id, parent_id, from_event_id, to_event_id, "position"
    FROM supplychain_containment WHERE child_id = %s
    UNION
    SELECT way.level + 1, outer_one.child_id, outer_one.parent_id, outer_one.from_event_id, outer_one.to_event_id,
           outer_one."position"
    FROM supplychain_containment AS outer_one JOIN way ON outer_one.child_id = way.parent_id
    WHERE way.level < %s
      AND (way.to_event_id IS NULL OR outer_one.from_event_id < way.to_event_id)
      AND (outer_one.to_event_id IS NULL OR way.from_event_id < outer_one.to_event_id)
)
SELECT DISTINCT child_id, parent_id, from_event_id, to_event_id, place FROM way ORDER BY from_event_id
"""


def history_of(item: Item) -> list[Step]:
    """The item's story in the order in which it was stated, each event once. Five queries, however long it is."""
    by_child = _packings(item)
    levels: list[list[Stay]] = [[Stay(item.pk, 0, FOREVER)]]
    namings: dict[int, Naming] = {}
    packed: list[dict[int, Naming]] = []
    while levels[-1] and len(levels) <= MAX_DEPTH:
        around, at_packing = _containers_of(levels[-1], by_child)
        levels.append(around)
        packed.append(at_packing)
    rows = _named({stay.item for level in levels for stay in level})
    for level, at_packing in zip(levels, packed, strict=False):
        for event, naming in _events_of(level, rows, item):
            # The same event may name the item and its container; the inner one says more about the item.
            namings.setdefault(event, naming)
        namings |= at_packing
    return _loaded(item, namings)


def _packings(item: Item) -> dict[int, list[Packing]]:
    by_child: dict[int, list[Packing]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(WAY_OUT, [item.pk, MAX_DEPTH])
        for row in cursor.fetchall():
            by_child[row[0]].append(Packing(*row))
    return by_child


def _named(items: set[int]) -> dict[int, list[tuple[int, Naming]]]:
    """(event, how it names the item) of each item, in the order of statement."""
    found: dict[int, list[tuple[int, Naming]]] = defaultdict(list)
    rows = EventItem.objects.filter(item__among=list(items)).order_by("event_id")
    for item, event, field, position in rows.values_list("item_id", "event_id", "field", "position"):
        found[item].append((event, Naming(item, field, position)))
    return found


def _events_of(
    stays: Iterable[Stay], rows: dict[int, list[tuple[int, Naming]]], item: Item
) -> Iterator[tuple[int, Naming]]:
    """The events that name the stays' items within their time."""
    for stay in stays:
        # A logistic unit comes into being by being packed: that event concerns what was inside, and they know of it.
        if stay.item == item.pk and item.gtin:
            yield item.made_by_id, Naming(item.pk, MADE, item.position)
        for event, naming in rows[stay.item]:
            # Other goods that went into or came out of the same unit meanwhile are not this item's story.
            if stay.since and naming.field == "parentID":
                continue
            if stay.since <= event <= stay.until:
                yield event, naming


def _containers_of(stays: Iterable[Stay], by_child: dict[int, list[Packing]]) -> tuple[list[Stay], dict[int, Naming]]:
    """What the items stood in, and when; the packing of an item is a step of its own story."""
    around: list[Stay] = []
    at_packing: dict[int, Naming] = {}
    for stay in stays:
        for row in by_child.get(stay.item, ()):
            since, last = max(stay.since, row.packed), min(stay.until, row.unpacked or FOREVER)
            if since > last:
                continue
            if stay.since <= row.packed:
                at_packing[row.packed] = Naming(stay.item, "childEPCs", row.position)
            # Strictly between packing and unpacking: both of those are told from the child's side.
            around.append(Stay(row.parent, since + 1, last - 1 if row.unpacked else last))
    return around, at_packing


def _loaded(item: Item, namings: dict[int, Naming]) -> list[Step]:
    """The steps with their rows. A body may list 100,000 packs, and nobody reads it to tell a story."""
    rows = Event.objects.filter(pk__among=list(namings)).select_related("entry").order_by("pk")
    events = list(rows.defer("body", "entry__envelope"))
    parties = Party.objects.in_bulk({event.party_id for event in events})
    through = {item.pk: item}
    if others := {naming.item for naming in namings.values()} - {item.pk}:
        through |= Item.objects.in_bulk(others)
    for event in events:
        event.party = parties[event.party_id]
    return [_step(event, through, namings[event.pk]) for event in events]


def _step(event: Event, through: dict[int, Item], naming: Naming) -> Step:
    made = "outputEPCList" if event.type == "TransformationEvent" else "epcList"
    return Step(event, through[naming.item], made if naming.field == MADE else naming.field, naming.position)


def without_effect(events: Iterable[int]) -> set[int]:
    """Which of these events (primary keys) changed nothing, or not for long: stated late against what was known, taken
    back by their author as never having occurred, or such a declaration themselves.
    """
    late = Q(raised__code__in=("LATE", "DOUBLE_DISPENSE"))
    declared = Q(correction__reason=DID_NOT_OCCUR) | Q(declares__reason=DID_NOT_OCCUR)
    return set(Event.objects.filter(late | declared, pk__in=list(events)).values_list("pk", flat=True))


def sources_of(item: Item) -> QuerySet[Item]:
    """The packs that `item` was made of, by repackaging; none for a pack that came fresh from the line."""
    named = EventItem.objects.filter(event=item.made_by_id, field="inputEPCList").values("item")
    return Item.objects.filter(pk__in=named).select_related("batch__product", "made_by").order_by("pk")
