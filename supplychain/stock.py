"""Items in the hands of an act: found by EPC, locked, and seen as the guards see them.

Lock order, everywhere: all items that an act needs in one pass, by primary key, whatever they are to each other
(named, container, content, announced); then their batches, shared; then the handoff, if there is one. Two acts that
want the same rows then queue up instead of dead-locking. Which rows an act needs can change while it waits for them: it
looks again, and if it would need more, it gives all of them back and starts over, for a row out of order is how
deadlocks begin.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from supplychain.acts import Refused
from supplychain.gs1.digital_link import canonical_epc, parse_epc
from supplychain.gs1.identifiers import Gtin, SerialNumber, Sgtin, Sscc
from supplychain.lifecycle import BatchState, Breach, Kind, Life, Unit
from supplychain.models import Batch, Content, Event, Handoff, Item
from supplychain.standing import find_held, resolve_states, share_batches

T = TypeVar("T")
CHUNK = 10_000  # values in one query
MOST_TRIES = 20  # of an act whose goods others repack under its hands
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


def lock_items(epcs: Sequence[str], *, may_be_new: Collection[str] = ()) -> dict[str, Item]:
    """The items named, locked until the transaction ends, in the order of `epcs`. Raises Refused for unknown ones.

    Those in `may_be_new` may be unknown; they are left out then.
    """
    refuse_repeated(epcs)
    keys = keys_of(epcs)
    if len(keys) <= CHUNK and len({gtin for gtin, _ in keys}) == 1:
        found = find_items(epcs, rows=_lockable())  # one query, and the rows come in the order of their keys
    else:
        names = {item.pk: epc for epc, item in find_items(epcs).items()}
        found = {names[pk]: item for pk, item in lock_rows(names).items()}
    if unknown := [epc for epc in epcs if epc not in found and epc not in may_be_new]:
        raise Refused(Breach("UNKNOWN_ITEM", epc, f"{epc} was never registered here") for epc in unknown)
    share_batches(found.values())
    return {epc: found[epc] for epc in epcs if epc in found}


def refuse_repeated(epcs: Sequence[str]) -> None:
    if repeated := [epc for epc, times in Counter(epcs).items() if times > 1]:
        raise Refused(Breach("NAMED_TWICE", epc, "It stands in the list more than once") for epc in repeated)


def _lockable() -> QuerySet[Item]:
    rows = Item.objects.select_for_update(of=("self",)).select_related("batch", "holder", "handoff__receiver")
    return rows.order_by("pk")


def lock_rows(ids: Iterable[int]) -> dict[int, Item]:
    """The rows of these primary keys, locked in their order."""
    return {item.pk: item for some in chunks(sorted(set(ids))) for item in _lockable().filter(pk__among=some)}


def lock_stable(resolve: Callable[[], Collection[int]]) -> dict[int, Item]:
    """Lock the rows that `resolve` names (primary keys), and look again: once they are locked, it must name no others.

    Raises Refused (CONFLICT) if others keep changing what belongs together.
    """
    for _ in range(MOST_TRIES):
        savepoint = transaction.savepoint()
        ids = set(resolve())
        rows = lock_rows(ids)
        if ids.issuperset(resolve()):
            transaction.savepoint_commit(savepoint)
            return rows
        transaction.savepoint_rollback(savepoint)  # which gives the locks back, too
    raise Refused.because("CONFLICT", "Others keep packing and unpacking these goods: try again")


def lock_chains(epcs: Sequence[str]) -> tuple[dict[str, Item], dict[str, list[Item]]]:
    """The items named, as `lock_items` gives them, and what each packed one stands in, locked too.

    The containers of an item: its parent, the parent's parent …, the root last. Roots have no entry.
    """
    refuse_repeated(epcs)
    known = {epc: item.pk for epc, item in find_items(epcs).items()}
    if unknown := [epc for epc in epcs if epc not in known]:
        raise Refused(Breach("UNKNOWN_ITEM", epc, f"{epc} was never registered here") for epc in unknown)
    rows = lock_stable(lambda: with_containers(known.values()))
    items = {epc: rows[known[epc]] for epc in epcs}
    share_batches(items.values())
    containers: dict[str, list[Item]] = {}
    for epc, item in items.items():
        above = item.parent_id
        while above is not None:
            containers.setdefault(epc, []).append(rows[above])
            above = rows[above].parent_id
    return items, containers


def lock_handoff(handoff: Handoff, *, and_rows: Iterable[int] = ()) -> tuple[Handoff, list[Item]]:
    """A handoff with the items that are on their way under it, and any others (primary keys), all locked.

    An item may have arrived while this waited for it: then it comes along without that handoff.
    """
    moving = Item.objects.filter(handoff=handoff).values_list("pk", flat=True)
    rows = lock_rows({*moving, *and_rows})
    share_batches(rows.values())
    locked = Handoff.objects.select_for_update(of=("self",)).select_related("ship_event__entry", "sender", "receiver")
    return locked.get(pk=handoff.pk), list(rows.values())


def with_containers(ids: Iterable[int]) -> set[int]:
    """Primary keys of these items and of all that they stand in: one query for each level of packing."""
    known = level = set(ids)
    while level:
        rows = (
            row
            for some in chunks(level)
            for row in Item.objects.filter(pk__among=some).values_list("parent", flat=True)
        )
        above = {parent for parent in rows if parent is not None}
        level = above - known
        known = known | level
    return known


def units_of(items: Sequence[Item]) -> list[Unit]:
    """The items as guards see them: roots with their own custody, packed ones with their root's."""
    contents = contents_of(items)
    batches = {one.pk: [one.batch] if one.batch else [row.batch for row in contents[one.pk]] for one in items}
    chains = chains_of(items)
    held, states = find_held(chains, batches), resolve_states(chains, batches)
    return [_unit(chains[one.pk], batches[one.pk], states[one.pk], is_held=one.pk in held) for one in items]


