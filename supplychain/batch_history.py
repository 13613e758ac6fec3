"""Every event that concerns any pack of a batch: its packs' own, and their containers' while packs were inside.

The walk of `history` for a hundred thousand packs at once: packs that rode together in one unit are one stay of that
unit, so what is in memory follows the number of units and not of packs.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from supplychain.history import FOREVER
from supplychain.lifecycle import MAX_DEPTH
from supplychain.models import Batch, Containment, Event, EventItem, Item
from supplychain.stock import chunks

Stays = dict[int, set[tuple[int, int]]]  # unit -> (first event, last event) of each time that packs were in it


def events_of_batch(batch: Batch) -> list[int]:
    """The primary keys of the events, in the order in which they were stated."""
    packs = Item.objects.filter(batch=batch)
    found = set(packs.order_by().values_list("made_by_id", flat=True).distinct())
    found |= set(EventItem.objects.filter(item__batch=batch).order_by().values_list("event_id", flat=True).distinct())
    rows = Containment.objects.filter(child__batch=batch).order_by()
    level = _stays(rows.values_list("parent_id", "from_event_id", "to_event_id").distinct(), found)
    for _ in range(MAX_DEPTH):
        if not level:
            break
        found |= set(_events_within(level))
        level = _stays(_around(level), found)
    return sorted(found)


def _stays(rows: Iterable[tuple[int, int, int | None]], found: set[int]) -> Stays:
    """Where packs stood, from the packing to the unpacking; both of those events concern them."""
    stays: Stays = defaultdict(set)
    for unit, since, until in rows:
        found.add(since)
        if until is not None:
            found.add(until)
        stays[unit].add((since, until or FOREVER))
    return stays


def _events_within(stays: Stays) -> Iterator[int]:
    """Events that name the units while packs were in them. Other goods that went in or out meanwhile are not ours."""
    for some in chunks(stays):
        rows = EventItem.objects.filter(item__among=some).exclude(field="parentID").values_list("item_id", "event_id")
        for unit, event in rows.iterator():
            if any(since < event < until for since, until in stays[unit]):
                yield event


def _around(stays: Stays) -> Iterator[tuple[int, int, int | None]]:
    """What the units stood in themselves, as far as packs were in them then."""
    for some in chunks(stays):
        rows = Containment.objects.filter(child__among=some).values_list(
            "child", "parent_id", "from_event_id", "to_event_id"
        )
        for unit, parent, packed, unpacked in rows.iterator():
            for since, until in stays[unit]:
                first, last = max(since, packed), min(until, unpacked or FOREVER)
                if first < last:
                    yield parent, first, None if last == FOREVER else last


def load_event(pk: int) -> Event:
    """One event with all that proves it. One at a time: a body may have megabytes."""
    return Event.objects.select_related("entry", "party", "counterparty", "place").get(pk=pk)
