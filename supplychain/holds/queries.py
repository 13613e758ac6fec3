"""What is on hold, as a party may see it."""

from django.db.models import Q, QuerySet

from supplychain.holds.models import Hold
from supplychain.models import Party
from supplychain.queries import PAGE_SIZE, Page
from supplychain.visibility import is_regulator


def visible_holds(party: Party) -> QuerySet[Hold]:
    """The party's own, and others' on what stands in its custody or is its product's batch. The regulator sees all."""
    rows = Hold.objects.select_related("event", "party", "item__batch__product", "batch__product")
    rows = rows.defer("event__body", "event__secret")
    if is_regulator(party):
        return rows
    return rows.filter(Q(party=party) | Q(item__holder=party) | Q(batch__product__brand_owner=party))


def holds_page(party: Party, *, after: int | None = None, size: int = PAGE_SIZE) -> Page[Hold]:
    """Open holds that the party may see, newest first."""
    rows = visible_holds(party).filter(lifted_by=None)
    rows = rows.filter(pk__lt=after) if after is not None else rows
    found = list(rows.order_by("-pk")[: size + 1])
    return Page(found[:size], found[size - 1].pk if len(found) > size else None)
