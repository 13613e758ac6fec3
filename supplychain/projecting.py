"""What every effect does to rows in the same way: find those that an event names, change them, and note the naming."""

from collections.abc import Iterable, Mapping, Sequence

from supplychain.models import Event, EventItem, Item
from supplychain.stock import chunks, epc_of, find_items

Items = Mapping[str, Item]  # by EPC


def named(epcs: Iterable[str], items: Items | None) -> list[Item]:
    """The rows of `epcs`, in their order. Those that were never made here (a stranger's) are left out."""
    wanted = list(epcs)
    found = items if items is not None and all(epc in items for epc in wanted) else find_items(wanted)
    return [found[epc] for epc in wanted if epc in found]


def change(items: Iterable[Item], **values: object) -> None:
    for some in chunks([item.pk for item in items]):
        Item.objects.filter(pk__among=some).update(**values)


def name_items(event: Event, field: str, items: Sequence[Item]) -> None:
    """Note which items an event names in a list, each with its place in EPC order."""
    EventItem.objects.bulk_create(
        [
            EventItem(event=event, item=item, field=field, position=position)
            for position, item in enumerate(sorted(items, key=epc_of))
        ],
        batch_size=2000,
    )
