"""What key and policy entries mean: whose key is valid at which index of the log.

The log's first entry is a policy: it names the authorities that may admit parties, with their keys. From there on every
key is proved from the log alone. A key is registered under two signatures, its own (proof of possession) and an
authority's; rotated under the old and the new one; revoked by its party or an authority. Validity counts by log index,
never by a clock: a key signs for index i if its registration lies below i and no revocation does.

The rules are written once, over a `KeyView`: a `Keyring` folds entries for a verifier, the database answers at
admission.

Source: design section 2.6.
"""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from ledger.crypto import Crypto
from ledger.envelope import Envelope, check_low_s, keyid_of, pae
from ledger.errors import MalformedError, VerificationError

STATEMENT_TYPE = "medtrail.statement.v1"
KEY, POLICY = "key", "policy"
REGISTER, ROTATE, REVOKE = "register", "rotate", "revoke"
CUSTODIES = ("client", "managed", "hsm")
MAX_REASON = 200

_MEMBERS = {
    REGISTER: ({"op", "keyid", "spki", "custody"}, set()),
    ROTATE: ({"op", "keyid", "spki", "custody", "replaces"}, set()),
    REVOKE: ({"op", "keyid", "reason"}, {"invalid_from"}),
}


@dataclass(frozen=True, slots=True)
class KeyState:
    """What the log says of one key. Indices are leaf indices; from `invalid_from` on, a compromised key is suspect."""

    party: str
    spki: bytes
    custody: str
    registered_index: int
    revoked_index: int | None = None
    invalid_from: int | None = None


@dataclass(frozen=True, slots=True)
class KeyAct:
    """One key statement, parsed. `spki` is DER, empty for a revocation; `replaces` is set for a rotation."""

    op: str
    party: str
    keyid: str
    spki: bytes = b""
    custody: str = ""
    replaces: str = ""
    reason: str = ""
    invalid_from: int | None = None


@dataclass(frozen=True, slots=True)
class Authority:
    """A party that may admit others, with the key that it brings into the log."""

    party: str
    keyid: str
    spki: bytes
    custody: str


@dataclass(frozen=True, slots=True)
class PolicyAct:
    """One policy statement, parsed: who admits parties, and which acts need k of which parties."""

    party: str
    authorities: tuple[Authority, ...]
    acts: Mapping[str, Any]


class KeyView(Protocol):
    """What the rules ask about the log up to now."""

    def party_of(self, keyid: str) -> str | None:
        """The party whose active key this is; None for an unknown or revoked key."""

    def authority_parties(self) -> Collection[str]:
        """The parties that the policy in force names; empty before the first policy."""


def parse_key_act(statement: Mapping[str, Any]) -> KeyAct:
    """The key statement in a payload.

    Raises:
        MalformedError: other members, an unknown operation or custody, a key that is not its own keyid (KEY_STATEMENT).
    """
    body = statement.get(KEY)
    op = body.get("op") if isinstance(body, dict) else None
    if not isinstance(body, dict) or op not in _MEMBERS:
        raise _bad(f"operation {str(op)[:40]!r}: expected {', '.join(_MEMBERS)}")
    required, optional = _MEMBERS[op]
    if not required <= set(body) <= required | optional:
        raise _bad(f"{op} with members {sorted(body)[:8]}: expected {sorted(required)}")
    keyid = _text(body["keyid"], "keyid")
    if op == REVOKE:
        since = body.get("invalid_from")
        if since is not None and (not isinstance(since, int) or isinstance(since, bool) or since < 0):
            raise _bad(f"invalid_from {since!r}: expected a log index")
        reason = _text(body["reason"], "reason")
        if not 0 < len(reason) <= MAX_REASON:
            raise _bad(f"reason of {len(reason)} characters: expected 1 to {MAX_REASON}")
        return KeyAct(op, str(statement.get("party")), keyid, reason=reason, invalid_from=since)
    spki, custody = _parse_key(keyid, body["spki"], body["custody"])
    replaces = _text(body["replaces"], "replaces") if op == ROTATE else ""
    return KeyAct(op, str(statement.get("party")), keyid, spki, custody, replaces)


