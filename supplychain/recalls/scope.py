"""From the scope of a recall to its batches, and to the parties that it reaches."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Collate, Length

from supplychain.lifecycle import Life
from supplychain.models import Batch, Content, Item, Party
from supplychain.recalls.recall import Depth, Scope
from supplychain.stock import chains_of, chunks

IN_TRADE = (Life.ACTIVE, Life.LOCKED)


def batches_of(scope: Scope) -> QuerySet[Batch]:
    """The batches that a scope concerns, wholly or in part."""
    rows = Batch.objects.filter(product__gtin=scope.gtin)
    return rows if scope.lots is None else rows.filter(lot_number__among=scope.lots)


@dataclass(slots=True)
class Reached:
    """What a party has of what a recall concerns: packs with it or on their way to it, and packs that it gave out."""

    packs: int = 0
    dispensed: int = 0


def reached_by(scope: Scope) -> dict[int, Reached]:
    """Party (by key) to its share: each pack in trade counts for one party, whoever will have it in the end.

    Sums over the batches' packs and units; nothing is written, and nothing is read pack by pack.
    """
    keys = list(batches_of(scope).values_list("pk", flat=True))
    found: dict[int, Reached] = defaultdict(Reached)
    packs = _packs(keys, scope)
    for holder, receiver, count in _by_custody(packs.filter(parent=None, life__in=IN_TRADE)):
        _add(found, receiver or holder, count)
    inside = _in_units(keys) if not scope.serials else _in_units_by_serial(packs)
    for owner, count in inside.items():
        found[owner].packs += count
    gone = packs.filter(life=Life.DISPENSED, ended_by__isnull=False).values_list("ended_by__party")
    for party, count in gone.annotate(count=Count("pk")).order_by():
        found[party].dispensed += count
    return _in_markets(found, scope)


def _packs(batches: Sequence[int], scope: Scope) -> QuerySet[Item]:
    packs = Item.objects.filter(batch__among=list(batches))
    if not scope.serials:
        return packs
    # Byte by byte, whatever the order of letters in the database's language is.
    plain = Collate("serial_number", "C" if connection.vendor == "postgresql" else "BINARY")
    wanted = Q()
    for first, last in scope.serials:
        wanted |= Q(plain__gte=first, plain__lte=last, digits=len(first))
    return packs.annotate(plain=plain, digits=Length("serial_number")).filter(wanted)


def _by_custody(packs: QuerySet[Item]) -> Iterable[tuple[int | None, int | None, int]]:
    return packs.values_list("holder", "handoff__receiver").annotate(count=Count("pk")).order_by()


def _add(found: dict[int, Reached], owner: int | None, count: int) -> None:
    if owner is not None:
        found[owner].packs += count


def _in_units(batches: Sequence[int]) -> Counter[int]:
    rows = Content.objects.filter(batch__among=list(batches), unit__parent=None, unit__life__in=IN_TRADE)
    counts: Counter[int] = Counter()
    grouped = rows.values_list("unit__holder", "unit__handoff__receiver").annotate(packs=Sum("packs")).order_by()
    for holder, receiver, packs in grouped:
        if (owner := receiver or holder) is not None:
            counts[owner] += packs
    return counts


def _in_units_by_serial(packs: QuerySet[Item]) -> Counter[int]:
    """Grouped by the unit that a pack stands in, and those looked up to their roots: the cost follows the units."""
    inside = packs.filter(parent__isnull=False, life__in=IN_TRADE).values_list("parent")
    by_unit = {unit: count for unit, count in inside.annotate(count=Count("pk")).order_by() if unit is not None}
    counts: Counter[int] = Counter()
    for some in chunks(by_unit):
        for pk, chain in chains_of(Item.objects.filter(pk__among=some)).items():
            root = chain[-1]
            owner = root.handoff.receiver_id if root.handoff is not None else root.holder_id
            if owner is not None and root.life in IN_TRADE:
                counts[owner] += by_unit[pk]
    return counts


def _in_markets(found: Mapping[int, Reached], scope: Scope) -> dict[int, Reached]:
    if not scope.markets:
        return dict(found)
    there = set(Party.objects.filter(pk__in=list(found), country__in=scope.markets).values_list("pk", flat=True))
    return {party: reached for party, reached in found.items() if party in there}


def is_addressed(party: Party, reached: Reached, depth: Depth) -> bool:
    """Whether the depth of a recall asks this party for an answer: the pharmacies at `PHARMACY`, and from `CONSUMER` on
    those, too, that have nothing left because they have given it all out.
    """
    if depth is Depth.WHOLESALE and "pharmacy" in party.roles and not {"wholesaler", "manufacturer"} & set(party.roles):
        return False
    return bool(reached.packs or (depth is Depth.CONSUMER and reached.dispensed))
