"""What pages and the API read: set-based, and page by page along an index. The number of queries never depends on rows.

A page is cut by key (`after`, the primary key of the last row shown), never by OFFSET: page 400 costs what page 1 did.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

from django.db.models import Case, Count, Exists, IntegerField, Model, OuterRef, Q, QuerySet, Sum, Value, When

from ledger.queries import proof_states
from supplychain.acts import Actor
from supplychain.gs1.element_string import parse_scan
from supplychain.gs1.errors import GS1Error
from supplychain.lifecycle import MAY_TRADE, Kind
from supplychain.models import Batch, Content, Event, EventItem, Handoff, Item, Party, Place, Product, Refusal
from supplychain.openings import statement_of
from supplychain.stock import chunks, epc_of, find_items
from supplychain.visibility import can_see_contents, own_batches, visible_products, visible_refusals

M = TypeVar("M", bound=Model)
T = TypeVar("T")
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, and the key after which the next page starts (None: this is the last one)."""

    rows: list[T]
    next: int | None = None


def newest_first(rows: QuerySet[M], after: int | None, size: int) -> Page[M]:
    rows = rows.filter(pk__lt=after) if after is not None else rows
    return _cut(list(rows.order_by("-pk")[: size + 1]), size)


def _by_name(rows: QuerySet[M], after: int | None, size: int) -> Page[M]:
    """By name, then key. The cursor is a key only; the name that it stood at is read back."""
    if after is not None:
        name = rows.model._default_manager.filter(pk=after).values_list("name", flat=True).first() or ""
        rows = rows.filter(Q(name__gt=name) | Q(name=name, pk__gt=after))
    return _cut(list(rows.order_by("name", "pk")[: size + 1]), size)


def _cut(rows: list[M], size: int) -> Page[M]:
    return Page(rows[:size], rows[size - 1].pk if len(rows) > size else None)


# --- Goods ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One code on a list, as a person wants to see it. `item` is None for a code that nobody has registered.

    `is_open` is False for a unit whose contents are not the reader's to know; they are not in `contents` then.
    """

    epc: str
    item: Item | None = None
    contents: list[Content] = field(default_factory=list)
    is_open: bool = True

    @property
    def packs(self) -> int:
        """Packs that the line stands for: itself, or what is inside, however deep."""
        if self.item is None:
            return 0
        return 1 if self.item.kind == Kind.PACK else sum(one.packs for one in self.contents)


def lines_of(epcs: Sequence[str], reader: Party) -> list[Line]:
    """The codes in their order, each with its item and what is in it, as far as `reader` may know."""
    found = find_items(epcs, rows=_with_product())
    lines = {line.epc: line for line in lines_of_items(list(found.values()), reader)}
    return [lines.get(epc, Line(epc)) for epc in epcs]


def lines_of_items(items: Sequence[Item], reader: Party) -> list[Line]:
    roots = roots_of([item for item in items if item.kind == Kind.LOGISTIC_UNIT])
    is_open = {pk: can_see_contents(reader, root) for pk, root in roots.items()}
    contents = contents_by_unit(item for item in items if is_open.get(item.pk))
    return [Line(epc_of(item), item, contents[item.pk], is_open.get(item.pk, True)) for item in items]


def roots_of(items: Iterable[Item]) -> dict[int, Item]:
    """The outermost unit around each item, by the item's key: one query for each level of packing."""
    roots = {item.pk: item for item in items}
    while above := {root.parent_id for root in roots.values() if root.parent_id is not None}:
        parents = {one.pk: one for some in chunks(above) for one in _with_product().filter(pk__among=some)}
        roots = {pk: parents[root.parent_id] if root.parent_id else root for pk, root in roots.items()}
    return roots


def _with_product() -> QuerySet[Item]:
    return Item.objects.select_related("batch__product", "parent", "handoff")


def contents_by_unit(items: Iterable[Item]) -> dict[int, list[Content]]:
    """What is inside each logistic unit, the largest share first."""
    contents: dict[int, list[Content]] = defaultdict(list)
    for some in chunks(item.pk for item in items if item.kind == Kind.LOGISTIC_UNIT):
        rows = Content.objects.filter(unit__among=some).select_related("batch__product")
        for row in rows.order_by("-packs", "pk"):
            contents[row.unit_id].append(row)
    return contents


def stock_page(party: Party, *, search: str = "", after: int | None = None, size: int = PAGE_SIZE) -> Page[Line]:
    """Top-level items at rest in the party's custody, newest first. `search` is a lot number or a product's GTIN."""
    rows = _with_product().filter(holder=party, handoff=None)
    if search:
        batches = list(Batch.objects.filter(_lot_or_product(search)).values_list("pk", flat=True)[:1000])
        inside = Content.objects.filter(unit=OuterRef("pk"), batch__in=batches)
        rows = rows.filter(Q(batch__in=batches) | Exists(inside))
    page = newest_first(rows, after, size)
    return Page(lines_of_items(page.rows, party), page.next)


