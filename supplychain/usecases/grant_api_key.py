"""A responsible person gives a machine of the party a key of its own."""

from collections.abc import Sequence

from supplychain.acts import Actor, registration
from supplychain.models import ApiKey
from supplychain.usecases.issue_api_key import issue_api_key


@registration("grant_api_key")
def grant_api_key(*, actor: Actor, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """The key's row, and its text: shown this once, kept nowhere."""
    return issue_api_key(party=actor.party, name=name, scopes=scopes)
