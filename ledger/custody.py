"""Private keys that parties let us keep: made here, used here, stored encrypted, never shown.

A key is wrapped by AES-256-GCM under a key derived from `settings.MANAGED_KEY_SECRET`. Its keyid is authenticated with
it, so a row copied onto another party's keyid does not open. Parties that keep their own key never meet this module.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from ledger.envelope import Envelope, Signature, keyid_of, pae, to_low_s
from ledger.envelope_fast import canonical
from ledger.errors import VerificationError
from ledger.models import ManagedKey

WRAPPED_V1 = b"\x01"  # then 12 bytes of nonce, then the ciphertext with its tag
NONCE_SIZE = 12


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A P-256 private key in memory. Its `repr` shows the keyid only."""

    keyid: str
    spki: bytes = field(repr=False)
    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls.of(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def of(cls, private: ec.EllipticCurvePrivateKey) -> "SigningKey":
        spki = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(keyid=keyid_of(spki), spki=spki, private=private)

    def sign(self, payload: bytes) -> Signature:
        der = self.private.sign(pae(payload), ec.ECDSA(hashes.SHA256()))
        return Signature(self.keyid, to_low_s(der))


def create_managed_key() -> SigningKey:
    """Make a key and keep it. It signs nothing that counts until `register_key` has put it into the log."""
    key = SigningKey.generate()
    secret = key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    nonce = os.urandom(NONCE_SIZE)
    wrapped = (
        WRAPPED_V1 + nonce + wrapping_cipher(settings.MANAGED_KEY_SECRET).encrypt(nonce, secret, key.keyid.encode())
    )
    ManagedKey.objects.create(keyid=key.keyid, wrapped=wrapped, created_at=timezone.now())
    return key


def managed_key(keyid: str) -> SigningKey:
    """Open the managed key `keyid`.

    Raises:
        VerificationError: we keep no such key (KEY_NOT_MANAGED), or it does not open (MANAGED_KEY_UNREADABLE).
    """
    row = ManagedKey.objects.filter(keyid=keyid).first()
    if row is None:
        raise VerificationError(
            f"key {keyid}: expected a key in our custody, but its owner keeps it", code="KEY_NOT_MANAGED"
        )
    wrapped = bytes(row.wrapped)
    nonce, ciphertext = wrapped[1 : 1 + NONCE_SIZE], wrapped[1 + NONCE_SIZE :]
    try:
        if wrapped[:1] != WRAPPED_V1:
            raise InvalidTag
        secret = wrapping_cipher(settings.MANAGED_KEY_SECRET).decrypt(nonce, ciphertext, keyid.encode())
    except InvalidTag as error:
        raise VerificationError(
            f"key {keyid}: does not open; expected the MANAGED_KEY_SECRET that it was wrapped with",
            code="MANAGED_KEY_UNREADABLE",
        ) from error
    private = serialization.load_der_private_key(secret, password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return SigningKey.of(private)


def sign_statement(statement: Mapping[str, Any], keys: Sequence[SigningKey]) -> bytes:
    """Canonicalise `statement`, sign it with each of `keys` in turn, and return the envelope's bytes."""
    payload = canonical(statement)
    return Envelope(payload, tuple(key.sign(payload) for key in keys)).encode()


@lru_cache(maxsize=4)
def wrapping_cipher(secret: str) -> AESGCM:
    derivation = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"medtrail managed keys v1")
    return AESGCM(derivation.derive(secret.encode()))
