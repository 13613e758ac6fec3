"""Begin a log: its key, its row, and the first entry, which says who may admit parties."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.custody import SigningKey, sign_statement
from ledger.errors import ForkError, VerificationError
from ledger.keyring import POLICY, STATEMENT_TYPE
from ledger.models import Log
from ledger.queries import find_log
from ledger.signer import Signer
from ledger.tlog.block import NO_HASH
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.usecases.submit import submit


@transaction.atomic
def open_log(
    *, origin: str, authorities: Sequence[tuple[str, str | SigningKey]], acts: Mapping[str, Any] | None = None
) -> Log:
    """Open the log `origin` under `authorities`: pairs of a party and its key, which is the keyid of a managed key or a
    key in the caller's hands. `acts` says which acts need k of which parties.

    The same origin again gives the log that is there.

    Raises:
        VerificationError: another log is open here (LOG_EXISTS).
        ForkError: the signer has signed for this origin, but the database knows nothing of it (SIGNER_AHEAD).
    """
    log = find_log()
    if log is not None:
        if log.origin != origin:
            raise VerificationError(f"log {origin!r}: {log.origin!r} is open here, expected one log", code="LOG_EXISTS")
        return log
    signer = Signer.create(settings.LOG_DIR, origin)
    if signer.head().size:
        # The database was lost. A fresh log under this key would be the fork that the signer exists to prevent.
        raise ForkError(
            f"the signer has signed size {signer.head().size} of {origin!r}, but the database holds no log",
            code="SIGNER_AHEAD",
        )
    log = Log.objects.create(
        origin=origin, vkey=signer.vkey, root_hash=EMPTY_ROOT, last_header_hash=NO_HASH, keys_hash=NO_HASH
    )
    submit(envelope=first_policy(origin, authorities, acts or {}))
    return log


def first_policy(origin: str, authorities: Sequence[tuple[str, str | SigningKey]], acts: Mapping[str, Any]) -> bytes:
    named, keys = [], []
    for party, handle in authorities:
        managed = isinstance(handle, str)
        key = custody.managed_key(handle) if isinstance(handle, str) else handle
        keys.append(key)
        named.append(
            {
                "party": party,
                "keyid": key.keyid,
                "spki": base64.b64encode(key.spki).decode(),
                "custody": "managed" if managed else "client",
            }
        )
    statement = {
        "type": STATEMENT_TYPE,
        "log": origin,
        "party": authorities[0][0],
        "kind": POLICY,
        "nonce": secrets.token_hex(16),
        "after": [],
        POLICY: {"authorities": named, "acts": dict(acts)},
    }
    return sign_statement(statement, keys)