def parse_policy_act(statement: Mapping[str, Any]) -> PolicyAct:
    """The policy statement in a payload.

    Raises:
        MalformedError: no authorities, other members, a rule that no set of parties could meet (POLICY_STATEMENT).
    """
    body = statement.get(POLICY)
    if not isinstance(body, dict) or set(body) != {"authorities", "acts"}:
        raise _bad("expected authorities and acts", "POLICY_STATEMENT")
    listed, acts = body["authorities"], body["acts"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= 20 or not isinstance(acts, dict):
        raise _bad("expected 1 to 20 authorities, and acts by name", "POLICY_STATEMENT")
    for act, rule in acts.items():
        parties = rule.get("parties") if isinstance(rule, dict) else None
        k = rule.get("k") if isinstance(rule, dict) else None
        if not isinstance(parties, list) or not isinstance(k, int) or not 1 <= k <= len(set(map(str, parties))):
            raise _bad(f"act {act[:40]!r}: expected k and at least k different parties", "POLICY_STATEMENT")
    return PolicyAct(str(statement.get("party")), tuple(_parse_authority(one) for one in listed), acts)


def _parse_authority(value: Any) -> Authority:
    if not isinstance(value, dict) or set(value) != {"party", "keyid", "spki", "custody"}:
        raise _bad("an authority has other members than party, keyid, spki, custody", "POLICY_STATEMENT")
    keyid = _text(value["keyid"], "keyid")
    spki, custody = _parse_key(keyid, value["spki"], value["custody"])
    return Authority(_text(value["party"], "party"), keyid, spki, custody)


def _parse_key(keyid: str, spki: Any, custody: Any) -> tuple[bytes, str]:
    try:
        der = base64.b64decode(_text(spki, "spki"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("spki: expected base64") from error
    if keyid_of(der) != keyid:
        raise _bad(f"keyid {keyid[:80]!r}: expected {keyid_of(der)}, the SHA-256 of the key")
    if custody not in CUSTODIES:
        raise _bad(f"custody {str(custody)[:40]!r}: expected {', '.join(CUSTODIES)}")
    return der, str(custody)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise _bad(f"{name}: expected text")
    return value


def _bad(message: str, code: str = "KEY_STATEMENT") -> MalformedError:
    return MalformedError(f"{'policy' if code.startswith('POLICY') else 'key'} statement: {message}", code=code)


# --- Who may say so ---------------------------------------------------------------------------------------------------


def check_key_act(act: KeyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that those who signed (keyids, signatures already verified) may do this to this key.

    Raises:
        VerificationError: a signature is missing (KEY_POSSESSION, KEY_AUTHORITY), the key is known already (KEY_KNOWN),
            or the one to replace or revoke is not active (KEY_UNKNOWN, KEY_OWNER).
    """
    parties = {view.party_of(one) for one in signers} - {None}
    by_authority = bool(parties & set(view.authority_parties()))
    if act.op == REVOKE:
        owner = view.party_of(act.keyid)
        if owner is None:
            raise _no(f"key {act.keyid[:16]}… is not active; nothing to revoke", "KEY_UNKNOWN")
        if owner != act.party:
            raise _no(f"key {act.keyid[:16]}… belongs to {owner}, not {act.party}", "KEY_OWNER")
        if owner not in parties and not by_authority:
            raise _no("a revocation is signed by the party's own active key or by an authority", "KEY_AUTHORITY")
        return
    if act.keyid not in signers:
        raise _no("the new key must sign, to prove possession", "KEY_POSSESSION")
    if view.party_of(act.keyid) is not None:
        raise _no(f"key {act.keyid[:16]}… is registered already", "KEY_KNOWN")
    if act.op == REGISTER and not by_authority:
        raise _no("an authority of this log must sign a registration", "KEY_AUTHORITY")
    if act.op == ROTATE:
        owner = view.party_of(act.replaces)
        if owner is None or act.replaces not in signers:
            raise _no(f"the key to replace, {act.replaces[:16]}…, must be active and sign", "KEY_UNKNOWN")
        if owner != act.party:
            raise _no(f"key {act.replaces[:16]}… belongs to {owner}, not {act.party}", "KEY_OWNER")


def check_policy_act(act: PolicyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that a policy is signed by every key that it brings in and, but for the first, by every authority in force.

    Raises:
        VerificationError: a signature is missing (POLICY_POSSESSION, POLICY_AUTHORITY), or a key has another owner.
    """
    for authority in act.authorities:
        owner = view.party_of(authority.keyid)
        if owner is not None and owner != authority.party:
            raise _no(f"key {authority.keyid[:16]}… belongs to {owner}, not {authority.party}", "KEY_OWNER")
        if authority.keyid not in signers:
            raise _no(f"the key of authority {authority.party} must sign the policy", "POLICY_POSSESSION")
    signed = {view.party_of(one) for one in signers}
    missing = set(view.authority_parties()) - signed
    if missing:
        raise _no(f"a new policy needs the signature of {', '.join(sorted(missing))}", "POLICY_AUTHORITY")


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

    def party_of(self, keyid: str) -> str | None:
        """The party whose key this is, as long as no entry applied so far revokes it."""
        state = self.keys.get(keyid)
        return state.party if state and state.revoked_index is None else None

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
            raise _bad(f"kind {str(statement.get('kind'))[:40]!r}: expected key or policy")
        self._last = index

    def _apply_policy(self, index: int, act: PolicyAct, envelope: Envelope, crypto: Crypto) -> None:
        brought = {one.keyid: one.spki for one in act.authorities}
        signers = verify_signatures(envelope, self._spkis() | brought, crypto)
        check_policy_act(act, signers, self)
        for one in act.authorities:
            self.keys.setdefault(one.keyid, KeyState(one.party, one.spki, one.custody, index))
        self.authorities = frozenset(one.party for one in act.authorities)
        self.policy = act

    def _apply_key(self, index: int, act: KeyAct, envelope: Envelope, crypto: Crypto) -> None:
        signers = verify_signatures(envelope, self._spkis() | ({act.keyid: act.spki} if act.spki else {}), crypto)
        check_key_act(act, signers, self)
        if act.op == REVOKE:
            self.keys[act.keyid] = replace(self.keys[act.keyid], revoked_index=index, invalid_from=act.invalid_from)
            return
        if act.keyid in self.keys:  # a revoked key does not come back: its past would change its meaning
            raise _no(f"key {act.keyid[:16]}… was registered before", "KEY_KNOWN")
        self.keys[act.keyid] = KeyState(act.party, act.spki, act.custody, index)
        if act.op == ROTATE:
            self.keys[act.replaces] = replace(self.keys[act.replaces], revoked_index=index)

    def _spkis(self) -> dict[str, bytes]:
        return {keyid: state.spki for keyid, state in self.keys.items()}

    def key_at(self, keyid: str, index: int) -> KeyState:
        """The key that may sign for leaf `index`.

        Raises:
            VerificationError: KEY_UNKNOWN, KEY_NOT_YET (registered later), KEY_REVOKED, or KEY_SUSPECT (inside the
                range that its owner declared compromised).
        """
        state = self.keys.get(keyid)
        if state is None:
            raise _no(f"key {keyid[:16]}… is not registered in this log, as far as shown", "KEY_UNKNOWN")
        if index <= state.registered_index:
            raise _no(f"key {keyid[:16]}… is registered at {state.registered_index}, not before {index}", "KEY_NOT_YET")
        if state.revoked_index is not None and index >= state.revoked_index:
            raise _no(f"key {keyid[:16]}… was revoked at {state.revoked_index}, before index {index}", "KEY_REVOKED")
        if state.invalid_from is not None and index >= state.invalid_from:
            raise _no(f"key {keyid[:16]}… is suspect from {state.invalid_from} on; index {index}", "KEY_SUSPECT")
        return state


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
