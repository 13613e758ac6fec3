"""Acts that take several parties: k of those that the log's policy names must have signed.

A policy entry maps an act, by the word that its statements have as `kind`, to k and a list of parties. One envelope
then carries the signatures of k of them over the same payload. Parties are counted, never keys: whoever holds ten keys
has one voice. Parties that the rule does not name may sign too, and count for nothing.

Some acts must not lie in the hands of whoever keeps other people's keys: for these, k managed keys are not enough, one
of the parties must have signed with a key of its own.

>>> rule = Rule(k=2, parties=("maker", "regulator", "wholesaler"))
>>> assess_quorum("recall", rule, [("maker", "client"), ("maker", "hsm"), ("stranger", "client")]).reason
'recall takes 2 of maker, regulator, wholesaler; signed by maker'

Source: design section 2.6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.errors import VerificationError

MANAGED = "managed"
RECALL, KEY_RECOVERY = "recall", "key_recovery"

# No set of managed keys is enough for these, however large: their keeper could recall a competitor's goods, or take
# over a party's name.
NEVER_MANAGED_ALONE = frozenset({RECALL, KEY_RECOVERY})

# These kinds have rules of their own (`ledger.keyring`) or are every day's; a policy's acts do not reach them.
UNCOUNTED_KINDS = frozenset({"event", "key", "policy"})


@dataclass(frozen=True, slots=True)
class Rule:
    """`k` of `parties` must sign, `1 <= k <= len(parties)`, no party twice."""

    k: int
    parties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuorumVerdict:
    """What the signatures of one envelope amount to under one rule.

    `counted` are the parties of the rule that signed and `missing` those that did not, both in the rule's order. `code`
    is "" when the rule is met, else APPROVALS (too few parties) or APPROVALS_MANAGED (only managed keys).
    """

    act: str
    rule: Rule
    counted: tuple[str, ...]
    missing: tuple[str, ...]
    code: str
    reason: str

    @property
    def is_met(self) -> bool:
        """Whether the act may stand."""
        return not self.code


def find_rule(acts: Mapping[str, Any], act: str) -> Rule | None:
    """The rule that a policy's `acts` (parsed by `key_statement.parse_policy_act`) have for `act`, if any."""
    if act not in acts or act in UNCOUNTED_KINDS:
        return None
    return Rule(acts[act]["k"], tuple(acts[act]["parties"]))


def counted_parties(acts: Mapping[str, Any]) -> frozenset[str]:
    """Every party that some rule of a policy's `acts` counts."""
    return frozenset(party for rule in acts.values() for party in rule["parties"])


def assess_quorum(act: str, rule: Rule, signers: Iterable[tuple[str, str]]) -> QuorumVerdict:
    """Whether `signers` satisfy `rule` for `act`: (party, custody of the key) for each signature.

    Only signatures that were verified, under keys that are valid at the entry's index, may be given.

    Source: design section 2.6.
    """
    custodies: dict[str, set[str]] = {}
    for party, custody in signers:
        custodies.setdefault(party, set()).add(custody)
    counted = tuple(party for party in rule.parties if party in custodies)
    missing = tuple(party for party in rule.parties if party not in custodies)
    who = ", ".join(counted) or "none of them"
    if len(counted) < rule.k:
        reason = f"{act} takes {rule.k} of {', '.join(rule.parties)}; signed by {who}"
        return QuorumVerdict(act, rule, counted, missing, "APPROVALS", reason)
    if act in NEVER_MANAGED_ALONE and all(custodies[party] == {MANAGED} for party in counted):
        reason = f"{act} signed by {who} with managed keys only: expected one of them to sign with a key of its own"
        return QuorumVerdict(act, rule, counted, missing, "APPROVALS_MANAGED", reason)
    return QuorumVerdict(act, rule, counted, missing, "", f"{len(counted)} of {rule.k} needed: {who}")


def verify_quorum(act: str, rule: Rule, signers: Iterable[tuple[str, str]]) -> QuorumVerdict:
    """The verdict of `assess_quorum`, if the rule is met.

    Raises:
        VerificationError: too few of the rule's parties (APPROVALS), or managed keys alone (APPROVALS_MANAGED).
    """
    verdict = assess_quorum(act, rule, signers)
    if not verdict.is_met:
        raise VerificationError(verdict.reason, code=verdict.code)
    return verdict
