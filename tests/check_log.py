"""The outsider: reads what a log publishes, nothing else, and checks all of it.

Written from the formats in design.md section 2 without a line of `ledger`, so that a mistake there cannot excuse
itself here. Slow where that is simpler. Any finding is an AssertionError that names the file or leaf.
"""

import base64
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TILE = re.compile(r"tile/(0|[1-9]\d?|entries)/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d?\d?))?")
ENTRY = re.compile(rb"medtrail\.entry\.v1\n([0-9a-f]{64})\n")
NUMBER = rb"(0|[1-9]\d*)"
HEADER = re.compile(
    rb"medtrail\.block\.v1\nheight " + NUMBER + rb"\nprev ([0-9a-f]{64})\nfirst " + NUMBER + rb"\ncount " + NUMBER
    + rb"\nroot ([0-9a-f]{64})\ntime " + NUMBER + rb"\nkeys ([0-9a-f]{64})\n"
)  # fmt: skip
OTHER_FILES = {"checkpoint", "policy"}


@dataclass(frozen=True)
class CheckedLog:
    """A log that holds together, as far as it is published."""

    origin: str
    size: int
    root: bytes
    leaves: tuple[bytes, ...]
    header_times: tuple[int, ...]

    @property
    def entries(self) -> list[str]:
        """The envelope hashes that the log commits to, in index order."""
        return [found[1].decode() for leaf in self.leaves if (found := ENTRY.fullmatch(leaf))]

    @property
    def blocks(self) -> int:
        return len(self.header_times)


def check_log(folder: Path, *, earlier: CheckedLog | None = None, is_moving: bool = False) -> CheckedLog:
    """Check everything under `folder`; with `earlier`, also that this log extends the one that was seen then.

    While the log `is_moving`, files may run ahead of the checkpoint: only those that it needs are looked at.
    """
    origin, size, root = read_checkpoint(folder)
    leaves = read_leaves(folder, size)
    levels = hash_levels(leaves)
    assert tree_root(levels[0]) == root, f"checkpoint: the {size} leaves do not hash to the signed root"
    check_needed_files(folder, levels)
    if not is_moving:
        check_all_files(folder, leaves, levels)
    times = check_blocks(leaves)
    checked = CheckedLog(origin, size, root, tuple(leaves), tuple(times))
    assert len(set(checked.entries)) == len(checked.entries), "an entry is in the log twice"
    if earlier is not None:
        assert earlier.origin == origin, f"the log was {earlier.origin}, now it is {origin}"
        assert checked.leaves[: earlier.size] == earlier.leaves, (
            f"the log no longer begins with its first {earlier.size}"
        )
    return checked


def read_checkpoint(folder: Path) -> tuple[str, int, bytes]:
    """The signed head, under the log's key and enough of the witnesses that the policy file names."""
    policy = read_policy((folder / "policy").read_text())
    text, _, signatures = (folder / "checkpoint").read_text().partition("\n\n")
    origin, size, root = text.split("\n")
    assert origin == policy.name, f"checkpoint: of {origin}, expected {policy.name}"
    lines = [line.split(" ")[1:] for line in signatures.splitlines()]
    ours = [body for name, body in lines if name == policy.name]
    assert len(ours) == 1, f"checkpoint: {len(ours)} signatures of the log"
    signature = base64.b64decode(ours[0], validate=True)
    assert signature[:4] == key_id(policy.name, policy.key), "checkpoint: signed by another key"
    Ed25519PublicKey.from_public_bytes(policy.key[1:]).verify(signature[4:], f"{text}\n".encode())
    cosigned = {
        label
        for label, (name, key) in policy.witnesses.items()
        for other, body in lines
        if (other, base64.b64decode(body, validate=True)[:4]) == (name, key_id(name, key))
        and is_cosigned(f"{text}\n", key, base64.b64decode(body, validate=True)[4:])
    }
    assert policy.is_met(policy.quorum, cosigned), f"checkpoint: cosigned by {cosigned}, too few for the quorum"
    return origin, int(size), base64.b64decode(root, validate=True)


@dataclass(frozen=True)
class PublishedPolicy:
    """What the policy file says; keys with their algorithm byte."""

    name: str
    key: bytes
    witnesses: dict[str, tuple[str, bytes]]
    groups: dict[str, tuple[int, list[str]]]
    quorum: str

    def is_met(self, name: str, cosigned: set[str]) -> bool:
        if name == "none":
            return True
        if name in self.witnesses:
            return name in cosigned
        k, members = self.groups[name]
        return sum(self.is_met(one, cosigned) for one in members) >= k


def read_policy(text: str) -> PublishedPolicy:
    logs, witnesses, groups, quorums = [], {}, {}, []
    for line in text.splitlines():
        word, *rest = line.split(" ")
        if word == "log":
            logs.append(read_vkey(rest[0], 1))
        elif word == "witness":
            assert len(rest) == 2, f"policy: {line!r} says more than a verifier needs"
            witnesses[rest[0]] = read_vkey(rest[1], 4)
        elif word == "group":
            groups[rest[0]] = (int(rest[1]), rest[2:])
        else:
            assert word == "quorum", f"policy: {line!r}"
            quorums.append(rest[0])
    assert (len(logs), len(quorums)) == (1, 1), f"policy: {logs}, {quorums}"
    return PublishedPolicy(*logs[0], witnesses, groups, quorums[0])


