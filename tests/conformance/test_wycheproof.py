"""Wycheproof's signatures, many of them forged with care: both libraries take exactly the valid ones."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ledger import crypto_ecdsa, crypto_fast
from ledger.envelope import check_low_s, parse_der, to_low_s
from ledger.errors import VerificationError

pytestmark = pytest.mark.conformance


class Case(NamedTuple):
    name: str
    key: bytes
    message: bytes
    signature: bytes
    is_valid: bool


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "wycheproof"


def cases(file: Path) -> Iterator[Case]:
    for group in json.loads(file.read_text())["testGroups"]:
        key = group["publicKeyDer"] if "ecdsa" in file.name else group["publicKey"]["pk"]
        for test in group["tests"]:
            yield Case(
                f"{test['tcId']} {test['comment']}",
                bytes.fromhex(key),
                bytes.fromhex(test["msg"]),
                bytes.fromhex(test["sig"]),
                test["result"] == "valid",
            )


def test_both_libraries_take_exactly_the_valid_p256_signatures(folder):
    found = list(cases(folder / "ecdsa_secp256r1_sha256_test.json"))
    assert (len(found), sum(case.is_valid for case in found)) == (484, 174)
    for case in found:
        for crypto in (crypto_fast, crypto_ecdsa):
            assert crypto.verify_p256(case.key, case.message, case.signature) is case.is_valid, (crypto, case.name)
        digest = hashlib.sha256(case.message).digest()  # as the audit asks, which has hashed already
        assert crypto_fast.verify_p256_digest(case.key, digest, case.signature) is case.is_valid, case.name


def test_both_libraries_take_exactly_the_valid_ed25519_signatures(folder):
    found = list(cases(folder / "ed25519_test.json"))
    assert (len(found), sum(case.is_valid for case in found)) == (151, 88)
    for case in found:
        for crypto in (crypto_fast, crypto_ecdsa):
            assert crypto.verify_ed25519(case.key, case.message, case.signature) is case.is_valid, (crypto, case.name)


def test_of_the_valid_p256_signatures_admission_takes_those_with_a_low_s(folder):
    high = 0
    for case in cases(folder / "ecdsa_secp256r1_sha256_test.json"):
        if not case.is_valid:
            continue
        lowered = to_low_s(case.signature)
        check_low_s(lowered)
        assert crypto_fast.verify_p256(case.key, case.message, lowered), case.name
        if lowered != case.signature:
            high += 1
            with pytest.raises(VerificationError) as caught:
                check_low_s(case.signature)
            assert caught.value.code == "HIGH_S"
    assert high == 71


def test_no_signature_that_is_not_strict_der_has_numbers(folder):
    for case in cases(folder / "ecdsa_secp256r1_sha256_test.json"):
        if case.is_valid:
            parse_der(case.signature)
        elif "BER" in case.name or "append" in case.name.lower() or "length" in case.name:
            with pytest.raises(VerificationError):
                parse_der(case.signature)
