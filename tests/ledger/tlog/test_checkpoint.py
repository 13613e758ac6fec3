import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import crypto_fast
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.tlog.merkle import MAX_SIZE
from ledger.tlog.note import ED25519, ed25519_signature_line, make_verifier

KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
ORIGIN = "log.example/one"
LOG = make_verifier(ORIGIN, ED25519, PUBLIC)
ROOT = bytes(range(32))
TEXT = f"{ORIGIN}\n12\n{base64.b64encode(ROOT).decode()}\n"


def signed(text: str, name: str = ORIGIN) -> str:
    return text + "\n" + ed25519_signature_line(name, PUBLIC, KEY.sign(text.encode()))


def refused(text: str) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_checkpoint(text)
    return caught.value.code


@pytest.mark.parametrize(
    "size", ["", "012", "+12", "-1", "1_2", " 12", "12 ", "1e1", "١٢", "1" * 20, str(MAX_SIZE + 1), "0x12"]
)
def test_a_size_that_is_no_plain_decimal_is_refused(size):
    assert refused(TEXT.replace("\n12\n", f"\n{size}\n")) == "CHECKPOINT"


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "\n\n\n", TEXT[:-1], TEXT + "\n", TEXT + "extension\n", TEXT.replace(ORIGIN, ""),
        TEXT.replace("\n12", ""), "\n" + TEXT, TEXT.replace("=\n", "\n"), TEXT.replace("=\n", "==\n"),
        TEXT.replace("8=\n", "9=\n"), TEXT.replace("AAEC", "!!!!"),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    assert text != TEXT
    assert refused(text) == "CHECKPOINT"


@pytest.mark.parametrize("root", [b"", ROOT[:31], ROOT + b"x"])
def test_a_root_of_another_length_is_refused(root):
    assert refused(f"{ORIGIN}\n12\n{base64.b64encode(root).decode()}\n") == "HASH_LENGTH"


@pytest.mark.parametrize(("origin", "size"), [("", 1), ("a\nb", 1), ("a", -1), ("a", MAX_SIZE + 1)])
def test_a_checkpoint_that_cannot_be_written_cannot_be_made(origin, size):
    with pytest.raises(MalformedError, match="expected an origin and"):
        Checkpoint(origin, size, ROOT)


def test_a_checkpoint_that_another_log_signed_is_refused():
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(signed(TEXT, "log.example/two"), LOG, crypto_fast)
    assert caught.value.code == "NOTE_UNSIGNED"


def test_a_log_that_signs_in_the_name_of_another_is_refused():
    with pytest.raises(VerificationError, match=r"log\.example/two.*expected 'log\.example/one'") as caught:
        open_checkpoint(signed(TEXT.replace("/one", "/two")), LOG, crypto_fast)
    assert caught.value.code == "ORIGIN"


def test_a_changed_size_breaks_the_signature():
    with pytest.raises(VerificationError) as caught:
        open_checkpoint(signed(TEXT).replace("\n12\n", "\n13\n"), LOG, crypto_fast)
    assert caught.value.code == "NOTE_SIGNATURE"


def test_a_note_about_something_else_is_no_checkpoint():
    with pytest.raises(MalformedError):
        open_checkpoint(signed("hello\n"), LOG, crypto_fast)


def test_a_signed_checkpoint_opens():
    assert open_checkpoint(signed(TEXT).encode(), LOG, crypto_fast) == Checkpoint(ORIGIN, 12, ROOT)


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    st.integers(0, MAX_SIZE),
    st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_reads_as_it_was_written(origin, size, root):
    checkpoint = Checkpoint(origin, size, root)
    assert parse_checkpoint(checkpoint.text) == checkpoint
