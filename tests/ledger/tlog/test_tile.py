import hashlib
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.tlog import merkle
from ledger.tlog.tile import (
    MAX_INDEX,
    MAX_LEAF,
    TILE_WIDTH,
    Edge,
    Tile,
    append,
    consistency_proof,
    encode_entry_bundle,
    entries_path,
    inclusion_proof,
    parse_entry_bundle,
    parse_tile_path,
    split_hashes,
    tiles_for,
    tree_root,
)

Rows = dict[tuple[int, int], bytes]
EMPTY = Edge(0, ())


def leaves_of(count: int, start: int = 0) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(4, "big")) for number in range(start, start + count)]


def grown(rows: Rows, edge: Edge, leaves: list[bytes]) -> Edge:
    """Append, store, and see to it that no row loses a byte."""
    new, changed = append(edge, leaves)
    for at, hashes in changed.items():
        assert hashes.startswith(rows.get(at, b"")), at
        assert hashes != rows.get(at), f"{at} is said to have changed"
        rows[at] = hashes
    return new


def reader(rows: Rows):
    return lambda level, index: rows[level, index]


@pytest.fixture(scope="module")
def big() -> tuple[list[bytes], Rows]:
    """A tree with three levels of tiles, the top one just begun."""
    leaves = leaves_of(66_000)
    rows: Rows = {}
    grown(rows, EMPTY, leaves)
    return leaves, rows


# --- Paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(0, 1000, 256), "tile/0/x001/000"),
        (Tile(0, 1234067, 256), "tile/0/x001/x234/067"),
        (Tile(7, 12, 9), "tile/7/012.p/9"),
        (Tile(-1, 273, 256), "tile/entries/273"),
        (Tile(-1, 1273, 3), "tile/entries/x001/273.p/3"),
    ],
)
def test_a_tile_and_its_path_name_each_other(tile, path):
    assert tile.path == path
    assert parse_tile_path(path) == tile


def test_an_entry_bundle_lies_beside_its_tile():
    assert entries_path(1234067, 256) == "tile/entries/x001/x234/067"
    assert entries_path(0, 5) == "tile/entries/000.p/5"


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0/0", "tile/0/1000", "tile/0/x000/001", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01",
        "tile/0/001.p/999", "tile/8/001", "tile/00/001", "tile/-1/001", "tile/0/001/", "/tile/0/001", "tile/0/../0/001",
        "tile/0/001\n", "tile/0/٠٠١", "tile/entries/x001", "tile/0/x1/001", "tile/0/" + "x001/" * 30 + "001",
        "tile/0/x999/x999/x999/x999/x999/999", "tile/0/001.P/4",
    ],
)  # fmt: skip
def test_any_other_spelling_of_a_path_is_refused(path):
    with pytest.raises(MalformedError) as caught:
        parse_tile_path(path)
    assert caught.value.code in {"TILE_PATH", "TILE_RANGE"}


