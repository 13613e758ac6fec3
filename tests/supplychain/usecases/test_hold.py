"""Quarantine: what is held is not sold, whoever holds it, wherever it stands, and only those lift it who may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from supplychain.acts import Actor, Request
from supplychain.holds.models import Hold
from supplychain.models import Batch, Event, Item, Refusal
from supplychain.standing import is_held
from supplychain.stock import find_items, units_of
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.export import export
from supplychain.usecases.free_sample import free_sample
from supplychain.usecases.hold import hold
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.release import release
from supplychain.usecases.ship import ship
from supplychain.usecases.unpack import unpack
from tests.factories import (
    Cast,
    commissioned,
    handed_over,
    make_batch,
    packed,
    palletised,
    refusal_code,
    shipped,
)

pytestmark = pytest.mark.django_db


def item_of(epc: str) -> Item:
    return find_items([epc])[epc]


def held(actor: Actor, *epcs: str, reason: str = "inspection") -> Event:
    return hold(actor=actor, request=Request(), epcs=list(epcs), reason=reason).event


def released(actor: Actor, *epcs: str, placed_by: str = "") -> Event:
    return release(actor=actor, request=Request(), epcs=list(epcs), placed_by=placed_by).event


def sale_code(seller: Actor, buyer: Actor, *epcs: str) -> str:
    return refusal_code(ship, actor=seller, request=Request(), epcs=list(epcs), receiver=buyer.party)


def assert_replayed() -> None:
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- What is held is not sold -----------------------------------------------------------------------------------------


def test_a_held_pack_is_neither_shipped_for_sale_nor_given_away_nor_exported(cast: Cast) -> None:
    epc, _other = commissioned(cast.maker, 2)
    held(cast.maker, epc)
    assert sale_code(cast.maker, cast.wholesaler, epc) == "QUARANTINED"
    assert refusal_code(export, actor=cast.maker, request=Request(), epcs=[epc]) == "QUARANTINED"
    assert refusal_code(free_sample, actor=cast.maker, request=Request(), epcs=[epc]) == "QUARANTINED"
    released(cast.maker, epc)
    shipped(cast.maker, cast.wholesaler, [epc])
    assert_replayed()


def test_a_held_pack_is_not_dispensed(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, [epc])
    held(cast.pharmacy, epc, reason="temperature")
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=epc) == "QUARANTINED"


@pytest.mark.parametrize("purpose", ["return", "destruction", "regulator"])
def test_a_held_pack_may_be_moved_aside(cast: Cast, purpose: str) -> None:
    (epc,) = commissioned(cast.maker, 1)
    held(cast.maker, epc)
    done = ship(actor=cast.maker, request=Request(), epcs=[epc], receiver=cast.wholesaler.party, purpose=purpose)
    assert done.handoff is not None
    receive(actor=cast.wholesaler, request=Request(), handoff=done.handoff)
    sale_code(cast.wholesaler, cast.pharmacy, epc)
    # What came back has to be verified first, besides.
    assert "QUARANTINED" in {one["code"] for one in Refusal.objects.latest("pk").reasons}


def test_what_is_held_may_be_destroyed(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    held(cast.maker, epc)
    destroy(actor=cast.maker, request=Request(), epcs=[epc])
    assert refusal_code(hold, actor=cast.maker, request=Request(), epcs=[epc]) == "NOT_HOLDABLE"
    assert_replayed()


def test_the_event_is_the_one_that_cbv_has_for_it(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    placed = held(cast.maker, epc, reason="no_pedigree_match")
    assert (placed.biz_step, placed.action, placed.disposition) == ("holding", "OBSERVE", "no_pedigree_match")
    lifted = released(cast.maker, epc)
    assert (lifted.biz_step, lifted.action, lifted.disposition) == ("inspecting", "OBSERVE", "conformant")
    assert placed.event_id in lifted.body
    assert placed.entry_id in lifted.entry.parent_edges.values_list("parent", flat=True)


# --- Several holds ----------------------------------------------------------------------------------------------------


def test_a_pack_is_free_when_the_last_of_its_holds_is_lifted(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, [epc])
    first = held(cast.pharmacy, epc)
    held(cast.pharmacy, epc, reason="damage")
    held(cast.regulator, epc)
    released(cast.pharmacy, epc, placed_by=first.event_id)
    assert item_of(epc).holds == 2
    released(cast.pharmacy, epc)
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=epc) == "QUARANTINED"
    released(cast.regulator, epc)
    dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    assert Hold.objects.filter(lifted_by=None).count() == 0
    assert_replayed()


def test_a_hold_is_lifted_by_who_placed_it_or_a_higher_authority(cast: Cast) -> None:
    packs = commissioned(cast.maker, 3)
    handed_over(cast.maker, cast.wholesaler, packs)
    by_holder, by_maker, by_regulator = packs
    held(cast.wholesaler, by_holder)
    held(cast.maker, by_maker)
    held(cast.regulator, by_regulator)

    def code(actor: Actor, epc: str) -> str:
        return refusal_code(release, actor=actor, request=Request(), epcs=[epc])

    assert code(cast.forger, by_holder) == "HOLD_OWNER"
    assert code(cast.pharmacy, by_holder) == "HOLD_OWNER"
    assert code(cast.wholesaler, by_maker) == "HOLD_OWNER"
    assert code(cast.wholesaler, by_regulator) == "HOLD_OWNER"
    assert code(cast.maker, by_regulator) == "HOLD_OWNER"
    released(cast.maker, by_holder)
    released(cast.regulator, by_maker)
    released(cast.regulator, by_regulator)


def test_whoever_got_the_goods_since_does_not_lift_the_senders_hold(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, [epc])
    held(cast.wholesaler, epc)
    done = ship(
        actor=cast.wholesaler, request=Request(), epcs=[epc], receiver=cast.pharmacy.party, purpose="destruction"
    )
    assert done.handoff is not None
    receive(actor=cast.pharmacy, request=Request(), handoff=done.handoff)
    assert refusal_code(release, actor=cast.pharmacy, request=Request(), epcs=[epc]) == "HOLD_OWNER"


def test_what_is_not_held_cannot_be_released(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    assert refusal_code(release, actor=cast.maker, request=Request(), epcs=[epc]) == "NOT_HELD"
    placed = held(cast.maker, epc)
    released(cast.maker, epc)
    assert refusal_code(release, actor=cast.maker, request=Request(), epcs=[epc]) == "NOT_HELD"
    held(cast.maker, epc)
    code = refusal_code(release, actor=cast.maker, request=Request(), epcs=[epc], placed_by=placed.event_id)
    assert code == "NOT_HELD"


# --- The forger and the careless --------------------------------------------------------------------------------------


def test_the_forger_holds_nothing_of_others(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    pallet = packed(cast.maker, commissioned(cast.maker, 2, start=10))
    for named in (epc, pallet):
        assert refusal_code(hold, actor=cast.forger, request=Request(), epcs=[named]) == "NOT_HOLDER"
    assert not is_held(item_of(epc))


def test_a_hold_of_the_forger_on_a_batch_reaches_no_pack_of_others(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    (epc,) = commissioned(cast.maker, 1, batch=batch)
    hold(actor=cast.forger, request=Request(), batches=[batch])
    shipped(cast.maker, cast.wholesaler, [epc])


def test_whoever_a_delivery_is_on_its_way_to_may_hold_it(cast: Cast) -> None:
    pallet, _cases, packs = palletised(cast.maker, cases=1, packs_per_case=2)
    handoff = shipped(cast.maker, cast.pharmacy, [pallet])
    assert refusal_code(hold, actor=cast.wholesaler, request=Request(), epcs=[packs[0]]) == "NOT_HOLDER"
    held(cast.pharmacy, packs[0])
    receive(actor=cast.pharmacy, request=Request(), handoff=handoff)
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "QUARANTINED"
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[1])
    assert_replayed()


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"epcs": []}, "NOTHING_TO_DO"),
        ({"reason": "because"}, "BAD_REASON"),
        ({"epcs": ["https://id.gs1.org/01/09520001000010/21/NEVER"]}, "UNKNOWN_ITEM"),
    ],
)
def test_a_hold_that_says_nothing_true_is_refused(cast: Cast, wish: dict[str, object], code: str) -> None:
    epcs = commissioned(cast.maker, 1)
    assert refusal_code(hold, actor=cast.maker, request=Request(), **{"epcs": epcs, **wish}) == code
    assert refusal_code(hold, actor=cast.maker, request=Request(), epcs=[*epcs, *epcs]) == "NAMED_TWICE"
    held(cast.maker, *epcs)
    finding = refusal_code(release, actor=cast.maker, request=Request(), epcs=epcs, finding="fine")
    assert finding == "BAD_REASON"
    assert refusal_code(release, actor=cast.maker, request=Request(), epcs=[]) == "NOTHING_TO_DO"


def test_the_same_wish_twice_is_one_hold(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    request = Request()
    hold(actor=cast.maker, request=request, epcs=[epc])
    assert hold(actor=cast.maker, request=request, epcs=[epc]).replayed
    assert item_of(epc).holds == 1


# --- Units ------------------------------------------------------------------------------------------------------------


def test_a_hold_on_a_pallet_is_on_all_that_is_in_it(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.pharmacy, [pallet])
    held(cast.pharmacy, pallet)
    assert Hold.objects.count() == 1
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "QUARANTINED"
    assert all(is_held(item_of(epc)) for epc in (pallet, *cases, *packs))


def test_a_pallet_with_one_held_pack_in_it_is_not_sold(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    held(cast.maker, packs[0])
    assert sale_code(cast.maker, cast.wholesaler, pallet) == "QUARANTINED"
    assert [is_held(item_of(epc)) for epc in (*cases, packs[1])] == [True, False, False]
    unpack(actor=cast.maker, request=Request(), parent=pallet, children=[cases[0]])
    shipped(cast.maker, cast.wholesaler, [pallet])
    assert sale_code(cast.maker, cast.wholesaler, cases[0]) == "QUARANTINED"
    assert_replayed()


def test_unpacking_is_no_way_around_a_hold(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    placed = held(cast.regulator, pallet)
    held(cast.maker, packs[0])
    unpack(actor=cast.maker, request=Request(), parent=pallet)
    assert sale_code(cast.maker, cast.wholesaler, cases[1]) == "QUARANTINED"
    unpack(actor=cast.maker, request=Request(), parent=cases[0])
    assert sale_code(cast.maker, cast.wholesaler, packs[1]) == "QUARANTINED"
    assert refusal_code(release, actor=cast.maker, request=Request(), epcs=[packs[1]]) == "HOLD_OWNER"
    assert [item_of(epc).holds for epc in (pallet, *cases, *packs)] == [1, 1, 1, 2, 1, 0, 0]
    assert_replayed()
    release(actor=cast.regulator, request=Request(), epcs=[packs[1]], placed_by=placed.event_id)
    shipped(cast.maker, cast.wholesaler, [packs[1]])
    assert_replayed()


def test_packing_is_no_way_around_a_hold(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    held(cast.maker, packs[0])
    case = packed(cast.maker, packs)
    assert sale_code(cast.maker, cast.wholesaler, case) == "QUARANTINED"
    pallet = packed(cast.maker, [case])
    assert [item_of(epc).holds for epc in (pallet, case, packs[0], packs[1])] == [1, 1, 1, 0]
    released(cast.maker, packs[0])
    assert [item_of(epc).holds for epc in (pallet, case, packs[0], packs[1])] == [0, 0, 0, 0]
    pack(actor=cast.maker, request=Request(), parent=pallet, children=commissioned(cast.maker, 1, start=50))
    shipped(cast.maker, cast.wholesaler, [pallet])
    assert_replayed()


def test_a_pack_that_was_held_by_name_and_with_its_pallet_is_held_once_when_it_comes_out(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    case = packed(cast.maker, packs)
    held(cast.maker, case, packs[0])
    assert item_of(case).holds == 2
    unpack(actor=cast.maker, request=Request(), parent=case)
    assert [item_of(epc).holds for epc in (case, *packs)] == [1, 1, 1]
    released(cast.maker, *packs)
    shipped(cast.maker, cast.wholesaler, packs)
    assert_replayed()


# --- Whole batches ----------------------------------------------------------------------------------------------------


def test_the_makers_hold_on_a_batch_stops_it_everywhere_at_the_cost_of_one_row(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 6, batch=batch)
    pallet = packed(cast.maker, packs[:3])
    handed_over(cast.maker, cast.wholesaler, [pallet])
    handed_over(cast.maker, cast.pharmacy, packs[3:5])
    before = Item.objects.filter(holds__gt=0).count()
    done = hold(actor=cast.maker, request=Request(), batches=[batch])
    assert (Hold.objects.count(), Item.objects.filter(holds__gt=0).count()) == (1, before)
    assert "quantityList" in done.event.body
    assert sale_code(cast.wholesaler, cast.pharmacy, pallet) == "QUARANTINED"
    assert sale_code(cast.maker, cast.wholesaler, packs[5]) == "QUARANTINED"
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[3]) == "QUARANTINED"
    assert refusal_code(release, actor=cast.pharmacy, request=Request(), batches=[batch]) == "HOLD_OWNER"
    assert refusal_code(release, actor=cast.pharmacy, request=Request(), epcs=[packs[3]]) == "NOT_HELD"
    release(actor=cast.maker, request=Request(), batches=[batch])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[3])
    assert Batch.objects.get(pk=batch.pk).holds == 0
    assert_replayed()


def test_a_pharmacys_hold_on_a_batch_is_on_its_own_stock_only(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 3, batch=batch)
    handed_over(cast.maker, cast.pharmacy, packs[:1])
    hold(actor=cast.pharmacy, request=Request(), batches=[batch], reason="temperature")
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "QUARANTINED"
    shipped(cast.maker, cast.wholesaler, packs[1:2])
    assert_replayed()


def test_a_wholesalers_own_pallet_does_not_make_it_the_maker_of_what_is_in_it(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.wholesaler, packs)
    pallet = packed(cast.wholesaler, packs)
    handed_over(cast.wholesaler, cast.pharmacy, [pallet])
    assert refusal_code(hold, actor=cast.wholesaler, request=Request(), epcs=[pallet]) == "NOT_HOLDER"
    held(cast.maker, pallet)
    assert refusal_code(release, actor=cast.pharmacy, request=Request(), epcs=[pallet]) == "HOLD_OWNER"


# --- Cost -------------------------------------------------------------------------------------------------------------


def test_a_hold_costs_what_it_names_not_what_is_in_it(cast: Cast) -> None:
    small = packed(cast.maker, commissioned(cast.maker, 2))
    large = packed(cast.maker, commissioned(cast.maker, 60, start=100))

    def queries(epc: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            held(cast.maker, epc)
        return len(captured)

    held(cast.maker, small)  # whatever is done for the first time
    assert queries(large) == queries(small)


def test_goods_on_which_nothing_lies_cost_no_look_at_holds(cast: Cast) -> None:
    pallet, _cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    items = list(find_items([pallet, *packs]).values())
    with CaptureQueriesContext(connection) as captured:
        units_of(items)
    assert not [one for one in captured if "supplychain_hold" in one["sql"]]
