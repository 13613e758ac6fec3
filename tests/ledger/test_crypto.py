"""Our own hostile cases beside Wycheproof's: both libraries must answer alike, and answer, whatever they are given."""

import base64
import hashlib
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger import crypto_ecdsa, crypto_fast
from ledger.crypto import SPKI_HEAD, SPKI_SIZE, is_spki
from ledger.envelope import P256_ORDER, encode_der, parse_der

BOTH = [crypto_fast, crypto_ecdsa]
MESSAGE = b"a message"
KEY = ec.derive_private_key(5, ec.SECP256R1())
SPKI = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
SIGNATURE = KEY.sign(MESSAGE, ec.ECDSA(SHA256(), deterministic_signing=True))
ED_KEY = Ed25519PrivateKey.from_private_bytes(b"5" * 32)
ED_PUBLIC = ED_KEY.public_key().public_bytes_raw()
ED_SIGNATURE = ED_KEY.sign(MESSAGE)

pytestmark = pytest.mark.parametrize("crypto", BOTH, ids=["cryptography", "ecdsa"])


def flips(data: bytes, count: int) -> list[bytes]:
    dice = Random(11)
    places = sorted(dice.sample(range(len(data)), min(count, len(data))))
    return [data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :] for at in places]


def test_no_flipped_bit_in_key_message_or_signature_goes_through(crypto):
    for spki in flips(SPKI, 12):
        assert not crypto.verify_p256(spki, MESSAGE, SIGNATURE)
    for signature in flips(SIGNATURE, 12):
        assert not crypto.verify_p256(SPKI, MESSAGE, signature)
    for public in flips(ED_PUBLIC, 8):
        assert not crypto.verify_ed25519(public, MESSAGE, ED_SIGNATURE)
    for signature in flips(ED_SIGNATURE, 8):
        assert not crypto.verify_ed25519(ED_PUBLIC, MESSAGE, signature)
    for message in flips(MESSAGE, 2):
        assert not crypto.verify_p256(SPKI, message, SIGNATURE)
        assert not crypto.verify_ed25519(ED_PUBLIC, message, ED_SIGNATURE)


def test_a_key_in_another_spelling_is_no_key(crypto):
    compressed = base64.b16decode("3039301306072A8648CE3D020106082A8648CE3D030107032200") + (
        KEY.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    )
    other_curve = ec.derive_private_key(5, ec.SECP256K1()).public_key()
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    point = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for spki in (
        b"", compressed, pem, point, SPKI + b"\x00", SPKI[:-1], SPKI_HEAD,
        other_curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        SPKI_HEAD + bytes(64), SPKI_HEAD + b"\xff" * 64,
    ):  # fmt: skip
        assert not crypto.verify_p256(spki, MESSAGE, SIGNATURE), spki
    assert is_spki(SPKI)
    assert len(SPKI) == SPKI_SIZE == 91


def test_numbers_that_no_signer_makes_are_refused_without_a_crash(crypto):
    digest = int.from_bytes(hashlib.sha256(MESSAGE).digest(), "big")
    r, s = parse_der(SIGNATURE)
    for numbers in [
        (1, 1), (P256_ORDER - 1, P256_ORDER - 1), (r, 1), (1, s), (s, r), (r, P256_ORDER), (r, s + P256_ORDER),
        (digest % P256_ORDER, digest % P256_ORDER), (0, s), (r, 0), (0, 0),
        # u1·G + u2·Q is the point at infinity: with Q = 5·G that is digest + 5·r = 0.
        (-digest * pow(5, -1, P256_ORDER) % P256_ORDER, 1),
    ]:  # fmt: skip
        assert not crypto.verify_p256(SPKI, MESSAGE, encode_der(*numbers)), numbers


@pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 65, 128])
def test_lengths_that_cannot_be_are_refused(crypto, length):
    assert not crypto.verify_ed25519(bytes(length), MESSAGE, ED_SIGNATURE)
    assert not crypto.verify_ed25519(ED_PUBLIC, MESSAGE, bytes(length))
    assert not crypto.verify_p256(SPKI, MESSAGE, bytes(length))


def test_keys_of_small_order_are_handled_alike(crypto):
    small = bytes.fromhex("0100000000000000000000000000000000000000000000000000000000000000")
    answers = {one.verify_ed25519(small, MESSAGE, small + bytes(32)) for one in BOTH}
    assert len(answers) == 1
    not_on_the_curve = b"\x02" + bytes(31)
    assert not crypto.verify_ed25519(not_on_the_curve, MESSAGE, ED_SIGNATURE)
    s_too_large = ED_SIGNATURE[:32] + b"\xff" * 32
    assert not crypto.verify_ed25519(ED_PUBLIC, MESSAGE, s_too_large)


def test_the_second_form_of_a_signature_is_valid_and_so_must_be_refused_elsewhere(crypto):
    r, s = parse_der(SIGNATURE)
    assert crypto.verify_p256(SPKI, MESSAGE, SIGNATURE)
    assert crypto.verify_p256(SPKI, MESSAGE, encode_der(r, P256_ORDER - s))


def test_an_ed25519_signature_of_the_standard_verifies(crypto):
    """RFC 8032 section 7.1, test 2."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert crypto.verify_ed25519(public, b"\x72", signature)
    assert not crypto.verify_ed25519(public, b"\x73", signature)
