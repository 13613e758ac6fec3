"""Checkpoints: the three lines that a log signs when it says "so long am I, and this is my root".

>>> Checkpoint("example.org/log", 5, bytes(32)).text.splitlines()[:2]
['example.org/log', '5']

Source: C2SP tlog-checkpoint.
"""

import base64
import binascii
from dataclasses import dataclass

from ledger.crypto import Crypto
from ledger.errors import MalformedError, VerificationError
from ledger.tlog.merkle import MAX_SIZE, check_hashes
from ledger.tlog.note import Verifier, parse_note, verify_note


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: the log's `origin`, its `size` in leaves (below 2^63), and its 32-byte `root_hash`.

    Raises:
        MalformedError: no origin or one of several lines, a size out of range (CHECKPOINT), a root of another length
            (HASH_LENGTH).
    """

    origin: str
    size: int
    root_hash: bytes

    def __post_init__(self) -> None:
        check_hashes(self.root_hash)
        if not self.origin or "\n" in self.origin or not 0 <= self.size <= MAX_SIZE:
            raise MalformedError(
                f"checkpoint of {self.origin!r} at {self.size}: expected an origin and 0 <= size < 2^63",
                code="CHECKPOINT",
            )

    @property
    def text(self) -> str:
        """What is signed: three lines, each with its line feed. Source: C2SP tlog-checkpoint, "Note text"."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root_hash).decode()}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a note's text is. Extension lines are refused: our logs write none, and nobody audits them.

    Raises:
        MalformedError: other lines, a size with leading zeros, base64 in another spelling (CHECKPOINT), a root of
            another length (HASH_LENGTH).

    Source: C2SP tlog-checkpoint, "Note text".
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise MalformedError(f"checkpoint: {len(lines) - 1} lines, expected origin, size, root", code="CHECKPOINT")
    origin, size, root = lines[:3]
    if not (size.isascii() and size.isdigit()) or len(size) > 19 or str(int(size)) != size:
        raise MalformedError(f"checkpoint size {size[:30]!r}: expected decimal, no leading zeros", code="CHECKPOINT")
    try:
        root_hash = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(f"checkpoint root {root[:60]!r}: expected base64", code="CHECKPOINT") from error
    checkpoint = Checkpoint(origin, int(size), root_hash)
    if checkpoint.text != text:
        raise MalformedError(f"checkpoint root {root[:60]!r}: not the canonical base64", code="CHECKPOINT")
    return checkpoint


def open_checkpoint(note: bytes | str, log: Verifier, crypto: Crypto) -> Checkpoint:
    """The checkpoint in `note`, if `log` signed it and it is about that log.

    Raises:
        MalformedError: not a note, or not a checkpoint in it.
        VerificationError: not signed by `log` (NOTE_UNSIGNED, NOTE_SIGNATURE), or of another origin (ORIGIN): a key
            signs for the log of its own name only.

    Left to the caller: witnesses, and that the tree extends the one that was seen before.
    """
    parsed = parse_note(note)
    verify_note(parsed, [log], crypto)
    checkpoint = parse_checkpoint(parsed.text)
    if checkpoint.origin != log.name:
        raise VerificationError(f"checkpoint of {checkpoint.origin!r}: expected {log.name!r}", code="ORIGIN")
    return checkpoint
