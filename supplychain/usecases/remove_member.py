"""Somebody does not act for the party any more. What was done under that name stays as it is."""

from supplychain.acts import Actor, check, registration
from supplychain.people.duties import guard_last_responsible
from supplychain.usecases.change_duties import locked_member


@registration("remove_member")
def remove_member(*, actor: Actor, member_id: int) -> str:
    """End the membership at once, whoever is signed in with it. Returns the name that it went by."""
    member, others = locked_member(actor, member_id)
    check(guard_last_responsible(others=others))
    member.delete()
    return str(member.user.get_username())
