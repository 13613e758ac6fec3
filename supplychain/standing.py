"""What lies on goods beside their own state: holds, and recalls of their batch. For guards, verdicts and pages alike.

Counters on `Item` and `Batch` say whether there is anything to find at all, so goods on which nothing lies cost no
query here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db import connection
from django.db.models import Q

from supplychain.holds.models import Hold
from supplychain.holds.rules import Authority
from supplychain.lifecycle import BatchState
from supplychain.models import Batch, Item, Party
from supplychain.recalls.models import Recall
from supplychain.recalls.recall import Action, Scope, Standing, state_of_pack
from supplychain.recalls.statement import parse_scope

# A recall takes the batch's row FOR NO KEY UPDATE and waits for these; whoever comes later waits for the recall. So
# every act comes wholly before or after it, in the log as in the state. Acts do not wait for each other here.
_SHARE = (
    "SELECT id, state, holds FROM supplychain_batch WHERE id = ANY(%s) "
    "OR id IN (SELECT batch_id FROM supplychain_content WHERE unit_id = ANY(%s)) ORDER BY id FOR SHARE"
)


def share_batches(items: Collection[Item]) -> None:
    """Keep the batches of these items, and of what is in them, as they are until the transaction ends.

    SQLite has one writer at a time, which is enough.
    """
    if connection.vendor != "postgresql":
        return
    own = {item.batch_id for item in items if item.batch_id is not None}
    units = [item.pk for item in items if item.height]
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, [list(own), units])
        now = {pk: (state, holds) for pk, state, holds in cursor.fetchall()}
    for item in items:
        if item.batch_id in now and item.batch is not None:
            item.batch.state, item.batch.holds = now[item.batch_id]


def find_held(chains: Mapping[int, Sequence[Item]], batches: Mapping[int, Sequence[Batch]]) -> set[int]:
    """The items (keys) that an open hold lies on.

    `chains`: an item's key to the item itself, the unit around it, … and the root; `batches`: to what it is or holds.
    """
    around = _with_own_hold(one for chain in chains.values() for one in chain[1:])
    held_for = _batch_holds(one for some in batches.values() for one in some)
    held = set()
    for pk, chain in chains.items():
        of_batches = [hold for one in batches[pk] for hold in held_for.get(one.pk, ())]
        if chain[0].holds or any(one.pk in around for one in chain[1:]) or _concerns(of_batches, chain[-1]):
            held.add(pk)
    return held


def _with_own_hold(units: Iterable[Item]) -> set[int]:
    """Those of `units` that are held themselves. Their counter says it of something inside them, too."""
    suspects = {one.pk for one in units if one.holds}
    if not suspects:
        return set()
    rows = Hold.objects.filter(item__among=sorted(suspects), lifted_by=None)
    return set(rows.values_list("item", flat=True))


def _batch_holds(batches: Iterable[Batch]) -> dict[int, list[Hold]]:
    suspects = {one.pk for one in batches if one.holds}
    found: dict[int, list[Hold]] = {}
    if suspects:
        for hold in Hold.objects.filter(batch__among=sorted(suspects), lifted_by=None):
            assert hold.batch_id is not None
            found.setdefault(hold.batch_id, []).append(hold)
    return found


def _concerns(holds: Sequence[Hold], root: Item) -> bool:
    """A maker's or the regulator's hold on a batch is on all its packs; anybody else's on those in its own custody."""
    return any(one.authority > Authority.HOLDER or one.party_id == root.holder_id for one in holds)


def is_held(item: Item, chain: Sequence[Item] | None = None) -> bool:
    """Whether a hold lies on one item. For those who look; acts see it in their `Unit`. `chain`: if it is at hand."""
    return item.pk in find_held({item.pk: chain or chain_of(item)}, {item.pk: batches_in(item)})


def chain_of(item: Item) -> list[Item]:
    """The item, the unit around it, … and the root."""
    chain = [item]
    while (parent_id := chain[-1].parent_id) is not None:
        chain.append(Item.objects.select_related("holder").get(pk=parent_id))
    return chain


def batches_in(item: Item) -> list[Batch]:
    """The batch of a pack; those of all packs in a unit."""
    return [item.batch] if item.batch else list(Batch.objects.filter(units__unit=item))


# --- Recalls ----------------------------------------------------------------------------------------------------------


def scope_of(recall: Recall) -> Scope:
    return parse_scope(recall.scope)


def recalls_on(batches: Iterable[Batch]) -> dict[int, list[Recall]]:
    """The recalls in force on each batch (by key), oldest first. One query."""
    wanted = {one.pk: one for one in batches}
    found: dict[int, list[Recall]] = {pk: [] for pk in wanted}
    if not wanted:
        return found
    products = sorted({one.product_id for one in wanted.values()})
    rows = Recall.objects.select_related("entry").filter(lifted_at=None, product__among=products)
    rows = rows.filter(Q(is_whole_product=True) | Q(named_batches__batch__among=sorted(wanted))).distinct()
    for recall in rows.order_by("pk"):
        scope = scope_of(recall)
        for batch in wanted.values():
            if batch.product_id == recall.product_id and scope.concerns(batch.lot_number):
                found[batch.pk].append(recall)
    return found


def standings(recalls: Iterable[Recall]) -> list[Standing]:
    return [(Action(one.action), scope_of(one)) for one in recalls]


def resolve_states(
    chains: Mapping[int, Sequence[Item]], batches: Mapping[int, Sequence[Batch]]
) -> dict[int, BatchState]:
    """The worst that a recall makes of each item (by key), itself or something in it. `chains`: see `chains_of`.

    Only batches that are partly recalled cost a query.
    """
    partly = {one.pk: one for some in batches.values() for one in some if one.state == BatchState.PARTLY}
    on = {pk: standings(recalls) for pk, recalls in recalls_on(partly.values()).items()}
    found: dict[int, BatchState] = {}
    for pk, chain in chains.items():
        states = [
            _in_part(chain, one, on[one.pk]) if one.pk in partly else BatchState(one.state) for one in batches[pk]
        ]
        found[pk] = next((one for one in states if one is not BatchState.RELEASED), BatchState.RELEASED)
    return found


def _in_part(chain: Sequence[Item], batch: Batch, recalls: Iterable[Standing]) -> BatchState:
    serial_number = chain[0].serial_number if chain[0].gtin else None
    return state_of_pack(batch.lot_number, serial_number, country_of(chain), recalls)


def country_of(chain: Sequence[Item]) -> str | None:
    """Where goods are, as far as custody tells; of a pack that left trade, where that was."""
    holder: Party | None = chain[-1].holder
    if holder is None and chain[0].ended_by is not None:
        holder = chain[0].ended_by.party
    return holder.country if holder is not None else None


def state_on(item: Item, chain: Sequence[Item] | None = None) -> BatchState:
    """What the recalls in force make of one item, for those who look. `chain`: if it is at hand."""
    return resolve_states({item.pk: chain or chain_of(item)}, {item.pk: batches_in(item)})[item.pk]
