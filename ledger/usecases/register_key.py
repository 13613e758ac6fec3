"""Put a party's key into the log, under its own signature and that of the authority that checked the party."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.envelope import Envelope, Signature
from ledger.envelope_fast import canonical, parse_payload
from ledger.errors import VerificationError
from ledger.keyring import KEY, REGISTER, STATEMENT_TYPE, parse_key_act
from ledger.usecases.submit import Submitted, submit


@dataclass(frozen=True, slots=True)
class Possession:
    """The proof that a party holds a key that we do not: the payload from `key_payload`, and its signature over it."""

    payload: bytes
    signature: Signature


@transaction.atomic
def register_key(*, party: str, keyid: str, authority_keyid: str, possession: Possession | None = None) -> Submitted:
    """Register `keyid` for `party`. Without `possession` it is a key in our custody, and signs here.

    Raises:
        VerificationError: the payload that the party signed says something else (KEY_OTHER), or admission refuses.
    """
    authority = custody.managed_key(authority_keyid)
    if possession is None:
        key = custody.managed_key(keyid)
        payload = key_payload(party=party, spki=key.spki, keyid=keyid, custody="managed")
        own = key.sign(payload)
    else:
        payload, own = possession.payload, possession.signature
        check_payload(payload, party, keyid)
    return submit(envelope=Envelope(payload, (own, authority.sign(payload))).encode())


def key_payload(*, party: str, spki: bytes, keyid: str, custody: str, replaces: str | None = None) -> bytes:
    """What the new key has to sign: a registration, or a rotation when it `replaces` another key."""
    body = {"op": REGISTER, "keyid": keyid, "spki": base64.b64encode(spki).decode(), "custody": custody}
    if replaces is not None:
        body |= {"op": "rotate", "replaces": replaces}
    return canonical(key_statement(party, body))


def key_statement(party: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": STATEMENT_TYPE,
        "log": settings.LOG_ORIGIN,
        "party": party,
        "kind": KEY,
        "nonce": secrets.token_hex(16),
        "after": [],
        KEY: body,
    }


def check_payload(payload: bytes, party: str, keyid: str) -> None:
    """The authority puts its name under these bytes, so they must say what it was asked to admit, and no more."""
    act = parse_key_act(parse_payload(payload))
    if (act.op, act.party, act.keyid) != (REGISTER, party, keyid) or act.custody == "managed":
        raise VerificationError(
            f"the signed payload is a {act.op} of {act.custody} key {act.keyid[:16]}… for {act.party}; "
            f"expected a registration of {keyid[:16]}… in its own custody for {party}",
            code="KEY_OTHER",
        )
