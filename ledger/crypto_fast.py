"""Verification by `cryptography` (OpenSSL): for the server, where a signature must cost microseconds."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ledger.crypto import is_spki

_OVER_MESSAGE = ec.ECDSA(SHA256())
_OVER_DIGEST = ec.ECDSA(Prehashed(SHA256()))


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is Ed25519 over `message` by `public_key` (32 bytes)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_p256(spki: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (DER) is ECDSA P-256/SHA-256 over `message` by the key of `spki` (DER)."""
    return _verify(spki, message, signature, _OVER_MESSAGE)


def verify_p256_digest(spki: bytes, digest: bytes, signature: bytes) -> bool:
    """As `verify_p256`, for whoever has the message's SHA-256 (32 bytes) at hand."""
    return _verify(spki, digest, signature, _OVER_DIGEST)


def _verify(spki: bytes, data: bytes, signature: bytes, scheme: ec.ECDSA) -> bool:
    key = _load(spki)
    if key is None:
        return False
    try:
        key.verify(signature, data, scheme)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=4096)
def _load(spki: bytes) -> ec.EllipticCurvePublicKey | None:
    """Loading a key costs a sixth of verifying with it, and the same few parties sign all day."""
    if not is_spki(spki):
        return None
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None
