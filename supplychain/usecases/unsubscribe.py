"""A party ends a subscription. Nothing more is sent, apart from a message that is on its way."""

from supplychain.acts import Actor, registration
from supplychain.models import Subscription


@registration("unsubscribe")
def unsubscribe(*, actor: Actor, subscription: Subscription) -> None:
    """End `subscription`, which is the party's own."""
    Subscription.objects.filter(pk=subscription.pk, query__party=actor.party).delete()
