"""Those who call goods back: keys of their own, the policy that counts them, and the steps of a recall.

`signed` signs as `medtrail-sign` does: the act is rehearsed, its bytes are signed, and the same act runs again.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from ledger.custody import SigningKey
from supplychain.acts import ACTS, Actor, Refused, Rehearsed, Request, rehearsal_of
from supplychain.client.showing import registration
from supplychain.declaring import Declared
from supplychain.models import Batch, Party, Proposal, Recall
from supplychain.usecases.admit_key import admit_key
from supplychain.usecases.approve_recall import approve_recall
from supplychain.usecases.keep_draft import keep_draft
from supplychain.usecases.propose_recall import propose_recall
from supplychain.usecases.register_party import register_party
from supplychain.usecases.set_approvals import set_approvals
from supplychain.usecases.sign_draft import sign_draft
from tests.factories import LOT, Cast

MINISTRY_GLN = "9520009100002"
TEXT = "Glass was found in one bottle."


@dataclass(frozen=True)
class Panel:
    """The parties that the policy names: two of maker, regulator and ministry. The regulator has a key of its own."""

    cast: Cast
    ministry: Actor
    key: SigningKey  # the regulator's own
    ministrys: SigningKey | None = None

    @property
    def maker(self) -> Actor:
        return self.cast.maker

    @property
    def regulator(self) -> Actor:
        return self.cast.regulator


def own_key(regulator: Actor, party: Party) -> SigningKey:
    """A key that only `party` has, admitted to the log."""
    key = SigningKey.generate()
    payload = registration(log=settings.LOG_ORIGIN, party=party.gln, spki=key.spki, nonce=secrets.token_hex(16))
    admit_key(actor=regulator, party=party, payload=payload, signature=key.sign(payload))
    party.refresh_from_db()
    return key


def make_panel(cast: Cast, *, k: int = 2, ministry_has_key: bool = False) -> Panel:
    ministry = register_party(
        actor=cast.regulator, gln=MINISTRY_GLN, name="Ministry of Health", roles=["regulator"], country="CH"
    )
    key = own_key(cast.regulator, cast.regulator.party)
    ministrys = own_key(cast.regulator, ministry) if ministry_has_key else None
    parties = [cast.maker.party, cast.regulator.party, ministry]
    set_approvals(actor=cast.regulator, k=k, parties=parties)
    return Panel(cast, Actor(ministry), key, ministrys)


def wish(batch: Batch | None, **changes: Any) -> dict[str, Any]:
    """What a proposal of a class I recall of `batch`, down to the patients, asks for."""
    lots = [batch.lot_number if batch is not None else LOT]
    product = {"product": batch.product} if batch is not None else {}
    respond_by = (timezone.localdate() + timedelta(days=10)).isoformat()
    words = {"severity": 1, "depth": "consumer", "reason": "foreign_matter", "text": TEXT, "respond_by": respond_by}
    return {**product, "lots": lots, **words, **changes}


def proposed(actor: Actor, batch: Batch, **changes: Any) -> Proposal:
    done = propose_recall(actor=actor, request=Request(), **wish(batch, **changes))
    assert done.proposal is not None
    return done.proposal


def rehearsed(act: str, actor: Actor, **parameters: Any) -> Rehearsed:
    try:
        ACTS[act](actor=actor, request=rehearsal_of(Request()), **parameters)
    except Rehearsed as found:
        return found
    raise AssertionError(f"{act} was not rehearsed")


def signed(act: str, actor: Actor, key: SigningKey, **parameters: Any) -> Declared:
    """Do an act under a key that the server does not have."""
    return sign_with(actor, key, rehearsed(act, actor, **parameters))


def sign_with(actor: Actor, key: SigningKey, found: Rehearsed) -> Declared:
    draft = keep_draft(actor=actor, rehearsed=found)
    signatures = [key.sign(one.payload) for one in found.request.signer.statements]  # type: ignore[attr-defined]
    done = sign_draft(actor=actor, draft_id=draft.pk, signatures=signatures)
    assert isinstance(done, Declared)
    return done


def approved(panel: Panel, proposal: Proposal) -> Recall:
    """The regulator signs with its own key, and that is enough."""
    done = signed("approve_recall", panel.regulator, panel.key, proposal=proposal)
    assert done.recall is not None, done.missing
    return done.recall


def recalled(panel: Panel, batch: Batch, **changes: Any) -> Recall:
    return approved(panel, proposed(panel.maker, batch, **changes))


def approval_code(actor: Actor, proposal: Proposal) -> str:
    """The code with which a managed signature under a proposal is refused."""
    try:
        approve_recall(actor=actor, request=Request(), proposal=proposal)
    except Refused as refusal:
        return refusal.code
    raise AssertionError("it was not refused")
