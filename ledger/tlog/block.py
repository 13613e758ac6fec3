"""The two kinds of leaves: entries, which are hashes of envelopes, and headers, which close a block.

An entry leaf says nothing but a hash: tiles are public, trade is not. A header leaf is text for people and programs; it
stands in the same tree as the entries, so every later root covers it. The chain from header to header is a convenience,
the tree is what to trust.

>>> len(entry_leaf(bytes(32)))
83

Source: design section 2.1.
"""

import hashlib
import re
from binascii import hexlify
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.tlog.merkle import HASH_SIZE, MAX_SIZE, check_hashes

NO_HASH = bytes(HASH_SIZE)
MAX_COUNT = 2**32 - 1
ENTRY_MAGIC = b"medtrail.entry.v1\n"
HEADER_MAGIC = b"medtrail.block.v1\n"
ENTRY_LEAF_SIZE = len(ENTRY_MAGIC) + 64 + 1

_HASHED_ENTRY = b"\x00" + ENTRY_MAGIC + b"%b\n"
_NUMBER = rb"(0|[1-9][0-9]{0,18})"
_HASH = rb"([0-9a-f]{64})"
_ENTRY = re.compile(ENTRY_MAGIC + _HASH + b"\n")
_HEADER = re.compile(
    HEADER_MAGIC
    + b"height " + _NUMBER + b"\nprev " + _HASH + b"\nfirst " + _NUMBER + b"\ncount " + _NUMBER
    + b"\nroot " + _HASH + b"\ntime " + _NUMBER + b"\nkeys " + _HASH + b"\n"
)  # fmt: skip


def entry_leaf(envelope_sha256: bytes) -> bytes:
    """The leaf of an entry, always 83 bytes. `envelope_sha256` is 32 bytes, over the envelope as it is stored.

    The same with coreutils: printf 'medtrail.entry.v1\\n%s\\n' $(sha256sum < envelope | cut -d' ' -f1)

    Raises:
        MalformedError: another length than 32 bytes (HASH_LENGTH).
    """
    check_hashes(envelope_sha256)
    return ENTRY_MAGIC + envelope_sha256.hex().encode() + b"\n"


def entry_leaf_hash(envelope_sha256: bytes) -> bytes:
    """The hash in the tree of an entry's leaf: `leaf_hash(entry_leaf(envelope_sha256))` in one go, 32 bytes.

    Raises:
        MalformedError: another length than 32 bytes (HASH_LENGTH).
    """
    if len(envelope_sha256) != HASH_SIZE:
        check_hashes(envelope_sha256)
    return hashlib.sha256(_HASHED_ENTRY % hexlify(envelope_sha256)).digest()


def parse_entry_leaf(leaf: bytes) -> bytes:
    """The hash in an entry leaf: SHA-256 over an envelope, 32 bytes.

    Raises:
        MalformedError: any byte differs from what `entry_leaf` writes (ENTRY_LEAF).
    """
    found = _ENTRY.fullmatch(leaf)
    if found is None:
        raise MalformedError(f"leaf {leaf[:40]!r}…: expected a medtrail.entry.v1 of 83 bytes", code="ENTRY_LEAF")
    return bytes.fromhex(found[1].decode())


@dataclass(frozen=True, slots=True)
class Header:
    """The leaf that closes a block.

    `first` is the leaf index of the block's first entry, `count` how many entries (1 or more), `root` the tree root of
    size first + count, before this header; `time` UTC milliseconds; `keys` the fold over all key and policy entries.
    `prev` is the `hash` of the header before, 32 zero bytes at height 0.

    Raises:
        MalformedError: a number is out of its range, or height 0 does not begin the log (HEADER_RANGE); a hash is not
            32 bytes (HASH_LENGTH). That it follows the header before is for whoever has that one.

    Source: design section 2.1.
    """

    height: int
    prev: bytes
    first: int
    count: int
    root: bytes
    time: int
    keys: bytes

    def __post_init__(self) -> None:
        check_hashes(self.prev, self.root, self.keys)
        for name, least, most in (
            ("height", 0, MAX_SIZE),
            ("first", 0, MAX_SIZE),
            ("count", 1, MAX_COUNT),
            ("time", 0, MAX_SIZE),
        ):
            if not least <= getattr(self, name) <= most:
                raise MalformedError(
                    f"block header: {name} {getattr(self, name)}, expected {least} to {most}", code="HEADER_RANGE"
                )
        if (self.height == 0) != (self.prev == NO_HASH) or (self.height == 0) != (self.first == 0):
            raise MalformedError(
                f"block header {self.height}: only height 0 has no previous header and starts at leaf 0",
                code="HEADER_RANGE",
            )

    def encode(self) -> bytes:
        """The leaf's bytes: LF text, lower-case hex, decimals without leading zeros."""
        return (
            HEADER_MAGIC
            + (
                f"height {self.height}\nprev {self.prev.hex()}\nfirst {self.first}\ncount {self.count}\n"
                f"root {self.root.hex()}\ntime {self.time}\nkeys {self.keys.hex()}\n"
            ).encode()
        )

    @property
    def hash(self) -> bytes:
        """What the next header calls `prev`: SHA-256 over the leaf's bytes, without the tree's prefix."""
        return hashlib.sha256(self.encode()).digest()

    @property
    def tree_size(self) -> int:
        """The size of the tree that this header closes, the header itself counted."""
        return self.first + self.count + 1


def parse_header(leaf: bytes) -> Header:
    """The header that a leaf is.

    Raises:
        MalformedError: any byte differs from what `Header.encode` writes (HEADER), or as `Header` (HEADER_RANGE).
    """
    found = _HEADER.fullmatch(leaf)
    if found is None:
        raise MalformedError(f"leaf {leaf[:40]!r}…: expected a medtrail.block.v1 header", code="HEADER")
    height, prev, first, count, root, time, keys = found.groups()
    return Header(
        int(height), bytes.fromhex(prev.decode()), int(first), int(count), bytes.fromhex(root.decode()), int(time),
        bytes.fromhex(keys.decode()),
    )  # fmt: skip


def fold_keys(previous: bytes, entry_id: bytes) -> bytes:
    """The next value of a header's `keys`: SHA-256(previous ‖ entry_id), both 32 bytes.

    Once for each key and policy entry of the block in index order; `NO_HASH` before the first. Source: design 2.1.
    """
    check_hashes(previous, entry_id)
    return hashlib.sha256(previous + entry_id).digest()
