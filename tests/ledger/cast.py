"""Who signs in the tests of the ledger: an authority, two parties that it admitted, and a forger whom it did not."""

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.custody import SigningKey, sign_statement
from ledger.models import Checkpoint, Entry
from ledger.usecases.advance import advance
from ledger.usecases.open_log import open_log
from ledger.usecases.register_key import register_key
from ledger.usecases.submit import Submitted, submit

AUTHORITY = "9520009000005"
MAKER = "9520001000003"
WHOLESALER = "9520002000002"
FORGER = "9520007000007"


@dataclass
class Cast:
    """An open log with its authority and two admitted parties; the forger is not admitted."""

    authority: SigningKey
    maker: SigningKey
    wholesaler: SigningKey
    forger: SigningKey = field(default_factory=SigningKey.generate)


def open_cast() -> Cast:
    with transaction.atomic():
        authority = custody.create_managed_key()
        open_log(origin=settings.LOG_ORIGIN, authorities=[(AUTHORITY, authority.keyid)])
        maker, wholesaler = custody.create_managed_key(), custody.create_managed_key()
        register_key(party=MAKER, keyid=maker.keyid, authority_keyid=authority.keyid)
        register_key(party=WHOLESALER, keyid=wholesaler.keyid, authority_keyid=authority.keyid)
    return Cast(authority, maker, wholesaler)


def event(party: str = MAKER, *, after: list[Entry] | None = None, **changes: Any) -> dict[str, Any]:
    """A statement that the ledger may not look into."""
    return {
        "type": "medtrail.statement.v1",
        "log": settings.LOG_ORIGIN,
        "party": party,
        "kind": "event",
        "nonce": secrets.token_hex(16),
        "after": [bytes(entry.entry_id).hex() for entry in after or []],
        "event": {"words": "opaque to the log"},
        **changes,
    }


def register_body(key: SigningKey, custody: str = "client") -> dict[str, Any]:
    return {"op": "register", "keyid": key.keyid, "spki": base64.b64encode(key.spki).decode(), "custody": custody}


def put(statement: dict[str, Any], *keys: SigningKey) -> Submitted:
    return put_bytes(sign_statement(statement, keys))


def put_bytes(envelope: bytes) -> Submitted:
    with transaction.atomic():
        return submit(envelope=envelope)


def put_events(cast: Cast, count: int) -> list[Entry]:
    return [put(event(), cast.maker).entry for _ in range(count)]


def published(checkpoint: Checkpoint | None = None) -> Checkpoint:
    """Take the log on, and return what is published then."""
    checkpoint = advance() or checkpoint
    assert checkpoint is not None
    return checkpoint
