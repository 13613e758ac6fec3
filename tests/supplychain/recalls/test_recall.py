"""What a recall concerns, what it makes of a batch, and how well it works: the pure rules."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.lifecycle import BatchState
from supplychain.recalls.recall import (
    Action,
    Depth,
    Effectiveness,
    Scope,
    Share,
    due_of,
    is_within,
    measure,
    state_of_batch,
    state_of_pack,
)

GTIN, OTHER = "09520001000010", "09520001000027"
SERIALS = ["B1", "B2", "B5", "B9", "C1", "B10", "b1"]
LOTS = ["L1", "L2", "L3"]
COUNTRIES = ["CH", "DE", "FR"]

ranges = st.lists(
    st.tuples(st.sampled_from(SERIALS), st.sampled_from(SERIALS)).filter(
        lambda one: len(one[0]) == len(one[1]) and one[0].encode() <= one[1].encode()
    ),
    max_size=3,
    unique=True,
).map(lambda found: tuple(sorted(found)))
scopes = st.builds(
    Scope,
    gtin=st.sampled_from([GTIN, OTHER]),
    lots=st.none() | st.lists(st.sampled_from(LOTS), min_size=1, unique=True).map(lambda found: tuple(sorted(found))),
    serials=ranges,
    markets=st.lists(st.sampled_from(COUNTRIES), unique=True).map(lambda found: tuple(sorted(found))),
)


@given(scopes, scopes)
def test_a_narrower_scope_concerns_no_pack_that_the_wider_does_not(wide: Scope, narrow: Scope) -> None:
    if not wide.contains(narrow):
        return
    assert wide.gtin == narrow.gtin
    for lot, serial, country in itertools.product(LOTS, SERIALS, COUNTRIES):
        if narrow.concerns(lot, serial, country):
            assert wide.concerns(lot, serial, country)


@given(scopes)
def test_a_scope_contains_itself(scope: Scope) -> None:
    assert scope.contains(scope)


@given(scopes)
def test_what_is_not_known_of_a_pack_speaks_for_it(scope: Scope) -> None:
    for lot, serial, country in itertools.product(LOTS, SERIALS, COUNTRIES):
        if scope.concerns(lot, serial, country):
            assert scope.concerns(lot)
            assert scope.concerns(lot, serial)
            assert scope.concerns(lot, None, country)


@given(scopes)
def test_a_scope_writes_only_what_limits_it(scope: Scope) -> None:
    written = scope.as_json()
    assert ("lots" in written, "serials" in written, "markets" in written) == (
        scope.lots is not None,
        bool(scope.serials),
        bool(scope.markets),
    )
    assert scope.takes_whole_batches == ({"serials", "markets"}.isdisjoint(written))


@pytest.mark.parametrize(
    ("serial", "expected"),
    [
        ("B2", True),
        ("B1", True),
        ("B9", True),
        ("B0", False),
        ("C1", False),
        ("B10", False),
        ("b2", False),
        ("B", False),
    ],
)
def test_a_range_holds_serials_of_its_length_byte_by_byte(serial: str, expected: bool) -> None:
    assert is_within(serial, ("B1", "B9")) is expected


WHOLE, PART = Scope(GTIN, ("L1",)), Scope(GTIN, ("L1",), serials=(("B1", "B9"),))


@pytest.mark.parametrize(
    ("recalls", "batch", "pack"),
    [
        ([], BatchState.RELEASED, BatchState.RELEASED),
        ([(Action.RECALL, WHOLE)], BatchState.RECALLED, BatchState.RECALLED),
        ([(Action.WITHDRAWAL, WHOLE)], BatchState.WITHDRAWN, BatchState.WITHDRAWN),
        ([(Action.RECALL, WHOLE), (Action.WITHDRAWAL, WHOLE)], BatchState.WITHDRAWN, BatchState.WITHDRAWN),
        ([(Action.RECALL, PART)], BatchState.PARTLY, BatchState.RECALLED),
        ([(Action.WITHDRAWAL, PART), (Action.RECALL, WHOLE)], BatchState.RECALLED, BatchState.WITHDRAWN),
        ([(Action.RECALL, Scope(GTIN, ("L2",)))], BatchState.RELEASED, BatchState.RELEASED),
        ([(Action.RECALL, Scope(GTIN, markets=("FR",)))], BatchState.PARTLY, BatchState.RELEASED),
    ],
)
def test_the_worst_recall_in_force_decides(recalls, batch: BatchState, pack: BatchState) -> None:
    assert state_of_batch("L1", recalls) is batch
    assert state_of_pack("L1", "B5", "CH", recalls) is pack


def test_a_pack_outside_the_range_is_free() -> None:
    assert state_of_pack("L1", "C1", "CH", [(Action.RECALL, PART)]) is BatchState.RELEASED
    assert state_of_pack("L1", None, "CH", [(Action.RECALL, PART)]) is BatchState.RECALLED


def quantities(**given: int) -> dict[str, int]:
    return {"quarantined": 0, "returned": 0, "destroyed": 0, "dispensed": 0, "not_found": 0, **given}


def test_effectiveness_is_what_came_back_of_what_was_wanted() -> None:
    shares = [
        Share(10, 0, True, quantities(quarantined=4, returned=3, destroyed=1, not_found=2)),
        Share(5, 5, True, quantities(quarantined=5, dispensed=5)),
        Share(5, 0, True),
        Share(20, 0),
    ]
    assert measure(shares, Depth.PHARMACY) == Effectiveness(4, 3, 2, 40, 13, 2)
    assert measure(shares, Depth.PHARMACY).percent == 32
    assert measure(shares, Depth.CONSUMER).wanted == 45


def test_nobody_counts_for_more_than_it_had() -> None:
    found = measure([Share(2, 0, True, quantities(returned=9)), Share(8, 0)], Depth.CONSUMER)
    assert (found.recovered, found.percent) == (2, 20)


def test_where_nothing_is_wanted_there_is_nothing_to_measure() -> None:
    assert measure([], Depth.CONSUMER).percent is None
    assert measure([Share(0, 5, True, quantities(dispensed=5))], Depth.PHARMACY).percent is None


@pytest.mark.parametrize(("depth", "due"), [(Depth.WHOLESALE, 3), (Depth.PHARMACY, 3), (Depth.CONSUMER, 7)])
def test_packs_with_patients_are_due_where_patients_are_asked(depth: Depth, due: int) -> None:
    assert due_of(Share(3, 4), depth) == due


@given(st.lists(st.integers(0, 9), min_size=2, max_size=2), st.sampled_from(list(Depth)))
def test_a_hundred_percent_means_all(counts: list[int], depth: Depth) -> None:
    packs, back = counts
    found = measure([Share(packs, 0, True, quantities(quarantined=back))], depth)
    assert (found.percent == 100) == (packs > 0 and back >= packs)
