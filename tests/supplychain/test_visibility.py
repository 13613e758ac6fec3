"""Who sees what: author, direct counterparty and regulator see an event whole, and nobody else."""

import pytest

from supplychain.models import Event
from supplychain.stock import find_items
from supplychain.visibility import can_name_holder, can_see_contents, can_see_event
from tests.factories import Cast, handed_over, palletised, shipped

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
