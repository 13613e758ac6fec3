import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger import crypto_ecdsa, crypto_fast
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.note import (
    COSIGNATURE_V1,
    ED25519,
    Note,
    NoteSignature,
    cosignature_message,
    ed25519_signature_line,
    ed25519_vkey,
    key_id,
    make_verifier,
    parse_note,
    parse_vkey,
    signature_line,
    verify_note,
)

# The example in the documentation of golang.org/x/mod/sumdb/note: made by a program that we did not write.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
GO_CHECKSUM_DATABASE = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

TEXT = "log.example/one\n5\nAAAA\n"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
LOG_PUBLIC = LOG_KEY.public_key().public_bytes_raw()
LOG = make_verifier("log.example/one", ED25519, LOG_PUBLIC)
WITNESS = make_verifier("witness.example", COSIGNATURE_V1, WITNESS_KEY.public_key().public_bytes_raw())
SECONDS = 1_764_000_000


def log_line(text: str = TEXT) -> str:
    return ed25519_signature_line(LOG.name, LOG_PUBLIC, LOG_KEY.sign(text.encode()))


def witness_line(text: str = TEXT, *, claimed: int = SECONDS) -> str:
    signature = WITNESS_KEY.sign(cosignature_message(SECONDS, text))
    return signature_line(NoteSignature(WITNESS.name, WITNESS.key_id, claimed.to_bytes(8, "big") + signature))


def note_of(*lines: str, text: str = TEXT) -> Note:
    return parse_note(text + "\n" + "".join(lines))


def refused(data: bytes | str) -> str:
    with pytest.raises(MalformedError) as caught:
        parse_note(data)
    assert caught.value.code == "NOTE"
    return str(caught.value)


# --- Hostile ----------------------------------------------------------------------------------------------------------


def test_a_note_that_nobody_known_signed_is_refused():
    with pytest.raises(VerificationError, match=r"not signed by witness\.example") as caught:
        verify_note(note_of(log_line()), [WITNESS], crypto_fast)
    assert caught.value.code == "NOTE_UNSIGNED"
    with pytest.raises(VerificationError, match="not signed by nobody"):
        verify_note(note_of(log_line()), [], crypto_fast)


def test_a_known_key_with_a_wrong_signature_spoils_the_note_beside_a_right_one():
    forged = ed25519_signature_line(LOG.name, LOG_PUBLIC, WITNESS_KEY.sign(TEXT.encode()))
    for lines in ([forged], [witness_line(), forged], [log_line(), forged], [forged, log_line()]):
        with pytest.raises(VerificationError, match=r"the signature of log\.example/one is wrong") as caught:
            verify_note(note_of(*lines), [LOG, WITNESS], crypto_fast)
        assert caught.value.code == "NOTE_SIGNATURE"


def test_a_signature_over_another_text_is_wrong():
    with pytest.raises(VerificationError):
        verify_note(note_of(log_line(TEXT.replace("5", "6"))), [LOG], crypto_fast)


def test_a_cosignature_covers_its_time():
    assert verify_note(note_of(witness_line()), [WITNESS], crypto_fast) == [WITNESS]
    with pytest.raises(VerificationError):
        verify_note(note_of(witness_line(claimed=SECONDS + 1)), [WITNESS], crypto_fast)


def test_a_log_signature_does_not_pass_for_a_cosignature_nor_the_other_way_round():
    same_key = make_verifier(WITNESS.name, ED25519, WITNESS.public_key)
    plain = signature_line(NoteSignature(WITNESS.name, WITNESS.key_id, WITNESS_KEY.sign(TEXT.encode())))
    timed = parse_note(TEXT + "\n" + witness_line()).signatures[0].signature
    as_log = signature_line(NoteSignature(WITNESS.name, same_key.key_id, timed))
    for line, verifier in [(plain, WITNESS), (as_log, same_key)]:
        with pytest.raises(VerificationError, match="is wrong"):
            verify_note(note_of(line), [verifier], crypto_fast)


def test_another_name_with_the_same_key_is_another_signer():
    stranger = signature_line(NoteSignature("log.example/two", LOG.key_id, LOG_KEY.sign(TEXT.encode())))
    with pytest.raises(VerificationError, match="not signed"):
        verify_note(note_of(stranger), [LOG], crypto_fast)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", TEXT, TEXT + "\n", "\n\n" + log_line(), TEXT + log_line(), TEXT + "\n" + log_line()[:-1],
        TEXT + "\n" + log_line() + "\n", TEXT + "\n" + log_line().replace("—", "-"),
        TEXT + "\n" + log_line().replace("— ", "—"), TEXT + "\n" + log_line().replace("\n", " \n"),
        TEXT + "\n" + log_line() + "not a signature\n", TEXT + "\n— name \n", TEXT + "\n— na+me AAAAAAAA\n",
        TEXT + "\n— na\u00a0me AAAAAAAA\n", TEXT + "\n— name AAAAAA==\n", TEXT + "\n— name ====\n",
        TEXT + "\n— name AAAAA\n", TEXT + "\n— name AAAA-_==\n",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(data):
    refused(data)