def _unit(chain: Sequence[Item], batches: Sequence[Batch], state: BatchState, *, is_held: bool) -> Unit:
    item, root = chain[0], chain[-1]
    return Unit(
        epc=epc_of(item),
        kind=Kind(item.kind),
        life=effective_life(item, root),
        holder=root.holder.gln if root.holder else None,
        in_transit=root.handoff_id is not None,
        addressee=root.handoff.receiver.gln if root.handoff else None,
        parent=epc_of(chain[1]) if len(chain) > 1 else None,
        expiry=min((one.expiry for one in batches), default=None),
        batch_state=state,
        height=item.height,
        is_returned=root.returned_by_id is not None,
        is_held=is_held,
    )


def effective_life(item: Item, root: Item) -> Life:
    """What became of `item`, which stands in `root`: a pallet that was destroyed takes along all that is in it."""
    return Life(root.life if item.life == Life.ACTIVE else item.life)


def root_of(item: Item) -> Item:
    """The outermost unit around `item`, or itself."""
    return roots_of([item])[item.pk]


def roots_of(items: Iterable[Item]) -> dict[int, Item]:
    """The outermost unit around each item, by the item's primary key."""
    return {pk: chain[-1] for pk, chain in chains_of(items).items()}


def chains_of(items: Iterable[Item]) -> dict[int, list[Item]]:
    """An item's primary key to the item, the unit around it, … and the root: one query for each level of packing."""
    chains = {item.pk: [item] for item in items}
    while above := {chain[-1].parent_id for chain in chains.values() if chain[-1].parent_id is not None}:
        parents = _rows_of(above)
        for chain in chains.values():
            if (parent := chain[-1].parent_id) is not None:
                chain.append(parents[parent])
    return chains


def _rows_of(ids: Iterable[int]) -> dict[int, Item]:
    rows = Item.objects.select_related("holder", "handoff__receiver")
    return {item.pk: item for some in chunks(set(ids)) for item in rows.filter(pk__among=some)}


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
    rows = Event.objects.select_related("entry").defer("body", "entry__envelope")  # of which nothing is needed
    return [event for some in chunks(ids) for event in rows.filter(pk__among=some)]


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Consecutive runs of at most `size` values."""
    rest = iter(values)
    while run := list(islice(rest, size)):
        yield run
