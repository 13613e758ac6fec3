"""A signing key ends: by its party while it still has one that signs, or by an authority, when the key was lost."""

from ledger.envelope import Envelope, Signature
from ledger.envelope_fast import parse_payload
from ledger.errors import MalformedError
from ledger.key_statement import REVOKE, parse_key_act
from ledger.models import Key, ManagedKey
from ledger.queries import find_log
from ledger.usecases.revoke_key import revoke_key as revoke_signed_here
from ledger.usecases.submit import submit
from supplychain.acts import Actor, Refused, registration
from supplychain.models import Party
from supplychain.usecases.rotate_key import Rotation
from supplychain.visibility import is_regulator


@registration("revoke_key")
def revoke_key(
    *, actor: Actor, keyid: str, reason: str, invalid_from: int | None = None, signed: Rotation | None = None
) -> Key:
    """End `keyid` for good. `invalid_from`: the log index since when somebody else may have used it.

    What it signed since then becomes suspect and stays in the log; what it signed before stays valid. `signed` is the
    revocation as the party made and signed it on its own machine; else a key that we keep signs, the party's own or,
    for an authority, the authority's.

    Raises:
        Refused: no such key that the actor may end (UNKNOWN_KEY), none that could sign it here (KEY_NOT_MANAGED), no
            reason (REASON_MISSING), an index that the log has not reached (BAD_INDEX), or the log does not take it.
    """
    key = _find(actor, keyid)
    if not 0 < len(reason.strip()) <= 200:
        raise Refused.because("REASON_MISSING", "A revocation needs a reason of 1 to 200 characters")
    log = find_log()
    if invalid_from is not None and not 0 <= invalid_from <= (log.tree_size if log else 0):
        raise Refused.because("BAD_INDEX", f"Index {invalid_from}: expected one that the log has reached")
    if signed is None:
        revoke_signed_here(
            party=key.party,
            keyid=keyid,
            signer_keyid=_signer(actor, key),
            reason=reason.strip(),
            invalid_from=invalid_from,
        )
    else:
        _submit_signed(key, reason.strip(), invalid_from, signed)
    _name_another(key)
    return Key.objects.get(keyid=keyid)


def _find(actor: Actor, keyid: str) -> Key:
    key = Key.objects.filter(keyid=keyid, revoked_by=None).first()
    if key is None or (key.party != actor.party.gln and not is_regulator(actor.party)):
        raise Refused.because("UNKNOWN_KEY", f"There is no active key {keyid[:64]!r} that you could revoke")
    return key


def _signer(actor: Actor, key: Key) -> str:
    """A key of the actor's party that we keep: the one to be revoked itself if need be, else another."""
    own = Key.objects.filter(party=actor.party.gln, revoked_by=None, custody="managed").values_list("keyid", flat=True)
    kept = set(ManagedKey.objects.filter(keyid__in=list(own)).values_list("keyid", flat=True))
    if not kept:
        raise Refused.because(
            "KEY_NOT_MANAGED", "We keep no key of yours that could sign this: sign it yourself with medtrail-sign"
        )
    others = sorted(kept - {key.keyid})
    return others[0] if others else key.keyid


def _submit_signed(key: Key, reason: str, invalid_from: int | None, signed: Rotation) -> None:
    try:
        act = parse_key_act(parse_payload(signed.payload))
    except MalformedError as error:
        raise Refused.because("KEY_STATEMENT", str(error)) from error
    if (act.op, act.party, act.keyid, act.reason, act.invalid_from) != (
        REVOKE, key.party, key.keyid, reason, invalid_from,
    ):  # fmt: skip
        raise Refused.because("KEY_OTHER", "The signed statement says something else than what was asked for")
    submit(envelope=Envelope(signed.payload, tuple[Signature, ...](signed.signatures)).encode())


def _name_another(key: Key) -> None:
    """If the party signed with this key, it goes on with another active one of its own, or has to be admitted anew."""
    left = Key.objects.filter(party=key.party, revoked_by=None).order_by("-registered_by").first()
    Party.objects.filter(gln=key.party, keyid=key.keyid).update(keyid=left.keyid if left else "")
