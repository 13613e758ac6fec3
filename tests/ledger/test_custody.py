"""Keys that parties let us keep: nobody reads them, moves them or prints them."""

import pytest
from cryptography.hazmat.primitives import serialization

from ledger import crypto_fast, custody
from ledger.custody import SigningKey
from ledger.envelope import check_low_s, pae
from ledger.errors import VerificationError
from ledger.models import ManagedKey

pytestmark = pytest.mark.django_db


def refusal(keyid: str) -> str:
    with pytest.raises(VerificationError) as error:
        custody.managed_key(keyid)
    return error.value.code


def secret_of(key: SigningKey) -> bytes:
    return key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_a_wrapped_key_copied_onto_another_name_does_not_open() -> None:
    """Else whoever can write the table could sign as anybody with a key of his own."""
    mine, theirs = custody.create_managed_key(), custody.create_managed_key()
    ManagedKey.objects.filter(keyid=theirs.keyid).update(wrapped=ManagedKey.objects.get(keyid=mine.keyid).wrapped)
    assert refusal(theirs.keyid) == "MANAGED_KEY_UNREADABLE"


def test_a_changed_wrapping_does_not_open() -> None:
    key = custody.create_managed_key()
    row = ManagedKey.objects.get()
    for at in (0, 1, 20, len(row.wrapped) - 1):
        changed = bytearray(row.wrapped)
        changed[at] ^= 1
        ManagedKey.objects.update(wrapped=bytes(changed))
        assert refusal(key.keyid) == "MANAGED_KEY_UNREADABLE"


def test_under_another_secret_nothing_opens(settings: object) -> None:
    key = custody.create_managed_key()
    settings.MANAGED_KEY_SECRET = "another secret"  # type: ignore[attr-defined]
    assert refusal(key.keyid) == "MANAGED_KEY_UNREADABLE"


def test_a_key_that_its_owner_keeps_is_not_here() -> None:
    assert refusal(SigningKey.generate().keyid) == "KEY_NOT_MANAGED"


def test_the_table_holds_no_private_key_in_clear() -> None:
    key = custody.create_managed_key()
    secret = secret_of(key)
    scalar = key.private.private_numbers().private_value.to_bytes(32, "big")
    stored = bytes(ManagedKey.objects.get().wrapped)
    assert secret not in stored
    assert scalar not in stored


def test_a_key_does_not_print_its_secret() -> None:
    key = custody.create_managed_key()
    assert repr(key) == f"SigningKey(keyid='{key.keyid}')"


def test_every_wrapping_has_a_nonce_of_its_own() -> None:
    for _ in range(3):
        custody.create_managed_key()
    nonces = {bytes(row.wrapped)[1:13] for row in ManagedKey.objects.all()}
    assert len(nonces) == 3


def test_a_kept_key_signs_like_the_one_that_was_made() -> None:
    made = custody.create_managed_key()
    kept = custody.managed_key(made.keyid)
    assert (kept.keyid, kept.spki) == (made.keyid, made.spki)
    signature = kept.sign(b"payload")
    assert signature.keyid == made.keyid
    assert crypto_fast.verify_p256(made.spki, pae(b"payload"), signature.der)


def test_every_signature_is_low_s() -> None:
    key = SigningKey.generate()
    for number in range(64):
        check_low_s(key.sign(b"%d" % number).der)
