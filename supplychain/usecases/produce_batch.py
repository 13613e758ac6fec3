"""A maker's one step at the end of the line: the batch is registered and its packs are commissioned, or neither."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from supplychain.acts import Actor, Done, Refused, Request, refuse
from supplychain.models import Batch, Product
from supplychain.usecases.commission import commission
from supplychain.usecases.register_batch import register_batch


def produce_batch(
    *,
    actor: Actor,
    request: Request,
    product: Product,
    lot_number: str,
    expiry: date,
    serial_numbers: Sequence[str] | None = None,
    count: int | None = None,
) -> tuple[Batch, Done]:
    """Register the batch and commission its packs. A known lot with the same expiry gets further packs."""
    try:
        with transaction.atomic():
            batch = register_batch(actor=actor, product=product, lot_number=lot_number, expiry=expiry)
            done = commission(actor=actor, request=request, batch=batch, serial_numbers=serial_numbers, count=count)
    except Refused as refusal:
        # The evidence that the inner use case kept went with the transaction: keep it again, outside of it.
        raise refuse("produce_batch", actor, refusal) from refusal
    return batch, done
