"""Replace a party's managed key by another one."""

from django.db import transaction

from ledger import custody
from ledger.envelope import Envelope
from ledger.usecases.register_key import key_payload
from ledger.usecases.submit import Submitted, submit


@transaction.atomic
def rotate_key(*, party: str, keyid: str, new_keyid: str) -> Submitted:
    """Let `new_keyid` take the place of `keyid`; both are in our custody and both sign. The old key ends here."""
    old, new = custody.managed_key(keyid), custody.managed_key(new_keyid)
    payload = key_payload(party=party, spki=new.spki, keyid=new_keyid, custody="managed", replaces=keyid)
    return submit(envelope=Envelope(payload, (new.sign(payload), old.sign(payload))).encode())
