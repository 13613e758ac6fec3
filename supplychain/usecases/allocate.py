"""Serial numbers are issued to a line before it makes packs: reserved, dark, and counted in the end."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.gs1.serial import DEFAULT_LENGTH, check_margin, mint_serials
from supplychain.lifecycle import MAY_COMMISSION, Breach, guard_role
from supplychain.models import Item, Product
from supplychain.recording import enact, scene_of
from supplychain.stock import epcs_of
from supplychain.usecases.commission import MOST_SERIALS, SHOWN, repeated_serials


@act("allocate")
def allocate(
    *,
    actor: Actor,
    request: Request,
    product: Product,
    serial_numbers: Sequence[str] | None = None,
    count: int | None = None,
    length: int = DEFAULT_LENGTH,
) -> Done:
    """Issue serials of `product`: the maker's own `serial_numbers`, or `count` minted here with `length` characters.

    Nobody can verify them, ship them or find them until packs are commissioned with them; only the maker can do that.
    """
    check(guard_role(actor.roles, MAY_COMMISSION, "issue serial numbers"))
    if product.brand_owner_id != actor.party.pk:
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {product.gtin} belongs to another party")
    asked = len(serial_numbers) if serial_numbers is not None else count or 0
    if not 0 < asked <= MOST_SERIALS:
        raise Refused.because("BAD_COUNT", f"{asked} serial numbers: expected 1 to {MOST_SERIALS:,}")
    product = Product.objects.select_for_update().get(pk=product.pk)
    is_minted = serial_numbers is None
    if serial_numbers is None:
        check_margin(length, issued=product.serials_issued + asked)
        serial_numbers = mint_serials(asked, request.signer.random_bytes(request.nonce), length)
    elif len(set(serial_numbers)) != len(serial_numbers):
        raise Refused(repeated_serials(serial_numbers))
    epcs = epcs_of(product.gtin, serial_numbers)
    if not is_minted:
        check(_guard_new(product.gtin, serial_numbers))
    body = epcis.issuing(scene_of(actor, request), epcs=sorted(epcs), is_minted=is_minted)
    return enact(body, actor=actor, request=request, after=[])


def _guard_new(gtin: str, serial_numbers: Sequence[str]) -> list[Breach]:
    """C2: a serial is issued once, whatever became of it."""
    known = Item.objects.filter(gtin=gtin, serial_number__among=serial_numbers).order_by("serial_number")
    return [
        Breach("SERIAL_REUSED", "", f"Serial {one!r} was issued or used before for this GTIN")
        for one in known.values_list("serial_number", flat=True)[:SHOWN]
    ]
