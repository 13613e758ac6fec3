"""Recalls and holds over HTTP: signed with keys that stay with their parties, and refused with codes that stay."""

from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger import crypto_ecdsa
from ledger.envelope import parse_envelope
from ledger.keyring import verify_signatures
from ledger.models import Key
from supplychain.acts import Request
from supplychain.models import Approval, Batch, Proposal, Recall
from supplychain.recalls.statement import parse_body
from supplychain.usecases.dispense import dispense
from tests.factories import GTIN, LOT, Cast, commissioned, handed_over, make_batch
from tests.supplychain.api.conftest import Callers
from tests.supplychain.api.test_drafts import drafted, hand_in
from tests.supplychain.recalls.recall_cast import TEXT, Panel, make_panel, proposed, recalled

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def asked(**changes: Any) -> dict[str, Any]:
    respond_by = (timezone.localdate() + timedelta(days=7)).isoformat()
    words = {"gtin": GTIN, "lots": [LOT], "severity": 1, "depth": "consumer", "reason": "foreign_matter"}
    return {**words, "text": TEXT, "respond_by": respond_by, **changes}


def test_a_recall_from_proposal_to_percentage_over_http(api: Callers, panel: Panel) -> None:
    packs = commissioned(panel.maker, 4, batch=make_batch(panel.maker))
    handed_over(panel.maker, panel.cast.pharmacy, packs[:3])
    first = api.maker.post("recalls", asked(), key="recall-1")
    assert (first.status, first.body["statement"], first.body["recall"]) == (201, None, None)
    assert "signed by 9520001000003" in first.body["missing"]
    (waiting,) = api.regulator.get("recall-proposals").body["results"]
    assert (waiting["statement"]["text"], waiting["signed_by"][0]["custody"]) == (TEXT, "managed")
    draft = drafted(api.regulator, f"recall-proposals/{waiting['id']}/approvals", {})
    done = hand_in(api.regulator, draft, panel.key)
    assert (done.status, done.body["statement"]["kind"], done.body["missing"]) == (201, "recall", "")
    recall = done.body["recall"]
    seen = api.pharmacy.get(f"recalls/{recall}").body
    assert (seen["is_in_force"], seen["yours"]["packs"], seen["holders"]) == (True, 3, None)
    numbers = {"quarantined": 2, "returned": 0, "destroyed": 0, "dispensed": 0, "not_found": 1}
    answer = api.pharmacy.post(f"recalls/{recall}/reports", {"quantities": numbers})
    assert (answer.status, answer.body["statement"]["kind"]) == (201, "recall_report")
    for who in (api.maker, api.regulator):
        found = who.get(f"recalls/{recall}").body
        assert found["effectiveness"]["percent"] == 50
        assert {one["gln"]: one["quantities"] for one in found["holders"]}["9520003000001"] == numbers
        now = {one["gln"]: (one["packs"], one["dispensed"]) for one in found["whereabouts"]}
        assert now == {"9520003000001": (3, 0), "9520001000003": (1, 0)}
    assert api.wholesaler.get(f"recalls/{recall}").body["effectiveness"] is None


def test_whoever_asks_gets_the_envelope_with_all_its_signatures(api: Callers, panel: Panel) -> None:
    """And can check with it, without us, that two parties signed these words."""
    recall = recalled(panel, make_batch(panel.maker))
    envelope = parse_envelope(b64decode(api.wholesaler.get(f"recalls/{recall.pk}").body["envelope"]))
    assert envelope.sha256 == bytes(recall.entry.envelope_sha256)
    keys = {one.keyid: one for one in Key.objects.all()}
    spkis = {keyid: bytes(key.spki) for keyid, key in keys.items()}
    signers = verify_signatures(envelope, spkis, crypto_ecdsa)
    assert [keys[one].party for one in signers] == ["9520001000003", "9520009000005"]
    assert parse_body(envelope.statement).text == TEXT


def test_the_same_request_again_gives_the_first_answer(api: Callers, panel: Panel) -> None:
    make_batch(panel.maker)
    first = api.maker.post("recalls", asked(), key="one")
    again = api.maker.post("recalls", asked(), key="one")
    assert (again.status, again.body["replayed"], again.body["proposal"]) == (200, True, first.body["proposal"])
    other = api.maker.post("recalls", asked(text="another"), key="one")
    assert (other.status, other.code) == (409, "REQUEST_REUSED")
    assert Proposal.objects.count() == 1


BAD_WISHES: list[tuple[dict[str, Any], int, str]] = [
    ({"gtin": "09520001000027"}, 404, "UNKNOWN_PRODUCT"),
    ({"lots": ["NEVER"]}, 404, "UNKNOWN_BATCH"),
    ({"lots": []}, 422, "INVALID_FIELDS"),
    ({"severity": 9}, 422, "RECALL_STATEMENT"),
    ({"depth": "moon"}, 422, "BAD_RECALL"),
    ({"serials": [{"from": "B1"}]}, 422, "INVALID_FIELDS"),
    ({"serials": [{"from": "B9", "to": "B1"}]}, 422, "RECALL_STATEMENT"),
    ({"markets": ["Switzerland"]}, 422, "INVALID_FIELDS"),
    ({"respond_by": "soon"}, 422, "BAD_RECALL"),
    ({"text": ""}, 422, "INVALID_FIELDS"),
]


