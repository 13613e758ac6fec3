"""A responsible person asks somebody in. No mail is sent: the link is shown once, to be handed over in person."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from supplychain.acts import Actor, Refused, check, registration
from supplychain.models import Invitation
from supplychain.people.duties import Duty, guard_duties
from supplychain.usecases.issue_api_key import digest_of

VALID = timedelta(days=7)
LONGEST_NAME = 80
MOST_OPEN = 100


@registration("invite_member")
def invite_member(*, actor: Actor, name: str, duties: Sequence[str]) -> tuple[Invitation, str]:
    """The invitation of `name` to act for the actor's party, and its secret, which is kept nowhere."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused.because("NAME_MISSING", f"Name {name[:100]!r}: expected 1 to {LONGEST_NAME} characters")
    check(guard_duties(duties))
    now = timezone.now()
    actor.party.invitations.filter(expires_at__lte=now).delete()
    if actor.party.invitations.count() >= MOST_OPEN:
        raise Refused.because("TOO_MANY_INVITATIONS", f"{MOST_OPEN} invitations are open: withdraw some first")
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        party=actor.party,
        name=name,
        duties=[one for one in Duty if one in duties],
        secret_sha256=digest_of(secret),
        invited_by=actor.user,
        expires_at=now + VALID,
    )
    return invitation, secret
