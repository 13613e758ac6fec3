import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.tlog.merkle import MAX_SIZE
from ledger.tlog.proof import MAX_FILE, MAX_PROOF, ProofFile, parse_proof_file

NOTE = "log.example/one\n5\nAAAA\n\n— log.example/one AAAAAAAA\n".encode()
PROOF = ProofFile(b"an envelope", 4, (bytes(32), b"\xff" * 32), NOTE)
FILE = PROOF.encode()


def test_the_file_is_text_with_one_thing_to_a_line():
    assert FILE.decode().split("\n")[:7] == [
        "c2sp.org/tlog-proof@v1",
        "extra YW4gZW52ZWxvcGU=",
        "index 4",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "//////////////////////////////////////////8=",
        "",
        "log.example/one",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"proof@v1", b"proof@v2"), (b"c2sp.org/tlog-proof@v1\n", b""), (b"\nextra", b"\n extra"),
        (b"extra ", b"extra"),         (b"extra YW4gZW52ZWxvcGU=\n", b""), (b"index 4", b"index 04"),
        (b"index 4", b"index -4"),         (b"index 4", b"index +4"), (b"index 4", b"index 4 "),
        (b"index 4", b"index"), (b"index 4\n", b""),         (b"index 4", b"index \xd9\xa4"),
        (b"index 4", b"index " + b"9" * 20),
        (b"index 4", b"index 9223372036854775808"),         (b"\nAAAA", b"\nAAAB="), (b"AAA=\n", b"AAA\n"),
        (b"8=\n", b"9=\n"), (b"8=\n", b"8=\nAAAA\n"), (b"8=\n", b"8=\r\n"),         (b"8=\n\n", b"8=\n"),
        (b"YW4g", b"!!!!"), (b"cGU=", b"cGV="), (b"cGU=", b"c\xc3\xa4U"),
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(old, new):
    assert old in FILE
    with pytest.raises(MalformedError) as caught:
        parse_proof_file(FILE.replace(old, new, 1))
    assert caught.value.code == "PROOF_FILE"


@pytest.mark.parametrize("data", [b"", b"\n\n", b"c2sp.org/tlog-proof@v1", b"c2sp.org/tlog-proof@v1\n\n", b"\xff\n\n"])
def test_what_is_no_proof_file_is_refused(data):
    with pytest.raises(MalformedError):
        parse_proof_file(data)


def test_a_proof_longer_than_any_tree_is_high_is_refused():
    longest = ProofFile(b"", 0, (bytes(32),) * MAX_PROOF, NOTE)
    assert parse_proof_file(longest.encode()) == longest
    with pytest.raises(MalformedError, match="at most 63 hashes"):
        parse_proof_file(ProofFile(b"", 0, (bytes(32),) * (MAX_PROOF + 1), NOTE).encode())


def test_a_huge_file_is_refused():
    with pytest.raises(MalformedError):
        parse_proof_file(FILE + b"x" * MAX_FILE)


def test_a_hash_of_another_length_is_not_written():
    with pytest.raises(MalformedError) as caught:
        ProofFile(b"", 0, (bytes(31),), NOTE).encode()
    assert caught.value.code == "HASH_LENGTH"


@given(
    st.binary(max_size=100),
    st.integers(0, MAX_SIZE),
    st.lists(st.binary(min_size=32, max_size=32), max_size=4),
    st.binary(max_size=60),
)
def test_a_file_reads_as_it_was_written(extra, index, proof, note):
    written = ProofFile(extra, index, tuple(proof), note)
    assert parse_proof_file(written.encode()) == written