@pytest.mark.parametrize("sign", ["\x00", "\t", "\r", "\x0b", "\x1f", "\x7f"])
def test_control_characters_are_refused_wherever_they_stand(sign):
    note = TEXT + "\n" + log_line()
    for at in (0, 3, len(TEXT), len(note) - 1):
        assert "control characters" in refused(note[:at] + sign + note[at:])


def test_text_that_is_no_utf_8_is_refused():
    assert "UTF-8" in refused(b"\xff" + TEXT.encode() + b"\n" + log_line().encode())
    assert "UTF-8" in refused("\ud800" + TEXT + "\n" + log_line())


def test_a_huge_note_is_refused_unread():
    assert "expected at most" in refused(b"a" * 1_000_001)
    assert "101 signatures" in refused(TEXT + "\n" + "— name AAAAAAAA\n" * 101)


def test_stray_bits_at_the_end_of_a_signature_are_refused():
    line = log_line()
    assert line.endswith("=\n")
    stray = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = line[:-3] + stray[stray.index(line[-3]) ^ 1] + "=\n"
    # The same bytes for a lenient decoder: one signature with two spellings.
    assert base64.b64decode(changed.split()[2]) == base64.b64decode(line.split()[2])
    refused(TEXT + "\n" + changed)


@pytest.mark.parametrize(
    "text",
    [
        "", "+", "++", "name", "name+00000000", "name+00000000+", "name+00000000+AAAA", NEUMANN.replace("c7", "c8"),
        NEUMANN.replace("c74f20a3", "C74F20A3"), NEUMANN.replace("Peter", "Pete"), NEUMANN + "=", NEUMANN[:-4],
        NEUMANN.replace("+ARpc", "+BRpc"), NEUMANN.replace("+ARpc", "+Arpc"), NEUMANN.replace("Peter", "Peter "),
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", NEUMANN.replace("Peter", "\u2003"),
    ],
)  # fmt: skip
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(MalformedError) as caught:
        parse_vkey(text)
    assert caught.value.code == "VKEY"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b"])
def test_a_name_that_a_note_cannot_hold_is_refused(name):
    with pytest.raises(MalformedError, match="expected a name without spaces"):
        ed25519_vkey(name, bytes(32))


# --- Honest -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crypto", [crypto_fast, crypto_ecdsa])
def test_a_note_that_go_wrote_verifies(crypto):
    verifier = parse_vkey(NEUMANN)
    note = parse_note(NEUMANN_NOTE)
    assert verify_note(note, [verifier], crypto) == [verifier]
    assert note.encode() == NEUMANN_NOTE.encode()
    assert verifier.vkey == NEUMANN


def test_the_key_of_the_go_checksum_database_has_the_id_that_it_is_published_with():
    verifier = parse_vkey(GO_CHECKSUM_DATABASE)
    assert verifier.key_id == key_id("sum.golang.org", ED25519, verifier.public_key)
    assert ed25519_vkey("sum.golang.org", verifier.public_key) == GO_CHECKSUM_DATABASE


@pytest.mark.parametrize("crypto", [crypto_fast, crypto_ecdsa])
def test_log_and_witness_are_told_apart_and_strangers_are_ignored(crypto):
    stranger = signature_line(NoteSignature("stranger.example", b"\x00\x01\x02\x03", b"anything at all"))
    note = note_of(stranger, witness_line(), log_line())
    assert verify_note(note, [LOG, WITNESS], crypto) == [WITNESS, LOG]
    assert verify_note(note, [LOG], crypto) == [LOG]


def test_a_key_that_signs_twice_counts_once():
    assert verify_note(note_of(log_line(), log_line()), [LOG, LOG], crypto_fast) == [LOG]


def test_the_last_empty_line_ends_the_text():
    text = "a\n\nb\n"
    note = note_of(log_line(text), text=text)
    assert note.text == text
    assert verify_note(note, [LOG], crypto_fast) == [LOG]


@given(st.binary(max_size=80))
def test_bytes_either_parse_to_what_encodes_to_them_or_are_refused(data):
    try:
        note = parse_note(b"text\n\n" + data)
    except MalformedError:
        return
    assert note.encode() == b"text\n\n" + data
