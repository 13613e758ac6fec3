"""What key and policy entries mean: whose key is valid at which index of the log.

The log's first entry is a policy: it names the authorities that may admit parties, with their keys. From there on every
key is proved from the log alone. A key is registered under two signatures, its own (proof of possession) and an
authority's; rotated under the old and the new one; recovered, when it is lost, under the new one and those of k parties
that the policy's act `key_recovery` names; revoked by its party or an authority. Validity counts by log index, never by
a clock: a key signs for index i if its registration lies below i and no revocation does. A revocation may name
an index from which on the key was in strange hands; what it signed since is suspect, and so is every key that came in
under nothing but suspect signatures.

The rules are written once, in `ledger.key_rules`, over a `KeyView`: a `Keyring` folds entries for a verifier, the
database answers at admission.

>>> Keyring().key_at("0" * 64, 5)
Traceback (most recent call last):
    ...
ledger.errors.VerificationError: key 0000000000000000… is not registered in this log, as far as shown

Source: design section 2.6.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.crypto import Crypto
from ledger.envelope import Envelope, check_low_s, pae
from ledger.errors import MalformedError, VerificationError
from ledger.key_rules import KeyView, check_key_act, check_policy_act
from ledger.key_statement import (
    CUSTODIES,
    KEY,
    POLICY,
    RECOVER,
    REGISTER,
    REVOKE,
    ROTATE,
    STATEMENT_TYPE,
    Authority,
    KeyAct,
    PolicyAct,
    parse_key_act,
    parse_policy_act,
)
from ledger.quorum import UNCOUNTED_KINDS, QuorumVerdict, assess_quorum, find_rule

# The words of key statements are this module's words too: who needs both imports one.
__all__ = [
    "CUSTODIES",
    "KEY",
    "POLICY",
    "RECOVER",
    "REGISTER",
    "REVOKE",
    "ROTATE",
    "STATEMENT_TYPE",
    "Authority",
    "KeyAct",
    "KeyState",
    "KeyView",
    "Keyring",
    "PolicyAct",
    "check_key_act",
    "check_policy_act",
    "parse_key_act",
    "parse_policy_act",
    "verify_signatures",
]


@dataclass(frozen=True, slots=True)
class KeyState:
    """What the log says of one key.

    Indices are leaf indices; from `invalid_from` on, a compromised key is suspect. `vouchers` are the keys under whose
    signatures it came in, the authorities' or the one that it replaced; none for the keys of the first policy.
    """

    party: str
    spki: bytes
    custody: str
    registered_index: int
    revoked_index: int | None = None
    invalid_from: int | None = None
    vouchers: tuple[str, ...] = ()


@dataclass
class Keyring:
    """The keys of a log, folded from its key and policy entries in index order."""

    keys: dict[str, KeyState] = field(default_factory=dict)
    authorities: frozenset[str] = frozenset()
    policy: PolicyAct | None = None
    policies: list[tuple[int, PolicyAct]] = field(default_factory=list)  # with their leaf indices, oldest first
    _last: int = -1
    _disowned: frozenset[str] | None = None  # computed when first asked for, forgotten with the next entry

    def party_of(self, keyid: str) -> str | None:
        """The party whose key this is, as long as no entry applied so far revokes it."""
        state = self.keys.get(keyid)
        return state.party if state and state.revoked_index is None else None

    def is_revoked(self, keyid: str) -> bool:
        """Whether an entry applied so far revokes this key."""
        return keyid in self.keys and self.keys[keyid].revoked_index is not None

    def custody_of(self, keyid: str) -> str | None:
        """Who keeps this key, as long as no entry applied so far revokes it."""
        state = self.keys.get(keyid)
        return state.custody if state and state.revoked_index is None else None

    def had_key(self, party: str) -> bool:
        """Whether an entry applied so far gave this party a key. A verifier that was shown fewer sees fewer."""
        return any(state.party == party for state in self.keys.values())

    def authority_parties(self) -> Collection[str]:
        """The parties named by the newest policy applied."""
        return self.authorities

    def acts(self) -> Mapping[str, Any]:
        """The acts of the newest policy applied."""
        return self.policy.acts if self.policy else {}

    def apply(self, index: int, envelope: Envelope, crypto: Crypto) -> None:
        """Check and apply the key or policy entry at leaf `index`. Entries come in the order of their indices.

        Raises:
            MalformedError: the statement is not one of a key or a policy.
            VerificationError: out of order (KEY_ORDER), a bad signature (SIGNATURE), or not theirs to say.
        """
        if index <= self._last:
            raise _no(f"key entry at index {index} after {self._last}: expected rising indices", "KEY_ORDER")
        statement = envelope.statement
        if statement.get("kind") == POLICY:
            self._apply_policy(index, parse_policy_act(statement), envelope, crypto)
        elif statement.get("kind") == KEY:
            self._apply_key(index, parse_key_act(statement), envelope, crypto)
        else:
            raise MalformedError("entry of another kind: expected key or policy", code="KEY_STATEMENT")
        self._last, self._disowned = index, None

    def _apply_policy(self, index: int, act: PolicyAct, envelope: Envelope, crypto: Crypto) -> None:
        brought = {one.keyid: one.spki for one in act.authorities}
        signers = verify_signatures(envelope, self._spkis(envelope) | brought, crypto)
        check_policy_act(act, signers, self)
        vouchers = self._of_authorities(signers)
        for one in act.authorities:
            self.keys.setdefault(one.keyid, KeyState(one.party, one.spki, one.custody, index, vouchers=vouchers))
        self.authorities = frozenset(one.party for one in act.authorities)
        self.policy = act
        self.policies.append((index, act))

    def _apply_key(self, index: int, act: KeyAct, envelope: Envelope, crypto: Crypto) -> None:
        brought = {act.keyid: act.spki} if act.spki else {}
        signers = verify_signatures(envelope, self._spkis(envelope) | brought, crypto)
        check_key_act(act, signers, self)
        if act.op == REVOKE:
            self.keys[act.keyid] = replace(self.keys[act.keyid], revoked_index=index, invalid_from=act.invalid_from)
            return
        vouchers = self._vouchers(act, signers)
        self.keys[act.keyid] = KeyState(act.party, act.spki, act.custody, index, vouchers=vouchers)
        if act.replaces:
            old = self.keys[act.replaces]
            self.keys[act.replaces] = replace(old, revoked_index=index, invalid_from=act.invalid_from)

    def _vouchers(self, act: KeyAct, signers: Collection[str]) -> tuple[str, ...]:
        if act.op == ROTATE:
            return (act.replaces,)
        if act.op == RECOVER:
            # Whoever helped; its own signature proves possession and vouches for nothing.
            return tuple(one for one in signers if self.party_of(one) is not None)
        return self._of_authorities(signers)

    def _of_authorities(self, signers: Collection[str]) -> tuple[str, ...]:
        return tuple(one for one in signers if self.party_of(one) in self.authorities)

    def _spkis(self, envelope: Envelope) -> dict[str, bytes]:
        """The keys that this envelope names, as far as the ring knows them, revoked ones too."""
        named = [one.keyid for one in envelope.signatures if one.keyid in self.keys]
        return {keyid: self.keys[keyid].spki for keyid in named}

    def key_at(self, keyid: str, index: int) -> KeyState:
        """The key that may sign for leaf `index`.

        Raises:
            VerificationError: KEY_UNKNOWN, KEY_NOT_YET (registered later), KEY_REVOKED, or KEY_SUSPECT (inside the
                range that its owner declared compromised, or admitted by keys inside theirs).
        """
        state = self.keys.get(keyid)
        if state is None:
            raise _no(f"key {keyid[:16]}… is not registered in this log, as far as shown", "KEY_UNKNOWN")
        if index <= state.registered_index:
            raise _no(f"key {keyid[:16]}… is registered at {state.registered_index}, not before {index}", "KEY_NOT_YET")
        if state.revoked_index is not None and index >= state.revoked_index:
            raise _no(f"key {keyid[:16]}… was revoked at {state.revoked_index}, before index {index}", "KEY_REVOKED")
        if self._is_suspect(keyid, index):
            raise _no(f"key {keyid[:16]}… is suspect from {state.invalid_from} on; index {index}", "KEY_SUSPECT")
        if keyid in self._disowned_keys():
            raise _no(f"key {keyid[:16]}… was admitted by nobody but keys that were suspect by then", "KEY_SUSPECT")
        return state

    def approval_at(self, index: int, kind: str, keyids: Collection[str]) -> QuorumVerdict | None:
        """What the signatures of `keyids`, verified already, amount to for an entry of `kind` at leaf `index`.

        None where the policy in force there has no rule for the kind. Keys that may not sign there count for nothing,
        suspect ones among them.
        """
        if kind in UNCOUNTED_KINDS:
            return None
        policy = next((act for at, act in reversed(self.policies) if at < index), None)
        rule = find_rule(policy.acts, kind) if policy else None
        if rule is None:
            return None
        voices = []
        for keyid in keyids:
            with suppress(VerificationError):
                state = self.key_at(keyid, index)
                voices.append((state.party, state.custody))
        return assess_quorum(kind, rule, voices)

    def _is_suspect(self, keyid: str, index: int) -> bool:
        since = self.keys[keyid].invalid_from
        return since is not None and index >= since

    def _disowned_keys(self) -> frozenset[str]:
        """The keys that nobody stands behind any more. In the order of registration: a voucher comes before its key."""
        if self._disowned is None:
            found: set[str] = set()
            for keyid, state in self.keys.items():
                at = state.registered_index
                if state.vouchers and all(one in found or self._is_suspect(one, at) for one in state.vouchers):
                    found.add(keyid)
            self._disowned = frozenset(found)
        return self._disowned


def verify_signatures(envelope: Envelope, spkis: Mapping[str, bytes], crypto: Crypto) -> list[str]:
    """Check every signature of an envelope and return the keyids, in order.

    Raises:
        VerificationError: a key is not among `spkis` (KEY_UNKNOWN), or a signature is wrong (SIGNATURE) or in a second
            spelling (HIGH_S, BAD_DER).
    """
    message = pae(envelope.payload)
    for one in envelope.signatures:
        if one.keyid not in spkis:
            raise _no(f"key {one.keyid[:16]}… is not registered in this log, as far as shown", "KEY_UNKNOWN")
        check_low_s(one.der)
        if not crypto.verify_p256(spkis[one.keyid], message, one.der):
            raise _no(f"the signature of key {one.keyid[:16]}… is wrong", "SIGNATURE")
    return [one.keyid for one in envelope.signatures]


def _no(message: str, code: str) -> VerificationError:
    return VerificationError(message, code=code)
