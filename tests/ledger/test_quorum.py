"""k of n, counted by party: what many signatures amount to, and what they do not."""

import itertools

import pytest

from ledger.errors import VerificationError
from ledger.quorum import Rule, assess_quorum, counted_parties, find_rule, verify_quorum

RULE = Rule(2, ("maker", "regulator", "wholesaler"))


@pytest.mark.parametrize(
    "signers",
    [
        [],
        [("maker", "client")],
        [("maker", "client"), ("maker", "hsm"), ("maker", "client")],  # many keys, one voice
        [("maker", "client"), ("stranger", "client")],
        [("maker", "client"), ("Regulator", "client"), ("maker ", "client"), ("", "client")],
    ],
)
def test_too_few_parties_are_too_few_whatever_they_sign_with(signers):
    verdict = assess_quorum("recall", RULE, signers)
    assert (verdict.is_met, verdict.code) == (False, "APPROVALS")
    with pytest.raises(VerificationError, match="recall takes 2 of maker, regulator, wholesaler; signed by") as caught:
        verify_quorum("recall", RULE, signers)
    assert caught.value.code == "APPROVALS"


@pytest.mark.parametrize("act", ["recall", "key_recovery"])
def test_managed_keys_alone_never_satisfy_a_recall(act):
    """Not even when every party there is has signed: all of them are in one keeper's hands."""
    everybody = [(party, "managed") for party in RULE.parties]
    with pytest.raises(VerificationError, match="with managed keys only") as caught:
        verify_quorum(act, RULE, everybody)
    assert caught.value.code == "APPROVALS_MANAGED"
    # A key of somebody whom the rule does not count makes no difference.
    assert assess_quorum(act, RULE, [*everybody, ("stranger", "hsm")]).code == "APPROVALS_MANAGED"
    for custody in ("client", "hsm"):
        assert assess_quorum(act, RULE, [*everybody, ("maker", custody)]).is_met
        assert assess_quorum(act, RULE, [("maker", custody), ("regulator", "managed")]).is_met


def test_other_acts_may_be_done_with_managed_keys():
    assert assess_quorum("release", RULE, [("maker", "managed"), ("regulator", "managed")]).is_met


def test_every_set_of_signers_is_judged_by_the_number_of_parties_in_it():
    people = ("maker", "regulator", "wholesaler", "stranger")
    for k in (1, 2, 3):
        rule = Rule(k, RULE.parties)
        for size in range(len(people) + 1):
            for chosen in itertools.permutations(people, size):
                verdict = assess_quorum("recall", rule, [(one, "client") for one in chosen])
                expected = [one for one in rule.parties if one in chosen]
                assert verdict.counted == tuple(expected)
                assert set(verdict.missing) == set(rule.parties) - set(chosen)
                assert verdict.is_met == (len(expected) >= k)


def test_a_policy_has_rules_for_the_acts_that_it_names_and_for_no_others():
    acts = {"recall": {"k": 2, "parties": ["a", "b"]}, "release": {"k": 1, "parties": ["c"]}}
    assert find_rule(acts, "recall") == Rule(2, ("a", "b"))
    assert find_rule(acts, "withdraw") is None
    assert find_rule({}, "recall") is None
    assert counted_parties(acts) == {"a", "b", "c"}


@pytest.mark.parametrize("kind", ["event", "key", "policy"])
def test_a_policy_cannot_count_what_has_rules_of_its_own(kind):
    assert find_rule({kind: {"k": 1, "parties": ["a"]}}, kind) is None
