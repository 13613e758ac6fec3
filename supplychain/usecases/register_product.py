"""A maker registers what one of its GTINs stands for."""

from collections.abc import Mapping, Sequence

from supplychain.acts import Actor, Refused, check, registration
from supplychain.gs1.identifiers import Gtin
from supplychain.lifecycle import MAY_COMMISSION, guard_role
from supplychain.models import NationalCode, Product


@registration("register_product")
def register_product(
    *,
    actor: Actor,
    gtin: str,
    name: str,
    generic_name: str = "",
    strength: str = "",
    form: str = "",
    markets: Sequence[str] = (),
    national_codes: Mapping[str, str] | None = None,
) -> Product:
    """Register a product of the acting party. `gtin` has 8, 12, 13 or 14 digits; `national_codes` scheme to value.

    The same again is no mistake and gives the product that is there; another name for a known GTIN is refused.
    """
    check(guard_role(actor.roles, MAY_COMMISSION, "register products"))
    digits = Gtin.parse(gtin).digits
    if not name.strip():
        raise Refused.because("NAME_MISSING", f"Product {digits} has no name")
    known = Product.objects.filter(gtin=digits).first()
    if known is not None:
        if known.brand_owner_id == actor.party.pk and known.name == name.strip():
            return known
        raise Refused.because("DUPLICATE_PRODUCT", f"GTIN {digits} is registered already, as {known.name}")
    check_brand_owner(actor, digits)
    product = Product.objects.create(
        gtin=digits,
        name=name.strip(),
        generic_name=generic_name,
        strength=strength,
        form=form,
        markets=list(markets),
        brand_owner=actor.party,
    )
    NationalCode.objects.bulk_create(
        NationalCode(product=product, scheme=scheme, value=value) for scheme, value in (national_codes or {}).items()
    )
    return product


def check_brand_owner(actor: Actor, gtin: str) -> None:
    """C1: the GTIN is numbered under one of the party's company prefixes. `gtin` is 14 digits."""
    if not any(gtin[1:].startswith(prefix) for prefix in actor.party.company_prefixes):
        own = ", ".join(actor.party.company_prefixes) or "none on file"
        raise Refused.because("NOT_BRAND_OWNER", f"GTIN {gtin} is not under your company prefix ({own})")
