"""Recalls: nobody alone calls goods back, and what is called back stops everywhere at once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.custody import SigningKey
from ledger.errors import LedgerError
from ledger.models import Entry
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.seal import seal
from supplychain.acts import Refused, Request
from supplychain.models import Approval, Batch, Item, Proposal, Recall, RecallNotice
from supplychain.recalls.recall import Depth
from supplychain.usecases.approve_recall import approve_recall
from supplychain.usecases.commission import commission
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.drop_proposal import drop_proposal
from supplychain.usecases.export import export
from supplychain.usecases.propose_recall import propose_recall
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.set_approvals import set_approvals
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, refusal_code, shipped
from tests.supplychain.recalls.recall_cast import (
    Panel,
    approval_code,
    approved,
    make_panel,
    own_key,
    proposed,
    recalled,
    rehearsed,
    sign_with,
    signed,
    wish,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def state_of(batch: Batch) -> str:
    return Batch.objects.get(pk=batch.pk).state


def assert_replayed() -> None:
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- k of n -----------------------------------------------------------------------------------------------------------


def test_a_proposal_alone_calls_nothing_back(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    entries = Entry.objects.count()
    proposal = proposed(panel.maker, batch)
    assert (proposal.entry, state_of(batch), Recall.objects.count()) == (None, "released", 0)
    assert Entry.objects.count() == entries


def test_the_second_party_with_a_key_of_its_own_puts_it_into_force(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    recall = recalled(panel, batch)
    assert state_of(batch) == "recalled"
    assert (recall.severity, recall.depth, recall.reason) == (1, Depth.CONSUMER, "foreign_matter")
    entry = Entry.objects.get(pk=recall.entry_id)
    assert (entry.kind, entry.party) == ("recall", panel.maker.party.gln)
    seal()
    assert_replayed()


def test_managed_keys_alone_are_never_enough(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    proposal = proposed(panel.maker, batch)
    first = approve_recall(actor=panel.regulator, request=Request(), proposal=proposal)
    second = approve_recall(actor=panel.ministry, request=Request(), proposal=proposal)
    assert "managed keys only" in first.missing
    assert "managed keys only" in second.missing
    assert (state_of(batch), Approval.objects.count()) == ("released", 3)
    approved(panel, proposal)
    assert state_of(batch) == "recalled"


def test_two_keys_of_one_party_are_one_voice(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    done = signed("propose_recall", panel.regulator, panel.key, **wish(batch))
    assert done.proposal is not None
    again = approve_recall(actor=panel.regulator, request=Request(), proposal=done.proposal)
    assert again.missing.endswith(f"signed by {panel.regulator.party.gln}")
    assert state_of(batch) == "released"
    approve_recall(actor=panel.maker, request=Request(), proposal=done.proposal)
    assert state_of(batch) == "recalled"


def test_one_key_signs_a_proposal_once(panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    assert approval_code(panel.maker, proposal) == "ALREADY_APPROVED"
    assert Approval.objects.count() == 1


def test_the_log_itself_refuses_a_recall_with_too_few_signatures(panel: Panel) -> None:
    from ledger.custody import managed_key
    from ledger.envelope import Envelope
    from ledger.usecases.submit import submit

    payload = bytes(proposed(panel.maker, make_batch(panel.maker)).payload)
    signature = managed_key(panel.maker.party.keyid).sign(payload)
    with pytest.raises(LedgerError) as refused:
        submit(envelope=Envelope(payload, (signature,)).encode())
    assert refused.value.code == "APPROVALS"


def test_without_a_rule_in_the_policy_nobody_recalls(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    assert refusal_code(propose_recall, actor=cast.maker, request=Request(), **wish(batch)) == "RECALL_POLICY"


def test_competitors_do_not_count(cast: Cast) -> None:
    """Whom the policy names for others' products is of no use for this one."""
    own_key(cast.regulator, cast.forger.party)
    set_approvals(actor=cast.regulator, k=2, parties=[cast.maker.party, cast.forger.party])
    batch = make_batch(cast.maker)
    assert refusal_code(propose_recall, actor=cast.maker, request=Request(), **wish(batch)) == "RECALL_POLICY"


