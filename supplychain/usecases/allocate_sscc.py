"""New numbers for cases and pallets."""

from supplychain.acts import Actor, Refused, check, registration
from supplychain.gs1.serial import build_sscc
from supplychain.lifecycle import MAY_TRADE, guard_role
from supplychain.models import Party

MOST = 10_000


@registration("allocate_sscc")
def allocate_sscc(*, actor: Actor, count: int = 1) -> list[str]:
    """`count` SSCCs (18 digits) under the party's first company prefix, never given before."""
    check(guard_role(actor.roles, MAY_TRADE, "number logistic units"))
    if not 0 < count <= MOST:
        raise Refused.because("BAD_COUNT", f"{count} SSCCs: expected 1 to {MOST}")
    # Two lines that ask at once must not get one number: the party's row is the counter's lock.
    party = Party.objects.select_for_update().get(pk=actor.party.pk)
    if not party.company_prefixes:
        raise Refused.because("NO_COMPANY_PREFIX", f"{party.name} has no GS1 company prefix on file")
    first = party.next_sscc_reference
    party.next_sscc_reference = first + count
    party.save(update_fields=["next_sscc_reference"])
    return [build_sscc("0", party.company_prefixes[0], str(first + step)).digits for step in range(count)]
