"""A draft comes back signed: the act runs again, and now it counts."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from ledger.envelope import Signature, entry_id
from supplychain.acts import ACTS, Actor, Done, Refused, Request, permit, refuse
from supplychain.declaring import Declared
from supplychain.drafts import thaw
from supplychain.models import Draft
from supplychain.signing import Signed


def sign_draft(*, actor: Actor, draft_id: UUID, signatures: Sequence[Signature]) -> Done | Declared:
    """Run the drafted act under the party's own `signatures`, one for each statement, in the draft's order.

    Guards, locks and checks all run again: what was allowed when it was drafted may not be any more.

    Raises:
        Refused: no such draft of this party (UNKNOWN_DRAFT), too old (DRAFT_EXPIRED), another number of signatures
            (SIGNATURE_COUNT), something has changed since (DRAFT_STALE), a wrong signature, whatever the act says.
    """
    draft = Draft.objects.select_related("place").filter(pk=draft_id, party=actor.party).first()
    if draft is None:
        raise Refused.because("UNKNOWN_DRAFT", f"There is no draft {draft_id} of yours")
    try:
        permit(draft.act, actor, is_signing=True)
    except Refused as refusal:
        raise refuse(draft.act, actor, refusal) from refusal
    if draft.expires_at < timezone.now():
        raise Refused.because("DRAFT_EXPIRED", f"It expired at {draft.expires_at:%Y-%m-%d %H:%M} UTC; draft it anew")
    payloads = [b64decode(one["payload"]) for one in draft.statements]
    if len(signatures) != len(payloads):
        raise Refused.because(
            "SIGNATURE_COUNT", f"{len(signatures)} signatures: expected {len(payloads)}, one for each statement"
        )
    by_entry = {entry_id(payload): one for payload, one in zip(payloads, signatures, strict=True)}
    request = Request(draft.nonce, draft.event_time, signer=Signed(bytes(draft.seed), by_entry))
    parameters = {name: thaw(value) for name, value in draft.parameters.items()}
    # Where it was drafted, wherever the signatures are handed in: the place is in what was signed.
    run = ACTS[draft.act]
    done: Done | Declared = run(actor=replace(actor, at=draft.place), request=request, **parameters)
    return done
