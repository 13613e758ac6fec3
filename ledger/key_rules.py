"""Who may say what about keys: the rules of key and policy entries, over whatever knows the keys in force.

A `Keyring` that folded entries answers for a verifier, the database at admission; so both decide alike.

>>> from ledger.keyring import Keyring
>>> check_key_act(KeyAct("revoke", "9520001000003", "0" * 64, reason="lost"), [], Keyring())
Traceback (most recent call last):
    ...
ledger.errors.VerificationError: key 0000000000000000… is not active; nothing to revoke

Source: design section 2.6.
"""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from ledger.errors import VerificationError
from ledger.key_statement import RECOVER, REVOKE, ROTATE, KeyAct, PolicyAct
from ledger.quorum import KEY_RECOVERY, MANAGED, assess_quorum, counted_parties, find_rule, verify_quorum


class KeyView(Protocol):
    """What the rules ask about the log up to now."""

    def party_of(self, keyid: str) -> str | None:
        """The party whose active key this is; None for an unknown or revoked key."""

    def is_revoked(self, keyid: str) -> bool:
        """Whether this key was active once and is no more."""

    def custody_of(self, keyid: str) -> str | None:
        """Who keeps this active key; None for an unknown or revoked one."""

    def had_key(self, party: str) -> bool:
        """Whether this party has, or ever had, a key in the log."""

    def authority_parties(self) -> Collection[str]:
        """The parties that the policy in force names; empty before the first policy."""

    def acts(self) -> Mapping[str, Any]:
        """The acts of the policy in force, each with its `k` and `parties`."""


def check_key_act(act: KeyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that those who signed (keyids, signatures already verified) may do this to this key.

    Raises:
        VerificationError: a signature is missing (KEY_POSSESSION, KEY_AUTHORITY, KEY_COUNTED, or as `verify_quorum`),
            the policy has no rule for recoveries (KEY_RECOVERY), the key is known already (KEY_KNOWN), or the one to
            replace or revoke is not active (KEY_UNKNOWN) or another party's (KEY_OWNER).
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
    if act.op == RECOVER:
        _owner(act.replaces, act, view)
        _check_recovery(signers, view)
        return
    _check_counted(act.party, act.custody, signers, view)
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


def _check_recovery(signers: Collection[str], view: KeyView) -> None:
    rule = find_rule(view.acts(), KEY_RECOVERY)
    if rule is None:
        raise _no(f"the policy in force has no rule for {KEY_RECOVERY}: a lost key is revoked", "KEY_RECOVERY")
    verify_quorum(KEY_RECOVERY, rule, _voices(signers, view))


def _check_counted(party: str, custody: str, signers: Collection[str], view: KeyView) -> None:
    """Refuse a further key of a party that counts in some act, unless the party itself stands behind it.

    Whoever holds an authority's key could else speak for every party that a recall takes; and whoever keeps a party's
    managed key could make one that does not look managed. So such a key takes a signature of the party's own that is
    worth no less than the new key's, or k of n as for a recovery.
    """
    if party not in counted_parties(view.acts()) or not view.had_key(party):
        return
    own = {view.custody_of(one) for one in signers if view.party_of(one) == party}
    if own - {MANAGED} or (own and custody == MANAGED):
        return
    rule = find_rule(view.acts(), KEY_RECOVERY)
    if rule is None or not assess_quorum(KEY_RECOVERY, rule, _voices(signers, view)).is_met:
        raise _no(
            f"{party} counts in this log's policy: a further {custody} key takes a signature of a key of its "
            f"own, not of a lesser custody, or the parties of {KEY_RECOVERY}",
            "KEY_COUNTED",
        )


def _voices(signers: Collection[str], view: KeyView) -> list[tuple[str, str]]:
    """Party and custody of those signers that are active keys."""
    known = ((view.party_of(one), view.custody_of(one)) for one in signers)
    return [(party, custody) for party, custody in known if party is not None and custody is not None]


def check_policy_act(act: PolicyAct, signers: Collection[str], view: KeyView) -> None:
    """Check that a policy is signed by every key that it brings in and, but for the first, by every authority in force.

    Raises:
        VerificationError: a signature is missing (POLICY_POSSESSION, POLICY_AUTHORITY), it speaks for a party that is
            no authority (POLICY_PARTY), or a key has another owner (KEY_OWNER), was revoked (KEY_KNOWN) or would be a
            further one of a party that counts (KEY_COUNTED).
    """
    in_force = set(view.authority_parties())
    for authority in act.authorities:
        owner = view.party_of(authority.keyid)
        if owner is None:
            _check_new(authority.keyid, view)
            # Naming a party an authority is no way round either.
            _check_counted(authority.party, authority.custody, signers, view)
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
