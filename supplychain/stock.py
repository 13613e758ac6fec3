"""Items in the hands of an act: found by EPC, locked, and seen as the guards see them.

Lock order, everywhere: the named items first, then what they are packed in, level by level; by primary key within a
level. Two acts that want the same rows then queue up instead of dead-locking.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from django.db.models import QuerySet

from supplychain.acts import Refused
from supplychain.gs1.digital_link import canonical_epc, parse_epc
from supplychain.gs1.identifiers import Gtin, SerialNumber, Sgtin, Sscc
from supplychain.lifecycle import BatchState, Breach, Kind, Life, Unit
from supplychain.models import Content, Event, Item

T = TypeVar("T")
CHUNK = 10_000  # values in one query
_PLAIN_SERIAL = re.compile(r"[A-Za-z0-9._-]{1,20}")
# One pass over a hundred thousand serials takes a tenth of as many matches.
_PLAIN_LINES = re.compile(r"[A-Za-z0-9._-]{1,20}(?:\n[A-Za-z0-9._-]{1,20})*+")


def epc_of(item: Item) -> str:
    """The canonical Digital Link URI of a pack or a logistic unit."""
    if item.kind == Kind.LOGISTIC_UNIT:
        return canonical_epc(Sscc(item.serial_number))
    return canonical_epc(Sgtin(Gtin(item.gtin), SerialNumber(item.serial_number)))


def key_of(epc: str) -> tuple[str, str]:
    """The columns (gtin, serial_number) under which an EPC is stored; raises GS1Error."""
    match parse_epc(epc):
        case Sgtin(gtin=gtin, serial_number=serial_number):
            return gtin.digits, str(serial_number)
        case Sscc(digits=digits):
            return "", digits


def keys_of(epcs: Iterable[str]) -> list[tuple[str, str]]:
    """`key_of` of each EPC, in order; raises GS1Error. Packs of one product share a beginning that is checked once."""
    listed = list(epcs)
    if (shared := _keys_of_one_product(listed)) is not None:
        return shared
    keys: list[tuple[str, str]] = []
    start, gtin = "\0", ""
    for epc in listed:
        serial_number = epc[len(start) :]
        # A serial of these signs has no second spelling; any other is parsed, written again and compared.
        if epc.startswith(start) and _PLAIN_SERIAL.fullmatch(serial_number):
            keys.append((gtin, serial_number))
            continue
        gtin, serial_number = key_of(epc)
        start = epc.rpartition("/")[0] + "/" if gtin else "\0"
        keys.append((gtin, serial_number))
    return keys


def _keys_of_one_product(epcs: Sequence[str]) -> list[tuple[str, str]] | None:
    """The keys of packs of one GTIN with plain serials, all checked in one go; None for any other list."""
    if not epcs or not (gtin := key_of(epcs[0])[0]):
        return None
    start = epcs[0].rpartition("/")[0] + "/"
    serial_numbers = [epc[len(start) :] for epc in epcs]
    if not are_plain(serial_numbers) or not all(epc.startswith(start) for epc in epcs):
        return None
    return [(gtin, serial_number) for serial_number in serial_numbers]


def are_plain(serial_numbers: Sequence[str]) -> bool:
    """Whether all are valid serial numbers that stand in an EPC as they are, without any percent-encoding."""
    lines = "\n".join(serial_numbers)
    return lines.count("\n") == len(serial_numbers) - 1 and _PLAIN_LINES.fullmatch(lines) is not None


def epcs_of(gtin: str, serial_numbers: Sequence[str]) -> list[str]:
    """The EPCs of packs of one product (GTIN-14), in the order of `serial_numbers`; raises GS1Error."""
    if are_plain(serial_numbers):
        start = canonical_epc(Sgtin(Gtin(gtin), SerialNumber(serial_numbers[0])))[: -len(serial_numbers[0])]
        return [start + serial_number for serial_number in serial_numbers]
    return [canonical_epc(Sgtin(Gtin(gtin), SerialNumber(serial_number))) for serial_number in serial_numbers]


def find_items(epcs: Iterable[str], *, rows: QuerySet[Item] | None = None) -> dict[str, Item]:
    """The items that exist among `epcs`, by EPC."""
    rows = Item.objects.all() if rows is None else rows
    wanted: dict[str, dict[str, str]] = defaultdict(dict)
    listed = list(epcs)
    for epc, (gtin, serial_number) in zip(listed, keys_of(listed), strict=True):
        wanted[gtin][serial_number] = epc
    found: dict[str, Item] = {}
    for gtin, by_serial in wanted.items():
        for some in chunks(by_serial):
            for item in rows.filter(gtin=gtin, serial_number__among=some):
                found[by_serial[item.serial_number]] = item
    return found


def lock_items(epcs: Sequence[str]) -> dict[str, Item]:
    """The items named, locked until the transaction ends, in the order of `epcs`. Raises Refused for unknown ones."""
    if repeated := [epc for epc, times in Counter(epcs).items() if times > 1]:
        raise Refused(Breach("NAMED_TWICE", epc, "It stands in the list more than once") for epc in repeated)
    rows = Item.objects.select_for_update(of=("self",)).select_related("batch", "holder").order_by("pk")
    found = find_items(epcs, rows=rows)
    if unknown := [epc for epc in epcs if epc not in found]:
        raise Refused(Breach("UNKNOWN_ITEM", epc, f"{epc} was never registered here") for epc in unknown)
    return {epc: found[epc] for epc in epcs}


def lock_containers(item: Item) -> list[Item]:
    """What `item` is packed in, locked: its parent, the parent's parent …, the root last. Empty for a root."""
    above: list[Item] = []
    parent_id = item.parent_id
    while parent_id is not None:
        parent = Item.objects.select_for_update(of=("self",)).select_related("holder").get(pk=parent_id)
        above.append(parent)
        parent_id = parent.parent_id
    return above


