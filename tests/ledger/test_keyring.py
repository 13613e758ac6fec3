"""Whose key is valid where, from the log alone: every way in that is not the right one is closed."""

import pytest

from ledger import crypto_ecdsa, crypto_fast
from ledger.envelope import P256_ORDER, Envelope, Signature, canonical, encode_der, parse_der
from ledger.errors import MalformedError, VerificationError
from ledger.keyring import KeyState, verify_signatures
from tests.ledger.key_log import MAKERS_NEXT, REGULATORS_NEXT, SECOND, Log, admitted, opened, refused
from tests.ledger.small_log import FORGER, MAKER, REGULATOR, WHOLESALER, Person, person

# --- Registration -----------------------------------------------------------------------------------------------------


def test_nobody_is_registered_before_there_is_a_policy():
    refused("KEY_AUTHORITY", Log().register, MAKER, MAKER)


def test_a_registration_needs_an_authority():
    log = admitted()
    refused("KEY_AUTHORITY", log.register, FORGER, FORGER)
    refused("KEY_AUTHORITY", log.register, FORGER, FORGER, MAKER)


def test_a_registration_needs_the_new_key_itself():
    refused("KEY_POSSESSION", opened().register, FORGER, REGULATOR)


def test_a_registration_under_an_authority_that_is_not_in_this_log_is_refused():
    refused("KEY_UNKNOWN", opened().register, FORGER, FORGER, SECOND)


def test_the_authoritys_signature_must_be_right():
    log = opened()
    payload = canonical({"kind": "key", "party": MAKER.party, "key": {"op": "register", **MAKER.public()}})
    wrong = Signature(REGULATOR.keyid, MAKER.sign(payload).der)
    with pytest.raises(VerificationError) as caught:
        log.ring.apply(1, Envelope(payload, (MAKER.sign(payload), wrong)), crypto_fast)
    assert caught.value.code == "SIGNATURE"
    assert MAKER.keyid not in log.ring.keys


def test_a_key_is_registered_once():
    log = admitted()
    refused("KEY_KNOWN", log.register, MAKER, MAKER, REGULATOR)


def test_a_key_of_one_party_is_not_registered_for_another():
    log = admitted()
    refused("KEY_KNOWN", log.put, "key", FORGER.party, {"op": "register", **MAKER.public()}, MAKER, REGULATOR)


def test_a_revoked_key_does_not_come_back():
    log = admitted()
    log.revoke(MAKER, REGULATOR)
    refused("KEY_KNOWN", log.register, MAKER, MAKER, REGULATOR)
    refused("KEY_KNOWN", log.rotate, WHOLESALER, Person(WHOLESALER.party, MAKER.private), WHOLESALER, MAKER)
    refused("KEY_KNOWN", log.policy, REGULATOR, MAKER)


def test_an_authority_that_is_none_any_more_admits_nobody():
    log = opened(REGULATOR, SECOND)
    log.policy(SECOND, signers=(REGULATOR, SECOND))
    refused("KEY_AUTHORITY", log.register, MAKER, MAKER, REGULATOR)
    log.register(MAKER, MAKER, SECOND)


def test_a_revoked_key_of_an_authority_admits_nobody():
    log = opened(REGULATOR, SECOND)
    log.revoke(REGULATOR, SECOND)
    refused("KEY_AUTHORITY", log.register, MAKER, MAKER, REGULATOR)


def test_one_authority_does_not_make_a_key_in_anothers_name():
    """It could change the policy alone then."""
    log = opened(REGULATOR, SECOND)
    forged = person(SECOND.party, "made by the regulator")
    refused("KEY_AUTHORITY", log.register, forged, forged, REGULATOR)
    log.register(forged, forged, SECOND)  # in its own name each may
    log.register(REGULATORS_NEXT, REGULATORS_NEXT, SECOND, REGULATOR)


# --- Rotation ---------------------------------------------------------------------------------------------------------


def test_a_stranger_cannot_replace_a_key():
    log = admitted()
    forged = person(MAKER.party, "made by the forger")
    refused("KEY_AUTHORITY", log.rotate, MAKER, forged, forged)
    refused("KEY_AUTHORITY", log.rotate, MAKER, forged, forged, WHOLESALER)
    refused("KEY_AUTHORITY", log.rotate, MAKER, forged, forged, REGULATOR)


def test_a_rotation_stays_with_the_party():
    log = admitted()
    refused("KEY_OWNER", log.rotate, MAKER, FORGER, FORGER, MAKER)


def test_a_rotation_needs_the_new_key_itself():
    refused("KEY_POSSESSION", admitted().rotate, MAKER, MAKERS_NEXT, MAKER)


