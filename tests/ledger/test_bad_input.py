"""Bad input at the door of the log: each has its code, and nothing of it is stored."""

import base64
import json
from collections.abc import Callable

import pytest
from django.db import transaction

from ledger import models
from ledger.custody import SigningKey
from ledger.envelope import (
    MAX_ENVELOPE,
    MAX_SIGNATURES,
    P256_ORDER,
    Envelope,
    Signature,
    canonical,
    encode_der,
    parse_der,
)
from ledger.errors import LedgerError
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.submit import submit
from tests.ledger.cast import FORGER, MAKER, Cast, event, open_cast, published

pytestmark = pytest.mark.django_db
TABLES = (models.Entry, models.EntryParent, models.Pending, models.Key, models.PolicyEntry, models.Leaf, models.Block)


@pytest.fixture
def cast() -> Cast:
    return open_cast()


def signed(payload: bytes, key: SigningKey) -> bytes:
    return Envelope(payload, (key.sign(payload),)).encode()


def spelt(change: Callable[[bytes], bytes]) -> Callable[[Cast], bytes]:
    """The maker signs these very bytes, so that nothing but their spelling is wrong."""
    return lambda cast: signed(change(canonical(event())), cast.maker)


def with_der(change: Callable[[int, int], bytes]) -> Callable[[Cast], bytes]:
    def make(cast: Cast) -> bytes:
        payload = canonical(event())
        signature = cast.maker.sign(payload)
        return Envelope(payload, (Signature(signature.keyid, change(*parse_der(signature.der))),)).encode()

    return make


def by_revoked_key(cast: Cast) -> bytes:
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=cast.authority.keyid, reason="stolen")
    return signed(canonical(event()), cast.maker)


def oversize(cast: Cast) -> bytes:
    return signed(canonical(event(event={"words": "x" * MAX_ENVELOPE})), cast.maker)


def crowded(cast: Cast) -> bytes:
    payload = canonical(event())
    one = cast.maker.sign(payload)
    return Envelope(payload, tuple(Signature(f"{n:064x}", one.der) for n in range(MAX_SIGNATURES + 1))).encode()


def in_other_base64(cast: Cast) -> bytes:
    envelope = json.loads(signed(canonical(event()), cast.maker))
    envelope["payload"] = base64.urlsafe_b64encode(base64.b64decode(envelope["payload"]) + b"\xff\xfe").decode()
    return canonical(envelope)


CASES = {
    "a key twice": (spelt(lambda data: data.replace(b'{"after"', b'{"after":[],"after"', 1)), "DUPLICATE_KEY"),
    "a key twice, once escaped": (
        spelt(lambda data: data.replace(b'{"after"', b'{"\\u0061fter":[],"after"', 1)), "DUPLICATE_KEY",
    ),
    "a blank": (spelt(lambda data: data.replace(b'","', b'", "', 1)), "NOT_CANONICAL"),
    "keys in another order": (spelt(lambda data: b'{"z":1,' + data[1:]), "NOT_CANONICAL"),
    "an escape too many": (spelt(lambda data: data.replace(b"opaque", b"op\\u0061que")), "NOT_CANONICAL"),
    "half a character": (spelt(lambda data: data.replace(b"opaque", b"\\ud800")), "SURROGATE"),
    "2^53": (spelt(lambda data: data.replace(b'"opaque to the log"', b"9007199254740992")), "INTEGER_RANGE"),
    "-2^53": (spelt(lambda data: data.replace(b'"opaque to the log"', b"-9007199254740992")), "INTEGER_RANGE"),
    "a fraction": (spelt(lambda data: data.replace(b'"opaque to the log"', b"1.5")), "FLOAT"),
    "a whole float": (spelt(lambda data: data.replace(b'"opaque to the log"', b"1e2")), "FLOAT"),
    "too deep": (spelt(lambda data: data.replace(b'"opaque to the log"', b"[" * 40 + b"]" * 40)), "TOO_DEEP"),
    "no object": (lambda cast: signed(b"[]", cast.maker), "JSON"),
    "high-S": (with_der(lambda r, s: encode_der(r, P256_ORDER - s)), "HIGH_S"),
    "DER with a zero in front": (
        with_der(lambda r, s: b"\x30" + bytes([len(encode_der(r, s)) - 1]) + b"\x02\x21" + b"\x00" * 2 + bytes(70)),
        "BAD_DER",
    ),
    "DER with a tail": (with_der(lambda r, s: encode_der(r, s) + b"\x00"), "BAD_DER"),
    "r of zero": (with_der(lambda r, s: encode_der(0, s)), "BAD_DER"),
    "s of the order": (with_der(lambda r, s: encode_der(r, P256_ORDER)), "BAD_DER"),
    "no signature": (with_der(lambda r, s: b""), "BAD_DER"),
    "raw r and s": (with_der(lambda r, s: r.to_bytes(32, "big") + s.to_bytes(32, "big")), "BAD_DER"),
    "another's signature": (with_der(lambda r, s: encode_der(s if s <= P256_ORDER // 2 else 1, 1)), "SIGNATURE"),
    "unknown key": (lambda cast: signed(canonical(event(FORGER)), cast.forger), "KEY_UNKNOWN"),
    "revoked key": (by_revoked_key, "KEY_REVOKED"),
    "key of another party": (lambda cast: signed(canonical(event(MAKER)), cast.wholesaler), "KEY_PARTY"),
    "another log": (lambda cast: signed(canonical(event(log="log.example/other")), cast.maker), "WRONG_LOG"),
    "unknown parent": (lambda cast: signed(canonical(event() | {"after": ["5e" * 32]}), cast.maker), "UNKNOWN_PARENT"),
    "a parent twice": (
        lambda cast: signed(canonical(event() | {"after": ["5e" * 32] * 2}), cast.maker), "STATEMENT_AFTER",
    ),
    "more than 64 KiB": (oversize, "OVERSIZE"),
    "21 signatures": (crowded, "ENVELOPE"),
    "another base64": (in_other_base64, "ENVELOPE"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_bad_input_has_its_code_and_leaves_nothing_behind(cast: Cast, name: str) -> None:
    make, code = CASES[name]
    published()
    envelope = make(cast)
    before = [table._default_manager.count() for table in TABLES]
    with pytest.raises(LedgerError) as error, transaction.atomic():
        submit(envelope=envelope)
    assert error.value.code == code, str(error.value)
    assert [table._default_manager.count() for table in TABLES] == before
