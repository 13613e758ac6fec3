"""Who sees what: author, direct counterparty and regulator see an event whole, and nobody else."""

from typing import Any

import pytest
from django.db import connection

from supplychain.acts import Request
from supplychain.models import Event
from supplychain.stock import find_items
from supplychain.usecases.ship import ship
from supplychain.visibility import (
    can_name_holder,
    can_see_contents,
    can_see_event,
    newest_visible,
    own_batches,
    visible_batches,
    visible_branches,
    visible_events,
    visible_handoffs,
    visible_products,
    visible_refusals,
)
from tests.factories import Cast, commissioned, handed_over, palletised, refusal_code, shipped

pytestmark = pytest.mark.django_db


def readers(cast: Cast, event: Event) -> set[str]:
    everybody = ("regulator", "maker", "wholesaler", "pharmacy", "forger")
    return {name for name in everybody if can_see_event(getattr(cast, name).party, event)}


def test_a_handoff_is_seen_whole_by_its_two_sides_and_the_regulator(cast: Cast) -> None:
    pallet, _cases, _packs = palletised(cast.maker, cases=1, packs_per_case=1)
    handoff = handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    assert readers(cast, handoff.ship_event) == {"regulator", "maker", "wholesaler"}
    assert readers(cast, handoff.receipts.get().event) == {"regulator", "maker", "wholesaler"}
    onward = Event.objects.filter(biz_step="shipping").last()
    assert onward is not None
    assert readers(cast, onward) == {"regulator", "wholesaler", "pharmacy"}


def test_what_a_maker_packs_is_its_own_business_and_the_regulators(cast: Cast) -> None:
    palletised(cast.maker, cases=1, packs_per_case=1)
    assert readers(cast, Event.objects.get(biz_step="commissioning")) == {"regulator", "maker"}


def test_only_the_holder_and_the_regulator_learn_who_the_holder_is(cast: Cast) -> None:
    holder = cast.pharmacy.party
    assert can_name_holder(holder, holder)
    assert can_name_holder(cast.regulator.party, holder)
    assert not can_name_holder(cast.maker.party, holder)


def test_contents_are_open_to_the_holder_and_while_under_way_to_the_addressee(cast: Cast) -> None:
    pallet, _cases, _packs = palletised(cast.maker, cases=1, packs_per_case=1)
    shipped(cast.maker, cast.wholesaler, [pallet])
    root = find_items([pallet])[pallet]
    assert can_see_contents(cast.maker.party, root)
    assert can_see_contents(cast.wholesaler.party, root)
    assert can_see_contents(cast.regulator.party, root)
    assert not can_see_contents(cast.forger.party, root)


# --- The same as queries ----------------------------------------------------------------------------------------------


def traded(cast: Cast) -> None:
    """Two pallets go two ways, and a third stays: events of every pair of parties, and some of nobody else."""
    first, _cases, _packs = palletised(cast.maker, cases=1, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [first])
    handed_over(cast.wholesaler, cast.pharmacy, [first])
    loose = commissioned(cast.maker, 3, start=100)
    handed_over(cast.maker, cast.forger, loose[:1])
    shipped(cast.maker, cast.pharmacy, loose[1:2])
    assert refusal_code(ship, actor=cast.forger, request=Request(), epcs=loose[2:], receiver=cast.pharmacy.party)


EVERYBODY = ("regulator", "maker", "wholesaler", "pharmacy", "forger")


@pytest.mark.parametrize("name", EVERYBODY)
def test_the_query_for_events_says_what_the_decision_says(cast: Cast, name: str) -> None:
    traded(cast)
    reader = getattr(cast, name).party
    decided = {event.pk for event in Event.objects.all() if can_see_event(reader, event)}
    assert decided
    assert set(visible_events(reader).values_list("pk", flat=True)) == decided
    branches = [set(branch.values_list("pk", flat=True)) for branch in visible_branches(reader)]
    assert sum(len(branch) for branch in branches) == len(decided)  # no event comes twice
    assert set().union(*branches) == decided


@pytest.mark.parametrize("name", EVERYBODY)
def test_pages_of_visible_events_join_without_gap_or_overlap(cast: Cast, name: str) -> None:
    traded(cast)
    reader = getattr(cast, name).party
    expected = list(visible_events(reader).order_by("-pk").values_list("pk", flat=True))
    seen: list[int] = []
    while page := newest_visible(reader, size=2, after=seen[-1] if seen else None):
        seen += [event.pk for event in page]
    assert seen == expected


def test_a_page_of_events_is_cut_by_two_queries_however_many_there_are(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    traded(cast)
    with django_assert_num_queries(2):
        page = newest_visible(cast.maker.party, size=50, narrow=lambda rows: rows.filter(biz_step="shipping"))
    assert {event.biz_step for event in page} == {"shipping"}


@pytest.mark.postgres
def test_each_branch_reads_along_an_index_in_its_order(cast: Cast) -> None:
    traded(cast)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute("SET LOCAL enable_sort = off")  # a handful of rows is sorted sooner than read in order
    wanted = ("event_by_party", "event_by_counterparty")
    for branch, index in zip(visible_branches(cast.maker.party), wanted, strict=True):
        plan = branch.filter(pk__lt=10**9).order_by("-pk")[:51].explain()
        assert index in plan
        assert "Sort" not in plan


def test_each_list_holds_what_is_the_partys_own_and_the_regulators_holds_all(cast: Cast) -> None:
    traded(cast)
    assert not visible_products(cast.forger.party).exists()
    assert not own_batches(cast.wholesaler.party).exists()
    assert visible_batches(cast.pharmacy.party).count() == 1  # it has goods of it
    assert not visible_handoffs(cast.forger.party).exclude(receiver=cast.forger.party).exists()
    assert {row.party_id for row in visible_refusals(cast.forger.party)} == {cast.forger.party.pk}
    assert not visible_refusals(cast.pharmacy.party).exists()
    regulator = cast.regulator.party
    lists = (visible_products, own_batches, visible_batches, visible_handoffs, visible_refusals)
    for visible in lists:
        rows = visible(regulator)
        assert rows.count() == rows.model._default_manager.count() > 0
