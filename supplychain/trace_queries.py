"""Where goods are and where they have been: the lists behind the traces of a batch and of a pack."""

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from django.db.models import prefetch_related_objects

from supplychain.history import Step, history_of
from supplychain.models import Batch, Content, Item, Party
from supplychain.queries import PAGE_SIZE, Page
from supplychain.stock import epc_of
from supplychain.visibility import can_name_holder, can_see_contents, can_see_event


@dataclass(frozen=True, slots=True)
class Lot:
    """A root that is a pack of a batch or holds some: `packs` of them. What the reader may not know is None."""

    root: Item
    packs: int
    epc: str | None
    holder: Party | None


@dataclass(frozen=True, slots=True)
class Told:
    """A step of an item's story as a party may see it: whole, or by the author's role, country and day only."""

    step: Step
    is_whole: bool


def lots_page(batch: Batch, reader: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Lot]:
    """The roots that packs of `batch` are, or stand in; in the order of their keys.

    Two ranges of two indexes, merged: a condition that asks for both at once would read every item there is.
    """
    start = after or 0
    loose = batch.items.filter(parent=None, pk__gt=start).order_by("pk").values_list("pk", flat=True)
    units = Content.objects.filter(batch=batch, unit__parent=None, unit__gt=start).order_by("unit")
    found: Iterable[tuple[int, int]] = merge(
        ((pk, 1) for pk in loose[: size + 1]), units.values_list("unit_id", "packs")[: size + 1]
    )
    counts = dict(islice(found, size + 1))
    rows = Item.objects.filter(pk__among=list(counts)).select_related("holder", "handoff").order_by("pk")
    roots = list(rows[:size])
    return Page([_lot(one, counts[one.pk], reader) for one in roots], roots[-1].pk if len(counts) > size else None)


def _lot(root: Item, packs: int, reader: Party) -> Lot:
    # A pack of one's own batch has a number that one gave it; a stranger's pallet has not.
    may_know = root.batch_id is not None or can_see_contents(reader, root)
    named = root.holder if root.holder is not None and can_name_holder(reader, root.holder) else None
    return Lot(root, packs, epc_of(root) if may_know else None, named)


def story_of(item: Item, reader: Party) -> list[Told]:
    """The item's way backwards, newest first, through every unit that it was in."""
    steps = history_of(item)
    prefetch_related_objects([step.event for step in steps], "counterparty", "place")
    return [Told(step, can_see_event(reader, step.event)) for step in reversed(steps)]
