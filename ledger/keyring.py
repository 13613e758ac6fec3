"""What key and policy entries mean: whose key is valid at which index of the log.

The log's first entry is a policy: it names the authorities that may admit parties, with their keys. From there on every
key is proved from the log alone. A key is registered under two signatures, its own (proof of possession) and an
authority's; rotated under the old and the new one; revoked by its party or an authority. Validity counts by log index,
never by a clock: a key signs for index i if its registration lies below i and no revocation does. A revocation may name
an index from which on the key was in strange hands; what it signed since is suspect, and so is every key that came in
under nothing but suspect signatures.

The rules are written once, over a `KeyView`: a `Keyring` folds entries for a verifier, the database answers at
admission.

>>> Keyring().key_at("0" * 64, 5)
Traceback (most recent call last):
    ...
ledger.errors.VerificationError: key 0000000000000000… is not registered in this log, as far as shown

Source: design section 2.6.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from ledger.crypto import Crypto
from ledger.envelope import Envelope, check_low_s, pae
from ledger.errors import MalformedError, VerificationError
from ledger.key_statement import (
    CUSTODIES,
    KEY,
    POLICY,
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

# The words of key statements are this module's words too: who needs both imports one.
__all__ = [
    "CUSTODIES",
    "KEY",
    "POLICY",
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


class KeyView(Protocol):
    """What the rules ask about the log up to now."""

    def party_of(self, keyid: str) -> str | None:
        """The party whose active key this is; None for an unknown or revoked key."""

    def is_revoked(self, keyid: str) -> bool:
        """Whether this key was active once and is no more."""

    def authority_parties(self) -> Collection[str]:
        """The parties that the policy in force names; empty before the first policy."""


# --- Who may say so ---------------------------------------------------------------------------------------------------


def check_key_act(act: KeyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that those who signed (keyids, signatures already verified) may do this to this key.

    Raises:
        VerificationError: a signature is missing (KEY_POSSESSION, KEY_AUTHORITY), the key is known already (KEY_KNOWN),
            or the one to replace or revoke is not active (KEY_UNKNOWN) or another party's (KEY_OWNER).
    """
    parties = {party for one in signers if (party := view.party_of(one)) is not None}
    authorities = set(view.authority_parties())
    if act.op == REVOKE:
        owner = _owner(act.keyid, act, view)
        if owner not in parties and not parties & authorities:
            raise _no("a revocation is signed by the party's own active key or by an authority", "KEY_AUTHORITY")
        return
    if act.keyid not in signers:
        raise _no("the new key must sign, to prove possession", "KEY_POSSESSION")
    _check_new(act.keyid, view)
    if act.op == ROTATE:
        _owner(act.replaces, act, view)
        if act.replaces not in signers:
            raise _no(f"the key to replace, {act.replaces[:16]}…, must sign", "KEY_AUTHORITY")
        return
    if not parties & authorities:
        raise _no("an authority of this log must sign a registration", "KEY_AUTHORITY")
    if act.party in authorities and act.party not in parties:
        # Else one authority could make a key in another's name, and alone sign for both of them.
        raise _no(f"a further key of authority {act.party} takes a signature of its own", "KEY_AUTHORITY")


def check_policy_act(act: PolicyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that a policy is signed by every key that it brings in and, but for the first, by every authority in force.

    Raises:
        VerificationError: a signature is missing (POLICY_POSSESSION, POLICY_AUTHORITY), it speaks for a party that is
            no authority (POLICY_PARTY), or a key has another owner (KEY_OWNER) or was revoked (KEY_KNOWN).
    """
    in_force = set(view.authority_parties())
    for authority in act.authorities:
        owner = view.party_of(authority.keyid)
        if owner is None:
            _check_new(authority.keyid, view)
        elif owner != authority.party:
            raise _no(f"key {authority.keyid[:16]}… belongs to {owner}, not {authority.party}", "KEY_OWNER")
        if authority.keyid not in signers:
            raise _no(f"the key of authority {authority.party} must sign the policy", "POLICY_POSSESSION")
    missing = in_force - {view.party_of(one) for one in signers}
    if missing:
        raise _no(f"a new policy needs the signature of {', '.join(sorted(missing))}", "POLICY_AUTHORITY")
    if act.party not in in_force | {one.party for one in act.authorities}:
        raise _no(f"policy of {act.party}: expected one of the authorities", "POLICY_PARTY")


def _owner(keyid: str, act: KeyAct, view: KeyView) -> str:
    owner = view.party_of(keyid)
    if owner is None:
        raise _no(f"key {keyid[:16]}… is not active; nothing to {act.op}", "KEY_UNKNOWN")
    if owner != act.party:
        raise _no(f"key {keyid[:16]}… belongs to {owner}, not {act.party}", "KEY_OWNER")
    return owner


def _check_new(keyid: str, view: KeyView) -> None:
    if view.party_of(keyid) is not None:
        raise _no(f"key {keyid[:16]}… is registered already", "KEY_KNOWN")
    if view.is_revoked(keyid):
        # A revoked key does not come back: what it signed before would change its meaning.
        raise _no(f"key {keyid[:16]}… was registered before, and revoked", "KEY_KNOWN")


def _no(message: str, code: str) -> VerificationError:
    return VerificationError(message, code=code)


# --- The fold ---------------------------------------------------------------------------------------------------------


@dataclass
class Keyring:
    """The keys of a log, folded from its key and policy entries in index order."""

    keys: dict[str, KeyState] = field(default_factory=dict)
    authorities: frozenset[str] = frozenset()
    policy: PolicyAct | None = None
    _last: int = -1
    _disowned: frozenset[str] | None = None  # computed when first asked for, forgotten with the next entry

    def party_of(self, keyid: str) -> str | None:
        """The party whose key this is, as long as no entry applied so far revokes it."""
        state = self.keys.get(keyid)
        return state.party if state and state.revoked_index is None else None

    def is_revoked(self, keyid: str) -> bool:
        """Whether an entry applied so far revokes this key."""
        return keyid in self.keys and self.keys[keyid].revoked_index is not None

    def authority_parties(self) -> Collection[str]:
        """The parties named by the newest policy applied."""
        return self.authorities

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

    def _apply_key(self, index: int, act: KeyAct, envelope: Envelope, crypto: Crypto) -> None:
        brought = {act.keyid: act.spki} if act.spki else {}
        signers = verify_signatures(envelope, self._spkis(envelope) | brought, crypto)
        check_key_act(act, signers, self)
        if act.op == REVOKE:
            self.keys[act.keyid] = replace(self.keys[act.keyid], revoked_index=index, invalid_from=act.invalid_from)
            return
        vouchers = (act.replaces,) if act.op == ROTATE else self._of_authorities(signers)
        self.keys[act.keyid] = KeyState(act.party, act.spki, act.custody, index, vouchers=vouchers)
        if act.op == ROTATE:
            self.keys[act.replaces] = replace(self.keys[act.replaces], revoked_index=index)

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
