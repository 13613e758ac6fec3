"""What is shown is what is signed: a server that shows something else is caught."""

import base64
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.custody import SigningKey
from ledger.envelope import canonical, keyid_of
from ledger.errors import LedgerError, MalformedError
from ledger.key_statement import parse_key_act
from supplychain.client.showing import (
    check_for,
    read_recovery,
    read_sheet,
    recovery,
    registration,
    revocation,
    rotation,
)
from supplychain.endings import ENDINGS
from supplychain.epcis import event as epcis
from supplychain.statement import state_event
from tests.factories import MAKER_GLN, WHOLESALER_GLN

SCENE = epcis.Scene("urn:uuid:0", datetime(2026, 11, 23, 8, 30, tzinfo=UTC), MAKER_GLN)
SECRET = bytes(range(32))
PACKS = [f"https://id.gs1.org/01/09520001000010/21/B{number}" for number in range(12)]
PALLET = "https://id.gs1.org/00/095200010000000010"
SHIPPING = epcis.shipping(SCENE, epcs=[PALLET], sender=MAKER_GLN, receiver=WHOLESALER_GLN)


def payload_of(event: epcis.EventBody, after: list[str] | None = None) -> bytes:
    statement = state_event(
        event, log="example.org/log", party=MAKER_GLN, nonce="0" * 32, after=after or [], secret=SECRET
    )
    return statement.payload


def lines(event: epcis.EventBody, after: list[str] | None = None) -> str:
    return "\n".join(read_sheet(payload_of(event, after), event, SECRET).lines)


def test_a_shipment_says_what_to_whom_and_when() -> None:
    shown = lines(SHIPPING, after=["0" * 64])
    assert "shipping" in shown
    assert WHOLESALER_GLN in shown
    assert PALLET in shown
    assert "2026-11-23T08:30:00.000Z" in shown
    assert "builds on 1 earlier statement" in shown


def test_a_batch_says_lot_and_expiry_and_the_first_packs() -> None:
    shown = lines(epcis.commissioning(SCENE, epcs=PACKS, lot_number="L1", expiry=date(2028, 1, 31)))
    assert "L1" in shown
    assert "2028-01-31" in shown
    assert "epcList (12)" in shown
    assert PACKS[9] in shown
    assert PACKS[10] not in shown
    assert "… and 2 more" in shown


def test_a_packing_names_its_unit_and_an_ending_its_act() -> None:
    assert f"unit      {PALLET}" in lines(epcis.packing(SCENE, parent=PALLET, children=PACKS[:1]))
    assert "medtrail:act: export" in lines(epcis.ending(SCENE, ENDINGS["export"], epcs=PACKS[:1]))


@pytest.mark.parametrize(
    "change",
    [
        {"epcList": PACKS[:1]},
        {"bizStep": "receiving"},
        {"destinationList": []},
        {"readPoint": {"id": "https://id.gs1.org/414/9520007000007"}},
        {"medtrail:purpose": "return"},
        {"eventTime": "2026-11-23T08:30:00.001Z"},
    ],
)
def test_an_event_other_than_the_one_to_be_signed_is_not_shown(change: dict[str, object]) -> None:
    with pytest.raises(LedgerError) as caught:
        read_sheet(payload_of(SHIPPING), {**SHIPPING, **change}, SECRET)
    assert caught.value.code == "EVENT_DIFFERS"


def test_another_secret_proves_nothing() -> None:
    with pytest.raises(LedgerError) as caught:
        read_sheet(payload_of(SHIPPING), SHIPPING, bytes(32))
    assert caught.value.code == "EVENT_DIFFERS"


def test_a_key_statement_slipped_in_as_an_event_is_not_signed() -> None:
    payload = registration(log="example.org/log", party=MAKER_GLN, spki=b"", nonce="0" * 32)
    with pytest.raises(LedgerError) as caught:
        read_sheet(payload, SHIPPING, SECRET)
    assert caught.value.code == "KIND"


def test_bytes_in_another_spelling_are_not_signed() -> None:
    with pytest.raises(LedgerError) as caught:
        read_sheet(payload_of(SHIPPING) + b" ", SHIPPING, SECRET)
    assert caught.value.code == "NOT_CANONICAL"


def test_a_request_for_a_key_is_the_registration_that_the_log_takes() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    from ledger.envelope import parse_payload

    spki = (
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    payload = registration(log="example.org/log", party=MAKER_GLN, spki=spki, nonce="0" * 32)
    act = parse_key_act(parse_payload(payload))
    assert (act.op, act.party, act.keyid, act.custody) == ("register", MAKER_GLN, keyid_of(spki), "client")
    assert base64.b64encode(spki) in payload
    assert canonical(parse_payload(payload)) == payload


# --- Whose statement, and for which log -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("party", "log", "code"),
    [(WHOLESALER_GLN, None, "WRONG_PARTY"), (None, "other.example/log", "WRONG_LOG"), ("", None, "WRONG_PARTY")],
)
def test_a_statement_in_anothers_name_or_for_another_log_is_caught(
    party: str | None, log: str | None, code: str
) -> None:
    sheet = read_sheet(payload_of(SHIPPING), SHIPPING, SECRET)
    with pytest.raises(LedgerError) as caught:
        check_for(sheet, party=party, log=log)
    assert caught.value.code == code


