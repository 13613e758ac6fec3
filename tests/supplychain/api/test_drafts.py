"""Acts signed with a key that stays with its party: nothing is done by drafting, and nothing else by signing."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from ledger.custody import SigningKey
from ledger.envelope import P256_ORDER, encode_der, parse_der
from ledger.models import Entry, Key
from ledger.usecases.revoke_key import revoke_key
from supplychain.acts import Request
from supplychain.client.showing import registration
from supplychain.models import Draft, Event, Item
from supplychain.usecases.destroy import destroy
from supplychain.usecases.rebuild_state import rebuild_state
from tests.factories import MAKER_GLN, PHARMACY_GLN, Cast, commissioned, handed_over, make_batch, palletised
from tests.supplychain.api.conftest import Answer, Caller, Callers

pytestmark = pytest.mark.django_db


@pytest.fixture
def origin(settings: Any) -> str:
    return str(settings.LOG_ORIGIN)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def request_for(key: SigningKey, gln: str, origin: str) -> dict[str, str]:
    payload = registration(log=origin, party=gln, spki=key.spki, nonce="0" * 32)
    signature = key.sign(payload)
    return {"payload": b64(payload), "keyid": signature.keyid, "sig": b64(signature.der)}


@pytest.fixture
def own_key(api: Callers, origin: str) -> SigningKey:
    """The maker's own key, admitted by the regulator."""
    key = SigningKey.generate()
    answer = api.regulator.post(f"parties/{MAKER_GLN}/keys", request_for(key, MAKER_GLN, origin))
    assert (answer.status, answer.body["custody"]) == (201, "client")
    return key


def drafted(caller: Caller, path: str, body: dict[str, Any], *, key: str | None = None) -> Answer:
    answer = caller.post(f"{path}?draft=true", body, key=key)
    assert answer.status == 202, answer.body
    return answer


def signatures(draft: Answer, key: SigningKey) -> dict[str, Any]:
    payloads = [base64.b64decode(one["payload"]) for one in draft.body["statements"]]
    return {"signatures": [{"keyid": key.keyid, "sig": b64(key.sign(payload).der)} for payload in payloads]}


def hand_in(caller: Caller, draft: Answer, key: SigningKey) -> Answer:
    return caller.post(f"drafts/{draft.body['id']}", signatures(draft, key))


def counts() -> tuple[int, int, int]:
    return Entry.objects.count(), Event.objects.count(), Item.objects.count()


# --- The key ----------------------------------------------------------------------------------------------------------


def test_only_an_authority_admits_a_key(api: Callers, origin: str) -> None:
    body = request_for(SigningKey.generate(), MAKER_GLN, origin)
    for who in (api.maker, api.forger):
        assert who.post(f"parties/{MAKER_GLN}/keys", body).code == "ROLE_NOT_ALLOWED"


def test_a_key_of_another_party_is_not_admitted_for_this_one(api: Callers, origin: str) -> None:
    body = request_for(SigningKey.generate(), PHARMACY_GLN, origin)
    assert api.regulator.post(f"parties/{MAKER_GLN}/keys", body).code == "KEY_OTHER"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sig": b64(b"x" * 64)}, "SIGNATURE"),
        ({"keyid": "0" * 64}, "KEY_UNKNOWN"),
        ({"payload": b64(b"{}")}, "KEY_STATEMENT"),
        ({"payload": "%%%"}, "INVALID_FIELDS"),
        ({"sig": b64(b"short")}, "INVALID_FIELDS"),
    ],
)
def test_a_damaged_request_admits_nothing(api: Callers, origin: str, change: dict[str, str], code: str) -> None:
    keys = Key.objects.count()
    body = request_for(SigningKey.generate(), MAKER_GLN, origin) | change
    assert api.regulator.post(f"parties/{MAKER_GLN}/keys", body).code == code
    assert Key.objects.count() == keys


def test_a_key_is_admitted_once(api: Callers, origin: str, own_key: SigningKey) -> None:
    again = api.regulator.post(f"parties/{MAKER_GLN}/keys", request_for(own_key, MAKER_GLN, origin))
    assert again.code == "KEY_KNOWN"


# --- Draft and sign ---------------------------------------------------------------------------------------------------


