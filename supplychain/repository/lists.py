"""Lists that the EPCIS interface shows beside events: jobs, named queries, and what values occur in visible events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from supplychain.epcis.cbv import BIZ_STEP, DISPOSITION, EVENT_TYPES
from supplychain.epcis.terms import INSTANCES
from supplychain.models import CaptureJob, EventEpc, Item, NamedQuery, Party
from supplychain.repository.query import micros_of, moment_of, visible_index
from supplychain.stock import epc_of
from supplychain.visibility import is_regulator, visible_events

Key = Sequence[Any]

# Which words stand in a collection whether or not an event uses them.
STANDARD = {
    "type": tuple(EVENT_TYPES),
    "biz_step": tuple(sorted(BIZ_STEP.words)),
    "disposition": tuple(sorted(DISPOSITION.words)),
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of some list; `next` is the key of its last row, None on the last page."""

    rows: list[Any]
    next: tuple[Any, ...] | None


def _cut(rows: list[Any], size: int, key_of: Any) -> Listed:
    page = rows[:size]
    return Listed(page, key_of(page[-1]) if len(rows) > size else None)


def job_page(party: Party, *, as_of: datetime, key: Key | None, size: int) -> Listed:
    """The party's capture jobs, newest first."""
    rows = CaptureJob.objects.filter(party=party, created_at__lte=as_of).defer("document")
    if key is not None:
        moment = moment_of(key[0])
        rows = rows.filter(Q(created_at__lt=moment) | Q(created_at=moment, pk__lt=key[1]))
    found = list(rows.order_by("-created_at", "-pk")[: size + 1])
    return _cut(found, size, lambda job: (micros_of(job.created_at), str(job.pk)))


def named_query_page(party: Party, *, key: Key | None, size: int) -> Listed:
    rows = NamedQuery.objects.filter(party=party)
    if key is not None:
        rows = rows.filter(name__gt=key[0])
    return _cut(list(rows.order_by("name")[: size + 1]), size, lambda query: (query.name,))


def value_page(column: str, party: Party, *, key: Key | None, size: int) -> Listed:
    """The values of a column of the index in the events that the party sees, and the standard's words, in order."""
    after = key[0] if key is not None else ""
    found: set[str] = {word for word in STANDARD.get(column, ()) if word > after}
    for part in visible_index(party):
        rows = part.filter(**{f"{column}__gt": after})
        found.update(rows.order_by(column).values_list(column, flat=True).distinct()[: size + 1])
    shown = sorted(one for one in found if not one.startswith("sha256 "))
    return _cut(shown[: size + 1], size, lambda value: (value,))


def epc_page(party: Party, *, key: Key | None, size: int) -> Listed:
    """The EPCs that the party knows of: goods of ours first, in the order of their keys, then all others."""
    section, *last = key if key is not None else ("goods", "", "")
    found: list[tuple[tuple[Any, ...], str]] = []
    if section == "goods":
        gtin, serial_number = last
        behind = Q(gtin__gt=gtin) | Q(gtin=gtin, serial_number__gt=serial_number)
        items = known_items(party).filter(behind, gtin__gte=gtin).order_by("gtin", "serial_number")[: size + 1]
        found = [(("goods", one.gtin, one.serial_number), epc_of(one)) for one in items]
        last = [""]
    if len(found) <= size:
        others = EventEpc.objects.filter(field__in=[int(one) for one in INSTANCES], epc__gt=last[0])
        others = others.exclude(epc__startswith="sha256 ")
        if not is_regulator(party):
            others = others.filter(event__in=visible_events(party))
        epcs = others.order_by("epc").values_list("epc", flat=True).distinct()[: size + 1 - len(found)]
        found += [(("others", one), one) for one in epcs]
    page = found[:size]
    return Listed([epc for _, epc in page], page[-1][0] if len(found) > size else None)


def known_items(party: Party) -> Any:
    """Goods whose EPC a party knows: what it made or holds, as a root."""
    items = Item.objects.exclude(made_by=None)
    if is_regulator(party):
        return items
    return items.filter(Q(made_by__party=party) | Q(holder=party))
