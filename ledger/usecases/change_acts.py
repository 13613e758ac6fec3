"""Say anew which acts need k of which parties."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.custody import sign_statement
from ledger.errors import VerificationError
from ledger.keyring import POLICY, STATEMENT_TYPE
from ledger.models import Key, PolicyEntry
from ledger.usecases.submit import Submitted, submit


@transaction.atomic
def change_acts(*, party: str, acts: Mapping[str, Any]) -> Submitted:
    """Put a policy into force that has the authorities of the one before and these `acts`: name to `k` and `parties`.

    Every authority must sign it; this one does so with the managed keys that the authorities have here. Acts that are
    not among `acts` keep their rules.

    Raises:
        MalformedError: a rule that no set of parties could meet.
        VerificationError: no log is open (LOG_NOT_OPEN), an authority keeps its key itself (KEY_NOT_MANAGED), or
            admission refuses.
    """
    policy = PolicyEntry.objects.select_for_update().order_by("-entry_id").first()
    if policy is None:
        raise VerificationError("no log is open here: expected log_init to have run", code="LOG_NOT_OPEN")
    named, keys = [], []
    for party_of_authority in dict.fromkeys(one["party"] for one in policy.body["authorities"]):
        key = _managed_key(party_of_authority)
        keys.append(key)
        spki = base64.b64encode(key.spki).decode()
        named.append({"party": party_of_authority, "keyid": key.keyid, "spki": spki, "custody": "managed"})
    statement = {
        "type": STATEMENT_TYPE,
        "log": settings.LOG_ORIGIN,
        "party": party,
        "kind": POLICY,
        "nonce": secrets.token_hex(16),
        "after": [],
        POLICY: {"authorities": named, "acts": {**policy.body["acts"], **acts}},
    }
    return submit(envelope=sign_statement(statement, keys))


def _managed_key(party: str) -> custody.SigningKey:
    """The authority's newest managed key that is active."""
    rows = Key.objects.filter(party=party, custody="managed", revoked_by=None).order_by("-registered_by")
    newest = rows.first()
    if newest is None:
        raise VerificationError(
            f"authority {party} keeps its key itself: it has to sign the policy", code="KEY_NOT_MANAGED"
        )
    return custody.managed_key(newest.keyid)