@pytest.mark.parametrize("who", ["maker", "wholesaler", "pharmacy", "forger"])
def test_only_the_authority_says_who_approves(cast: Cast, who: str) -> None:
    actor = getattr(cast, who)
    assert refusal_code(set_approvals, actor=actor, k=1, parties=[actor.party]) == "ROLE_NOT_ALLOWED"


def test_a_rule_that_nobody_could_meet_is_refused(cast: Cast) -> None:
    code = refusal_code(set_approvals, actor=cast.regulator, k=3, parties=[cast.maker.party, cast.regulator.party])
    assert code == "POLICY_STATEMENT"


# --- The forger -------------------------------------------------------------------------------------------------------


def test_the_forger_recalls_no_product_of_another(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    code = refusal_code(propose_recall, actor=panel.cast.forger, request=Request(), **wish(batch))
    assert code == "NOT_BRAND_OWNER"
    assert (Proposal.objects.count(), state_of(batch)) == (0, "released")


@pytest.mark.parametrize("who", ["forger", "wholesaler", "pharmacy"])
def test_nobody_else_approves(panel: Panel, who: str) -> None:
    batch = make_batch(panel.maker)
    proposal = proposed(panel.maker, batch)
    assert approval_code(getattr(panel.cast, who), proposal) == "NOT_BRAND_OWNER"
    assert (Approval.objects.count(), state_of(batch)) == (1, "released")


def test_an_authority_that_the_policy_does_not_name_is_no_approver(cast: Cast) -> None:
    panel = make_panel(cast)
    set_approvals(actor=cast.regulator, k=2, parties=[cast.maker.party, cast.regulator.party])
    assert approval_code(panel.ministry, proposed(panel.maker, make_batch(panel.maker))) == "NOT_AN_APPROVER"


def test_anothers_signature_is_not_mine(panel: Panel) -> None:
    """Whoever saw the regulator's signature cannot hand it in as the maker's, nor under another proposal."""
    batch = make_batch(panel.maker)
    proposal = proposed(panel.regulator, batch)
    found = rehearsed("approve_recall", panel.maker, proposal=proposal)
    with pytest.raises(Refused) as refused:
        sign_with(panel.maker, panel.key, found)
    assert refused.value.code == "KEY_PARTY"
    assert (Approval.objects.count(), state_of(batch)) == (1, "released")


def test_a_key_that_nobody_admitted_approves_nothing(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    found = rehearsed("approve_recall", panel.regulator, proposal=proposed(panel.maker, batch))
    with pytest.raises(Refused) as refused:
        sign_with(panel.regulator, SigningKey.generate(), found)
    assert refused.value.code == "KEY_UNKNOWN"
    assert state_of(batch) == "released"


def test_a_revoked_key_approves_nothing(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    found = rehearsed("approve_recall", panel.regulator, proposal=proposed(panel.maker, batch))
    gln, signer = panel.regulator.party.gln, panel.regulator.party.keyid
    revoke_key(party=gln, keyid=panel.key.keyid, signer_keyid=signer, reason="stolen")
    with pytest.raises(Refused) as refused:
        sign_with(panel.regulator, panel.key, found)
    assert refused.value.code == "KEY_REVOKED"
    assert (Approval.objects.count(), state_of(batch)) == (1, "released")


def test_a_signature_of_a_key_that_was_revoked_since_counts_no_more(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    done = signed("propose_recall", panel.regulator, panel.key, **wish(batch))
    assert done.proposal is not None
    gln, signer = panel.regulator.party.gln, panel.regulator.party.keyid
    revoke_key(party=gln, keyid=panel.key.keyid, signer_keyid=signer, reason="stolen")
    again = approve_recall(actor=panel.maker, request=Request(), proposal=done.proposal)
    assert "signed by" in again.missing
    assert state_of(batch) == "released"


def test_what_was_signed_for_one_proposal_fits_no_other(panel: Panel) -> None:
    first = proposed(panel.maker, make_batch(panel.maker))
    found = rehearsed("approve_recall", panel.regulator, proposal=first)
    other = rehearsed(
        "approve_recall", panel.regulator, proposal=proposed(panel.maker, make_batch(panel.maker), text="b")
    )
    found.request.signer.statements[:] = other.request.signer.statements  # type: ignore[attr-defined]
    with pytest.raises(Refused) as refused:
        sign_with(panel.regulator, panel.key, found)
    assert refused.value.code == "DRAFT_STALE"
    assert Recall.objects.count() == 0


def test_with_an_expired_licence_nothing_is_proposed_or_approved(panel: Panel) -> None:
    from datetime import date

    batch = make_batch(panel.maker)
    proposal = proposed(panel.regulator, batch)
    panel.maker.party.licence_expiry = date(2020, 1, 1)
    panel.maker.party.save()
    code = refusal_code(propose_recall, actor=panel.maker, request=Request(), **wish(batch))
    assert code == "PARTNER_NOT_AUTHORISED"
    assert approval_code(panel.maker, proposal) == "PARTNER_NOT_AUTHORISED"


# --- Bad input --------------------------------------------------------------------------------------------------------


BAD_WISHES: list[tuple[dict[str, object], str]] = [
    ({"lots": ["NEVER"]}, "UNKNOWN_BATCH"),
    ({"lots": []}, "NOTHING_TO_DO"),
    ({"severity": 0}, "RECALL_STATEMENT"),
    ({"severity": 4}, "RECALL_STATEMENT"),
    ({"depth": "moon"}, "BAD_RECALL"),
    ({"reason": "because"}, "BAD_RECALL"),
    ({"action": "lift"}, "BAD_RECALL"),
    ({"text": ""}, "RECALL_STATEMENT"),
    ({"text": "x" * 2001}, "RECALL_STATEMENT"),
    ({"respond_by": "soon"}, "BAD_RECALL"),
    ({"respond_by": "2020-01-01"}, "BAD_RECALL"),
    ({"serials": [["B1", "B10"]]}, "RECALL_STATEMENT"),
    ({"serials": [["B9", "B1"]]}, "RECALL_STATEMENT"),
    ({"markets": ["Switzerland"]}, "RECALL_STATEMENT"),
]


def test_a_proposal_that_says_nothing_is_refused(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    for changes, code in BAD_WISHES:
        asked = wish(batch, **changes)
        assert refusal_code(propose_recall, actor=panel.maker, request=Request(), **asked) == code, changes
    assert (Proposal.objects.count(), state_of(batch)) == (0, "released")


def test_the_same_wish_twice_is_one_proposal_and_one_signature(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    request = Request()
    first = propose_recall(actor=panel.maker, request=request, **wish(batch))
    assert first.proposal is not None
    again = propose_recall(actor=panel.maker, request=request, **wish(batch))
    assert (again.replayed, again.proposal) == (True, first.proposal)
    asked = Request()
    approve_recall(actor=panel.ministry, request=asked, proposal=first.proposal)
    assert approve_recall(actor=panel.ministry, request=asked, proposal=first.proposal).replayed
    assert (Proposal.objects.count(), Approval.objects.count()) == (1, 2)
    code = refusal_code(propose_recall, actor=panel.maker, request=request, **wish(batch, text="another"))
    assert code == "REQUEST_REUSED"


def test_what_is_in_force_needs_no_further_signature(panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    approved(panel, proposal)
    assert approval_code(panel.ministry, proposal) == "ALREADY_IN_FORCE"
    assert refusal_code(drop_proposal, actor=panel.maker, proposal=proposal) == "ALREADY_IN_FORCE"


def test_a_proposal_that_was_taken_back_is_not_approved(panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    assert refusal_code(drop_proposal, actor=panel.regulator, proposal=proposal) == "NOT_PROPOSER"
    drop_proposal(actor=panel.maker, proposal=proposal)
    assert approval_code(panel.ministry, proposal) == "PROPOSAL_DROPPED"
    assert Recall.objects.count() == 0


# --- What it stops ----------------------------------------------------------------------------------------------------


def test_what_is_called_back_is_not_sold_wherever_it_is(panel: Panel) -> None:
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 8, batch=batch)
    pallet = packed(cast.maker, packs[:3])
    handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.maker, cast.pharmacy, packs[3:5])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[4])
    handoff = shipped(cast.maker, cast.pharmacy, packs[5:7])
    recalled(panel, batch)
    to_pharmacy = {"request": Request(), "receiver": cast.pharmacy.party}
    assert refusal_code(ship, actor=cast.wholesaler, epcs=[pallet], **to_pharmacy) == "SHIP_BLOCKED"
    assert refusal_code(ship, actor=cast.maker, epcs=[packs[7]], **to_pharmacy) == "SHIP_BLOCKED"
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[3]) == "BATCH_CALLED_BACK"
    assert refusal_code(export, actor=cast.maker, request=Request(), epcs=[packs[7]]) == "BATCH_CALLED_BACK"
    assert refusal_code(undo, actor=cast.pharmacy, request=Request(), epc=packs[4]) == "UNDO_CALLED_BACK"
    more = {"batch": batch, "serial_numbers": ["NEW1"]}
    assert refusal_code(commission, actor=cast.maker, request=Request(), **more) == "BATCH_CALLED_BACK"
    receive(actor=cast.pharmacy, request=Request(), handoff=handoff)
    destroy(actor=cast.pharmacy, request=Request(), epcs=[packs[3]])
    back = {"receiver": cast.wholesaler.party, "purpose": "return"}
    ship(actor=cast.pharmacy, request=Request(), epcs=packs[5:7], **back)
    assert_replayed()


def test_a_recall_writes_no_row_for_a_pack(panel: Panel) -> None:
    def writes(lot: str, count: int) -> tuple[int, int]:
        batch = make_batch(panel.maker, lot_number=lot)
        packs = commissioned(panel.maker, count, start=len(lot) * 1000, batch=batch)
        handed_over(panel.maker, panel.cast.pharmacy, [packed(panel.maker, packs[1:])])
        proposal = proposed(panel.maker, batch)
        before = list(Item.objects.order_by("pk").values())
        with CaptureQueriesContext(connection) as captured:
            recall = approved(panel, proposal)
        assert list(Item.objects.order_by("pk").values()) == before
        return len(captured), recall.notices.count()

    writes("W", 2)
    assert writes("S1", 2) == writes("L22", 300)


def test_a_recall_names_those_who_have_the_goods_and_how_many(panel: Panel) -> None:
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 10, batch=batch)
    commissioned(cast.maker, 5, start=500, batch=make_batch(cast.maker, "OTHER"))
    handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, packs[:3])])
    handed_over(cast.maker, cast.pharmacy, packs[3:6])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[3])
    shipped(cast.maker, cast.pharmacy, packs[6:8])
    destroy(actor=cast.maker, request=Request(), epcs=[packs[9]])
    recall = recalled(panel, batch)
    found = {
        one.party.gln: (one.packs, one.dispensed, one.is_addressed)
        for one in RecallNotice.objects.filter(recall=recall).select_related("party")
    }
    assert found == {
        cast.maker.party.gln: (1, 0, True),
        cast.wholesaler.party.gln: (3, 0, True),
        cast.pharmacy.party.gln: (4, 1, True),
    }


def test_the_depth_says_who_is_asked(panel: Panel) -> None:
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 2, batch=batch)
    handed_over(cast.maker, cast.pharmacy, packs[:1])
    recall = recalled(panel, batch, depth="wholesale")
    addressed = set(recall.notices.filter(is_addressed=True).values_list("party__gln", flat=True))
    assert addressed == {cast.maker.party.gln}
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "BATCH_CALLED_BACK"


def test_a_withdrawal_of_a_product_takes_every_batch_also_those_to_come(panel: Panel) -> None:
    first, second = make_batch(panel.maker, "L1"), make_batch(panel.maker, "L2")
    recalled(panel, first, lots=None, action="withdrawal", reason="authorisation")
    assert {state_of(first), state_of(second)} == {"withdrawn"}
    later = register_batch(actor=panel.maker, product=first.product, lot_number="L3", expiry=first.expiry)
    assert later.state == "withdrawn"
    more = {"batch": later, "count": 1}
    assert refusal_code(commission, actor=panel.maker, request=Request(), **more) == "BATCH_CALLED_BACK"
    assert_replayed()
