"""A machine's key is taken back, for good."""

from django.utils import timezone

from supplychain.acts import Actor, Refused, registration
from supplychain.models import ApiKey


@registration("revoke_api_key")
def revoke_api_key(*, actor: Actor, key_id: int) -> ApiKey:
    """The same again changes nothing. Raises Refused (UNKNOWN_API_KEY) for another party's."""
    key = actor.party.api_keys.filter(pk=key_id).first()
    if key is None:
        raise Refused.because("UNKNOWN_API_KEY", f"There is no API key {key_id} of yours")
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
    return key
