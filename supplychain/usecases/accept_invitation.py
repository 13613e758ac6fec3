"""Whoever was asked in chooses a name and a password, and acts for the party from then on."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from supplychain.acts import Refused
from supplychain.models import Invitation, Membership
from supplychain.usecases.issue_api_key import digest_of


def find_invitation(secret: str) -> Invitation | None:
    """The open invitation that this secret is for."""
    rows = Invitation.objects.select_related("party").filter(expires_at__gt=timezone.now())
    return rows.filter(secret_sha256=digest_of(secret)).first()


@transaction.atomic
def accept_invitation(*, secret: str, username: str, password: str) -> Membership:
    """Make the user and its membership, and use the invitation up.

    Raises:
        Refused: the invitation is unknown, used up or too old (UNKNOWN_INVITATION), the name is taken (NAME_TAKEN), or
            name or password will not do (BAD_SIGN_IN).
    """
    found = find_invitation(secret)
    # Deleted first, and by its key: of two who come with one link, one finds it gone.
    if found is None or not Invitation.objects.filter(pk=found.pk).delete()[0]:
        raise Refused.because("UNKNOWN_INVITATION", "This invitation was used or withdrawn, or is too old")
    user = _new_user(username, password)
    return Membership.objects.create(user=user, party=found.party, duties=found.duties)


def _new_user(username: str, password: str) -> User:
    users = get_user_model().objects
    # Two names that differ in capitals only would be taken for one by every person.
    if users.filter(username__iexact=username).exists():
        raise Refused.because("NAME_TAKEN", f"The name {username!r} is taken: choose another")
    user = users.model(username=username)
    try:
        validate_password(password, user)
        user.set_password(password)
        user.full_clean()
    except ValidationError as error:
        raise Refused.because("BAD_SIGN_IN", " ".join(error.messages)) from error
    user.save()
    return user
