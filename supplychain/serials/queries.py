"""Issued serials, read in sets: lists of allocations, what became of one, and the file for the line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from supplychain.acts import Actor
from supplychain.gs1.digital_link import canonical_epc, pack_url
from supplychain.gs1.identifiers import Gtin, LotNumber, SerialNumber, Sgtin
from supplychain.gs1.uri import format_uri
from supplychain.lifecycle import Life
from supplychain.models import Allocation, Batch, Item, Product
from supplychain.queries import PAGE_SIZE, Page, newest_first
from supplychain.serials.serial_csv import SerialList
from supplychain.visibility import is_regulator

SERIALS_AT_ONCE = 2_000
HEADER = ("serial_number", "epc", "digital_link")


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of the serials of one allocation so far."""

    applied: int
    dark: int
    closed: int


def visible_allocations(actor: Actor) -> QuerySet[Allocation]:
    """A maker's own; the regulator sees how many were issued to whom."""
    rows = Allocation.objects.select_related("product__brand_owner", "event", "reconciled_by")
    rows = rows.defer("event__body", "event__secret", "reconciled_by__body", "reconciled_by__secret")
    return rows if is_regulator(actor.party) else rows.filter(product__brand_owner=actor.party)


def allocations_page(actor: Actor, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Allocation]:
    return newest_first(visible_allocations(actor), after, size)


def count_allocation(allocation: Allocation) -> Fates:
    """From an index over allocation and life alone, whatever the list's length."""
    rows = allocation.items.order_by().values_list("life").annotate(serials=Count("*"))
    counts: dict[int, int] = dict(rows)
    dark = counts.pop(Life.ALLOCATED, 0)
    closed = allocation.quantity - (allocation.applied or 0) if allocation.reconciled_by_id else 0
    return Fates(sum(counts.values()) - closed, dark, closed)


def serial_rows(allocation: Allocation, *, base_url: str, batch: Batch | None = None) -> Iterator[tuple[str, str, str]]:
    """The rows of the file for the line, in the order of issue; read in pieces, so that a million take no memory.

    With `batch`, the links carry its lot number and expiry, as they are to be printed.
    """
    gtin = Gtin(allocation.product.gtin)
    numbers = allocation.items.order_by("pk").values_list("serial_number", flat=True)
    for text in numbers.iterator(chunk_size=SERIALS_AT_ONCE):
        serial_number = SerialNumber(text)
        if batch is None:
            link = format_uri({"01": gtin.digits, "21": text}, stem=base_url)
        else:
            link = pack_url(base_url, gtin, LotNumber(batch.lot_number), serial_number, batch.expiry)
        yield text, canonical_epc(Sgtin(gtin, serial_number)), link


def open_batches(allocation: Allocation) -> QuerySet[Batch, Any]:
    """Batches that the serials may be printed for, the newest first."""
    return allocation.product.batches.filter(state="released").order_by("-pk")[:50]


def note_used(found: SerialList, product: Product, *, may_be_dark: bool) -> None:
    """Write down, with their lines, those serials of a file that the product has used before.

    `may_be_dark`: serials that were issued and wait for their packs are no fault of the file.
    """
    rows = Item.objects.filter(gtin=product.gtin, serial_number__among=found.serial_numbers)
    rows = rows.exclude(life=Life.ALLOCATED) if may_be_dark else rows
    used = rows.values_list("serial_number", flat=True)
    for serial in sorted(used, key=found.line_of.__getitem__):
        found.refuse(found.line_of[serial], serial, "This serial was issued or used before for this product")
