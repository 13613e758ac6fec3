"""Who may see what of other parties' acts: the policy of `sight.py` over rows, and as queries.

Every page, API address, export and pedigree asks here. A query that lists events must stay cheap at a hundred million
of them. `visible_events` is one filter: right wherever something else already narrows the rows down to few, an event's
name, an item, a batch. A list from the newest on is cut from `visible_branches`, each of which reads along an index of
its own from where the last page ended; asked for both conditions at once, a database walks back through everybody's
events to find those of a small party.
"""

from collections.abc import Callable

from django.db.models import Exists, OuterRef, Q, QuerySet

from supplychain.lifecycle import Role
from supplychain.models import Batch, Content, Event, Handoff, Item, Party, Product, Refusal
from supplychain.sight import STRANGER, Reader, Sight, names_holder, opens_unit, owns_or_oversees, sight_of_event

Narrowing = Callable[[QuerySet[Event]], QuerySet[Event]]


def is_regulator(party: Party) -> bool:
    return Role.REGULATOR in party.roles


def reader_of(party: Party | None) -> Reader:
    """The party as the policy knows it; None is the public."""
    return Reader(party.pk, is_regulator(party)) if party is not None else STRANGER


# --- Rows in hand -----------------------------------------------------------------------------------------------------


def can_see_event(party: Party | None, event: Event) -> bool:
    """Whether `party` sees the event whole: names, hour, other goods named in it."""
    sight = sight_of_event(reader_of(party), author=event.party_id, counterparty=event.counterparty_id)
    return sight is Sight.WHOLE


def can_name_holder(party: Party | None, holder: Party) -> bool:
    return names_holder(reader_of(party), holder=holder.pk)


def can_see_contents(party: Party | None, root: Item) -> bool:
    """Whether `party` may know what is in a unit that stands in `root`: its holder may, and its addressee."""
    addressee = root.handoff.receiver_id if root.handoff is not None else None
    return opens_unit(reader_of(party), holder=root.holder_id, addressee=addressee)


def can_see_batch(party: Party | None, batch: Batch) -> bool:
    """Whether `party` sees a batch's numbers: how many there are, where they are, which serials they have."""
    return owns_or_oversees(reader_of(party), owner=batch.product.brand_owner_id)


# --- Events -----------------------------------------------------------------------------------------------------------


def visible_events(party: Party) -> QuerySet[Event]:
    """The events that `party` sees whole, as one filter, in no order."""
    if is_regulator(party):
        return Event.objects.all()
    return Event.objects.filter(Q(party=party) | Q(counterparty=party))


def visible_branches(party: Party) -> list[QuerySet[Event]]:
    """The same events in parts that have none in common, each of them a range of one index in the order of keys."""
    if is_regulator(party):
        return [Event.objects.all()]
    return [Event.objects.filter(party=party), Event.objects.filter(counterparty=party).exclude(party=party)]


def newest_visible(
    party: Party, *, size: int, after: int | None = None, narrow: Narrowing = lambda rows: rows
) -> list[Event]:
    """At most `size` of the events that `party` sees whole, newest first, from behind the key `after` on.

    `narrow` adds conditions to each branch. One query for each, and never more than `size` rows of it.
    """
    found: list[Event] = []
    for branch in visible_branches(party):
        rows = narrow(branch if after is None else branch.filter(pk__lt=after))
        found += rows.order_by("-pk")[:size]
    return sorted(found, key=lambda event: -event.pk)[:size]


# --- Records ----------------------------------------------------------------------------------------------------------


def visible_products(party: Party) -> QuerySet[Product]:
    """The party's own products; the regulator sees everybody's."""
    return Product.objects.all() if is_regulator(party) else Product.objects.filter(brand_owner=party)


def own_batches(party: Party) -> QuerySet[Batch]:
    """Batches whose numbers `party` sees: `can_see_batch` as a query."""
    return Batch.objects.all() if is_regulator(party) else Batch.objects.filter(product__brand_owner=party)


def visible_batches(party: Party) -> QuerySet[Batch]:
    """Batches that `party` may look up at all: besides its own, those of which it holds goods."""
    if is_regulator(party):
        return Batch.objects.all()
    loose = Item.objects.filter(batch=OuterRef("pk"), holder=party)
    packed = Content.objects.filter(batch=OuterRef("pk"), unit__holder=party)
    return Batch.objects.filter(Q(product__brand_owner=party) | Exists(loose) | Exists(packed))


def visible_handoffs(party: Party) -> QuerySet[Handoff]:
    """Handoffs that `party` is a side of; the regulator sees all."""
    rows = Handoff.objects.all()
    return rows if is_regulator(party) else rows.filter(Q(sender=party) | Q(receiver=party))


def visible_refusals(party: Party) -> QuerySet[Refusal]:
    """What was refused to the party; the regulator sees what was refused to anybody."""
    rows = Refusal.objects.all()
    return rows if is_regulator(party) else rows.filter(party=party)
