"""What goes between a log and its witnesses has one spelling; everything else is refused before it means anything."""

import base64

import pytest

from ledger.errors import MalformedError
from ledger.tlog.merkle import MAX_SIZE
from ledger.tlog.note import COSIGNATURE_V1, NoteSignature, make_verifier, parse_note, signature_line
from ledger.tlog.witness import (
    MAX_PROOF,
    MAX_REQUEST,
    AddCheckpoint,
    add_signatures,
    cosignature,
    cosignature_time,
    cosignature_times,
    parse_add_checkpoint,
    parse_cosignatures,
    parse_size,
)

HASH = b"h" * 32
LINE = base64.b64encode(HASH) + b"\n"
NOTE = f"example.org/log\n5\n{base64.b64encode(HASH).decode()}\n\n— example.org/log AAAAAAAA\n".encode()
W1, W2 = (make_verifier(name, COSIGNATURE_V1, name.encode().ljust(32)) for name in ("w1.example", "w2.example"))


def signed_by(witness, seconds: int) -> NoteSignature:
    return cosignature(witness.name, witness.public_key, seconds=seconds, signature=bytes(64))


# --- Requests ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        NOTE,
        b"old 3\n" + NOTE,
        b"old  3\n\n" + NOTE,
        b"old 3 \n\n" + NOTE,
        b"old 03\n\n" + NOTE,
        b"old +3\n\n" + NOTE,
        b"old \n\n" + NOTE,
        "old ３\n\n".encode() + NOTE,
        b"old 3\r\n\n" + NOTE,
        b"\nold 3\n\n" + NOTE,
        f"old {MAX_SIZE + 1}\n\n".encode() + NOTE,
        b"old 99999999999999999999\n\n" + NOTE,
        b"old 3\n" + LINE * (MAX_PROOF + 1) + b"\n" + NOTE,
        b"old 3\n " + LINE + b"\n" + NOTE,
        b"old 3\n" + LINE[:-2] + b"\n\n" + NOTE,
        b"old 3\n" + base64.b64encode(b"h" * 31) + b"\n\n" + NOTE,
        b"old 3\n" + base64.b64encode(b"h" * 33) + b"\n\n" + NOTE,
        b"old 3\n" + LINE.replace(b"g=\n", b"h=\n") + b"\n" + NOTE,  # stray bits: another spelling of the same hash
        b"old 3\n" + b"?" * 44 + b"\n\n" + NOTE,
        b"old 3\n\n" + b"x" * MAX_REQUEST,
    ],
)
def test_a_request_in_any_other_spelling_is_refused(data):
    with pytest.raises(MalformedError) as caught:
        parse_add_checkpoint(data)
    assert caught.value.code == "ADD_CHECKPOINT"


@pytest.mark.parametrize("hashes", [0, 1, MAX_PROOF])
@pytest.mark.parametrize("old", [0, 3, MAX_SIZE])
def test_a_request_comes_out_as_it_went_in(hashes, old):
    request = AddCheckpoint(old, (HASH,) * hashes, NOTE)
    assert parse_add_checkpoint(request.encode()) == request


def test_the_request_of_the_standard_is_read():
    """The lines of the example in C2SP tlog-witness."""
    proof = b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    request = parse_add_checkpoint(b"old 20852014\n" + proof + b"\n" + NOTE)
    assert (request.old_size, len(request.proof), request.note) == (20852014, 2, NOTE)


# --- Answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["", "7", "7\n\n", "07\n", "-7\n", " 7\n", "7 \n", "٧\n", "7\r\n", f"{MAX_SIZE + 1}\n"]
)
def test_a_size_in_any_other_spelling_is_refused(body):
    with pytest.raises(MalformedError) as caught:
        parse_size(body)
    assert caught.value.code == "WITNESS_SIZE"


@pytest.mark.parametrize("size", [0, 7, MAX_SIZE])
def test_a_size_is_one_decimal_in_one_line(size):
    assert parse_size(f"{size}\n") == size


@pytest.mark.parametrize("body", ["", "— w1.example AAAAAAAA", "thank you\n", "\n", "— w1.example AAAAAAAA\n\n"])
def test_an_answer_without_signature_lines_is_refused(body):
    with pytest.raises(MalformedError) as caught:
        parse_cosignatures(body)
    assert caught.value.code == "NOTE"


def test_cosignatures_come_out_as_they_went_in():
    lines = [signed_by(W1, 5), signed_by(W2, 2**63 - 1)]
    assert parse_cosignatures("".join(signature_line(one) for one in lines)) == lines
    assert [cosignature_time(one) for one in lines] == [5, 2**63 - 1]
    assert [one.key_id for one in lines] == [W1.key_id, W2.key_id]


@pytest.mark.parametrize("size", [0, 64, 71, 73])
def test_a_signature_of_another_length_has_no_time(size):
    with pytest.raises(MalformedError, match="expected 72") as caught:
        cosignature_time(NoteSignature("w", b"abcd", bytes(size)))
    assert caught.value.code == "COSIGNATURE"


def test_of_a_witness_that_signed_twice_the_newest_time_counts():
    note = parse_note(add_signatures(NOTE, [signed_by(W1, 5), signed_by(W1, 9), signed_by(W1, 7), signed_by(W2, 3)]))
    assert cosignature_times(note, [W1, W2]) == {W1: 9, W2: 3}
    assert cosignature_times(note, [W2]) == {W2: 3}
    assert cosignature_times(parse_note(NOTE), [W1, W2]) == {}


def test_a_signature_is_added_once():
    once = add_signatures(NOTE, [signed_by(W1, 5)])
    assert once.startswith(NOTE)
    assert add_signatures(once, [signed_by(W1, 5), signed_by(W1, 5)]) == once
    with pytest.raises(MalformedError):
        add_signatures(b"no note", [])
