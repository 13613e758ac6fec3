"""A party's signing key is replaced by another: the old and the new one sign, and the old one ends there."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import custody
from ledger.envelope import Envelope, Signature
from ledger.envelope_fast import parse_payload
from ledger.errors import LedgerError, MalformedError
from ledger.key_statement import ROTATE, parse_key_act
from ledger.models import Key
from ledger.usecases.rotate_key import rotate_key as rotate_managed
from ledger.usecases.submit import submit
from supplychain.acts import Actor, Refused, registration
from supplychain.models import Party


@dataclass(frozen=True, slots=True)
class Rotation:
    """What the party made on its own machine: the statement, signed by the new key and, unless we keep it, the old."""

    payload: bytes
    signatures: Sequence[Signature]


@registration("rotate_key")
def rotate_key(*, actor: Actor, keyid: str, rotation: Rotation | None = None) -> Key:
    """Let another key take the place of `keyid` of the actor's party, and sign for it from now on.

    Without `rotation` we keep the old key, and make and keep the new one. With it the new key stays with the party.

    Raises:
        Refused: the key is not an active one of the party's (UNKNOWN_KEY), we do not keep it (KEY_NOT_MANAGED), the
            statement says something else (KEY_STATEMENT, KEY_OTHER), or the log does not take it.
    """
    old = own_key(actor, keyid)
    new_keyid = _to_managed(actor, old) if rotation is None else _to_own(actor, old, rotation)
    Party.objects.filter(pk=actor.party.pk).update(keyid=new_keyid)
    return Key.objects.get(keyid=new_keyid)


def own_key(actor: Actor, keyid: str) -> Key:
    """The active key `keyid` of the actor's party. Raises Refused."""
    key = Key.objects.filter(keyid=keyid, party=actor.party.gln, revoked_by=None).first()
    if key is None:
        raise Refused.because("UNKNOWN_KEY", f"There is no active key {keyid[:64]!r} of yours")
    return key


def _to_managed(actor: Actor, old: Key) -> str:
    new = custody.create_managed_key()
    rotate_managed(party=actor.party.gln, keyid=old.keyid, new_keyid=new.keyid)
    return new.keyid


def _to_own(actor: Actor, old: Key, rotation: Rotation) -> str:
    try:
        act = parse_key_act(parse_payload(rotation.payload))
    except MalformedError as error:
        raise Refused.because("KEY_STATEMENT", str(error)) from error
    if (act.op, act.party, act.replaces) != (ROTATE, actor.party.gln, old.keyid) or act.custody == "managed":
        raise Refused.because(
            "KEY_OTHER",
            f"The statement is a {act.op} of {act.party} to a {act.custody or 'nameless'} key; expected a rotation of "
            f"{old.keyid[:16]}… by {actor.party.gln} to a key in its own custody",
        )
    signatures = tuple(rotation.signatures)
    if old.custody == "managed" and old.keyid not in {one.keyid for one in signatures}:
        signatures += (custody.managed_key(old.keyid).sign(rotation.payload),)
    submit(envelope=_envelope(rotation.payload, signatures))
    return act.keyid


def _envelope(payload: bytes, signatures: tuple[Signature, ...]) -> bytes:
    try:
        return Envelope(payload, signatures).encode()
    except LedgerError as error:
        raise Refused.because(error.code, str(error)) from error
