"""A person says at which site of its party it works, until it says otherwise."""

from supplychain.acts import Actor, Refused, registration
from supplychain.models import Membership, Place


@registration("choose_place")
def choose_place(*, actor: Actor, place: Place) -> None:
    """From now on, what this person does happens at `place`."""
    if place.party_id != actor.party.pk:
        raise Refused.because("NOT_YOUR_PLACE", f"{place.gln} is no site of {actor.party.name}")
    Membership.objects.filter(user=actor.user).update(place=place)
