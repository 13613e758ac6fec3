"""What verifying needs of a cryptographic library. Two unrelated ones give it: `crypto_fast` and `crypto_ecdsa`.

Both answer alike on every input, valid or not: an entry that the server admits must not fail in an auditor's hands.
"""

from typing import Protocol

# DER of a P-256 SubjectPublicKeyInfo with an uncompressed point, up to and with the 0x04 that begins the point. A key
# has other spellings (compressed, explicit curve parameters); each would be another keyid, so only this one is taken.
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
SPKI_SIZE = len(SPKI_HEAD) + 64


def is_spki(spki: bytes) -> bool:
    """Whether `spki` is spelt as every P-256 key here must be. Whether its point lies on the curve is not asked."""
    return len(spki) == SPKI_SIZE and spki.startswith(SPKI_HEAD)


class Crypto(Protocol):
    """A module with these two functions. They answer; they never raise for bad keys or bad signatures."""

    def verify_ed25519(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """`public_key` 32 bytes, `signature` 64 bytes. Source: RFC 8032 section 5.1.7."""

    def verify_p256(self, spki: bytes, message: bytes, signature: bytes) -> bool:
        """ECDSA on P-256 with SHA-256; `spki` DER SubjectPublicKeyInfo (`is_spki`), `signature` strict DER, any s.

        Source: FIPS 186-5 section 6.4.2.
        """
