"""The key in its owner's hands: a PEM file, or a token behind PKCS#11. Nothing here sends it anywhere."""

import getpass
import os
from pathlib import Path
from typing import Any, Protocol

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ledger.envelope import Signature, keyid_of, pae, raw_to_der, to_low_s


class KeyUnusable(Exception):
    """The key cannot be used; the message says which and why."""


class Key(Protocol):
    """What signing needs of a key."""

    spki: bytes

    def sign(self, payload: bytes) -> Signature:
        """The low-S signature over DSSE's PAE of `payload`."""


class PemKey:
    """A P-256 private key in a PEM file, PKCS#8 or SEC 1, encrypted or not."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.spki = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def __repr__(self) -> str:
        return f"PemKey({keyid_of(self.spki)[:16]}…)"

    def sign(self, payload: bytes) -> Signature:
        der = self._private.sign(pae(payload), ec.ECDSA(hashes.SHA256()))
        return Signature(keyid_of(self.spki), to_low_s(der))


class TokenKey:
    """A P-256 key pair on a PKCS#11 token, found by its label. The private half never leaves the token."""

    def __init__(self, session: Any, label: str) -> None:
        from pkcs11 import Attribute, KeyType, ObjectClass

        self._session = session
        pair = {"label": label, "key_type": KeyType.EC}
        self._private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, **pair)
        public = session.get_key(object_class=ObjectClass.PUBLIC_KEY, **pair)
        point = bytes(public[Attribute.EC_POINT])
        # The point comes wrapped in an OCTET STRING: 04 41, then 65 bytes.
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point[-65:])
        self.spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, payload: bytes) -> Signature:
        import hashlib

        from pkcs11 import Mechanism

        # CKM_ECDSA takes the digest; the token answers r ‖ s.
        raw = self._private.sign(hashlib.sha256(pae(payload)).digest(), mechanism=Mechanism.ECDSA)
        return Signature(keyid_of(self.spki), to_low_s(raw_to_der(raw)))

    def close(self) -> None:
        """Leave the token: one program is signed in to it once."""
        self._session.close()


def make_key(path: Path, *, passphrase: bytes | None = None) -> PemKey:
    """Make a new key and write it to `path`, readable by its owner only. Never overwrites."""
    private = ec.generate_private_key(ec.SECP256R1())
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}; expected a new file in a folder that is there") from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    return PemKey(private)


def open_key(path: Path) -> PemKey:
    """The key in a PEM file. Asks for the passphrase at the terminal if the file has one."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}; expected a PEM file") from error
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except TypeError:  # it is encrypted
        passphrase = getpass.getpass(f"Passphrase of {path}: ").encode()
        try:
            private = serialization.load_pem_private_key(pem, password=passphrase)
        except ValueError as error:
            raise KeyUnusable(f"{path}: the passphrase does not open it") from error
    except ValueError as error:
        raise KeyUnusable(f"{path}: expected a private key in PEM") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or not isinstance(private.curve, ec.SECP256R1):
        raise KeyUnusable(f"{path}: expected a P-256 key")
    return PemKey(private)


def open_token(module: str, *, token: str, label: str) -> TokenKey:
    """The key `label` on the token `token`, through the PKCS#11 library `module`. Asks for the PIN at the terminal."""
    try:
        import pkcs11
    except ImportError as error:
        raise KeyUnusable("PKCS#11 needs the part `pip install medtrail[pkcs11]`") from error
    try:
        session = pkcs11.lib(module).get_token(token_label=token).open(user_pin=getpass.getpass(f"PIN of {token}: "))
        try:
            return TokenKey(session, label)
        except Exception:
            session.close()
            raise
    except (pkcs11.PKCS11Error, RuntimeError, OSError, ValueError) as error:
        raise KeyUnusable(f"token {token!r}, key {label!r}: {type(error).__name__} {error}") from error
