"""Goods leave trade, come back to it, or do not leave after all; the forger, the careless and the late are refused."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from supplychain.acts import Act, Actor, Request
from supplychain.lifecycle import Life
from supplychain.models import Event, Handoff, Item, Place
from supplychain.stock import effective_life, find_items, root_of
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.export import export
from supplychain.usecases.free_sample import free_sample
from supplychain.usecases.lock import lock
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.sample import sample
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from supplychain.usecases.unlock import unlock
from supplychain.usecases.void import void
from tests.factories import Cast, commissioned, handed_over, packed, palletised, refusal_code, shipped

pytestmark = pytest.mark.django_db
ACTS: list[tuple[Act, Life]] = [
    (export, Life.EXPORTED),
    (free_sample, Life.FREE_SAMPLE),
    (sample, Life.SAMPLED),
    (destroy, Life.DESTROYED),
    (report_stolen, Life.STOLEN),
    (lock, Life.LOCKED),
]
FOR_GOOD = (export, destroy, report_stolen)


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def lives(epc: str) -> Life:
    found = item(epc)
    return effective_life(found, root_of(found))


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- Endings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "life"), ACTS)
def test_goods_end_under_one_signed_statement(cast: Cast, act: Act, life: Life) -> None:
    packs = commissioned(cast.maker, 3)
    done = act(actor=cast.maker, request=Request(), epcs=packs[:2])
    assert [item(epc).life for epc in packs] == [life, life, Life.ACTIVE]
    assert item(packs[0]).ended_by == done.event
    assert (item(packs[0]).holder is None) == (life is not Life.LOCKED)
    assert refusal_code(ship, actor=cast.maker, request=Request(), epcs=[packs[0]], receiver=cast.wholesaler.party)


@pytest.mark.parametrize(("act", "life"), ACTS)
def test_nobody_ends_what_is_anothers(cast: Cast, act: Act, life: Life) -> None:
    (epc,) = commissioned(cast.maker, 1)
    assert refusal_code(act, actor=cast.forger, request=Request(), epcs=[epc]) == "NOT_HOLDER"
    assert refusal_code(act, actor=cast.forger, request=Request(), epcs=[epc + "X"]) == "UNKNOWN_ITEM"


@pytest.mark.parametrize("act", [export, free_sample])
def test_a_pharmacy_neither_exports_nor_gives_samples_away(cast: Cast, act: Act) -> None:
    packs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, packs)
    handed_over(cast.wholesaler, cast.pharmacy, packs)
    assert refusal_code(act, actor=cast.pharmacy, request=Request(), epcs=packs) == "ROLE_NOT_ALLOWED"


@pytest.mark.parametrize(("act", "life"), ACTS)
def test_with_an_expired_licence_nothing_ends(cast: Cast, act: Act, life: Life) -> None:
    packs = commissioned(cast.maker, 1)
    cast.maker.party.licence_expiry = timezone.localdate() - timedelta(days=1)
    cast.maker.party.save()
    assert refusal_code(act, actor=cast.maker, request=Request(), epcs=packs) == "PARTNER_NOT_AUTHORISED"


@pytest.mark.parametrize(("act", "life"), [pair for pair in ACTS if pair[0] in (export, destroy, report_stolen, lock)])
def test_what_is_in_a_pallet_ends_with_it(cast: Cast, act: Act, life: Life) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    act(actor=cast.maker, request=Request(), epcs=[pallet])
    assert {lives(epc) for epc in (pallet, *cases, *packs)} == {life}
    assert item(packs[0]).life == Life.ACTIVE  # its own row says nothing: one row is written, however large the pallet


def test_packs_of_one_case_are_taken_out_of_it_before_they_are_destroyed(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=3)
    destroy(actor=cast.maker, request=Request(), epcs=packs[:2])
    assert [lives(epc) for epc in packs[:3]] == [Life.DESTROYED, Life.DESTROYED, Life.ACTIVE]
    assert item(packs[2]).parent == item(cases[0])
    assert item(cases[0]).parent is None  # it was taken off the pallet to be opened
    assert item(cases[1]).parent == item(pallet)


def test_a_serial_does_not_come_back_after_destruction(cast: Cast) -> None:
    from supplychain.usecases.commission import commission

    packs = commissioned(cast.maker, 1)
    destroy(actor=cast.maker, request=Request(), epcs=packs)
    batch = item(packs[0]).batch
    assert batch is not None
    again = {"actor": cast.maker, "request": Request(), "batch": batch, "serial_numbers": ["B0000000"]}
    assert refusal_code(commission, **again) == "SERIAL_REUSED"


@pytest.mark.parametrize("who", ["maker", "wholesaler", "regulator"])
def test_goods_stolen_on_their_way_are_reported_by_either_side_or_the_regulator(cast: Cast, who: str) -> None:
    packs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, packs)
    report_stolen(actor=getattr(cast, who), request=Request(), epcs=packs[:1])
    assert lives(packs[0]) is Life.STOLEN
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=packs[1:])
    assert Handoff.objects.get(pk=handoff.pk).state == "received"


def test_a_delivery_that_was_stolen_whole_is_waited_for_no_more(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, packs)
    report_stolen(actor=cast.maker, request=Request(), epcs=packs[:1])
    assert Handoff.objects.get(pk=handoff.pk).state == "open"
    report_stolen(actor=cast.maker, request=Request(), epcs=packs[1:])
    assert Handoff.objects.get(pk=handoff.pk).state == "void"


# --- Locks ------------------------------------------------------------------------------------------------------------


def test_a_lock_comes_off_by_its_owner_and_the_pack_lives_on_where_it_stands(cast: Cast) -> None:
    packs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, packs)
    lock(actor=cast.maker, request=Request(), epcs=packs)  # its maker, though another party holds it
    assert refusal_code(unlock, actor=cast.wholesaler, request=Request(), epcs=packs) == "LOCK_OWNER"
    unlock(actor=cast.maker, request=Request(), epcs=packs)
    assert (lives(packs[0]), item(packs[0]).holder) == (Life.ACTIVE, cast.wholesaler.party)
    assert refusal_code(unlock, actor=cast.maker, request=Request(), epcs=packs) == "NOT_LOCKED"


# --- Undo -------------------------------------------------------------------------------------------------------------


def dispensed(cast: Cast) -> str:
    packs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, packs)
    handed_over(cast.wholesaler, cast.pharmacy, packs)
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    return packs[0]


def test_an_undo_brings_the_pack_back_and_deletes_nothing(cast: Cast) -> None:
    epc = dispensed(cast)
    before = Event.objects.count()
    done = undo(actor=cast.pharmacy, request=Request(), epc=epc)
    assert Event.objects.count() == before + 1
    assert (lives(epc), item(epc).holder, item(epc).ended_by) == (Life.ACTIVE, cast.pharmacy.party, None)
    (dispensing,) = Event.objects.filter(biz_step="dispensing")
    assert dispensing.event_id in done.event.body
    assert dispensing.entry in [edge.parent for edge in done.event.entry.parent_edges.all()]
    dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    assert lives(epc) is Life.DISPENSED


def test_another_party_cannot_undo_it(cast: Cast) -> None:
    epc = dispensed(cast)
    assert refusal_code(undo, actor=cast.forger, request=Request(), epc=epc) == "UNDO_OTHER_PARTY"


def test_another_site_of_the_party_cannot_undo_it(cast: Cast) -> None:
    epc = dispensed(cast)
    Place.objects.filter(party=cast.pharmacy.party).update(party=cast.forger.party)
    Place.objects.create(party=cast.pharmacy.party, gln="9520003000018", name="Second shop", country="CH")
    moved = Actor(cast.pharmacy.party)
    assert refusal_code(undo, actor=moved, request=Request(), epc=epc) == "UNDO_OTHER_PLACE"
    Place.objects.filter(party=cast.forger.party, gln=cast.pharmacy.party.gln).update(party=cast.pharmacy.party)


def test_a_pack_that_was_handed_out_does_not_come_back(cast: Cast) -> None:
    epc = dispensed(cast)
    wish = {"actor": cast.pharmacy, "request": Request(), "epc": epc, "was_supplied": True}
    assert refusal_code(undo, **wish) == "UNDO_SUPPLIED"


def test_after_ten_days_it_is_too_late(cast: Cast) -> None:
    epc = dispensed(cast)
    with time_machine.travel(timezone.now() + timedelta(days=10, minutes=1), tick=True):
        assert refusal_code(undo, actor=cast.pharmacy, request=Request(), epc=epc) == "UNDO_TOO_LATE"


def test_an_undo_dated_back_into_time_is_no_way_around_the_ten_days(cast: Cast) -> None:
    epc = dispensed(cast)
    then = timezone.now() + timedelta(days=1)
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=True):
        assert refusal_code(undo, actor=cast.pharmacy, request=Request(event_time=then), epc=epc) == "UNDO_TOO_LATE"


@pytest.mark.parametrize("act", FOR_GOOD)
def test_some_ends_are_for_good(cast: Cast, act: Act) -> None:
    (epc,) = commissioned(cast.maker, 1)
    act(actor=cast.maker, request=Request(), epcs=[epc])
    assert refusal_code(undo, actor=cast.maker, request=Request(), epc=epc) == "UNDO_IRREVERSIBLE"


def test_an_active_pack_has_nothing_to_undo(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    assert refusal_code(undo, actor=cast.maker, request=Request(), epc=epc) == "UNDO_NOTHING"


# --- Void -------------------------------------------------------------------------------------------------------------


def test_a_shipment_is_called_off_before_it_arrives(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, packs)
    void(actor=cast.maker, request=Request(), handoff=handoff)
    handoff.refresh_from_db()
    assert handoff.state == "void"
    assert refusal_code(receive, actor=cast.wholesaler, request=Request(), handoff=handoff) == "DOUBLE_RECEIPT"
    handed_over(cast.maker, cast.pharmacy, packs)  # they are free again


def test_a_part_is_called_off_and_the_rest_arrives(cast: Cast) -> None:
    packs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, packs)
    void(actor=cast.maker, request=Request(), handoff=handoff, epcs=packs[:1])
    done = receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=packs[1:])
    assert done.exceptions == []
    assert item(packs[0]).holder == cast.maker.party
    assert refusal_code(void, actor=cast.maker, request=Request(), handoff=handoff) == "VOID_TOO_LATE"


def test_the_receiver_cannot_call_it_off_nor_can_the_forger(cast: Cast) -> None:
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    for who in (cast.wholesaler, cast.forger):
        assert refusal_code(void, actor=who, request=Request(), handoff=handoff) == "NOT_SENDER"


def test_what_is_not_of_the_shipment_is_named(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, packs[:1])
    wish = {"actor": cast.maker, "request": Request(), "handoff": handoff, "epcs": packs}
    assert refusal_code(void, **wish) == "VOID_TOO_LATE"
    assert item(packs[0]).handoff == handoff


def test_a_void_sent_twice_is_one_void(cast: Cast) -> None:
    handoff = shipped(cast.maker, cast.wholesaler, [packed(cast.maker, commissioned(cast.maker, 2))])
    request = Request()
    first = void(actor=cast.maker, request=request, handoff=handoff)
    again = void(actor=cast.maker, request=request, handoff=handoff)
    assert (again.replayed, again.event) == (True, first.event)
