"""Sealing: what waits becomes a block, all of it, in order, once."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection, transaction

from ledger.errors import ForkError
from ledger.models import Block, Entry, Leaf, Log, Pending, Tile
from ledger.tlog.block import entry_leaf, parse_header
from ledger.tlog.merkle import leaf_hash, root_hash
from ledger.usecases.advance import advance
from ledger.usecases.seal import seal
from tests.append_only import triggers_off
from tests.check_log import CheckedLog, check_log
from tests.ledger.cast import Cast, event, open_cast, published, put, put_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return open_cast()


def leaf_order() -> list[int | None]:
    return list(Leaf.objects.order_by("index").values_list("entry_id", flat=True))


# --- What must stop it ----------------------------------------------------------------------------------------------


def test_a_flipped_bit_in_a_stored_tile_stops_sealing_and_freezes_the_log(cast: Cast) -> None:
    published()
    tile = Tile.objects.get()
    with triggers_off(connection):
        Tile.objects.update(hashes=bytes([tile.hashes[0] ^ 1, *tile.hashes[1:]]))
    put_events(cast, 1)
    with pytest.raises(ForkError) as error:
        advance()
    assert error.value.code == "EDGE_DIFFERS"
    assert (Log.objects.get().state, Pending.objects.count()) == (Log.FROZEN, 1)
    with pytest.raises(ForkError, match="frozen: EDGE_DIFFERS"):
        advance()


def test_a_clock_that_went_back_far_stops_sealing_and_freezes_nothing(cast: Cast) -> None:
    published()
    put_events(cast, 1)
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=6)), pytest.raises(ForkError) as error:
        advance()
    assert error.value.code == "CLOCK_WENT_BACK"
    assert Log.objects.get().state == Log.ACTIVE
    assert advance() is not None


def test_a_clock_that_went_back_a_little_gives_the_next_millisecond(cast: Cast) -> None:
    published()
    first = Block.objects.get()
    put_events(cast, 1)
    with time_machine.travel(datetime.now(UTC) - timedelta(seconds=3)):
        second = seal()
    assert second is not None
    assert second.time_ms == first.time_ms + 1


def test_blocks_of_one_millisecond_have_rising_times(cast: Cast) -> None:
    with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False):
        for _ in range(3):
            put_events(cast, 1)
            seal()
    times = list(Block.objects.order_by("height").values_list("time_ms", flat=True))
    assert times == [times[0], times[0] + 1, times[0] + 2]


def test_a_frozen_log_seals_nothing(cast: Cast) -> None:
    Log.objects.update(state=Log.FROZEN, frozen_because="a test")
    with pytest.raises(ForkError, match="frozen: a test"):
        seal()
    assert not Block.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sealing_inside_somebodys_transaction_is_a_mistake(cast: Cast) -> None:
    """The block would be signed, and then their transaction could still roll back."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        seal()


# --- Blocks ---------------------------------------------------------------------------------------------------------


def test_without_anything_waiting_there_is_no_block(cast: Cast) -> None:
    seal()
    assert seal() is None
    assert Block.objects.count() == 1


def test_a_block_takes_what_waits_in_the_order_of_arrival(cast: Cast) -> None:
    entries = put_events(cast, 3)
    block = seal()
    assert block is not None
    assert (block.height, block.first, block.count, block.tree_size) == (0, 0, 6, 7)
    assert leaf_order()[3:] == [*(entry.seq for entry in entries), None]
    assert not Pending.objects.exists()


def test_the_roots_are_those_of_the_leaves(cast: Cast) -> None:
    put_events(cast, 2)
    block = seal()
    assert block is not None
    leaves = [entry_leaf(bytes(entry.envelope_sha256)) for entry in Entry.objects.order_by("seq")]
    header = parse_header(bytes(block.header))
    assert header.root == root_hash([leaf_hash(leaf) for leaf in leaves])
    assert bytes(block.root_hash) == root_hash([leaf_hash(leaf) for leaf in [*leaves, bytes(block.header)]])
    assert bytes(Log.objects.get().root_hash) == bytes(block.root_hash)


def test_a_block_takes_no_more_than_its_maximum(cast: Cast, settings: object) -> None:
    settings.LOG_BLOCK_MAX = 4  # type: ignore[attr-defined]
    put_events(cast, 6)
    counts = []
    while block := seal():
        counts.append(block.count)
    assert counts == [4, 4, 1]


def test_the_keys_hash_moves_with_key_entries_only(cast: Cast) -> None:
    first = seal()
    put_events(cast, 2)
    second = seal()
    assert first is not None
    assert second is not None
    assert bytes(first.keys_hash) != bytes(32)
    assert bytes(second.keys_hash) == bytes(first.keys_hash)


def test_each_step_leaves_a_log_that_an_outsider_accepts(cast: Cast) -> None:
    """Over the first tile's end, and with blocks of one and of many."""
    seen: CheckedLog | None = None
    for count in (1, 1, 249, 1, 5):
        put_events(cast, count)
        published()
        seen = check_log(Path(settings.LOG_PUBLIC_DIR), earlier=seen)
    hashes = [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert seen is not None
    assert seen.entries == hashes


def test_sealing_thousands_costs_the_queries_of_sealing_one(cast: Cast, django_assert_num_queries: object) -> None:
    seal()
    put_events(cast, 40)
    with django_assert_num_queries(11):  # type: ignore[operator]
        seal()


# --- At once --------------------------------------------------------------------------------------------------------


@pytest.fixture
def racing(cast: Cast) -> Iterator[Cast]:
    yield cast
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_racing_sealers_seal_everything_once(racing: Cast) -> None:
    """Four workers on one log while a fifth submits: nothing lost, doubled or out of order."""
    stop, failures = threading.Event(), []

    def work() -> None:
        try:
            while not stop.is_set():
                advance()
        except Exception as error:  # noqa: BLE001 - shown below
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    put_events(racing, 40)
    deadline = time.monotonic() + 20
    while Pending.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    stop.set()
    for worker in workers:
        worker.join()
    assert failures == []
    advance()
    checked = check_log(Path(settings.LOG_PUBLIC_DIR))
    hashes = [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert checked.entries == hashes


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_goes_to_a_later_block(cast: Cast) -> None:
    """Its number is lower than that of an entry which is sealed already. Numbers say nothing about the index."""
    inserted, may_commit = threading.Event(), threading.Event()

    def commit_late() -> None:
        with transaction.atomic():
            put(event(), cast.maker)
            inserted.set()
            may_commit.wait(10)
        connection.close()

    late = threading.Thread(target=commit_late)
    late.start()
    assert inserted.wait(10)
    quick = put(event(), cast.maker).entry
    seal()
    may_commit.set()
    late.join()
    slow = Entry.objects.get(leaf=None)
    assert slow.seq < quick.seq
    published()
    checked = check_log(Path(settings.LOG_PUBLIC_DIR))
    assert checked.entries[-1] == bytes(slow.envelope_sha256).hex()
