"""An invitation is taken back: its link leads nowhere from now on."""

from supplychain.acts import Actor, Refused, registration


@registration("withdraw_invitation")
def withdraw_invitation(*, actor: Actor, invitation_id: int) -> None:
    """Raises Refused (UNKNOWN_INVITATION) for another party's, and for one that somebody accepted meanwhile."""
    gone, _ = actor.party.invitations.filter(pk=invitation_id).delete()
    if not gone:
        raise Refused.because("UNKNOWN_INVITATION", f"There is no open invitation {invitation_id} of yours")
