"""The k-of-n road of recalls: a proposal gathers signatures, and when they are enough it goes into the log and counts.

A proposal is one statement, word for word, that is signed by its proposer first. Everybody else signs the very same
bytes, whenever there is time; the envelope with all the signatures is one entry, and the log itself refuses it as long
as they are too few (`ledger.quorum`). Nothing of a proposal is in force before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from ledger.envelope import Envelope, Signature, parse_payload
from ledger.keys import check_voice, hold_acts
from ledger.models import Entry, Key
from ledger.quorum import RECALL, QuorumVerdict, Rule, assess_quorum, find_rule
from ledger.usecases.submit import submit
from supplychain.acts import Actor, Refused, Request
from supplychain.declaring import Declared, keep, prepare
from supplychain.lifecycle import Breach, Role
from supplychain.models import Approval, Declaration, Party, Product, Proposal, Recall
from supplychain.recalls.projection import project_declaration
from supplychain.recalls.statement import Body, Op, parse_body
from supplychain.signing import Prepared


def rule_for(product: Product) -> Rule:
    """Who must sign a recall of this product: of the parties that the policy names, its maker and the authorities.

    Raises Refused (RECALL_POLICY): the policy has no rule for recalls, or one that nobody could meet here.
    """
    rule = eligible_rule(hold_acts(), product)
    if rule is None:
        raise Refused.because("RECALL_POLICY", "This log's policy does not say who must sign a recall")
    if len(rule.parties) < rule.k:
        count = len(rule.parties)
        raise Refused.because(
            "RECALL_POLICY",
            f"A recall takes {rule.k} signatures, and of its maker and the authorities the policy names {count}",
        )
    return rule


def eligible_rule(acts: Mapping[str, Any], product: Product) -> Rule | None:
    """The rule of a policy's `acts` for recalls, with those of its parties that count for this product."""
    rule = find_rule(acts, RECALL)
    if rule is None:
        return None
    named = Party.objects.filter(gln__in=rule.parties)
    eligible = {one.gln for one in named if one.pk == product.brand_owner_id or Role.REGULATOR in one.roles}
    return Rule(rule.k, tuple(one for one in rule.parties if one in eligible))


def guard_proposer(actor: Actor, product: Product) -> list[Breach]:
    """A product's maker and the authorities call it back, narrow and lift; nobody else does."""
    if product.brand_owner_id == actor.party.pk or Role.REGULATOR in actor.roles:
        return []
    return [Breach("NOT_BRAND_OWNER", "", f"GTIN {product.gtin} belongs to another party")]


def propose(
    actor: Actor,
    request: Request,
    body: Body,
    *,
    product: Product,
    after: Sequence[Entry] = (),
    recall: Recall | None = None,
) -> Declared:
    """State `body` as a proposal of the actor's party, under its first signature."""
    rule = rule_for(product)
    prepared = prepare(actor, request, kind=RECALL, body=body.as_json(), after=after)
    parse_body(parse_payload(prepared.payload))  # what we would refuse to read, nobody is to sign
    proposal = Proposal.objects.create(
        party=actor.party,
        product=product,
        recall=recall,
        op=body.op.value,
        payload=prepared.payload,
        proposed_at=body.time,
    )
    return add_signature(actor, request, proposal, prepared, rule)


def add_signature(actor: Actor, request: Request, proposal: Proposal, prepared: Prepared, rule: Rule) -> Declared:
    """Keep the actor's signature under a proposal, and put it into force if that was the last one needed."""
    signature = request.signer.sign(prepared)
    if signature is None:
        return Declared(proposal, missing="rehearsed")
    check_voice(prepared.payload, signature, actor.party.gln)
    if proposal.approvals.filter(keyid=signature.keyid).exists():
        raise Refused.because("ALREADY_APPROVED", "This key has signed this proposal before")
    Approval.objects.create(
        proposal=proposal,
        party=actor.party,
        user=actor.user,
        keyid=signature.keyid,
        signature=signature.der,
        nonce=request.nonce,
        request_sha256=request.digest,
        at=timezone.now(),
    )
    verdict = tally(proposal, rule)
    if not verdict.is_met:
        return Declared(proposal, missing=verdict.reason)
    return _put_into_force(proposal)


