"""Less comes back than was feared: a recall is narrowed, by the same k of n that called it."""

from collections.abc import Sequence

from django.utils import timezone

from supplychain.acts import Actor, Refused, Request, check
from supplychain.declaring import Declared, declaration
from supplychain.lifecycle import guard_licence
from supplychain.models import Recall
from supplychain.recalls.gathering import guard_proposer, lock_recall, propose
from supplychain.recalls.statement import Body, Op
from supplychain.standing import scope_of
from supplychain.usecases.propose_recall import check_batches, make_scope


@declaration("narrow_recall")
def narrow_recall(
    *,
    actor: Actor,
    request: Request,
    recall: Recall,
    lots: Sequence[str] | None,
    text: str,
    serials: Sequence[Sequence[str]] = (),
    markets: Sequence[str] = (),
) -> Declared:
    """Propose that `recall` concerns no more than this: a part of what it concerns now. As in `propose_recall`."""
    locked = lock_recall(recall.pk)
    check(guard_proposer(actor, locked.product))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    scope, before = make_scope(locked.product, lots, serials, markets), scope_of(locked)
    if not before.contains(scope) or scope == before:
        raise Refused.because("NOT_NARROWER", "This is not a part of what the recall concerns now; propose a new one")
    check_batches(locked.product, scope)
    body = Body(
        Op.NARROW,
        text.replace("\r\n", "\n").strip(),
        request.time,
        recall=bytes(locked.entry.entry_id).hex(),
        scope=scope,
    )
    return propose(actor, request, body, product=locked.product, after=[locked.last_entry], recall=locked)
