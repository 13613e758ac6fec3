"""A proposal is taken back before it is in force. Nothing of it was in the log, so nothing is stated."""

from django.utils import timezone

from supplychain.acts import Actor, Refused, registration
from supplychain.models import Proposal
from supplychain.recalls.gathering import lock_proposal


@registration("drop_proposal")
def drop_proposal(*, actor: Actor, proposal: Proposal) -> Proposal:
    """Take `proposal` back: by whoever proposed it."""
    locked = lock_proposal(proposal.pk)
    if locked.party_id != actor.party.pk:
        raise Refused.because("NOT_PROPOSER", "Another party proposed this; only that party can take it back")
    locked.dropped_at = timezone.now()
    locked.save(update_fields=["dropped_at"])
    return locked