def _lot_or_product(search: str) -> Q:
    """A number of eight digits may be either: both are looked for, and neither shadows the other."""
    wanted = Q(lot_number=search)
    if search.isascii() and search.isdigit() and len(search) in (8, 12, 13, 14):
        wanted |= Q(product__gtin=search.zfill(14))
    return wanted


def find_by_code(text: str, today: date) -> Item | None:
    """The item that a scanned or typed code names, if the text is such a code and the item is known."""
    try:
        epc = parse_scan(text, today=today).epc
    except GS1Error:
        return None
    # A serial that was issued and has no pack yet is nobody's to find.
    rows = _with_product().exclude(kind=Kind.PACK, batch=None)
    return find_items([epc], rows=rows).get(epc) if epc else None


@dataclass(slots=True)
class Holding:
    """What a party has of one batch: packs in all, and how many of them stand loose."""

    batch: Batch
    packs: int = 0
    loose: int = 0


def holdings(party: Party) -> list[Holding]:
    """What a party has at rest, batch by batch, in the order of expiry: what goes first stands first."""
    # Who has a holder is a root, and who has a batch a pack: an index over these columns alone can answer.
    at_rest = Item.objects.filter(holder=party, handoff=None)
    loose = at_rest.filter(batch__isnull=False).values_list("batch").annotate(packs=Count("*")).order_by()
    in_units = Content.objects.filter(unit__in=at_rest.filter(batch=None))
    packed = in_units.values_list("batch").annotate(packs=Sum("packs")).order_by()
    loose_of, packed_of = Counter(dict(loose)), Counter(dict(packed))
    found: list[Holding] = []
    for some in chunks(loose_of.keys() | packed_of.keys()):
        found += [
            Holding(batch, loose_of[batch.pk] + packed_of[batch.pk], loose_of[batch.pk])
            for batch in Batch.objects.filter(pk__among=some).select_related("product")
        ]
    return sorted(found, key=lambda one: (one.batch.expiry, one.batch.product.name, one.batch.pk))


@dataclass(frozen=True, slots=True)
class Share:
    """How many packs of a batch are in one state with one holder; `holder` is None once a pack has left trade."""

    life: int
    holder: Party | None
    is_under_way: bool
    packs: int


def shares_of(batch: Batch) -> list[Share]:
    """Where a batch's packs are. Every pack is a root itself or inside one, so these two sums have them all."""
    under_way = Case(When(handoff=None, then=Value(0)), default=Value(1), output_field=IntegerField())
    loose = batch.items.filter(parent=None).values_list("life", "holder", under_way).annotate(packs=Count("pk"))
    under_way = Case(When(unit__handoff=None, then=Value(0)), default=Value(1), output_field=IntegerField())
    units = Content.objects.filter(batch=batch, unit__parent=None)
    packed = units.values_list("unit__life", "unit__holder", under_way).annotate(packs=Sum("packs"))
    counts: Counter[tuple[int, int | None, bool]] = Counter()
    for life, holder, moves, packs in loose.order_by():
        counts[life, holder, bool(moves)] += packs
    for life, holder, moves, packs in packed.order_by():
        counts[life, holder, bool(moves)] += packs
    parties = Party.objects.in_bulk({holder for _life, holder, _moves in counts if holder is not None})
    shares = [
        Share(life, parties[holder] if holder is not None else None, moves, packs)
        for (life, holder, moves), packs in counts.items()
    ]
    return sorted(shares, key=lambda one: (one.life, one.holder.name if one.holder else "", one.is_under_way))


# --- Handoffs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """A handoff with what of it is still under way: top-level items, and the packs that they are or hold."""

    handoff: Handoff
    items: int
    packs: int


def incoming_page(party: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Delivery]:
    """What is on its way to the party, newest first."""
    rows = party.handoffs_in.filter(state__in=("open", "partial")).select_related("sender", "ship_event")
    rows = rows.defer("ship_event__body", "ship_event__secret")
    return _deliveries(newest_first(rows, after, size))


def sent_page(
    party: Party, *, only_open: bool = False, after: int | None = None, size: int = PAGE_SIZE
) -> Page[Delivery]:
    """What the party has sent, newest first."""
    rows = party.handoffs_out.select_related("receiver", "ship_event")
    # A body may name twenty thousand EPCs: a list of deliveries shows none of them.
    rows = rows.defer("ship_event__body", "ship_event__secret")
    rows = rows.filter(state__in=("open", "partial")) if only_open else rows
    return _deliveries(newest_first(rows, after, size))


