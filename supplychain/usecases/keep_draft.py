"""What an act would state, written down for its party to look at and to sign with a key of its own."""

from base64 import b64encode
from datetime import timedelta

from django.utils import timezone

from supplychain.acts import Actor, Rehearsed
from supplychain.drafts import freeze
from supplychain.models import Draft
from supplychain.signing import Rehearsal

VALID = timedelta(hours=1)  # longer, and the event time in it would be a lie about when it was signed


def keep_draft(*, actor: Actor, rehearsed: Rehearsed) -> Draft:
    """Store the statements of a rehearsal. The same request again replaces its draft, unless it was done meanwhile."""
    request = rehearsed.request
    assert isinstance(request.signer, Rehearsal)
    assert request.event_time is not None
    Draft.objects.filter(expires_at__lt=timezone.now()).delete()
    draft, _ = Draft.objects.update_or_create(
        party=actor.party,
        nonce=request.nonce,
        defaults={
            "user": actor.user,
            "act": rehearsed.act,
            "parameters": {name: freeze(value) for name, value in rehearsed.parameters.items()},
            "event_time": request.event_time,
            "place": actor.at,
            "seed": request.signer.seed,
            "statements": [
                {"payload": b64encode(one.payload).decode(), "event": dict(one.event), "secret": one.secret.hex()}
                for one in request.signer.statements
            ],
            "expires_at": timezone.now() + VALID,
        },
    )
    return draft
