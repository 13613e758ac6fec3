"""A further party signs a proposal; with the last signature that the policy asks for, it is in force."""

from django.utils import timezone

from ledger.envelope import parse_payload
from supplychain.acts import Actor, Refused, Request, check
from supplychain.declaring import Declared, declaration
from supplychain.lifecycle import guard_licence
from supplychain.models import Proposal
from supplychain.recalls.gathering import add_signature, check_still_fits, guard_proposer, lock_proposal, rule_for
from supplychain.recalls.statement import parse_body
from supplychain.signing import Prepared


@declaration("approve_recall")
def approve_recall(*, actor: Actor, request: Request, proposal: Proposal) -> Declared:
    """Sign `proposal`, word for word as it stands, for the actor's party.

    Two keys of one party are one voice; a second one is of use where the first is managed.
    """
    locked = lock_proposal(proposal.pk)
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    rule = rule_for(locked.product)
    check(guard_proposer(actor, locked.product))
    if actor.party.gln not in rule.parties and actor.party.pk != locked.party_id:
        raise Refused.because("NOT_AN_APPROVER", f"The log's policy does not name {actor.party.name} for recalls")
    payload = bytes(locked.payload)
    check_still_fits(locked, parse_body(parse_payload(payload)))
    return add_signature(actor, request, locked, Prepared(payload, {}, b"", actor.party.keyid), rule)
