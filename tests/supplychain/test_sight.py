"""The policy of visibility, decision by decision; strangers and those who are nearly concerned first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.sight import (
    STRANGER,
    Reader,
    Sight,
    names_holder,
    opens_unit,
    owns_or_oversees,
    pedigree_length,
    sight_of_event,
)

REGULATOR = Reader(9, is_regulator=True)
AUTHOR, OTHER_END, OUTSIDER = Reader(1), Reader(2), Reader(3)


def test_the_public_is_nobodys_party_also_where_no_party_is_named() -> None:
    assert sight_of_event(STRANGER, author=1, counterparty=None) is Sight.OUTLINE
    assert not opens_unit(STRANGER, holder=None, addressee=None)
    assert not owns_or_oversees(STRANGER, owner=None)
    assert not STRANGER.is_one_of(None)


@pytest.mark.parametrize(
    ("reader", "sight"),
    [
        (STRANGER, Sight.OUTLINE),
        (OUTSIDER, Sight.COMMITMENTS),
        (AUTHOR, Sight.WHOLE),
        (OTHER_END, Sight.WHOLE),
        (REGULATOR, Sight.WHOLE),
    ],
)
def test_an_event_is_whole_to_its_two_ends_and_the_regulator(reader: Reader, sight: Sight) -> None:
    assert sight_of_event(reader, author=1, counterparty=2) is sight


def test_a_counterparty_of_nothing_sees_nothing_more() -> None:
    assert sight_of_event(OTHER_END, author=1, counterparty=None) is Sight.COMMITMENTS


def test_a_seller_does_not_learn_who_has_the_goods_now() -> None:
    assert not names_holder(AUTHOR, holder=2)
    assert names_holder(OTHER_END, holder=2)
    assert names_holder(REGULATOR, holder=2)
    assert not names_holder(STRANGER, holder=2)


def test_a_unit_is_open_to_its_holder_and_its_addressee() -> None:
    assert opens_unit(AUTHOR, holder=1, addressee=2)
    assert opens_unit(OTHER_END, holder=1, addressee=2)
    assert opens_unit(REGULATOR, holder=1, addressee=2)
    assert not opens_unit(OUTSIDER, holder=1, addressee=2)


def test_a_record_is_its_owners_and_the_regulators() -> None:
    assert owns_or_oversees(AUTHOR, owner=1)
    assert owns_or_oversees(REGULATOR, owner=1)
    assert not owns_or_oversees(OTHER_END, owner=1)


# The maker (1) makes, packs and ships to the wholesaler (2), which receives, ships to the pharmacy (4) …
WAY: list[tuple[int, int | None]] = [(1, None), (1, None), (1, 2), (2, 1), (2, 4), (4, 2), (4, None)]


@pytest.mark.parametrize(
    ("reader", "steps"),
    [
        (STRANGER, 1),
        (OUTSIDER, 1),  # licensed for everything, concerned by nothing
        (Reader(1), 4),  # up to the receipt of what it sold
        (Reader(2), 6),
        (Reader(4), 7),
        (REGULATOR, 7),
    ],
)
def test_a_pedigree_ends_with_the_readers_own_last_part_in_it(reader: Reader, steps: int) -> None:
    assert pedigree_length(reader, WAY) == steps


@pytest.mark.parametrize("reader", [STRANGER, AUTHOR, REGULATOR])
def test_a_pack_without_steps_has_no_pedigree(reader: Reader) -> None:
    assert pedigree_length(reader, []) == 0


def test_a_pack_whose_number_was_reserved_before_is_born_later() -> None:
    assert pedigree_length(STRANGER, [(1, None), *WAY], born=2) == 2
    assert pedigree_length(Reader(4), [(1, None), *WAY], born=2) == 8
    assert pedigree_length(STRANGER, [(1, None)], born=2) == 1


party = st.integers(1, 6)
steps = st.lists(st.tuples(party, st.none() | party), max_size=12)


@given(steps, party)
def test_no_name_reaches_a_reader_but_by_a_step_before_its_own_or_the_first(
    way: list[tuple[int, int | None]], reader: int
) -> None:
    shown = pedigree_length(Reader(reader), way)
    behind = way[max(shown, 1) :]
    assert not any(reader in step for step in behind)
    assert shown <= 1 or reader in way[shown - 1]
