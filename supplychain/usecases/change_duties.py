"""A member of the party gets other duties."""

from collections.abc import Sequence

from supplychain.acts import Actor, Refused, check, registration
from supplychain.models import Membership, Party
from supplychain.people.duties import Duty, guard_duties, guard_last_responsible


@registration("change_duties")
def change_duties(*, actor: Actor, member_id: int, duties: Sequence[str]) -> Membership:
    """Give the member of the actor's party these duties and no others. It counts from the member's next click on."""
    check(guard_duties(duties))
    member, others = locked_member(actor, member_id)
    check(guard_last_responsible(others=others, duties=duties))
    member.duties = [one for one in Duty if one in duties]
    member.save(update_fields=["duties"])
    return member


def locked_member(actor: Actor, member_id: int) -> tuple[Membership, int]:
    """The member, and how many others of its party are responsible persons. Raises Refused (UNKNOWN_MEMBER)."""
    # Two who take the duty from each other at once must not both succeed: the party's row is their lock.
    Party.objects.select_for_update().get(pk=actor.party.pk)
    members = {one.pk: one for one in actor.party.members.select_related("user")}
    member = members.pop(member_id, None)
    if member is None:
        raise Refused.because("UNKNOWN_MEMBER", f"There is no member {member_id} of yours")
    return member, sum(Duty.RESPONSIBLE in one.duties and one.user.is_active for one in members.values())
