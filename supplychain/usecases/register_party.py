"""A party is admitted: the authority checked its licence, and its first key goes onto the log under both signatures."""

from collections.abc import Sequence
from datetime import date

from ledger import custody
from ledger.usecases.register_key import register_key
from supplychain.acts import Actor, Refused, check, registration
from supplychain.gs1.identifiers import Gln
from supplychain.lifecycle import MAY_ADMIT, Role, guard_role
from supplychain.models import Party, Place


@registration("register_party")
def register_party(
    *,
    actor: Actor,
    gln: str,
    name: str,
    roles: Sequence[str],
    country: str,
    licence_number: str = "",
    licence_expiry: date | None = None,
    company_prefixes: Sequence[str] = (),
    city: str = "",
) -> Party:
    """Admit a party with a managed key. One that was imported before and has no key yet is completed and admitted."""
    check(guard_role(actor.roles, MAY_ADMIT, "admit parties"))
    Gln(gln)
    check_master_data(gln=gln, name=name, roles=roles, country=country, company_prefixes=company_prefixes)
    party = Party.objects.select_for_update().filter(gln=gln).first() or Party(gln=gln)
    if party.keyid:
        raise Refused.because("DUPLICATE_PARTY", f"GLN {gln} is registered already, as {party.name}")
    key = custody.create_managed_key()
    register_key(party=gln, keyid=key.keyid, authority_keyid=actor.party.keyid)
    party.name, party.country, party.keyid = name.strip(), country, key.keyid
    party.roles, party.company_prefixes = list(roles), list(company_prefixes)
    party.licence_number, party.licence_expiry = licence_number, licence_expiry
    party.save()
    # A party's own GLN names its first site, until it registers others.
    Place.objects.get_or_create(
        gln=gln, defaults={"party": party, "name": party.name, "city": city, "country": country}
    )
    return party


def check_master_data(
    *, gln: str, name: str, roles: Sequence[str], country: str, company_prefixes: Sequence[str]
) -> None:
    """What every party must have, whoever registers it. Raises Refused."""
    if not name.strip():
        raise Refused.because("NAME_MISSING", f"Party {gln} has no name")
    if unknown := sorted(set(roles) - set(Role)):
        raise Refused.because("UNKNOWN_ROLE", f"Role {unknown[0]!r}: expected one of {', '.join(Role)}")
    if not roles:
        raise Refused.because("ROLE_MISSING", f"Party {gln} has no role; expected one of {', '.join(Role)}")
    check_country(country)
    for prefix in company_prefixes:
        if not (4 <= len(prefix) <= 12 and prefix.isascii() and prefix.isdigit()):
            raise Refused.because("BAD_COMPANY_PREFIX", f"Company prefix {prefix!r}: expected 4 to 12 digits")


def check_country(country: str) -> None:
    if len(country) != 2 or not (country.isascii() and country.isalpha() and country.isupper()):
        raise Refused.because("BAD_COUNTRY", f"Country {country!r}: expected two capital letters (ISO 3166-1)")
