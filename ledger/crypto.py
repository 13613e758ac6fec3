"""What verifying needs of a cryptographic library. Two unrelated ones give it: `crypto_fast` and `crypto_ecdsa`."""

from typing import Protocol


class Crypto(Protocol):
    """A module with these two functions. They answer; they never raise for bad keys or bad signatures."""

    def verify_ed25519(self, public_key: bytes, message: bytes, signature: bytes) -> bool:
        """`public_key` 32 bytes, `signature` 64 bytes. Source: RFC 8032 section 5.1.7."""

    def verify_p256(self, spki: bytes, message: bytes, signature: bytes) -> bool:
        """ECDSA on P-256 with SHA-256; `spki` DER SubjectPublicKeyInfo, `signature` DER. Source: FIPS 186-5 section 6."""