def test_only_an_active_key_is_replaced():
    log = admitted()
    refused("KEY_UNKNOWN", log.rotate, FORGER, person(FORGER.party, "next"), person(FORGER.party, "next"))
    log.revoke(MAKER, REGULATOR)
    refused("KEY_UNKNOWN", log.rotate, MAKER, MAKERS_NEXT, MAKERS_NEXT, MAKER)


def test_a_key_does_not_replace_itself():
    refused("KEY_KNOWN", admitted().rotate, MAKER, MAKER, MAKER)


def test_a_rotation_ends_the_old_key_and_begins_the_new_one_at_its_own_index():
    log = admitted()
    before = log.skip(5) - 1
    at = log.rotate(MAKER, MAKERS_NEXT, MAKERS_NEXT, MAKER)
    assert log.ring.key_at(MAKER.keyid, before).party == MAKER.party
    assert log.ring.key_at(MAKERS_NEXT.keyid, at + 1).party == MAKER.party
    assert code_at(log, MAKER, at) == code_at(log, MAKER, at + 1) == "KEY_REVOKED"
    assert code_at(log, MAKERS_NEXT, at) == code_at(log, MAKERS_NEXT, before) == "KEY_NOT_YET"


# --- Revocation -------------------------------------------------------------------------------------------------------


def test_a_stranger_revokes_nothing():
    log = admitted()
    refused("KEY_AUTHORITY", log.revoke, MAKER, WHOLESALER)
    refused("KEY_UNKNOWN", log.revoke, MAKER, FORGER)
    refused("KEY_OWNER", log.revoke, MAKER, WHOLESALER, party=WHOLESALER.party)


def test_a_key_that_is_not_active_cannot_be_revoked():
    log = admitted()
    refused("KEY_UNKNOWN", log.revoke, FORGER, REGULATOR)
    log.revoke(MAKER, MAKER)
    refused("KEY_UNKNOWN", log.revoke, MAKER, REGULATOR)


@pytest.mark.parametrize("signer", [MAKER, REGULATOR])
def test_the_party_or_an_authority_revokes(signer):
    log = admitted()
    log.revoke(MAKER, signer)
    assert log.ring.party_of(MAKER.keyid) is None
    assert log.ring.is_revoked(MAKER.keyid)
    assert not log.ring.is_revoked(WHOLESALER.keyid)
    assert not log.ring.is_revoked(FORGER.keyid)


# --- Policies ---------------------------------------------------------------------------------------------------------


def test_the_first_policy_is_signed_by_every_key_that_it_brings_in():
    refused("POLICY_POSSESSION", Log().policy, REGULATOR, SECOND, signers=(REGULATOR,))


def test_a_policy_signed_by_somebody_that_it_does_not_name_is_refused():
    refused("KEY_UNKNOWN", Log().policy, REGULATOR, signers=(REGULATOR, FORGER))


def test_a_second_policy_needs_every_authority_in_force():
    log = opened(REGULATOR, SECOND)
    refused("POLICY_AUTHORITY", log.policy, FORGER)
    refused("POLICY_AUTHORITY", log.policy, REGULATOR, signers=(REGULATOR,))
    refused("POLICY_AUTHORITY", log.policy, FORGER, signers=(FORGER, REGULATOR))
    log.policy(SECOND, signers=(REGULATOR, SECOND))
    assert log.ring.authority_parties() == {SECOND.party}


def test_a_policy_does_not_give_a_partys_key_to_another():
    log = admitted()
    stolen = Person(FORGER.party, MAKER.private)
    refused("KEY_OWNER", log.policy, REGULATOR, stolen, signers=(REGULATOR, MAKER))


def test_a_policy_speaks_for_an_authority():
    refused("POLICY_PARTY", Log().policy, REGULATOR, party=FORGER.party)
    log = admitted()
    refused("POLICY_PARTY", log.policy, REGULATOR, party=MAKER.party)


def test_an_authority_that_stays_keeps_its_key_since_when_it_had_it():
    log = opened()
    log.skip(4)
    log.policy(REGULATOR, SECOND)
    assert log.ring.keys[REGULATOR.keyid].registered_index == 0
    assert log.ring.keys[SECOND.keyid].registered_index == 5


# --- Validity by index ------------------------------------------------------------------------------------------------


def code_at(log: Log, one: Person, index: int) -> str:
    try:
        log.ring.key_at(one.keyid, index)
    except VerificationError as error:
        return error.code
    return "valid"


