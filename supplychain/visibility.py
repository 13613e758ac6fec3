"""Who may see what of other parties' acts: the policy of the design's section 4, as code.

The author of an event, its direct counterparty and the regulator see it whole. Everybody else learns role, country and
day, which is what a consumer learns too.
"""

from supplychain.lifecycle import Role
from supplychain.models import Event, Item, Party


def is_regulator(party: Party) -> bool:
    return Role.REGULATOR in party.roles


def can_see_event(party: Party, event: Event) -> bool:
    """Whether `party` sees the event whole: names, hour, other goods named in it."""
    return is_regulator(party) or party.pk in (event.party_id, event.counterparty_id)


def can_name_holder(party: Party, holder: Party) -> bool:
    """Whether `party` learns by name who has goods. To whom a partner sold them on is the partner's business."""
    return is_regulator(party) or party.pk == holder.pk


def can_see_contents(party: Party, root: Item) -> bool:
    """Whether `party` may know what is in a unit that stands in `root`: its holder may, and its addressee."""
    if is_regulator(party) or root.holder_id == party.pk:
        return True
    return root.handoff is not None and root.handoff.receiver_id == party.pk