def read_vkey(text: str, algorithm: int) -> tuple[str, bytes]:
    name, keyid, encoded = text.split("+", 2)
    key = base64.b64decode(encoded, validate=True)
    assert key[0] == algorithm, f"policy: key type {key[0]} of {name}, expected {algorithm}"
    assert key_id(name, key).hex() == keyid, f"policy: the key of {name} does not match its id"
    return name, key


def key_id(name: str, key: bytes) -> bytes:
    return sha256(f"{name}\n".encode() + key).digest()[:4]


def is_cosigned(text: str, key: bytes, signature: bytes) -> bool:
    """Whether these 72 bytes, a time and a signature, are right; a wrong one has no business in a published file."""
    seconds = int.from_bytes(signature[:8])
    Ed25519PublicKey.from_public_bytes(key[1:]).verify(
        signature[8:], f"cosignature/v1\ntime {seconds}\n{text}".encode()
    )
    return True


def read_leaves(folder: Path, size: int) -> list[bytes]:
    leaves: list[bytes] = []
    for first in range(0, size, 256):
        width = min(256, size - first)
        path = tile_path("entries", first // 256, width)
        bundle = (folder / path).read_bytes()
        found = unpack_bundle(bundle)
        assert len(found) == width, f"{path}: {len(found)} leaves, expected {width}"
        leaves += found
    return leaves


def unpack_bundle(bundle: bytes) -> list[bytes]:
    leaves, at = [], 0
    while at < len(bundle):
        length = int.from_bytes(bundle[at : at + 2])
        leaves.append(bundle[at + 2 : at + 2 + length])
        assert len(leaves[-1]) == length, "a bundle ends in the middle of a leaf"
        at += 2 + length
    return leaves


def hash_levels(leaves: list[bytes]) -> list[list[bytes]]:
    """The hashes of each tile level: those of the leaves, of full runs of 256, of full runs of 65,536, ..."""
    levels = [[sha256(b"\x00" + leaf).digest() for leaf in leaves]]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([tree_root(below[at : at + 256]) for at in range(0, len(below) - 255, 256)])
    return levels


def tree_root(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:])).digest()


def check_needed_files(folder: Path, levels: list[list[bytes]]) -> None:
    for level, hashes in enumerate(levels):
        for first in range(0, len(hashes), 256):
            run = hashes[first : first + 256]
            path = tile_path(str(level), first // 256, len(run))
            assert (folder / path).is_file(), f"{path}: missing"
            assert (folder / path).read_bytes() == b"".join(run), f"{path}: not the hashes of the log"


def check_all_files(folder: Path, leaves: list[bytes], levels: list[list[bytes]]) -> None:
    """Every file is a checkpoint, a policy, or a tile with the one content that its path allows."""
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    # What a killed publisher leaves behind starts with a dot; no reader ever asks for it.
    for name in sorted(name for name in names if not Path(name).name.startswith(".")):
        if name in OTHER_FILES:
            continue
        parts = TILE.fullmatch(name)
        assert parts, f"{name}: this file is not part of a log"
        level, digits, partial = parts[1], parts[2].replace("x", "").replace("/", ""), parts[3]
        first, width = int(digits) * 256, int(partial or 256)
        content = (folder / name).read_bytes()
        if level == "entries":
            assert unpack_bundle(content) == leaves[first : first + width], f"{name}: not the leaves of the log"
        else:
            expected = levels[int(level)][first : first + width]
            assert len(expected) == width, f"{name}: reaches beyond the checkpoint"
            assert content == b"".join(expected), f"{name}: not the hashes of the log"


def check_blocks(leaves: list[bytes]) -> list[int]:
    """The headers chain, tile the log without gaps, and each names the root of what lies before it. Returns times."""
    hashes: list[bytes] = []
    times: list[int] = []
    prev, first = "0" * 64, 0
    for index, leaf in enumerate(leaves):
        header = HEADER.fullmatch(leaf)
        if header:
            height, said_prev, said_first, count, root, time, _keys = (part.decode() for part in header.groups())
            where = f"leaf {index} (header {height})"
            assert int(height) == len(times), f"{where}: expected height {len(times)}"
            assert said_prev == prev, f"{where}: prev is not the hash of the header before"
            assert (int(said_first), int(count)) == (first, index - first), (
                f"{where}: does not cover {first} to {index}"
            )
            assert int(count) >= 1, f"{where}: empty block"
            assert root == tree_root(hashes).hex(), f"{where}: another root than the leaves before it have"
            assert not times or int(time) > times[-1], f"{where}: time does not increase"
            times.append(int(time))
            prev, first = sha256(leaf).hexdigest(), index + 1
        else:
            assert ENTRY.fullmatch(leaf), f"leaf {index}: neither entry nor header: {leaf!r}"
        hashes.append(sha256(b"\x00" + leaf).digest())
    assert first == len(leaves), f"the log ends with {len(leaves) - first} entries outside any block"
    return times


def tile_path(level: str, index: int, width: int) -> str:
    digits = f"{index % 1000:03d}"
    while index := index // 1000:
        digits = f"x{index % 1000:03d}/{digits}"
    return f"tile/{level}/{digits}" + (f".p/{width}" if width < 256 else "")
