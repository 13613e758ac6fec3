"""The keyring's rules, answered from the database at admission, and what an admitted key entry leaves there."""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from ledger import bulk, crypto_fast
from ledger.envelope import Envelope, Signature
from ledger.errors import VerificationError
from ledger.frame import Frame
from ledger.keyring import (
    KEY,
    POLICY,
    REVOKE,
    KeyAct,
    PolicyAct,
    check_key_act,
    check_policy_act,
    parse_key_act,
    parse_policy_act,
    verify_signatures,
)
from ledger.models import Entry, Key, Log, PolicyEntry
from ledger.quorum import UNCOUNTED_KINDS, find_rule, verify_quorum


class StoredKeys:
    """The keys and the policy in force, as the entries admitted so far have left them."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self._keys = keys

    def party_of(self, keyid: str) -> str | None:
        key = self._keys.get(keyid)
        return key.party if key and key.revoked_by_id is None else None

    def is_revoked(self, keyid: str) -> bool:
        key = self._keys.get(keyid)
        return key is not None and key.revoked_by_id is not None

    def custody_of(self, keyid: str) -> str | None:
        key = self._keys.get(keyid)
        return key.custody if key and key.revoked_by_id is None else None

    def had_key(self, party: str) -> bool:
        return Key.objects.filter(party=party).exists()

    def authority_parties(self) -> Collection[str]:
        return {one["party"] for one in self._policy["authorities"]} if self._policy else set()

    def acts(self) -> Mapping[str, Any]:
        return self._policy["acts"] if self._policy else {}

    @cached_property
    def _policy(self) -> dict[str, Any] | None:
        newest = PolicyEntry.objects.order_by("-entry_id").first()
        return newest.body if newest else None


def check_signers(envelope: Envelope, frame: Frame) -> KeyAct | PolicyAct | None:
    """Check that those who signed may say this, and hold their keys until the transaction ends.

    Returns what a key or policy statement does, for `project`; None for every other kind.

    Raises:
        MalformedError: a key or policy statement does not parse.
        VerificationError: a key is unknown, revoked or another party's (KEY_UNKNOWN, KEY_REVOKED, KEY_PARTY), a
            signature is wrong (SIGNATURE), the policy asks for more parties (APPROVALS, APPROVALS_MANAGED), or the
            keyring's rules say no.
    """
    if frame.kind == KEY:
        return check_key_statement(envelope)
    if frame.kind == POLICY:
        return check_policy_statement(envelope)
    acts = {} if frame.kind in UNCOUNTED_KINDS else hold_acts()
    keyids = [one.keyid for one in envelope.signatures]
    keys = bulk.hold_keys(keyids)
    verify_signatures(envelope, {keyid: bytes(key.spki) for keyid, key in keys.items()}, crypto_fast)
    for key in keys.values():
        if key.revoked_by_id is not None:
            raise VerificationError(f"key {key.keyid[:16]}… of {key.party} is revoked", code="KEY_REVOKED")
    owner = keys[keyids[0]].party
    if owner != frame.party:
        raise VerificationError(
            f"the first signature is by {owner}, expected the statement's party {frame.party}", code="KEY_PARTY"
        )
    rule = find_rule(acts, frame.kind)
    if rule is not None:
        verify_quorum(frame.kind, rule, [(key.party, key.custody) for key in keys.values()])
    return None


def check_voice(payload: bytes, signature: Signature, party: str) -> Key:
    """The active key of `party` that signed these bytes, held until the transaction ends.

    For statements that gather signatures before they come here: nobody's voice is kept that admission would not count.

    Raises:
        VerificationError: the signature is wrong (SIGNATURE) or not in its one form (BAD_DER, HIGH_S), or the key is
            unknown, revoked or another party's (KEY_UNKNOWN, KEY_REVOKED, KEY_PARTY).
    """
    keys = bulk.hold_keys([signature.keyid])
    envelope = Envelope(payload, (signature,))
    verify_signatures(envelope, {keyid: bytes(key.spki) for keyid, key in keys.items()}, crypto_fast)
    key = keys[signature.keyid]
    if key.revoked_by_id is not None:
        raise VerificationError(f"key {key.keyid[:16]}… of {key.party} is revoked", code="KEY_REVOKED")
    if key.party != party:
        raise VerificationError(f"signed with a key of {key.party}, expected one of {party}", code="KEY_PARTY")
    return key


def hold_acts() -> Mapping[str, Any]:
    """The acts of the policy in force, and it stays in force until the transaction ends.

    The log's first policy is the lock: it is always there, and never changes. A statement checked under one policy
    could else be sealed behind the next one, where no verifier would accept it.
    """
    list(PolicyEntry.objects.select_for_update().order_by("entry_id")[:1])
    newest = PolicyEntry.objects.order_by("-entry_id").first()
    return newest.body["acts"] if newest else {}


def check_key_statement(envelope: Envelope) -> KeyAct:
    act = parse_key_act(envelope.statement)
    keys = take_keys(envelope, {act.keyid, act.replaces} - {""})
    spkis = {keyid: bytes(key.spki) for keyid, key in keys.items()}
    signers = verify_signatures(envelope, spkis | ({act.keyid: act.spki} if act.spki else {}), crypto_fast)
    check_key_act(act, signers, StoredKeys(keys))
    return act


def check_policy_statement(envelope: Envelope) -> PolicyAct:
    act = parse_policy_act(envelope.statement)
    hold_acts()
    brought = {one.keyid: one.spki for one in act.authorities}
    keys = take_keys(envelope, set(brought))
    signers = verify_signatures(envelope, {k: bytes(key.spki) for k, key in keys.items()} | brought, crypto_fast)
    check_policy_act(act, signers, StoredKeys(keys))
    return act


def take_keys(envelope: Envelope, named: Collection[str]) -> dict[str, Key]:
    """Lock the keys that a key or policy statement is about, and those that sign it.

    The log's row first: such statements are rare and come one after the other. Then the keys, for good: statements that
    are being signed with them finish first, and so stand before this one in the log.
    """
    Log.objects.select_for_update().get(pk=1)
    keyids = {one.keyid for one in envelope.signatures} | set(named)
    return {key.keyid: key for key in Key.objects.select_for_update().filter(keyid__in=keyids).order_by("keyid")}


def project(act: KeyAct | PolicyAct | None, entry: Entry, statement: Mapping[str, Any]) -> None:
    """Write down what an admitted entry says about keys."""
    if isinstance(act, PolicyAct):
        PolicyEntry.objects.create(entry=entry, body=statement[POLICY])
        add_keys(
            [
                Key(keyid=one.keyid, party=one.party, spki=one.spki, custody=one.custody, registered_by=entry)
                for one in act.authorities
            ]
        )
    elif isinstance(act, KeyAct):
        if act.op == REVOKE:
            end_key(act.keyid, entry, act.reason, act.invalid_from)
            return
        add_keys([Key(keyid=act.keyid, party=act.party, spki=act.spki, custody=act.custody, registered_by=entry)])
        if act.replaces:
            end_key(act.replaces, entry, act.reason or "rotated", act.invalid_from)


def add_keys(keys: Sequence[Key]) -> None:
    # An authority that stays in office brings a key that is there already.
    Key.objects.bulk_create(keys, ignore_conflicts=True)


def end_key(keyid: str, entry: Entry, reason: str, invalid_from: int | None) -> None:
    Key.objects.filter(keyid=keyid).update(revoked_by=entry, reason=reason, invalid_from=invalid_from)
