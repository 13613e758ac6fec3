"""Proof files: one entry's place in the log, in one file that needs no network.

    c2sp.org/tlog-proof@v1
    extra <base64>              for us: the envelope; it is not signed, its hash is in the leaf
    index <decimal>
    <base64 hash> …             the leaf's sibling first
    <empty line>
    <checkpoint note>

Source: C2SP tlog-proof.
"""

import base64
import binascii
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.tlog.merkle import HASH_SIZE, MAX_SIZE, check_hashes

MAGIC = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 63
MAX_FILE = 2_000_000


@dataclass(frozen=True, slots=True)
class ProofFile:
    """The parts of a proof file: `extra` bytes, the leaf's `index`, the inclusion `proof`, and the checkpoint note.

    `index` counts from zero; `proof` has 32-byte hashes, the leaf's sibling first; the note's bytes are kept verbatim.
    Nothing in it is checked against anything else.
    """

    extra: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint_note: bytes

    def encode(self) -> bytes:
        """The file's bytes.

        Raises:
            MalformedError: a hash of the proof is not 32 bytes (HASH_LENGTH).
        """
        check_hashes(*self.proof)
        lines = [MAGIC, f"extra {_b64(self.extra)}", f"index {self.index}", *(_b64(one) for one in self.proof), ""]
        return ("\n".join(lines) + "\n").encode() + self.checkpoint_note


def parse_proof_file(data: bytes) -> ProofFile:
    """The parts of a proof file; only the one spelling that `encode` writes.

    The standard lets `extra` be left out; ours always carry it, because without it there is nothing to hash.

    Raises:
        MalformedError: any other form (PROOF_FILE).
    """
    head, found, note = data.partition(b"\n\n")
    if not found or len(data) > MAX_FILE:
        raise MalformedError("proof file: expected lines, an empty line, and a checkpoint", code="PROOF_FILE")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("proof file: expected ASCII before the checkpoint", code="PROOF_FILE") from error
    if len(lines) < 3 or lines[0] != MAGIC or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise MalformedError(f"proof file: expected {MAGIC!r}, extra and index", code="PROOF_FILE")
    index = lines[2].removeprefix("index ")
    if not (index.isascii() and index.isdigit() and len(index) < 20 and int(index) <= MAX_SIZE):
        raise MalformedError(f"proof file: index {index[:30]!r}, expected a decimal", code="PROOF_FILE")
    hashes = tuple(_unb64(line) for line in lines[3:])
    if len(hashes) > MAX_PROOF or any(len(one) != HASH_SIZE for one in hashes):
        raise MalformedError(f"proof file: expected at most {MAX_PROOF} hashes of {HASH_SIZE} bytes", code="PROOF_FILE")
    proof = ProofFile(_unb64(lines[1].removeprefix("extra ")), int(index), hashes, note)
    if proof.encode() != data:
        raise MalformedError("proof file: not in its canonical spelling", code="PROOF_FILE")
    return proof


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"proof file: {text[:60]!r} is not base64", code="PROOF_FILE") from error
