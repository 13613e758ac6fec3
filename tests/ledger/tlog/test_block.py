import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.tlog.block import (
    ENTRY_LEAF_SIZE,
    MAX_COUNT,
    NO_HASH,
    Header,
    entry_leaf,
    entry_leaf_hash,
    fold_keys,
    parse_entry_leaf,
    parse_header,
)
from ledger.tlog.merkle import MAX_SIZE, leaf_hash

HASH = st.binary(min_size=32, max_size=32)
FIRST = Header(0, NO_HASH, 0, 3, b"r" * 32, 1_764_000_000_000, b"k" * 32)
LATER = Header(7, b"p" * 32, 1_000, 12, b"r" * 32, 1_764_000_000_000, b"k" * 32)
LEAF = LATER.encode()


def test_a_header_is_text_in_one_order():
    assert LEAF.decode() == (
        "medtrail.block.v1\n"
        "height 7\n"
        f"prev {'70' * 32}\n"
        "first 1000\n"
        "count 12\n"
        f"root {'72' * 32}\n"
        "time 1764000000000\n"
        f"keys {'6b' * 32}\n"
    )
    assert LATER.hash == hashlib.sha256(LEAF).digest()
    assert LATER.tree_size == 1_013


def test_an_entry_leaf_is_what_coreutils_print():
    digest = hashlib.sha256(b"envelope").digest()
    leaf = entry_leaf(digest)
    assert leaf == b"medtrail.entry.v1\n" + digest.hex().encode() + b"\n"
    assert len(leaf) == ENTRY_LEAF_SIZE == 83
    assert parse_entry_leaf(leaf) == digest


def test_what_is_no_entry_leaf_is_refused():
    leaf = entry_leaf(b"\xab" * 32)
    v2 = leaf.replace(b"v1", b"v2")
    for wrong in (b"", leaf[:-1], leaf[:-2] + b"\n", leaf[:-1] + b"x", leaf + b"\n", leaf.upper(), v2, LEAF):
        with pytest.raises(MalformedError) as caught:
            parse_entry_leaf(wrong)
        assert caught.value.code == "ENTRY_LEAF"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"block.v1", b"block.v2"), (b"height 7", b"height 07"), (b"height 7", b"height +7"),
        (b"height 7", b"height -7"), (b"height 7", b"height 7 "), (b"height 7", b"height \xd9\xa7"),
        (b"height 7\n", b""), (b"\n", b"\r\n"),
        (b"p", b"P"), (b"prev 70", b"prev 7"), (b"keys 6b", b"keys 6B"), (b"first 1000", b"first 1_000"),
        (b"time 1764", b"time " + b"9" * 20), (b"count 12\n", b"count 12\ncount 12\n"), (b"count 12", b"count 0x12"),
        (b"root ", b"root  "), (b"medtrail", b" medtrail"),
    ],
)  # fmt: skip
def test_any_other_spelling_of_a_header_is_refused(old, new):
    assert old in LEAF
    with pytest.raises(MalformedError) as caught:
        parse_header(LEAF.replace(old, new, 1))
    assert caught.value.code == "HEADER"


@pytest.mark.parametrize("leaf", [b"", LEAF[:-1], LEAF + b"\n", LEAF + LEAF, entry_leaf(bytes(32))])
def test_what_is_no_header_is_refused(leaf):
    with pytest.raises(MalformedError):
        parse_header(leaf)


@pytest.mark.parametrize(
    "change",
    [
        {"height": -1}, {"height": MAX_SIZE + 1}, {"first": -1}, {"count": 0}, {"count": MAX_COUNT + 1}, {"time": -1},
        {"time": MAX_SIZE + 1}, {"height": 0}, {"prev": NO_HASH}, {"first": 0}, {"height": 0, "prev": NO_HASH},
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_is_refused(change):
    with pytest.raises(MalformedError) as caught:
        replace(LATER, **change)
    assert caught.value.code == "HEADER_RANGE"


def test_a_count_that_the_text_can_say_but_a_block_cannot_have_is_refused():
    with pytest.raises(MalformedError) as caught:
        parse_header(LEAF.replace(b"count 12", b"count 0"))
    assert caught.value.code == "HEADER_RANGE"


@pytest.mark.parametrize("change", [{"prev": bytes(31)}, {"root": bytes(33)}, {"keys": b""}])
def test_a_hash_of_another_length_is_refused(change):
    with pytest.raises(MalformedError) as caught:
        replace(LATER, **change)
    assert caught.value.code == "HASH_LENGTH"
    with pytest.raises(MalformedError):
        entry_leaf(bytes(31))
    with pytest.raises(MalformedError):
        fold_keys(NO_HASH, bytes(31))


@given(st.integers(1, MAX_SIZE), HASH.filter(any), st.integers(1, MAX_SIZE), st.integers(1, MAX_COUNT), HASH, HASH)
def test_a_header_reads_as_it_was_written(height, prev, first, count, root, keys):
    header = Header(height, prev, first, count, root, 1, keys)
    assert parse_header(header.encode()) == header
    assert parse_header(FIRST.encode()) == FIRST


def test_the_longest_header_is_no_longer_than_the_design_says():
    longest = replace(LATER, height=MAX_SIZE, first=MAX_SIZE, count=MAX_COUNT, time=MAX_SIZE)
    assert len(longest.encode()) <= 326


def test_the_fold_over_key_entries_depends_on_each_and_on_their_order():
    one, two = b"1" * 32, b"2" * 32
    folded = fold_keys(fold_keys(NO_HASH, one), two)
    assert folded == hashlib.sha256(hashlib.sha256(NO_HASH + one).digest() + two).digest()
    assert folded != fold_keys(fold_keys(NO_HASH, two), one)


def test_the_hash_of_an_entrys_leaf_in_one_go_is_the_same():
    assert entry_leaf_hash(b"e" * 32) == leaf_hash(entry_leaf(b"e" * 32))
    for wrong in (b"", b"e" * 31, b"e" * 33):
        with pytest.raises(MalformedError):
            entry_leaf_hash(wrong)
