"""Packs come into being: one signed statement for a whole batch or a part of it."""

from collections.abc import Callable, Sequence

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.gs1.serial import DEFAULT_LENGTH, check_margin, mint_serials
from supplychain.lifecycle import MAY_COMMISSION, BatchState, Breach, Life, guard_commission, guard_licence, guard_role
from supplychain.models import Batch, Item, Product
from supplychain.recording import enact, scene_of
from supplychain.stock import epcs_of

MOST_SERIALS = 1_000_000
SHOWN = 100


@act("commission")
def commission(
    *,
    actor: Actor,
    request: Request,
    batch: Batch,
    serial_numbers: Sequence[str] | None = None,
    count: int | None = None,
) -> Done:
    """Make packs of `batch`, active and in the maker's own custody.

    Either with the maker's own `serial_numbers`, or `count` packs with serials minted here. Minted inside the act: the
    same request again must give the same packs, not another hundred thousand.
    """
    check(guard_role(actor.roles, MAY_COMMISSION, "commission packs"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    product = batch.product
    if product.brand_owner_id != actor.party.pk:
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {product.gtin} belongs to another party")
    asked = len(serial_numbers) if serial_numbers is not None else count or 0
    if not 0 < asked <= MOST_SERIALS:
        raise Refused.because("BAD_COUNT", f"{asked} serial numbers: expected 1 to {MOST_SERIALS:,}")
    # The product row is the lock of its serials; the batch row that of its lot: a recall that is being decided now
    # comes wholly before or after this.
    product = Product.objects.select_for_update().get(pk=product.pk)
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    is_own = serial_numbers is not None
    if serial_numbers is None:
        serial_numbers = mint(
            asked, issued=product.serials_issued, random_bytes=request.signer.random_bytes(request.nonce)
        )
    elif len(set(serial_numbers)) != len(serial_numbers):
        raise Refused(repeated_serials(serial_numbers))
    epcs = epcs_of(product.gtin, serial_numbers)
    check(
        guard_commission(
            expiry=batch.expiry,
            today=timezone.localdate(),
            batch_state=BatchState(batch.state),
            serials_seen=serials_seen(product, serial_numbers, is_own=is_own),
        )
    )
    scene = scene_of(actor, request)
    body = epcis.commissioning(scene, epcs=sorted(epcs), lot_number=batch.lot_number, expiry=batch.expiry)
    return enact(body, actor=actor, request=request, after=[])


def mint(count: int, *, issued: int, random_bytes: Callable[[int], bytes]) -> list[str]:
    """New serials that cannot be guessed, for a GTIN that has used up `issued` so far."""
    check_margin(DEFAULT_LENGTH, issued=issued + count)
    return mint_serials(count, random_bytes)


def serials_seen(product: Product, serial_numbers: Sequence[str], *, is_own: bool) -> list[str]:
    """The first hundred of these serial numbers that this GTIN has used before, in whatever batch and state.

    One of the maker's `is_own` list that was issued and waits for its pack has not been used: it is used now. One that
    was minted just now must not be an issued one. That it is no pack's is for the unique index to say: looking up each
    of a hundred thousand would take longer than storing them, for one chance in a billion.
    """
    if not is_own and not product.allocations.filter(reconciled_by=None).exists():
        return []
    rows = Item.objects.filter(gtin=product.gtin, serial_number__among=serial_numbers)
    rows = rows.exclude(life=Life.ALLOCATED) if is_own else rows.filter(life=Life.ALLOCATED)
    return list(rows.order_by("serial_number").values_list("serial_number", flat=True)[:SHOWN])


def repeated_serials(serial_numbers: Sequence[str]) -> list[Breach]:
    seen: set[str] = set()
    twice = [one for one in serial_numbers if one in seen or seen.add(one)]  # type: ignore[func-returns-value]
    return [Breach("SERIAL_REPEATED", "", f"Serial {one!r} stands in the list more than once") for one in twice[:SHOWN]]
