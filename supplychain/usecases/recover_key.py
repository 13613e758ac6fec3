"""A party that has lost its key gets a new one, because enough others say that it is the party that asks."""

from collections.abc import Sequence

from ledger import custody
from ledger.envelope import Envelope, Signature
from ledger.envelope_fast import parse_payload
from ledger.errors import MalformedError
from ledger.key_statement import RECOVER, parse_key_act
from ledger.models import Key
from ledger.usecases.submit import submit
from supplychain.acts import Actor, Refused, check, registration
from supplychain.lifecycle import MAY_ADMIT, guard_role
from supplychain.models import Party


@registration("recover_key")
def recover_key(*, actor: Actor, payload: bytes, signatures: Sequence[Signature]) -> Key:
    """Put the new key of `payload` into the place of the lost one, and let it sign for its party from now on.

    `payload` was made and signed by the party with its new key (`medtrail-sign recover-key`), and signed by others that
    the log's policy names for `key_recovery` (`medtrail-sign cosign-recovery`). The authority that hands it in says so
    with its own managed key, if it has one here. Managed keys alone are not enough.

    Raises:
        Refused: the payload is no recovery (KEY_STATEMENT, KEY_OTHER), or the log does not take it: too few parties
            (APPROVALS), managed keys only (APPROVALS_MANAGED), no rule for it (KEY_RECOVERY), another party's key.
    """
    check(guard_role(actor.roles, MAY_ADMIT, "hand in the recovery of a key"))
    try:
        act = parse_key_act(parse_payload(payload))
    except MalformedError as error:
        raise Refused.because("KEY_STATEMENT", str(error)) from error
    if act.op != RECOVER or act.custody == "managed":
        raise Refused.because(
            "KEY_OTHER", f"The statement is a {act.op} to a {act.custody or 'nameless'} key; expected a recovery"
        )
    given = list(signatures)
    own = Key.objects.filter(keyid=actor.party.keyid, custody="managed", revoked_by=None).first()
    if own is not None and own.keyid not in {one.keyid for one in given}:
        given.append(custody.managed_key(own.keyid).sign(payload))
    submit(envelope=Envelope(payload, tuple(given)).encode())
    Party.objects.filter(gln=act.party, keyid=act.replaces).update(keyid=act.keyid)
    return Key.objects.get(keyid=act.keyid)
