"""Tiles: the tree in files of up to 256 hashes, and proofs read out of them.

Level 0 tiles hold leaf hashes; a hash of level l+1 is the root over a *full* tile of level l. A partial tile is the
beginning of the full one, so one growing row serves every size that the tree ever had. A partial tile is never hashed
into the level above.

>>> Tile(0, 1234067, 256).path, Tile(1, 3, 7).path
('tile/0/x001/x234/067', 'tile/1/003.p/7')

Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.tlog.merkle import EMPTY_ROOT, HASH_SIZE, consistency_ranges, node_hash, root_hash, split_point

TILE_WIDTH = 256
TILE_BITS = 8
MAX_LEVEL = 7  # 256^8 leaves are more than a checkpoint can count
MAX_INDEX = 2**55
MAX_LEAF = 65_535  # an entry bundle gives lengths in 16 bits

# (level, index) -> the hashes of that tile known so far, 32 bytes each. May hold more than asked for, never fewer.
ReadTile = Callable[[int, int], bytes]

_PATH = re.compile(r"tile/(entries|[0-7])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One tile as it is published: `width` hashes (1 to 256) from the beginning of tile `index` of `level`.

    Level 0 holds the hashes of leaves, level l those of runs of 256^l leaves; level -1 stands for entry bundles.
    """

    level: int
    index: int
    width: int

    def __post_init__(self) -> None:
        if not -1 <= self.level <= MAX_LEVEL or not 0 <= self.index < MAX_INDEX or not 1 <= self.width <= TILE_WIDTH:
            raise MalformedError(
                f"tile {self.level}/{self.index}, width {self.width}: expected level -1 to {MAX_LEVEL}, width 1 to 256",
                code="TILE_RANGE",
            )

    @property
    def path(self) -> str:
        """The path below the log's prefix: three digits to a folder, all but the last group behind an x.

        Source: C2SP tlog-tiles, "Merkle Tree".
        """
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{'entries' if self.level < 0 else self.level}/{number}{partial}"


def entries_path(index: int, width: int) -> str:
    """The path of the entry bundle beside level 0 tile `index`, with the same `width`, 1 to 256.

    Source: C2SP tlog-tiles, "Log Entries".
    """
    return Tile(-1, index, width).path


def parse_tile_path(path: str) -> Tile:
    """The tile that a path names; only the one spelling that `Tile.path` gives is accepted.

    Raises:
        MalformedError: anything else, such as a number with superfluous zeros (TILE_PATH).
    """
    found = _PATH.fullmatch(path)
    if found is None or len(path) > 80:
        raise MalformedError(f"path {path[:80]!r}: expected tile/<level>/<number>[.p/<width>]", code="TILE_PATH")
    level = -1 if found[1] == "entries" else int(found[1])
    index = int(found[2].replace("/", "").replace("x", ""))
    width = int(found[3]) if found[3] else TILE_WIDTH
    tile = Tile(level, index, width)
    if tile.path != path:
        raise MalformedError(f"path {path!r}: expected {tile.path!r}", code="TILE_PATH")
    return tile


