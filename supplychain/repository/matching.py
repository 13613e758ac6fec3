"""Which events name a thing: from the index, and for goods of ours from the tables of goods.

A pack is named by the commissioning that made it (`Item.made_by`), by the packing that put it into a unit
(`Containment.from_event`), and by whatever has an `EventItem`. None of that is written twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from supplychain.epcis.epc_pattern import EpcPattern
from supplychain.epcis.terms import INSTANCES, Field, key
from supplychain.gs1.errors import GS1Error
from supplychain.models import Containment, EventEpc, EventItem, Item
from supplychain.stock import key_of

# Up to so many events their keys are fetched: the database then begins at them, whatever else is asked.
FEW = 5_000
_ITEM_FIELDS = {
    Field.EPC: ("epcList", "childEPCs"),
    Field.PARENT: ("parentID",),
    Field.INPUT: ("inputEPCList",),
    Field.OUTPUT: ("outputEPCList",),
}
_STEM = "https://id.gs1.org/"


def events_named(fields: Sequence[Field], patterns: Sequence[EpcPattern]) -> Any:
    """The keys of the events that name, in one of `fields`, a thing that one of `patterns` means; for an `in`."""
    parts = [_in_index(fields, patterns)]
    instances = [field for field in fields if field in INSTANCES]
    if instances:
        parts += _in_goods(instances, patterns)
    first, *rest = parts
    union = first.union(*rest, all=True) if rest else first
    few = list(union[: FEW + 1])
    if len(few) <= FEW:
        return sorted({pk for (pk,) in few})
    return union


def _in_index(fields: Sequence[Field], patterns: Sequence[EpcPattern]) -> QuerySet[Any, Any]:
    exact = sorted({key(one.text) for one in patterns if one.is_exact})
    wanted = Q(epc__in=exact)
    for one in patterns:
        if not one.is_exact:
            # A range that an index has, then the pattern itself.
            wanted |= Q(epc__gte=one.prefix, epc__lt=one.prefix + "\U0010ffff", epc__regex=_regex(one.text))
    return EventEpc.objects.filter(wanted, field__in=[int(field) for field in fields]).values_list("event_id")


def _regex(text: str) -> str:
    return "^" + re.escape(text).replace(r"\?", ".").replace(r"\*", ".*") + "$"


def _in_goods(fields: Sequence[Field], patterns: Sequence[EpcPattern]) -> list[QuerySet[Any, Any]]:
    items = _items(patterns)
    if items is None:
        return []
    names = [name for field in fields for name in _ITEM_FIELDS[field]]
    found: list[QuerySet[Any, Any]] = [
        EventItem.objects.filter(item__in=items, field__in=names).values_list("event_id")
    ]
    if Field.EPC in fields:
        found.append(Containment.objects.filter(child__in=items).values_list("from_event_id"))
        made = Q(made_by__type="ObjectEvent") if Field.OUTPUT not in fields else Q()
    elif Field.OUTPUT in fields:
        made = Q(made_by__type="TransformationEvent")
    else:
        return found
    # A logistic unit is made by being packed, which its `EventItem` says.
    found.append(Item.objects.filter(made, pk__in=items).exclude(gtin="").values_list("made_by_id"))
    return found


def _items(patterns: Sequence[EpcPattern]) -> Any:
    """The keys of the goods that the patterns mean; None if none of them can be goods."""
    exact = _exact_items(one.text for one in patterns if one.is_exact)
    wild = [q for one in patterns if not one.is_exact and (q := _wild_items(one.text)) is not None]
    if not wild:
        return exact or None
    condition = Q(pk__in=exact)
    for one in wild:
        condition |= one
    return Item.objects.filter(condition).values("pk")


def _exact_items(texts: Iterable[str]) -> list[int]:
    serials: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        try:
            gtin, serial_number = key_of(text)
        except GS1Error:
            continue
        serials[gtin].append(serial_number)
    return [
        pk
        for gtin, some in serials.items()
        for pk in Item.objects.filter(gtin=gtin, serial_number__among=some).values_list("pk", flat=True)
    ]


def _wild_items(text: str) -> Q | None:
    """Packs of one or more products, or logistic units, that a pattern means."""
    ai, _, rest = text.removeprefix(_STEM).partition("/")
    if ai == "00":
        return Q(gtin="", serial_number__regex=_regex(rest))
    gtin, middle, serial = rest.partition("/21/")
    if ai != "01" or not middle or serial != "*":
        return None
    return Q(gtin=gtin) if gtin.isdigit() else Q(gtin__regex=_regex(gtin)) & ~Q(gtin="")
