"""A machine gets a key to act for a party."""

import hashlib
import secrets
from collections.abc import Sequence

from django.db import transaction

from supplychain.acts import NAMES, Refused, check
from supplychain.models import ApiKey, Party
from supplychain.people.duties import KINDS_OF_MACHINES, READ, guard_scopes

LONGEST_NAME = 80
EVERYTHING = (READ, *sorted(KINDS_OF_MACHINES))


@transaction.atomic
def issue_api_key(*, party: Party, name: str, scopes: Sequence[str] = EVERYTHING) -> tuple[ApiKey, str]:
    """The key's row and its text `mt_<prefix>_<secret>`. The text is nowhere else: whoever loses it needs a new key."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Refused.because("NAME_MISSING", f"API key name {name!r}: expected 1 to {LONGEST_NAME} characters")
    check(guard_scopes(scopes, NAMES))
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        party=party, name=name, prefix=prefix, secret_sha256=digest_of(secret), scopes=sorted(set(scopes))
    )
    return key, f"mt_{prefix}_{secret}"


def digest_of(secret: str) -> str:
    """What is kept of a secret. It is 256 random bits: a slow password hash would add nothing and cost each call."""
    return hashlib.sha256(secret.encode()).hexdigest()
