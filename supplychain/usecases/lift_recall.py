"""A recall is over: its goods may be sold again, by the same k of n that called it."""

from django.utils import timezone

from supplychain.acts import Actor, Request, check
from supplychain.declaring import Declared, declaration
from supplychain.lifecycle import guard_licence
from supplychain.models import Recall
from supplychain.recalls.gathering import guard_proposer, lock_recall, propose
from supplychain.recalls.statement import Body, Op


@declaration("lift_recall")
def lift_recall(*, actor: Actor, request: Request, recall: Recall, text: str) -> Declared:
    """Propose to lift `recall`. `text` tells the public why."""
    locked = lock_recall(recall.pk)
    check(guard_proposer(actor, locked.product))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    body = Body(
        Op.LIFT,
        text.replace("\r\n", "\n").strip(),
        request.time,
        recall=bytes(locked.entry.entry_id).hex(),
    )
    return propose(actor, request, body, product=locked.product, after=[locked.last_entry], recall=locked)