def test_a_draft_does_nothing(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    batch = make_batch(cast.maker)
    before = counts()
    draft = drafted(api.maker, f"batches/{batch.pk}/commission", {"count": 5})
    assert counts() == before
    assert len(draft.body["statements"][0]["event"]["epcList"]) == 5


def test_what_was_drafted_is_what_is_done(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    batch = make_batch(cast.maker)
    draft = drafted(api.maker, f"batches/{batch.pk}/commission", {"count": 5})
    done = hand_in(api.maker, draft, own_key)
    assert done.status == 201, done.body
    event = Event.objects.get()
    (statement,) = draft.body["statements"]
    assert json.loads(event.body) == statement["event"]  # minted serials, time and all
    assert bytes(event.secret).hex() == statement["secret"]
    assert event.entry.keyid == own_key.keyid
    assert batch.items.count() == 5


def test_signatures_handed_in_twice_do_it_once(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    assert hand_in(api.maker, draft, own_key).status == 201
    again = hand_in(api.maker, draft, own_key)
    assert (again.status, again.body["replayed"]) == (200, True)
    assert Item.objects.count() == 2


def test_an_act_of_several_statements_is_drafted_and_signed_as_one(cast: Cast, api: Callers, origin: str) -> None:
    pallet, _cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    key = SigningKey.generate()
    api.regulator.post(f"parties/{PHARMACY_GLN}/keys", request_for(key, PHARMACY_GLN, origin))
    draft = drafted(api.pharmacy, "dispensings", {"epc": packs[0]})
    steps = [one["event"]["bizStep"] for one in draft.body["statements"]]
    assert steps == ["unpacking", "unpacking", "dispensing"]
    assert hand_in(api.pharmacy, draft, key).status == 201
    *_, last = rebuild_state()
    assert last.is_equal


def test_a_party_with_its_own_key_cannot_act_without_it(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    answer = api.maker.post(f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    assert answer.code == "KEY_NOT_MANAGED"
    assert Item.objects.count() == 0


def test_the_signature_of_a_browser_is_taken_in_its_own_form(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    body = signatures(draft, own_key)
    r, s = parse_der(base64.b64decode(body["signatures"][0]["sig"]))
    high = (P256_ORDER - s).to_bytes(32, "big")
    body["signatures"][0]["sig"] = b64(r.to_bytes(32, "big") + high)
    assert api.maker.post(f"drafts/{draft.body['id']}", body).status == 201
    envelope = json.loads(bytes(Event.objects.get().entry.envelope))
    assert base64.b64decode(envelope["signatures"][0]["sig"]) == encode_der(r, s)


# --- The forger, the careless and the late ----------------------------------------------------------------------------


def test_another_partys_draft_is_unknown(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    assert hand_in(api.forger, draft, own_key).code == "UNKNOWN_DRAFT"
    assert api.forger.get(f"drafts/{draft.body['id']}").code == "UNKNOWN_DRAFT"
    assert api.maker.get(f"drafts/{draft.body['id']}").body == draft.body


def test_a_strangers_signature_does_not_sign(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    before = counts()
    assert hand_in(api.maker, draft, SigningKey.generate()).code == "KEY_UNKNOWN"
    forged = signatures(draft, SigningKey.generate())
    forged["signatures"][0]["keyid"] = own_key.keyid
    assert api.maker.post(f"drafts/{draft.body['id']}", forged).code == "SIGNATURE"
    assert counts() == before


def test_a_revoked_key_does_not_sign(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    revoke_key(party=MAKER_GLN, keyid=own_key.keyid, signer_keyid=cast.regulator.party.keyid, reason="lost")
    before = counts()
    assert hand_in(api.maker, draft, own_key).code == "KEY_REVOKED"
    assert counts() == before


@pytest.mark.parametrize("given", [0, 2])
def test_the_number_of_signatures_must_be_that_of_the_statements(
    cast: Cast, api: Callers, own_key: SigningKey, given: int
) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    body = {"signatures": signatures(draft, own_key)["signatures"] * given}
    assert api.maker.post(f"drafts/{draft.body['id']}", body).code in ("SIGNATURE_COUNT", "INVALID_FIELDS")
    assert Item.objects.count() == 0


def test_when_the_goods_have_moved_on_the_act_refuses_as_ever(cast: Cast, api: Callers) -> None:
    packs = commissioned(cast.maker, 2)
    draft = drafted(api.maker, "shipments", {"epcs": packs, "receiver": cast.wholesaler.party.gln})
    destroy(actor=cast.maker, request=Request(), epcs=packs[:1])
    key = SigningKey.generate()
    assert hand_in(api.maker, draft, key).code == "ALREADY_DESTROYED"


def test_when_the_history_has_grown_the_signed_bytes_are_stale(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    # Undone and whole again: the act is allowed, but it would no longer build on what was signed.
    batch = make_batch(cast.maker)
    made = drafted(api.maker, f"batches/{batch.pk}/commission", {"count": 1})
    hand_in(api.maker, made, own_key)
    (epc,) = made.body["statements"][0]["event"]["epcList"]
    shipment = drafted(api.maker, "shipments", {"epcs": [epc], "receiver": cast.wholesaler.party.gln})
    for path, body in (("endings", {"act": "lock", "epcs": [epc]}), ("endings", {"act": "unlock", "epcs": [epc]})):
        assert hand_in(api.maker, drafted(api.maker, path, body), own_key).status == 201
    assert hand_in(api.maker, shipment, own_key).code == "DRAFT_STALE"


def test_an_old_draft_is_no_longer_signed(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    draft = drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5), tick=True):
        assert hand_in(api.maker, draft, own_key).code == "DRAFT_EXPIRED"
        drafted(api.maker, f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2})
        assert Draft.objects.count() == 1  # the old one is gone


def test_the_same_wish_drafted_again_replaces_its_draft(cast: Cast, api: Callers, own_key: SigningKey) -> None:
    path, body = f"batches/{make_batch(cast.maker).pk}/commission", {"count": 2}
    first, second = (drafted(api.maker, path, body, key="wish-1") for _ in range(2))
    assert first.body["id"] == second.body["id"]
    assert hand_in(api.maker, second, own_key).status == 201
    assert api.maker.post(f"{path}?draft=true", body, key="wish-1").status == 200  # done: the answer, and no draft


def test_a_refused_wish_is_not_drafted_and_stays_as_evidence(cast: Cast, api: Callers) -> None:
    packs = commissioned(cast.maker, 1)
    answer = api.forger.post("shipments?draft=true", {"epcs": packs, "receiver": cast.wholesaler.party.gln})
    assert answer.code == "NOT_HOLDER"
    assert Draft.objects.count() == 0


def test_draft_takes_true_or_false(api: Callers) -> None:
    assert api.maker.post("shipments?draft=maybe", {"epcs": [], "receiver": ""}).code == "INVALID_FIELDS"
