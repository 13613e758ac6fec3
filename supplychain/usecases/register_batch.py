"""A maker registers a batch: lot number and expiry. Packs come into being by commissioning, not here."""

from datetime import date

from django.utils import timezone

from supplychain.acts import Actor, Refused, check, registration
from supplychain.gs1.identifiers import LotNumber
from supplychain.lifecycle import MAY_COMMISSION, guard_role
from supplychain.models import Batch, Product
from supplychain.recalls.projection import refresh_states


@registration("register_batch")
def register_batch(*, actor: Actor, product: Product, lot_number: str, expiry: date) -> Batch:
    """Register a batch of the acting party's product. The same again gives the batch that is there.

    C4: a lot has one expiry. Another date for a known lot is refused, else every scan of half the lot would mismatch.
    """
    check(guard_role(actor.roles, MAY_COMMISSION, "register batches"))
    if product.brand_owner_id != actor.party.pk:
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {product.gtin} belongs to another party")
    LotNumber(lot_number)
    # A recall of the whole product that is being decided now comes wholly before or after this.
    product = Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    known = Batch.objects.filter(product=product, lot_number=lot_number).first()
    if known is not None and known.expiry != expiry:
        raise Refused.because(
            "LOT_EXPIRY_CONFLICT", f"Lot {lot_number} is registered with expiry {known.expiry}, not {expiry}"
        )
    if known is not None:
        return known
    today = timezone.localdate()
    if expiry <= today:
        raise Refused.because("BATCH_EXPIRED", f"Expiry {expiry} is not after today, {today}")
    batch = Batch.objects.create(product=product, lot_number=lot_number, expiry=expiry)
    refresh_states([batch])
    batch.refresh_from_db(fields=["state"])
    return batch