def test_a_bad_proposal_has_its_code(api: Callers, panel: Panel) -> None:
    make_batch(panel.maker)
    for changes, status, code in BAD_WISHES:
        answer = api.maker.post("recalls", asked(**changes))
        assert (answer.status, answer.code) == (status, code), changes
    assert Proposal.objects.count() == 0


def test_nobody_else_proposes_approves_narrows_or_lifts(api: Callers, panel: Panel) -> None:
    batch = make_batch(panel.maker)
    proposal = proposed(panel.maker, batch)
    recall = recalled(panel, make_batch(panel.maker, "L2"))
    for who in (api.forger, api.pharmacy):
        for path, body in (
            ("recalls", asked()),
            (f"recall-proposals/{proposal.pk}/approvals", {}),
            (f"recalls/{recall.pk}/narrowings", {"lots": ["L2"], "text": "x"}),
            (f"recalls/{recall.pk}/liftings", {"text": "x"}),
        ):
            answer = who.post(path, body)
            assert (answer.status, answer.code) == (403, "NOT_BRAND_OWNER"), path
        assert who.get(f"recall-proposals/{proposal.pk}").code == "UNKNOWN_PROPOSAL"
        assert who.get("recall-proposals").body["results"] == []
    assert (Recall.objects.count(), Batch.objects.get(pk=batch.pk).state) == (1, "released")


def test_what_is_not_there_is_not_found(api: Callers, panel: Panel) -> None:
    for path, body, code in (
        ("recall-proposals/99/approvals", {}, "UNKNOWN_PROPOSAL"),
        ("recalls/99/reports", {}, "UNKNOWN_RECALL"),
        ("recalls/99/liftings", {"text": "x"}, "UNKNOWN_RECALL"),
    ):
        answer = api.regulator.post(path, body)
        assert (answer.status, answer.code) == (404, code)


def test_a_signature_of_a_stranger_approves_nothing(api: Callers, panel: Panel) -> None:
    from ledger.custody import SigningKey

    proposal = proposed(panel.maker, make_batch(panel.maker))
    draft = drafted(api.regulator, f"recall-proposals/{proposal.pk}/approvals", {})
    answer = hand_in(api.regulator, draft, SigningKey.generate())
    assert (answer.status, answer.code) == (403, "KEY_UNKNOWN")
    assert Approval.objects.count() == 1


def test_a_draft_of_an_approval_after_the_fact_is_refused(api: Callers, panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    draft = drafted(api.regulator, f"recall-proposals/{proposal.pk}/approvals", {})
    assert hand_in(api.regulator, draft, panel.key).status == 201
    late = api.regulator.post(f"recall-proposals/{proposal.pk}/approvals", {})
    assert (late.status, late.code) == (409, "ALREADY_IN_FORCE")


def test_a_pack_says_that_it_is_held_and_recalled(api: Callers, panel: Panel) -> None:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 2, batch=batch)
    held = api.regulator.post("holds", {"batches": [batch.pk], "reason": "inspection"})
    assert (held.status, held.body["event"]["biz_step"]) == (201, "holding")
    (row,) = api.maker.get("holds").body["results"]
    assert (row["authority"], row["batch"], row["epc"]) == ("regulator", batch.pk, None)
    found = api.maker.get("items/lookup", code=packs[0]).body["item"]
    assert (found["is_held"], found["recall_state"]) == (True, "released")
    assert api.maker.post("releases", {"batches": [batch.pk]}).code == "HOLD_OWNER"
    assert api.regulator.post("releases", {"batches": [batch.pk]}).status == 201
    recalled(panel, batch)
    found = api.maker.get("items/lookup", code=packs[0]).body["item"]
    assert (found["is_held"], found["recall_state"]) == (False, "recalled")


def test_a_dispensing_of_what_is_recalled_is_a_conflict(api: Callers, panel: Panel) -> None:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 2, batch=batch)
    handed_over(panel.maker, panel.cast.pharmacy, packs)
    dispense(actor=panel.cast.pharmacy, request=Request(), epc=packs[0])
    recalled(panel, batch)
    answer = api.pharmacy.post("dispensings", {"epc": packs[1]})
    assert (answer.status, answer.code) == (409, "BATCH_CALLED_BACK")


def test_the_authority_says_who_signs(api: Callers, cast: Cast) -> None:
    assert api.maker.get("recall-policy").body == {"k": 0, "parties": []}
    rule = {"k": 2, "parties": ["9520001000003", "9520009000005"]}
    assert api.forger.post("recall-policy", rule).code == "ROLE_NOT_ALLOWED"
    assert api.regulator.post("recall-policy", {**rule, "k": 3}).code == "POLICY_STATEMENT"
    assert api.regulator.post("recall-policy", {"k": 1, "parties": ["9520008000006"]}).code == "UNKNOWN_PARTY"
    assert (api.regulator.post("recall-policy", rule).status, api.maker.get("recall-policy").body) == (201, rule)