def tiles_for(old_size: int, new_size: int) -> list[Tile]:
    """The tiles to publish when the tree grows from `old_size` to `new_size` leaves.

    Full ones, and at most one partial on each level; nothing that was published at `old_size` already.
    """
    tiles: list[Tile] = []
    level = 0
    while (new_count := new_size >> TILE_BITS * level) > 0:
        old_count = old_size >> TILE_BITS * level
        for index in range(old_count // TILE_WIDTH, -(-new_count // TILE_WIDTH)):
            width = min(TILE_WIDTH, new_count - index * TILE_WIDTH)
            if old_count < index * TILE_WIDTH + width:
                tiles.append(Tile(level, index, width))
        level += 1
    return tiles


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of the tree: its size, and per level the hashes of the tile that is not full yet."""

    size: int
    partial: tuple[bytes, ...]  # by level; b"" where the level ends on a tile boundary

    @classmethod
    def load(cls, size: int, read_tile: ReadTile) -> "Edge":
        """Read the edge of a tree of `size` leaves: one tile a level at the most.

        Raises:
            MalformedError: a tile is shorter than a tree of that size has it (TILE_LENGTH).
        """
        partial: list[bytes] = []
        count = size
        while count > 0:
            width = count % TILE_WIDTH
            partial.append(_read(read_tile, len(partial), count // TILE_WIDTH, width) if width else b"")
            count //= TILE_WIDTH
        return cls(size, tuple(partial))

    def root(self) -> bytes:
        """The root of the tree, 32 bytes, folded from the edge alone: from the lowest level up, right to left."""
        root = b""
        for hashes in self.partial:
            nodes = split_hashes(hashes) + ([root] if root else [])
            root = _fold(nodes, full=len(hashes) // HASH_SIZE) if nodes else b""
        return root or EMPTY_ROOT


def append(edge: Edge, leaf_hashes: Sequence[bytes]) -> tuple[Edge, dict[tuple[int, int], bytes]]:
    """Add leaves behind the edge.

    Returns the new edge and, by (level, index), all bytes of every tile that changed: about one tile for 256 leaves,
    and about one hash more than leaves. What a tile held before is the beginning of what it holds now.
    """
    changed: dict[tuple[int, int], bytes] = {}
    partial: list[bytes] = []
    fresh: list[bytes] = list(leaf_hashes)
    count, level = edge.size, 0
    while fresh or level < len(edge.partial):
        held = edge.partial[level] if level < len(edge.partial) else b""
        index = count // TILE_WIDTH
        hashes = held + b"".join(fresh)
        rises: list[bytes] = []
        for at in range(0, len(hashes), TILE_WIDTH * HASH_SIZE):
            tile = hashes[at : at + TILE_WIDTH * HASH_SIZE]
            if fresh:
                changed[level, index] = tile
            index += 1
            if len(tile) == TILE_WIDTH * HASH_SIZE:
                rises.append(root_hash(split_hashes(tile)))
        partial.append(hashes[len(rises) * TILE_WIDTH * HASH_SIZE :])
        fresh, count, level = rises, count // TILE_WIDTH, level + 1
    return Edge(edge.size + len(leaf_hashes), tuple(partial)), changed


def tree_root(size: int, read_tile: ReadTile) -> bytes:
    """The root of the tree of `size` leaves, 32 bytes; any size that the tiles reach, not only the newest.

    Raises:
        MalformedError: a tile is too short (TILE_LENGTH).
    """
    return Edge.load(size, read_tile).root()


def inclusion_proof(index: int, size: int, read_tile: ReadTile) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the tree of `size` leaves, the leaf's sibling first.

    Reads one or two tiles on each level. Source: RFC 6962 section 2.1.1.

    Raises:
        MalformedError: `index` is not below `size` (INDEX_RANGE), or a tile is too short (TILE_LENGTH).
    """
    if not 0 <= index < size:
        raise MalformedError(f"leaf {index}: expected 0 to {size - 1}", code="INDEX_RANGE")
    proof: list[bytes] = []
    first, stop = 0, size
    while stop - first > 1:
        middle = first + split_point(stop - first)
        if index < middle:
            proof.append(range_root(middle, stop, read_tile))
            stop = middle
        else:
            proof.append(range_root(first, middle, read_tile))
            first = middle
    return proof[::-1]


def consistency_proof(old_size: int, new_size: int, read_tile: ReadTile) -> list[bytes]:
    """The hashes that show that the tree of `new_size` leaves extends that of `old_size`, `0 < old_size <= new_size`.

    Source: RFC 6962 section 2.1.2.

    Raises:
        MalformedError: the sizes are out of order (SIZE_RANGE), or a tile is too short (TILE_LENGTH).
    """
    if not 0 < old_size <= new_size:
        raise MalformedError(f"sizes {old_size} to {new_size}: expected 0 < old <= new", code="SIZE_RANGE")
    return [range_root(first, stop, read_tile) for first, stop in consistency_ranges(old_size, new_size)]


def range_root(first: int, stop: int, read_tile: ReadTile) -> bytes:
    """The root over the leaves `first` <= i < `stop`, where `first` is a multiple of a power of two >= the length.

    That is every range that occurs in a proof. A whole power of two is one or a few hashes of one tile; any other
    length is split as the standard splits a tree.
    """
    length = stop - first
    if length & (length - 1) == 0:
        level = (length.bit_length() - 1) // TILE_BITS
        width = length >> TILE_BITS * level  # hashes of that level under the range: 1 to 128
        at = first >> TILE_BITS * level
        tile, offset = divmod(at, TILE_WIDTH)
        hashes = _read(read_tile, level, tile, offset + width)
        return root_hash(split_hashes(hashes[offset * HASH_SIZE :]))
    middle = first + split_point(length)
    return node_hash(range_root(first, middle, read_tile), range_root(middle, stop, read_tile))


def encode_entry_bundle(leaves: Sequence[bytes]) -> bytes:
    """Leaves side by side, each behind its length as 16 bits, big-endian. At most 256 leaves of 65,535 bytes.

    Source: C2SP tlog-tiles, "Log Entries".

    Raises:
        MalformedError: a leaf is too long (LEAF_LENGTH).
    """
    if any(len(leaf) > MAX_LEAF for leaf in leaves):
        raise MalformedError(f"leaf of {max(map(len, leaves))} bytes: expected at most {MAX_LEAF}", code="LEAF_LENGTH")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def parse_entry_bundle(data: bytes) -> list[bytes]:
    """The leaves of an entry bundle.

    Raises:
        MalformedError: the lengths do not add up (BUNDLE_LENGTH).
    """
    leaves: list[bytes] = []
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        leaf = data[at + 2 : at + 2 + length]
        if at + 2 > len(data) or len(leaf) != length:
            raise MalformedError(f"entry bundle ends inside leaf {len(leaves)}", code="BUNDLE_LENGTH")
        leaves.append(leaf)
        at += 2 + length
    return leaves


def split_hashes(hashes: bytes) -> list[bytes]:
    """The 32-byte hashes of a tile, one by one. The length of `hashes` must be a multiple of 32."""
    return [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]


def _read(read_tile: ReadTile, level: int, index: int, width: int) -> bytes:
    hashes = read_tile(level, index)
    if len(hashes) % HASH_SIZE or len(hashes) < width * HASH_SIZE:
        raise MalformedError(
            f"tile {level}/{index}: {len(hashes)} bytes, expected {width * HASH_SIZE} or more", code="TILE_LENGTH"
        )
    return hashes[: width * HASH_SIZE]


def _fold(nodes: list[bytes], *, full: int) -> bytes:
    """The root over `full` subtrees of one size and, behind them, one smaller subtree if there is one more node."""
    if len(nodes) == full:
        return root_hash(nodes)
    root = nodes[-1]
    for first, stop in reversed(list(_peaks(full))):
        root = node_hash(root_hash(nodes[first:stop]), root)
    return root


def _peaks(count: int) -> Iterator[tuple[int, int]]:
    """The runs of powers of two, largest first, that `count` subtrees fall into."""
    first = 0
    for bit in range(count.bit_length() - 1, -1, -1):
        if count >> bit & 1:
            yield first, first + (1 << bit)
            first += 1 << bit
