"""Packs become other packs: the old ones end, the new ones begin under the repackager's own numbers."""

from collections.abc import Sequence

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.identifiers import Gtin, SerialNumber, Sgtin
from supplychain.late import refuse_before
from supplychain.lifecycle import MAY_REPACKAGE, BatchState, guard_commission, guard_licence, guard_role
from supplychain.models import Batch, Product
from supplychain.recording import enact, scene_of
from supplychain.repackaging import guard_repackage
from supplychain.stock import last_events, lock_items, units_of
from supplychain.usecases.commission import mint, serials_seen

MOST_INPUTS = 20_000
MOST_OUTPUTS = 100_000


@act("repackage")
def repackage(
    *,
    actor: Actor,
    request: Request,
    inputs: Sequence[str],
    batch: Batch,
    serial_numbers: Sequence[str] | None = None,
    count: int | None = None,
) -> Done:
    """Make packs of `batch`, a batch of the repackager's own product, out of the packs `inputs` (EPCs).

    With the repackager's own `serial_numbers`, or `count` packs with serials minted here. One signed statement names
    both sides, so that whoever looks at a new pack is led to the old ones.
    """
    check(guard_role(actor.roles, MAY_REPACKAGE, "repackage"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    if batch.product.brand_owner_id != actor.party.pk:
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {batch.product.gtin} belongs to another party")
    made = len(serial_numbers) if serial_numbers is not None else count or 0
    if not 0 < made <= MOST_OUTPUTS or len(inputs) > MOST_INPUTS:
        text = f"{len(inputs)} packs into {made}: expected at most {MOST_INPUTS:,} into 1 to {MOST_OUTPUTS:,}"
        raise Refused.because("BAD_COUNT", text)
    items = lock_items(inputs)
    # After the items, and product before batch, as every act that makes packs does.
    product = Product.objects.select_for_update().get(pk=batch.product_id)
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    today = timezone.localdate()
    units = units_of(list(items.values()))
    check(guard_repackage(units, new_expiry=batch.expiry, today=today, party=actor.party.gln))
    refuse_before(items, request)
    is_own = serial_numbers is not None
    if serial_numbers is None:
        serial_numbers = mint(
            made, issued=product.serials_issued, random_bytes=request.signer.random_bytes(request.nonce)
        )
    outputs = _outputs(product, batch, serial_numbers, is_own=is_own)
    body = epcis.repackaging(
        scene_of(actor, request),
        inputs=sorted(inputs),
        outputs=outputs,
        lot_number=batch.lot_number,
        expiry=batch.expiry,
    )
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)


def _outputs(product: Product, batch: Batch, serial_numbers: Sequence[str], *, is_own: bool) -> list[str]:
    """The EPCs of the new packs, guarded as those from a line are."""
    gtin = Gtin(product.gtin)
    epcs = {canonical_epc(Sgtin(gtin, SerialNumber(serial))) for serial in serial_numbers}
    if len(epcs) != len(serial_numbers):
        raise Refused.because("SERIAL_REPEATED", "A serial number stands in the list more than once")
    check(
        guard_commission(
            expiry=batch.expiry,
            today=timezone.localdate(),
            batch_state=BatchState(batch.state),
            serials_seen=serials_seen(product, serial_numbers, is_own=is_own),
        )
    )
    return sorted(epcs)