def units_of(items: Sequence[Item]) -> list[Unit]:
    """The items as guards see them: roots with their own custody, packed ones with their root's."""
    contents = contents_of(items)
    above = {one.parent_id for one in items if one.parent_id is not None}
    parents = {one.pk: one for one in Item.objects.select_related("holder").filter(pk__in=above)}
    return [_unit(item, parents, contents) for item in items]


def _unit(item: Item, parents: dict[int, Item], contents: dict[int, list[Content]]) -> Unit:
    batches = [item.batch] if item.batch else [one.batch for one in contents[item.pk]]
    called_back = [one.state for one in batches if one.state != BatchState.RELEASED]
    root = item if item.parent_id is None else root_of(parents[item.parent_id])
    return Unit(
        epc=epc_of(item),
        kind=Kind(item.kind),
        life=effective_life(item, root),
        holder=root.holder.gln if root.holder else None,
        in_transit=root.handoff_id is not None,
        addressee=root.handoff.receiver.gln if root.handoff else None,
        parent=epc_of(parents[item.parent_id]) if item.parent_id else None,
        expiry=min((one.expiry for one in batches), default=None),
        batch_state=BatchState(called_back[0]) if called_back else BatchState.RELEASED,
        height=item.height,
    )


def effective_life(item: Item, root: Item) -> Life:
    """What became of `item`, which stands in `root`: a pallet that was destroyed takes along all that is in it."""
    return Life(root.life if item.life == Life.ACTIVE else item.life)


def root_of(item: Item) -> Item:
    """The outermost unit around `item`, or itself."""
    while item.parent_id is not None:
        item = Item.objects.select_related("holder").get(pk=item.parent_id)
    return item


def contents_of(items: Sequence[Item]) -> dict[int, list[Content]]:
    """What is inside each logistic unit, batch by batch."""
    units = [one.pk for one in items if one.kind == Kind.LOGISTIC_UNIT]
    contents: dict[int, list[Content]] = defaultdict(list)
    for some in chunks(units):
        for row in Content.objects.filter(unit__among=some).select_related("batch"):
            contents[row.unit_id].append(row)
    return contents


def last_events(items: Iterable[Item]) -> list[Event]:
    """The newest statement about each of the items, each once: what the next statement builds on."""
    ids = {one.last_event_id for one in items}
    return [event for some in chunks(ids) for event in Event.objects.filter(pk__among=some).select_related("entry")]


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Consecutive runs of at most `size` values."""
    rest = iter(values)
    while run := list(islice(rest, size)):
        yield run
