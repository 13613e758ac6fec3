"""A party names a further site of its own: a warehouse, a branch, a packing line."""

from supplychain.acts import Actor, Refused, check, registration
from supplychain.gs1.identifiers import Gln
from supplychain.lifecycle import MAY_TRADE, guard_role
from supplychain.models import Party, Place
from supplychain.usecases.register_party import check_country


@registration("register_place")
def register_place(*, actor: Actor, gln: str, name: str, country: str, city: str = "") -> Place:
    """Register a site of the acting party under a GLN of its own.

    The same again is no mistake and gives the place that is there. What stands on the ledger is the GLN alone, so it is
    never given to another site or another party.
    """
    check(guard_role(actor.roles, MAY_TRADE, "register places"))
    Gln(gln)
    name, city = name.strip(), city.strip()
    if not name:
        raise Refused.because("NAME_MISSING", f"Place {gln} has no name")
    check_country(country)
    known = Place.objects.filter(gln=gln).first()
    if known is not None:
        if (known.party_id, known.name, known.city, known.country) == (actor.party.pk, name, city, country):
            return known
        whose = known.name if known.party_id == actor.party.pk else "a place of another party"
        raise Refused.because("DUPLICATE_PLACE", f"GLN {gln} is registered already, as {whose}")
    if Party.objects.filter(gln=gln).exclude(pk=actor.party.pk).exists():
        raise Refused.because("DUPLICATE_PLACE", f"GLN {gln} is registered already, as another party")
    return Place.objects.create(party=actor.party, gln=gln, name=name, city=city, country=country)
