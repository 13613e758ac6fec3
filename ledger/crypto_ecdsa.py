"""Verification by `ecdsa`, in pure Python: for the offline verifier, so that an auditor needs no compiled code.

Only ever verifies. Signing with `ecdsa` leaks the key through its running time, by its own documentation; no private key
comes near this module.
"""

import hashlib

from ecdsa import BadSignatureError, Ed25519, NIST256p, VerifyingKey
from ecdsa.errors import MalformedPointError
from ecdsa.util import MalformedSignature, sigdecode_der

# DER of a P-256 SubjectPublicKeyInfo with an uncompressed point, up to the point: the only spelling that keyids are of.
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
POINT_SIZE = 65


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is Ed25519 over `message` by `public_key` (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    try:
        key = VerifyingKey.from_string(public_key, curve=Ed25519)
        return bool(key.verify(signature, message))
    except (BadSignatureError, MalformedPointError, ValueError):
        return False


def verify_p256(spki: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (DER) is ECDSA P-256/SHA-256 over `message` by the key of `spki` (DER)."""
    point = spki.removeprefix(SPKI_HEAD)
    if len(spki) != len(SPKI_HEAD) + POINT_SIZE or len(point) != POINT_SIZE or point[0] != 4:
        return False
    try:
        key = VerifyingKey.from_string(point, curve=NIST256p, hashfunc=hashlib.sha256)
        return bool(key.verify(signature, message, hashfunc=hashlib.sha256, sigdecode=sigdecode_der))
    except (BadSignatureError, MalformedPointError, MalformedSignature, ValueError, IndexError):
        return False
