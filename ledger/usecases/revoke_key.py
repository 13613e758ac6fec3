"""End a key."""

from typing import Any

from django.db import transaction

from ledger import custody
from ledger.custody import sign_statement
from ledger.keyring import REVOKE
from ledger.usecases.register_key import key_statement
from ledger.usecases.submit import Submitted, submit


@transaction.atomic
def revoke_key(*, party: str, keyid: str, signer_keyid: str, reason: str, invalid_from: int | None = None) -> Submitted:
    """End `keyid` of `party`, signed by one of the party's own managed keys or by an authority's.

    `invalid_from`, a log index, says since when somebody else may have used the key: what it signed from there on is
    suspect, and stays in the log.
    """
    body: dict[str, Any] = {"op": REVOKE, "keyid": keyid, "reason": reason}
    if invalid_from is not None:
        body["invalid_from"] = invalid_from
    return submit(envelope=sign_statement(key_statement(party, body), [custody.managed_key(signer_keyid)]))