def test_a_statement_of_ones_own_passes() -> None:
    sheet = read_sheet(payload_of(SHIPPING), SHIPPING, SECRET)
    check_for(sheet, party=MAKER_GLN, log="example.org/log")
    check_for(sheet, party=None, log=None)


def test_rotations_and_revocations_say_what_the_log_reads() -> None:
    from ledger.envelope import parse_payload

    spki = SigningKey.generate().spki
    frame = {"log": "example.org/log", "party": MAKER_GLN, "nonce": "0" * 32}
    act = parse_key_act(parse_payload(rotation(spki=spki, replaces="a" * 64, **frame)))
    assert (act.op, act.party, act.keyid, act.replaces, act.custody) == (
        "rotate", MAKER_GLN, keyid_of(spki), "a" * 64, "client",
    )  # fmt: skip
    for since in (None, 7):
        payload = revocation(keyid="a" * 64, reason="lost", invalid_from=since, **frame)
        act = parse_key_act(parse_payload(payload))
        assert (act.op, act.keyid, act.reason, act.invalid_from) == ("revoke", "a" * 64, "lost", since)


# --- Recalls ----------------------------------------------------------------------------------------------------------


def stated(kind: str, body: Any) -> bytes:
    frame = {"type": "medtrail.statement.v1", "log": "example.org/log", "party": MAKER_GLN, "kind": kind}
    return canonical({**frame, "nonce": "0" * 32, "after": [], kind: body})


RECALL = {
    "op": "recall",
    "action": "recall",
    "scope": {"gtin": "09520001000010", "lots": ["L1"], "serials": [{"from": "B1", "to": "B9"}], "markets": ["CH"]},
    "severity": 1,
    "depth": "consumer",
    "reason": "potency",
    "text": "Too weak.\nTake it back.",
    "respond_by": "2026-12-01",
    "time": "2026-11-23T08:30:00.000Z",
}


def test_a_recall_shows_all_that_it_says() -> None:
    shown = "\n".join(read_sheet(stated("recall", RECALL), {}, b"").lines)
    for word in (
        "09520001000010",
        "L1",
        "B1 to B9",
        "CH",
        "potency",
        "consumer",
        "Too weak.",
        "Take it back.",
        "2026-12-01",
    ):
        assert word in shown


def test_a_recall_of_a_whole_product_says_so_in_capitals() -> None:
    whole = {**RECALL, "scope": {"gtin": "09520001000010"}}
    assert "ALL of the product" in "\n".join(read_sheet(stated("recall", whole), {}, b"").lines)


def test_a_lift_names_its_recall() -> None:
    lift = {"op": "lift", "recall": "ab" * 32, "text": "All clear.", "time": "2026-11-23T08:30:00.000Z"}
    assert "ab" * 32 in "\n".join(read_sheet(stated("recall", lift), {}, b"").lines)


def test_an_answer_shows_its_numbers() -> None:
    numbers = {"quarantined": 11, "returned": 12, "destroyed": 13, "dispensed": 14, "not_found": 15}
    body = {"recall": "ab" * 32, "time": "2026-11-23T08:30:00.000Z", "quantities": numbers}
    shown = "\n".join(read_sheet(stated("recall_report", body), {}, b"").lines)
    assert all(str(number) in shown for number in numbers.values())


def test_a_recall_with_a_member_that_nobody_reads_is_not_shown_for_signing() -> None:
    with pytest.raises(LedgerError, match="members"):
        read_sheet(stated("recall", {**RECALL, "also": "everything"}), {}, b"")


def test_a_recovery_is_shown_from_the_bytes_that_are_signed():
    spki = SigningKey.generate().spki
    about: dict[str, Any] = {
        "log": "log.example/1",
        "party": MAKER_GLN,
        "spki": spki,
        "replaces": "a" * 64,
        "nonce": "0" * 32,
    }
    lines = read_recovery(recovery(**about, reason="lost at sea", invalid_from=7))
    assert lines == [
        "log       log.example/1",
        f"party     {MAKER_GLN} has lost its key",
        f"old key   {'a' * 64}",
        f"new key   {keyid_of(spki)}, kept by: client",
        "reason    lost at sea",
        "suspect   the old key, from log index 7 on",
    ]
    assert len(read_recovery(recovery(**about, reason="lost at sea", invalid_from=None))) == 5


def test_what_is_no_recovery_is_not_shown_as_one():
    spki = SigningKey.generate().spki
    with pytest.raises(MalformedError, match="expected a recovery"):
        read_recovery(rotation(log="l", party=MAKER_GLN, spki=spki, replaces="a" * 64, nonce="0" * 32))
    with pytest.raises(MalformedError):
        read_recovery(b'{"kind":"event"}')