def _deliveries(page: Page[Handoff]) -> Page[Delivery]:
    wanted = [handoff.pk for handoff in page.rows]
    items: Counter[int] = Counter()
    packs: Counter[int] = Counter()
    under_way = Item.objects.filter(handoff__in=wanted)
    for handoff, kind, count in under_way.values_list("handoff", "kind").annotate(count=Count("pk")).order_by():
        items[handoff] += count
        packs[handoff] += count if kind == Kind.PACK else 0
    inside = Content.objects.filter(unit__handoff__in=wanted)
    for handoff, count in inside.values_list("unit__handoff").annotate(count=Sum("packs")).order_by():
        packs[handoff] += count
    return Page([Delivery(one, items[one.pk], packs[one.pk]) for one in page.rows], page.next)


def under_way(handoff: Handoff, *, most: int | None = None, reader: Party | None = None) -> list[Line]:
    """What of a delivery nobody has received yet, as its receiver sees it, or `reader`; the first `most` of it."""
    rows = _with_product().filter(handoff=handoff).order_by("-kind", "pk")
    return lines_of_items(list(rows[:most]), reader or handoff.receiver)


def returned_page(party: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Line]:
    """What came back to the party and was not verified yet, newest first."""
    page = newest_first(_with_product().filter(holder=party, returned_by__isnull=False, handoff=None), after, size)
    return Page(lines_of_items(page.rows, party), page.next)


def receivers_for(party: Party) -> QuerySet[Party]:
    """Parties that goods can be shipped to: admitted to the log, licensed for trade, and others than oneself."""
    trades = Party.objects.exclude(keyid="").exclude(pk=party.pk).only("pk", "name", "roles", "gln")
    wanted = [one.pk for one in trades if MAY_TRADE.intersection(one.roles)]
    return Party.objects.filter(pk__in=wanted).order_by("name", "pk")


# --- Acts and records -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """An act of a party, how far its proof has come (pending, sealed, published), and how many items it names."""

    event: Event
    proof: str
    items: int


def recent_deeds(party: Party, *, biz_step: str = "", size: int = 8) -> list[Deed]:
    rows = party.events.select_related("entry", "counterparty").defer("body")
    rows = rows.filter(biz_step=biz_step) if biz_step else rows
    return with_proofs(rows.order_by("-pk")[:size])


def with_proofs(events: Iterable[Event]) -> list[Deed]:
    events = list(events)
    states = proof_states(event.entry_id for event in events)
    return [Deed(event, states[event.entry_id], _size_of(event)) for event in events]


def _size_of(event: Event) -> int:
    """Read from the signed statement: the body of a batch's event has megabytes."""
    lists = statement_of(event)["lists"]
    return sum(int(one["size"]) for one in lists.values())


def recent_dispensings(party: Party, *, size: int = 5) -> list[tuple[Deed, Item | None]]:
    """The packs that a pharmacy gave out last."""
    deeds = recent_deeds(party, biz_step="dispensing", size=size)
    named = EventItem.objects.filter(event__in=[deed.event.pk for deed in deeds]).select_related("item__batch__product")
    item_of = {row.event_id: row.item for row in named}
    return [(deed, item_of.get(deed.event.pk)) for deed in deeds]


def products_page(actor: Actor, *, search: str = "", after: int | None = None, size: int = PAGE_SIZE) -> Page[Product]:
    """The party's own products; the regulator sees everybody's."""
    rows = visible_products(actor.party).select_related("brand_owner")
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(generic_name__icontains=search) | Q(gtin__contains=search))
    return _by_name(rows, after, size)


def batches_page(actor: Actor, *, search: str = "", after: int | None = None, size: int = PAGE_SIZE) -> Page[Batch]:
    """Batches of the party's own products, newest first; the regulator sees everybody's."""
    rows = own_batches(actor.party).select_related("product__brand_owner")
    if search:
        rows = rows.filter(_lot_or_product(search) | Q(product__name__icontains=search))
    return newest_first(rows, after, size)


def parties_page(*, search: str = "", after: int | None = None, size: int = PAGE_SIZE) -> Page[Party]:
    rows = Party.objects.all()
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(gln__startswith=search))
    return _by_name(rows, after, size)


def places_page(party: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Place]:
    """A party's sites in the order of their registration: the first one counts until another is chosen."""
    rows = party.places.order_by("pk")
    rows = rows.filter(pk__gt=after) if after is not None else rows
    return _cut(list(rows[: size + 1]), size)


def refusals_page(actor: Actor, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Refusal]:
    """What was refused to the party; the regulator sees what was refused to anybody."""
    rows = visible_refusals(actor.party).select_related("party", "user")
    return newest_first(rows, after, size)


def count_members() -> list[tuple[str, int, int]]:
    """For each role: its name, how many parties have it, and how many of them are admitted to the log."""
    known: Counter[str] = Counter()
    admitted: Counter[str] = Counter()
    for roles, keyid in Party.objects.values_list("roles", "keyid"):
        known.update(roles)
        admitted.update(roles if keyid else [])
    return [(role, known[role], admitted[role]) for role in sorted(known)]


def total_packs(rows: Iterable[Holding | Share]) -> int:
    return sum(row.packs for row in rows)
