"""The authority says how many of which parties must sign a recall before it is in force."""

from collections.abc import Sequence

from ledger.quorum import RECALL
from ledger.usecases.change_acts import change_acts
from ledger.usecases.submit import Submitted
from supplychain.acts import Actor, Refused, check, registration
from supplychain.lifecycle import MAY_ADMIT, guard_role
from supplychain.models import Party


@registration("set_approvals")
def set_approvals(*, actor: Actor, k: int, parties: Sequence[Party]) -> Submitted:
    """Recalls, narrowings and liftings take the signatures of `k` of `parties` from now on, as an entry of the log.

    Of these, only the maker of the product in question and authorities count for a recall: no set of competitors calls
    another's goods back. A party that is named can get a further key only under a signature of its own.
    """
    check(guard_role(actor.roles, MAY_ADMIT, "say who approves recalls"))
    unknown = [one for one in parties if not one.keyid]
    if unknown:
        raise Refused.because("NOT_ADMITTED", f"{unknown[0].name} has no key on this log: admit it first")
    rule = {"k": k, "parties": [one.gln for one in parties]}
    return change_acts(party=actor.party.gln, acts={RECALL: rule})
