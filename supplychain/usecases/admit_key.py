"""The authority admits a key that stays with its party: from then on the party signs its acts itself."""

from ledger.envelope import Signature, parse_payload
from ledger.errors import MalformedError
from ledger.key_statement import parse_key_act
from ledger.models import Key
from ledger.usecases.register_key import Possession, register_key
from supplychain.acts import Actor, Refused, check, registration
from supplychain.lifecycle import MAY_ADMIT, guard_role
from supplychain.models import Party


@registration("admit_key")
def admit_key(*, actor: Actor, party: Party, payload: bytes, signature: Signature) -> Key:
    """Admit the key that `payload` registers and that has signed it, and let it sign for `party` from now on.

    An authority that brings a key of its own keeps the one here, too: it signs the admissions, which happen here. With
    its own it approves recalls, and signs whatever it drafts.

    `payload` is made and signed by the party, on its own machine (`medtrail-sign request-key`). Keys that the party had
    before stay valid until they are revoked.

    Raises:
        Refused: the payload is no registration of such a key for this party, its signature is wrong, or the key is on
            the log already.
    """
    check(guard_role(actor.roles, MAY_ADMIT, "admit keys"))
    try:
        act = parse_key_act(parse_payload(payload))
    except MalformedError as error:
        raise Refused.because("KEY_STATEMENT", str(error)) from error
    possession = Possession(payload, signature)
    register_key(party=party.gln, keyid=act.keyid, authority_keyid=actor.party.keyid, possession=possession)
    if party.pk != actor.party.pk:
        Party.objects.filter(pk=party.pk).update(keyid=act.keyid)
    return Key.objects.get(keyid=act.keyid)
