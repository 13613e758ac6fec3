"""Packs of a recall that somebody has scanned, counted."""

from collections.abc import Sequence

from supplychain.acts import Refused
from supplychain.lifecycle import BatchState, Breach
from supplychain.models import Batch, Content, Item, Party, Recall
from supplychain.recalls.recall import state_of_pack
from supplychain.recalls.scope import batches_of
from supplychain.standing import country_of, scope_of, standings
from supplychain.stock import chains_of, contents_of, epc_of, lock_items


def count_scanned(party: Party, recall: Recall, epcs: Sequence[str]) -> int:
    """How many packs of `recall` the scanned packs and units are, or hold.

    Raises Refused, naming each: not in the party's custody (NOT_HOLDER), or nothing that the recall concerns
    (NOT_RECALLED).
    """
    if not epcs:
        return 0
    items = list(lock_items(epcs).values())
    chains, contents = chains_of(items), contents_of(items)
    meant = {one.pk: one for one in batches_of(scope_of(recall))}
    breaches: list[Breach] = []
    count = 0
    for item in items:
        root = chains[item.pk][-1]
        if root.holder_id != party.pk:
            breaches.append(Breach("NOT_HOLDER", epc_of(item), "It is not in your custody"))
            continue
        packs = _packs(item, chains[item.pk], recall, meant, contents[item.pk])
        if not packs:
            breaches.append(Breach("NOT_RECALLED", epc_of(item), "This recall does not concern it"))
        count += packs
    if breaches:
        raise Refused(breaches)
    return count


def _packs(
    item: Item, chain: Sequence[Item], recall: Recall, meant: dict[int, Batch], inside: Sequence[Content]
) -> int:
    if not item.gtin:
        return sum(row.packs for row in inside if row.batch_id in meant)
    if item.batch_id not in meant or item.batch_id is None:
        return 0
    lot_number = meant[item.batch_id].lot_number
    state = state_of_pack(lot_number, item.serial_number, country_of(chain), standings([recall]))
    return 0 if state is BatchState.RELEASED else 1
