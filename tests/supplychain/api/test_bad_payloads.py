"""The address that takes a statement's bytes from outside: bad ones have their code there, and leave nothing behind."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.custody import SigningKey
from ledger.envelope import encode_der, parse_der
from ledger.models import Entry, Key, Pending
from supplychain.client.showing import registration
from tests.factories import MAKER_GLN
from tests.supplychain.api.conftest import Callers
from tests.supplychain.api.test_drafts import b64

Change = Callable[[bytes], bytes]


def stored() -> tuple[int, int, int]:
    return Entry.objects.count(), Pending.objects.count(), Key.objects.count()


def body_of(key: SigningKey, payload: bytes, **changes: str) -> dict[str, str]:
    return {"payload": b64(payload), "keyid": key.keyid, "sig": b64(key.sign(payload).der), **changes}


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (lambda data: data.replace(b'{"after"', b'{"after":[],"after"', 1), "KEY_STATEMENT", "stands twice"),
        (lambda data: data.replace(b'","', b'", "', 1), "KEY_STATEMENT", "canonical"),
        (lambda data: b'{"z":1,' + data[1:], "KEY_STATEMENT", "canonical"),
        (lambda data: data.replace(b'"op":"register"', b'"op":9007199254740992'), "KEY_STATEMENT", "2^53"),
        (lambda data: data.replace(b'"op":"register"', b'"op":1.5'), "KEY_STATEMENT", "whole number"),
        (lambda data: data.replace(b"register", b"\\ud800"), "KEY_STATEMENT", "surrogate"),
        (lambda data: data[:-1], "KEY_STATEMENT", "not JSON"),
        (lambda data: data.replace(b"medtrail-test", b"another-log"), "WRONG_LOG", "another-log"),
        (lambda data: data.replace(b'"after":[]', b'"after":["' + b"5e" * 32 + b'"]'), "UNKNOWN_PARENT", "5e5e"),
    ],
)
def test_a_statement_that_the_log_would_refuse_is_refused_at_the_api(
    api: Callers, settings: Any, change: Change, code: str, word: str
) -> None:
    key, before = SigningKey.generate(), stored()
    payload = registration(log=settings.LOG_ORIGIN, party=MAKER_GLN, spki=key.spki, nonce="0" * 32)
    assert change(payload) != payload
    answer = api.regulator.post(f"parties/{MAKER_GLN}/keys", body_of(key, change(payload)))
    assert (answer.code, answer.status // 100) == (code, 4), answer.body
    assert word in answer.body["detail"]
    assert stored() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r, s: encode_der(r, s) + b"\x00",
        lambda r, s: encode_der(0, s),
        lambda r, s: b"\x30\x81" + encode_der(r, s)[1:],
    ],
)
def test_a_signature_that_is_no_der_is_refused_at_the_api(
    api: Callers, settings: Any, spoil: Callable[[int, int], bytes]
) -> None:
    key, before = SigningKey.generate(), stored()
    payload = registration(log=settings.LOG_ORIGIN, party=MAKER_GLN, spki=key.spki, nonce="0" * 32)
    der = spoil(*parse_der(key.sign(payload).der))
    answer = api.regulator.post(f"parties/{MAKER_GLN}/keys", body_of(key, payload, sig=b64(der)))
    assert (answer.status, answer.code) == (422, "INVALID_FIELDS")
    assert stored() == before


def test_a_statement_beyond_all_size_is_refused_at_the_api(api: Callers) -> None:
    key, before = SigningKey.generate(), stored()
    answer = api.regulator.post(f"parties/{MAKER_GLN}/keys", body_of(key, b"x" * 70_000))
    assert (answer.status, answer.code) == (422, "INVALID_FIELDS")
    assert stored() == before
