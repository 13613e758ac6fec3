"""A party gives a named query up. Its subscriptions end with it."""

from supplychain.acts import Actor, registration
from supplychain.models import NamedQuery


@registration("forget_query")
def forget_query(*, actor: Actor, query: NamedQuery) -> None:
    """Forget `query`, which is the party's own."""
    NamedQuery.objects.filter(pk=query.pk, party=actor.party).delete()
