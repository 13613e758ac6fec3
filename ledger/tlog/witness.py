"""What a log and its witnesses say to each other: a checkpoint and its proof go in, a cosignature comes out.

    old <size the witness has seen>
    <base64 of a proof hash>        0 to 63 lines: the consistency proof from the old size to the checkpoint's
    <empty line>
    <checkpoint note>

A witness signs whatever extends what it signed before, and remembers it. So two histories of one log need two sets of
witnesses that know nothing of each other: that is what a quorum rules out.

>>> AddCheckpoint(0, (), b"example.org/log\\n1\\n").encode()
b'old 0\\n\\nexample.org/log\\n1\\n'

Source: C2SP tlog-witness; C2SP tlog-cosignature.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.tlog.merkle import HASH_SIZE, MAX_SIZE
from ledger.tlog.note import (
    COSIGNATURE_V1,
    MAX_NOTE,
    Note,
    NoteSignature,
    Verifier,
    key_id,
    parse_note,
    parse_signature_line,
    signature_line,
)

MAX_PROOF = 63
MAX_REQUEST = MAX_NOTE + 4_096
SIZE_TYPE = "text/x.tlog.size"  # of an answer 409: the body is the size that the witness knows, in one line
_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n")
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size that the witness is believed to know, the proof from there on, and the note to cosign.

    `proof` is empty where `old_size` is 0 or the checkpoint's own size; each hash has 32 bytes.
    """

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """The request's body. Source: C2SP tlog-witness, "add-checkpoint"."""
        lines = [f"old {self.old_size}\n", *(base64.b64encode(one).decode() + "\n" for one in self.proof), "\n"]
        return "".join(lines).encode() + self.note


def parse_add_checkpoint(data: bytes) -> AddCheckpoint:
    """The request in `data`; the note in it is not read here.

    Raises:
        MalformedError: too large, no empty line, another first line, more than 63 hashes, one of them in another
            spelling or of another length (ADD_CHECKPOINT).

    Source: C2SP tlog-witness, "add-checkpoint".
    """
    if len(data) > MAX_REQUEST:
        raise _bad(f"{len(data)} bytes, expected at most {MAX_REQUEST}")
    head, found, note = data.partition(b"\n\n")
    lines = head.split(b"\n")
    old = _OLD.fullmatch(lines[0])
    if not found or old is None or int(old[1]) > MAX_SIZE:
        raise _bad("expected `old <size>`, the proof's lines, an empty line, and the checkpoint")
    if len(lines) - 1 > MAX_PROOF:
        raise _bad(f"a proof of {len(lines) - 1} hashes, expected at most {MAX_PROOF}")
    return AddCheckpoint(int(old[1]), tuple(_parse_hash(line) for line in lines[1:]), note)


def parse_size(body: str) -> int:
    """The size in the body of an answer 409: one decimal and a line feed.

    Raises:
        MalformedError: anything else (WITNESS_SIZE).

    Source: C2SP tlog-witness, "add-checkpoint".
    """
    found = _SIZE.fullmatch(body)
    if found is None or int(found[1]) > MAX_SIZE:
        raise MalformedError(f"witness's size {body[:40]!r}: expected one decimal below 2^63", code="WITNESS_SIZE")
    return int(found[1])


def cosignature(name: str, public_key: bytes, *, seconds: int, signature: bytes) -> NoteSignature:
    """A witness's signature as a note carries it: its time (UTC seconds) in 8 bytes, then Ed25519's 64.

    Nothing is signed here; what is signed is `note.cosignature_message`. Source: C2SP tlog-cosignature, "Format".
    """
    return NoteSignature(
        name, key_id(name, COSIGNATURE_V1, public_key), seconds.to_bytes(_TIME_BYTES, "big") + signature
    )


def cosignature_time(signature: NoteSignature) -> int:
    """When a witness cosigned, in UTC seconds, as it says; verify the cosignature first.

    Raises:
        MalformedError: not 72 bytes (COSIGNATURE).
    """
    if len(signature.signature) != _TIME_BYTES + 64:
        raise MalformedError(
            f"cosignature of {signature.name}: {len(signature.signature)} bytes, expected 72", code="COSIGNATURE"
        )
    return int.from_bytes(signature.signature[:_TIME_BYTES], "big")


def cosignature_times(note: Note, witnesses: Iterable[Verifier]) -> dict[Verifier, int]:
    """When each of `witnesses` that stands in the note cosigned it, in UTC seconds: the newest time that it gives.

    The note must have been verified under these keys. Source: C2SP tlog-cosignature.
    """
    known = {(one.name, one.key_id): one for one in witnesses}
    times: dict[Verifier, int] = {}
    for signature in note.signatures:
        witness = known.get((signature.name, signature.key_id))
        if witness is not None:
            times[witness] = max(times.get(witness, 0), cosignature_time(signature))
    return times


def parse_cosignatures(body: str) -> list[NoteSignature]:
    """The signature lines in the body of an answer 200, one at least; none of them is checked.

    Raises:
        MalformedError: no lines, or something else among them (NOTE).

    Source: C2SP tlog-witness, "add-checkpoint".
    """
    if not body.endswith("\n"):
        raise MalformedError("witness's answer: expected signature lines", code="NOTE")
    return [parse_signature_line(line) for line in body[:-1].split("\n")]


def add_signatures(note: bytes, signatures: Sequence[NoteSignature]) -> bytes:
    """`note` with further signature lines at its end. One that is there already is not added twice.

    Raises:
        MalformedError: not a note.
    """
    there = parse_note(note).signatures
    lines = [signature_line(one) for one in dict.fromkeys(signatures) if one not in there]
    return note + "".join(lines).encode()


def _parse_hash(line: bytes) -> bytes:
    try:
        found = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(f"proof line {line[:60]!r}, expected base64") from error
    if len(found) != HASH_SIZE or base64.b64encode(found) != line:
        raise _bad(f"proof line {line[:60]!r}, expected the base64 of {HASH_SIZE} bytes")
    return found


def _bad(problem: str) -> MalformedError:
    return MalformedError(f"add-checkpoint: {problem}", code="ADD_CHECKPOINT")