def tally(proposal: Proposal, rule: Rule) -> QuorumVerdict:
    """What the signatures so far amount to. One under a key that was revoked since counts for nothing any more."""
    return assess_quorum(RECALL, rule, [(key.party, key.custody) for key in _voices(proposal).values()])


def _voices(proposal: Proposal) -> dict[str, Key]:
    keyids = list(proposal.approvals.values_list("keyid", flat=True))
    return Key.objects.filter(revoked_by=None).in_bulk(keyids)


def _put_into_force(proposal: Proposal) -> Declared:
    live = _voices(proposal)
    approvals = [one for one in proposal.approvals.order_by("pk") if one.keyid in live]
    own = [one for one in approvals if one.party_id == proposal.party_id]
    if not own:
        raise Refused.because(
            "KEY_REVOKED", "The key that its proposer signed with was revoked since: it has to sign with another one"
        )
    # The log wants the signature of the statement's party first.
    ordered = [own[0], *(one for one in approvals if one is not own[0])]
    signatures = tuple(Signature(one.keyid, bytes(one.signature)) for one in ordered)
    entry = submit(envelope=Envelope(bytes(proposal.payload), signatures).encode()).entry
    first = proposal.approvals.order_by("pk")[0]
    Declaration.objects.create(
        party=proposal.party,
        kind=entry.kind,
        nonce=first.nonce,
        request_sha256=first.request_sha256,
        record_time=timezone.now(),
        entry=entry,
    )
    proposal.entry = entry
    proposal.save(update_fields=["entry"])
    recall = project_declaration(entry)
    assert isinstance(recall, Recall)
    return Declared(proposal, recall)


def lock_proposal(pk: int) -> Proposal:
    """The proposal, locked. Raises Refused: there is none (UNKNOWN_PROPOSAL), or it is closed."""
    rows = Proposal.objects.select_for_update(of=("self",))
    proposal = rows.select_related("party", "product__brand_owner", "entry").filter(pk=pk).first()
    if proposal is None:
        raise Refused.because("UNKNOWN_PROPOSAL", f"There is no proposal {pk}")
    if proposal.entry_id is not None:
        raise Refused.because("ALREADY_IN_FORCE", "This proposal is in force: it needs no further signature")
    if proposal.dropped_at is not None:
        raise Refused.because("PROPOSAL_DROPPED", "Its proposer has taken it back")
    return proposal


def lock_recall(pk: int) -> Recall:
    """The recall, locked, and in force. Raises Refused (UNKNOWN_RECALL, RECALL_LIFTED)."""
    rows = Recall.objects.select_for_update(of=("self",))
    return _in_force(rows.select_related("product__brand_owner", "entry", "last_entry").filter(pk=pk).first(), pk)


def _in_force(recall: Recall | None, pk: int) -> Recall:
    if recall is None:
        raise Refused.because("UNKNOWN_RECALL", f"There is no recall {pk}")
    if recall.lifted_at is not None:
        raise Refused.because("RECALL_LIFTED", f"This recall was lifted on {recall.lifted_at:%Y-%m-%d}")
    return recall


def read_recall(pk: int) -> Recall:
    """The recall, in force, but not locked: ten thousand pharmacies that answer do not wait for each other.

    An answer that crosses the lifting may stand behind it in the log; it counts for nothing there and harms nobody.
    """
    return _in_force(Recall.objects.select_related("product__brand_owner", "entry").filter(pk=pk).first(), pk)


def check_still_fits(proposal: Proposal, body: Body) -> None:
    """A narrowing or lifting speaks of the recall as it stood when it was proposed."""
    if body.op is Op.RECALL:
        return
    assert proposal.recall_id is not None
    recall = lock_recall(proposal.recall_id)
    named = parse_payload(bytes(proposal.payload))["after"]
    if bytes(recall.last_entry.entry_id).hex() not in named:
        raise Refused.because("PROPOSAL_STALE", "The recall was changed since this was proposed: propose it anew")


def report_entry(actor: Actor, request: Request, prepared: Prepared) -> Entry:
    """A statement that its party alone signs, into the log."""
    entry = request.signer.submit(prepared)
    keep(actor, request, entry)
    return entry
