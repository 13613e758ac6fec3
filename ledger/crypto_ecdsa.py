"""Verification by `ecdsa`, in pure Python: for the offline verifier, so that an auditor needs no compiled code.

Only ever verifies. Signing with `ecdsa` leaks the key through its running time, by its own documentation; no private
key comes near this module.
"""

import hashlib

from ecdsa import BadSignatureError, Ed25519, NIST256p, VerifyingKey
from ecdsa.errors import MalformedPointError
from ecdsa.util import sigdecode_string

from ledger.crypto import SPKI_HEAD, is_spki
from ledger.envelope import parse_der
from ledger.errors import VerificationError


def verify_ed25519(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is Ed25519 over `message` by `public_key` (32 bytes).

    Source: RFC 8032 section 5.1.7.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    try:
        key = VerifyingKey.from_string(public_key, curve=Ed25519)
        return bool(key.verify(signature, message))
    except (BadSignatureError, MalformedPointError, ValueError):
        return False


def verify_p256(spki: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (DER) is ECDSA P-256/SHA-256 over `message` by the key of `spki` (DER).

    Both forms (r, s) and (r, n - s) are taken: to refuse one is `ledger.envelope.check_low_s`'s work.

    Source: FIPS 186-5 section 6.4.2.
    """
    if not is_spki(spki):
        return False
    try:
        # Our own DER reader, because the library's takes what is not DER: one spelling for one signature.
        r, s = parse_der(signature)
        key = VerifyingKey.from_string(spki[len(SPKI_HEAD) :], curve=NIST256p, hashfunc=hashlib.sha256)
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return bool(key.verify(raw, message, hashfunc=hashlib.sha256, sigdecode=sigdecode_string))
    except (VerificationError, BadSignatureError, MalformedPointError, TypeError):
        # TypeError: the library asks the point at infinity for its x. A forger can choose r and s that lead there.
        return False