def test_a_key_is_valid_between_its_registration_and_its_revocation():
    log = opened()
    log.skip(3)
    registered = log.register(MAKER, MAKER, REGULATOR)
    log.skip(3)
    revoked = log.revoke(MAKER, MAKER)
    codes = [code_at(log, MAKER, index) for index in range(revoked + 3)]
    valid = revoked - registered - 1
    assert codes == ["KEY_NOT_YET"] * (registered + 1) + ["valid"] * valid + ["KEY_REVOKED"] * 3
    assert code_at(log, FORGER, 5) == "KEY_UNKNOWN"


def test_a_compromised_key_is_suspect_from_the_index_on_that_its_owner_names():
    log = admitted()
    since = log.skip(4)
    log.skip(6)
    revoked = log.revoke(MAKER, REGULATOR, invalid_from=since)
    assert code_at(log, MAKER, since - 1) == "valid"
    assert {code_at(log, MAKER, index) for index in range(since, revoked)} == {"KEY_SUSPECT"}
    assert code_at(log, MAKER, revoked) == "KEY_REVOKED"


def test_whoever_came_in_by_a_stolen_authority_key_is_suspect_too():
    log = opened(REGULATOR, SECOND)
    log.register(WHOLESALER, WHOLESALER, REGULATOR)
    stolen = log.skip(2)
    log.register(FORGER, FORGER, REGULATOR)
    log.register(MAKER, MAKER, REGULATOR, SECOND)
    forgers_next = person(FORGER.party, "next")
    log.rotate(FORGER, forgers_next, forgers_next, FORGER)
    later = log.skip(3)
    assert code_at(log, forgers_next, later) == "valid"
    log.revoke(REGULATOR, SECOND, invalid_from=stolen)
    assert code_at(log, forgers_next, later) == "KEY_SUSPECT"
    assert code_at(log, WHOLESALER, later) == "valid"  # admitted before
    assert code_at(log, MAKER, later) == "valid"  # somebody else vouched as well


def test_an_authority_that_came_in_by_a_stolen_key_is_suspect_with_all_that_it_admitted():
    log = opened(REGULATOR)
    stolen = log.skip(2)
    log.policy(REGULATOR, FORGER)
    log.register(MAKER, MAKER, FORGER)
    later = log.skip(3)
    log.revoke(REGULATOR, FORGER, invalid_from=stolen)
    assert code_at(log, FORGER, later) == "KEY_SUSPECT"
    assert code_at(log, MAKER, later) == "KEY_SUSPECT"


# --- Order and signatures ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 1, 2])
def test_key_entries_come_in_the_order_of_their_indices(at):
    log = admitted()
    body = {"op": "register", **FORGER.public()}
    refused("KEY_ORDER", log.put, "key", FORGER.party, body, FORGER, REGULATOR, at=at)


def test_an_entry_of_another_kind_is_none_of_the_keyrings():
    refused("KEY_STATEMENT", opened().put, "event", MAKER.party, {}, REGULATOR)


@pytest.mark.parametrize("crypto", [crypto_fast, crypto_ecdsa])
def test_every_signature_of_an_envelope_is_checked(crypto):
    payload = canonical({"a": 1})
    good, spkis = MAKER.sign(payload), {MAKER.keyid: MAKER.spki, FORGER.keyid: FORGER.spki}
    r, s = parse_der(good.der)
    cases = [
        (Signature(FORGER.keyid, good.der), "SIGNATURE"),
        (Signature(FORGER.keyid, FORGER.sign(b"{}").der), "SIGNATURE"),
        (Signature(FORGER.keyid, b""), "BAD_DER"),
        (Signature(WHOLESALER.keyid, WHOLESALER.sign(payload).der), "KEY_UNKNOWN"),
        (Signature(MAKER.keyid, encode_der(r, P256_ORDER - s)), "HIGH_S"),
    ]
    for signature, code in cases:
        with pytest.raises(VerificationError) as caught:
            verify_signatures(Envelope(payload, (good, signature)), spkis, crypto)
        assert caught.value.code == code
    both = Envelope(payload, (FORGER.sign(payload), good))
    assert verify_signatures(both, spkis, crypto) == [FORGER.keyid, MAKER.keyid]


def test_the_ring_holds_what_the_log_says_of_each_key():
    log = admitted()
    assert log.ring.keys[MAKER.keyid] == KeyState(MAKER.party, MAKER.spki, "client", 1, vouchers=(REGULATOR.keyid,))
    assert log.ring.keys[REGULATOR.keyid].vouchers == ()
    assert log.ring.policy is not None
    assert log.ring.policy.party == REGULATOR.party
    with pytest.raises(MalformedError):
        log.put("policy", REGULATOR.party, {}, REGULATOR)