@pytest.mark.parametrize("fields", [(-2, 0, 1), (8, 0, 1), (0, -1, 1), (0, MAX_INDEX, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_is_refused(fields):
    with pytest.raises(MalformedError, match="expected level -1 to 7, width 1 to 256"):
        Tile(*fields)


# --- Growing ----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 700) | st.sampled_from([1, 255, 256, 257, 512]), max_size=6))
def test_however_the_leaves_arrive_tiles_edge_and_root_are_those_of_the_tree(counts):
    leaves: list[bytes] = []
    rows: Rows = {}
    edge = EMPTY
    for count in counts:
        fresh = leaves_of(count, start=len(leaves))
        leaves += fresh
        edge = grown(rows, edge, fresh)
        assert edge.size == len(leaves)
        assert edge == Edge.load(len(leaves), reader(rows))
        assert edge.root() == merkle.root_hash(leaves) == tree_root(len(leaves), reader(rows))
    assert b"".join(rows[0, index] for index in range(-(-len(leaves) // TILE_WIDTH))) == b"".join(leaves)


def test_the_edge_gives_the_root_of_every_size_on_the_way_to_600():
    rows: Rows = {}
    edge = EMPTY
    leaves = leaves_of(600)
    assert edge.root() == merkle.EMPTY_ROOT
    for size, leaf in enumerate(leaves, 1):
        edge = grown(rows, edge, [leaf])
        assert edge.root() == merkle.root_hash(leaves[:size]), size


def test_a_row_serves_every_size_that_the_tree_ever_had(big):
    leaves, rows = big
    for size in (1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 66_000):
        assert tree_root(size, reader(rows)) == merkle.root_hash(leaves[:size])


def test_rows_are_written_in_proportion_to_the_leaves():
    for count, rows in [(255, 1), (256, 2), (1_000, 5), (10_000, 41)]:
        _, changed = append(EMPTY, leaves_of(count))
        assert len(changed) == rows


def test_nothing_appended_changes_nothing():
    edge, _ = append(EMPTY, leaves_of(300))
    assert append(edge, []) == (edge, {})


def test_a_tile_above_holds_the_roots_of_full_tiles_only(big):
    leaves, rows = big
    assert len(rows[1, 1]) == 1 * 32
    assert len(rows[2, 0]) == 1 * 32
    assert split_hashes(rows[1, 0])[3] == merkle.root_hash(leaves[768:1024])
    assert rows[2, 0] == merkle.root_hash(leaves[:65_536])


# --- Publishing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        (0, 0, []),
        (0, 1, ["tile/0/000.p/1"]),
        (1, 2, ["tile/0/000.p/2"]),
        (5, 5, []),
        (255, 256, ["tile/0/000", "tile/1/000.p/1"]),
        (256, 256, []),
        (256, 257, ["tile/0/001.p/1"]),
        (300, 520, ["tile/0/001", "tile/0/002.p/8", "tile/1/000.p/2"]),
        (65_535, 65_536, ["tile/0/255", "tile/1/000", "tile/2/000.p/1"]),
    ],
)
def test_a_publisher_writes_what_is_new_and_only_that(old, new, paths):
    assert [tile.path for tile in tiles_for(old, new)] == paths


def test_step_by_step_every_tile_that_a_reader_needs_gets_written():
    dice, size, written = Random(5), 0, set()
    while size < 3_000:
        new = size + dice.choice([1, 2, 100, 256, 300])
        written |= set(tiles_for(size, new))
        size = new
        level, count = 0, size
        while count:
            full, width = divmod(count, TILE_WIDTH)
            assert {Tile(level, index, TILE_WIDTH) for index in range(full)} <= written
            assert not width or Tile(level, full, width) in written
            level, count = level + 1, full


# --- Proofs -----------------------------------------------------------------------------------------------------------


def test_proofs_out_of_tiles_are_the_proofs_of_the_tree():
    leaves = leaves_of(700)
    rows: Rows = {}
    grown(rows, EMPTY, leaves)
    dice = Random(7)
    for size in [1, 2, 255, 256, 257, 512, 513, 700, *dice.sample(range(1, 700), 20)]:
        for index in {0, size - 1, size // 2, *dice.choices(range(size), k=8)}:
            assert inclusion_proof(index, size, reader(rows)) == merkle.inclusion_proof(leaves[:size], index)
        for old in {1, size, *dice.choices(range(1, size + 1), k=8)}:
            assert consistency_proof(old, size, reader(rows)) == merkle.consistency_proof(leaves[:size], old)


def test_proofs_over_three_levels_of_tiles_verify(big):
    leaves, rows = big
    dice = Random(9)
    for size in (65_536, 65_793, 66_000):
        root = tree_root(size, reader(rows))
        for index in (0, 255, 256, 65_535, size - 1, *dice.choices(range(size), k=10)):
            proof = inclusion_proof(index, size, reader(rows))
            merkle.verify_inclusion(proof, index=index, size=size, leaf_hash=leaves[index], root_hash=root)
        for old in (1, 256, 65_535, 65_536, *dice.choices(range(1, size), k=10)):
            proof = consistency_proof(old, size, reader(rows))
            merkle.verify_consistency(
                proof, old_size=old, new_size=size, old_root=tree_root(old, reader(rows)), new_root=root
            )


def test_a_proof_reads_few_tiles(big):
    _, rows = big
    read = set()

    def counting(level, index):
        read.add((level, index))
        return rows[level, index]

    inclusion_proof(12_345, 66_000, counting)
    assert len(read) <= 5


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index, size):
    with pytest.raises(MalformedError, match=f"leaf {index}: expected 0 to {size - 1}"):
        inclusion_proof(index, size, reader({}))


@pytest.mark.parametrize(("old", "new"), [(0, 5), (-1, 5), (6, 5)])
def test_there_is_no_proof_between_sizes_out_of_order(old, new):
    with pytest.raises(MalformedError, match="expected 0 < old <= new"):
        consistency_proof(old, new, reader({}))


@pytest.mark.parametrize("hashes", [b"", bytes(32 * 9), bytes(32 * 10 + 1), bytes(32 * 11 - 1)])
def test_a_tile_that_is_too_short_or_no_row_of_hashes_is_refused(hashes):
    with pytest.raises(MalformedError, match=r"tile 0/0: \d+ bytes, expected 320 or more"):
        Edge.load(10, lambda _level, _index: hashes)


def test_a_tile_may_hold_more_than_is_asked_for():
    leaves = leaves_of(40)
    assert tree_root(10, lambda _level, _index: b"".join(leaves)) == merkle.root_hash(leaves[:10])


# --- Entry bundles ----------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_back_its_leaves(leaves):
    assert parse_entry_bundle(encode_entry_bundle(leaves)) == leaves


def test_a_bundle_has_two_bytes_of_length_before_each_leaf():
    assert encode_entry_bundle([b"ab", b"", b"c" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"c" * 258


def test_a_bundle_takes_no_leaf_that_its_length_cannot_say():
    assert len(encode_entry_bundle([bytes(MAX_LEAF)])) == MAX_LEAF + 2
    with pytest.raises(MalformedError, match="leaf of 65536 bytes: expected at most 65535"):
        encode_entry_bundle([b"", bytes(MAX_LEAF + 1)])


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\x00\x01a\x01\x00", b"\xff\xff"])
def test_a_bundle_that_ends_inside_a_leaf_is_refused(data):
    with pytest.raises(MalformedError, match="ends inside leaf") as caught:
        parse_entry_bundle(data)
    assert caught.value.code == "BUNDLE_LENGTH"


def test_the_hash_of_a_tile_is_a_plain_merkle_root():
    pair = leaves_of(2)
    edge, _ = append(EMPTY, pair)
    assert edge.root() == hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()
