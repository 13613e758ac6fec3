"""Several parties for one act: recoveries, parties that count, and which policy an entry is judged by."""

import pytest

from ledger.errors import VerificationError
from ledger.keyring import Keyring
from tests.ledger.key_log import (
    MAKERS_NEXT,
    REGULATORS_NEXT,
    Log,
    admitted,
    counted,
    recoverable,
    refused,
)
from tests.ledger.small_log import FORGER, MAKER, REGULATOR, WHOLESALER, Person, person


def test_a_lost_key_is_recovered_by_k_parties_and_the_new_key():
    log = recoverable()
    at = log.recover(MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)
    assert log.ring.key_at(MAKERS_NEXT.keyid, at + 1).party == MAKER.party
    with pytest.raises(VerificationError, match="was revoked at"):
        log.ring.key_at(MAKER.keyid, at + 1)
    assert log.ring.key_at(MAKER.keyid, at - 1).registered_index == 1  # what it signed before stands


def test_fewer_than_k_parties_recover_nothing():
    log = recoverable()
    refused("APPROVALS", log.recover, MAKER, MAKERS_NEXT, MAKERS_NEXT)
    refused("APPROVALS", log.recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, REGULATOR)
    # The new key has no voice before it is in the log: it cannot stand in for its party.
    refused("APPROVALS", log.recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER)
    refused("KEY_UNKNOWN", log.recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, REGULATOR, FORGER)


def test_two_keys_of_one_party_are_one_voice():
    log = recoverable()
    log.register(REGULATORS_NEXT, REGULATORS_NEXT, REGULATOR)
    refused("APPROVALS", log.recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, REGULATOR, REGULATORS_NEXT)


def test_a_recovery_needs_the_new_key_itself_and_a_lost_one_of_the_same_party():
    log = recoverable()
    refused("KEY_POSSESSION", log.recover, MAKER, MAKERS_NEXT, WHOLESALER, REGULATOR)
    refused("KEY_OWNER", log.recover, WHOLESALER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)
    refused("KEY_UNKNOWN", log.recover, FORGER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)
    refused("KEY_KNOWN", log.recover, MAKER, Person(MAKER.party, WHOLESALER.private), WHOLESALER, REGULATOR)


def test_without_a_rule_nobody_recovers_anything():
    refused("KEY_RECOVERY", counted().recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)
    refused("KEY_RECOVERY", admitted().recover, MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)


def test_a_recovery_may_say_since_when_the_old_key_was_stolen():
    log = recoverable()
    since = log.skip(2)
    log.recover(MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR, invalid_from=since - 1)
    assert log.ring.key_at(MAKER.keyid, since - 2).party == MAKER.party
    with pytest.raises(VerificationError, match="suspect") as caught:
        log.ring.key_at(MAKER.keyid, since - 1)
    assert caught.value.code == "KEY_SUSPECT"


def test_a_recovery_by_nobody_but_stolen_keys_is_suspect():
    log = recoverable()
    before = log.size
    log.recover(MAKER, MAKERS_NEXT, MAKERS_NEXT, WHOLESALER, REGULATOR)
    log.register(REGULATORS_NEXT, REGULATORS_NEXT, REGULATOR)
    log.revoke(WHOLESALER, REGULATOR, invalid_from=before)
    assert log.ring.key_at(MAKERS_NEXT.keyid, log.size).party == MAKER.party  # one of the two still stands behind it
    log.revoke(REGULATOR, REGULATORS_NEXT, invalid_from=before)
    with pytest.raises(VerificationError) as caught:
        log.ring.key_at(MAKERS_NEXT.keyid, log.size)
    assert caught.value.code == "KEY_SUSPECT"


def test_an_authority_does_not_make_a_further_key_for_a_party_that_counts():
    """It could recall anything in the others' names: alone, with keys that it made itself."""
    log = counted()
    refused("KEY_COUNTED", log.register, MAKERS_NEXT, MAKERS_NEXT, REGULATOR)
    log.revoke(MAKER, REGULATOR)
    refused("KEY_COUNTED", log.register, MAKERS_NEXT, MAKERS_NEXT, REGULATOR)  # nor by ending the first one


def test_naming_a_party_an_authority_makes_no_further_key_for_it_either():
    log = counted()
    refused("KEY_COUNTED", log.policy, REGULATOR, MAKERS_NEXT, signers=(REGULATOR, MAKERS_NEXT))
    log.policy(REGULATOR, MAKERS_NEXT, signers=(REGULATOR, MAKERS_NEXT, MAKER))
    assert log.ring.party_of(MAKERS_NEXT.keyid) == MAKER.party


def test_a_party_that_counts_takes_a_further_key_itself():
    log = counted()
    log.register(MAKERS_NEXT, MAKERS_NEXT, REGULATOR, MAKER)
    log.rotate(MAKER, person(MAKER.party, "third"), person(MAKER.party, "third"), MAKER)


def test_a_managed_key_does_not_become_one_that_looks_its_partys_own():
    """Its keeper could make such keys for all, and managed keys alone would satisfy a recall after all."""
    log = counted(custody="managed")
    refused("KEY_COUNTED", log.register, MAKERS_NEXT, MAKERS_NEXT, REGULATOR, MAKER)
    refused("KEY_COUNTED", log.rotate, MAKER, MAKERS_NEXT, MAKERS_NEXT, MAKER)
    log.rotate(MAKER, MAKERS_NEXT, MAKERS_NEXT, MAKER, custody="managed")


def test_the_parties_of_a_recovery_may_admit_it_instead():
    log = recoverable(custody="managed")
    log.register(MAKERS_NEXT, MAKERS_NEXT, REGULATOR, WHOLESALER)
    with_too_few = recoverable(custody="managed")
    refused("KEY_COUNTED", with_too_few.register, MAKERS_NEXT, MAKERS_NEXT, REGULATOR)


def test_a_party_that_does_not_count_is_the_authoritys_business():
    log = counted(recall={"k": 1, "parties": [REGULATOR.party]})
    log.register(MAKERS_NEXT, MAKERS_NEXT, REGULATOR)


def approval(log: Log, index: int, *signers: Person):
    return log.ring.approval_at(index, "recall", [one.keyid for one in signers])


def test_an_entry_is_judged_by_the_policy_that_was_in_force_at_its_index():
    log = admitted()
    free = log.skip() - 1
    log.policy(REGULATOR, acts={"recall": {"k": 2, "parties": [MAKER.party, REGULATOR.party]}})
    two = log.skip() - 1
    log.policy(REGULATOR, acts={"recall": {"k": 1, "parties": [WHOLESALER.party]}})
    one = log.skip() - 1
    assert approval(log, free, MAKER) is None
    assert approval(log, two, MAKER).code == "APPROVALS"
    assert approval(log, two, MAKER, REGULATOR).is_met
    assert approval(log, one, MAKER, REGULATOR).code == "APPROVALS"
    assert approval(log, one, WHOLESALER).is_met
    assert log.ring.approval_at(two, "event", [MAKER.keyid]) is None
    assert Keyring().approval_at(0, "recall", [MAKER.keyid]) is None


def test_a_suspect_key_has_no_voice():
    log = counted()
    at = log.skip() - 1
    log.revoke(WHOLESALER, REGULATOR, invalid_from=at)
    assert approval(log, at, MAKER, WHOLESALER).code == "APPROVALS"
    assert approval(log, at, MAKER, WHOLESALER, REGULATOR).is_met
    assert approval(log, at, MAKER, FORGER).code == "APPROVALS"
