"""What the use cases of holds share: in which capacity a party acts, and the batches that it names."""

from collections.abc import Iterable, Sequence

from supplychain.acts import Actor, Refused
from supplychain.holds.rules import Authority, authority_over
from supplychain.models import Batch, Content, Item, Product


def lock_batches(batches: Sequence[Batch]) -> list[Batch]:
    """The batches named, locked until the transaction ends, in the order of their keys."""
    wanted = sorted({one.pk for one in batches})
    if len(wanted) != len(batches):
        raise Refused.because("NAMED_TWICE", "A batch stands in the list more than once")
    rows = Batch.objects.select_for_update(of=("self",), no_key=True).select_related("product")
    return list(rows.filter(pk__in=wanted).order_by("pk"))


def authority_of(actor: Actor, items: Iterable[Item], batches: Iterable[Batch]) -> Authority:
    """In which capacity a party acts on these goods: as their maker only if every pack in question is its product."""
    listed = list(items)
    gtins = {item.gtin for item in listed if item.gtin} | {one.product.gtin for one in batches}
    units = [item.pk for item in listed if not item.gtin]
    inside = Content.objects.filter(unit__among=units) if units else Content.objects.none()
    filled = set(inside.values_list("unit", flat=True))
    gtins |= set(inside.values_list("batch__product__gtin", flat=True))
    own = Product.objects.filter(gtin__among=sorted(gtins), brand_owner=actor.party).count() if gtins else 0
    # An empty pallet is nobody's product, whoever numbered it.
    is_maker = bool(gtins) and own == len(gtins) and len(filled) == len(units)
    return authority_over(actor.roles, is_maker=is_maker)
