"""Late and out of order: what an offline scanner brings back never overwrites what is known, and nothing is lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from supplychain.acts import Done, Refused, Request
from supplychain.lifecycle import Life
from supplychain.models import Discrepancy, Event, Handoff, Item
from supplychain.stock import find_items
from supplychain.usecases.answer_dispute import answer_dispute
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.receive_unannounced import receive_unannounced
from supplychain.usecases.ship import ship
from supplychain.usecases.unpack import unpack
from supplychain.usecases.void import void
from tests.factories import Cast, commissioned, make_batch, pack_epc, refusal_code, serials

pytestmark = pytest.mark.django_db
START = timezone.now() - timedelta(days=2)


def at(hours: float) -> Request:
    return Request(event_time=START + timedelta(hours=hours))


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def made(cast: Cast, count: int, start: int = 0) -> list[str]:
    from supplychain.usecases.commission import commission

    numbers = serials(count, start)
    commission(actor=cast.maker, request=at(0), batch=make_batch(cast.maker), serial_numbers=numbers)
    return [pack_epc(number) for number in numbers]


def given(sender, receiver, epcs: list[str], hours: float) -> Handoff:
    done = ship(actor=sender, request=at(hours), epcs=epcs, receiver=receiver.party)
    assert done.handoff is not None
    receive(actor=receiver, request=at(hours + 0.5), handoff=done.handoff, epcs=epcs)
    return done.handoff


def codes(done: Done) -> list[str]:
    return [one.code for one in done.exceptions]


def code_of(call) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- A late statement against what is known already -------------------------------------------------------------------


def test_a_late_shipment_does_not_take_back_what_was_shipped_since(cast: Cast) -> None:
    epcs = made(cast, 1)
    known = ship(actor=cast.maker, request=at(3), epcs=epcs, receiver=cast.wholesaler.party)
    late = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.pharmacy.party)
    assert (late.handoff, codes(late), late.outcome) == (None, ["LATE"], "accept_with_exception")
    assert item(epcs[0]).handoff == known.handoff
    (row,) = Discrepancy.objects.all()
    assert (row.raised_by, row.against) == (late.event, known.event)
    assert (row.claimant, row.respondent) == (cast.maker.party, cast.maker.party)
    again = ship(
        actor=cast.maker, request=Request(late.event.nonce, at(2).event_time), epcs=epcs, receiver=cast.pharmacy.party
    )
    assert (again.replayed, codes(again)) == (True, ["LATE"])


def test_what_was_not_possible_even_then_is_refused_however_late_it_comes(cast: Cast) -> None:
    epcs = made(cast, 1)
    given(cast.maker, cast.wholesaler, epcs, 2)
    wish = {"epcs": epcs, "receiver": cast.pharmacy.party}
    assert refusal_code(ship, actor=cast.forger, request=at(1), **wish) == "NOT_HOLDER"
    assert refusal_code(ship, actor=cast.wholesaler, request=at(1), **wish) == "NOT_HOLDER"
    assert refusal_code(ship, actor=cast.maker, request=at(2.2), **wish) == "IN_TRANSIT"
    assert refusal_code(ship, actor=cast.maker, request=at(3), **wish) == "NOT_HOLDER"
    assert refusal_code(ship, actor=cast.maker, request=at(-1), **wish) == "TIME_TRAVEL"
    assert item(epcs[0]).holder == cast.wholesaler.party


def test_a_late_unpacking_of_a_pallet_that_was_shipped_since_changes_nothing(cast: Cast) -> None:
    epcs = made(cast, 2)
    case = packed_at(cast, epcs, 1)
    given(cast.maker, cast.wholesaler, [case], 3)
    late = unpack(actor=cast.maker, request=at(2), parent=case, children=epcs[:1])
    assert codes(late) == ["LATE", "LATE"]
    assert item(epcs[0]).parent == item(case)
    assert Discrepancy.objects.filter(respondent=cast.wholesaler.party).count() == 2


def packed_at(cast: Cast, epcs: list[str], hours: float) -> str:
    from supplychain.gs1.digital_link import canonical_epc
    from supplychain.gs1.identifiers import Sscc
    from supplychain.usecases.allocate_sscc import allocate_sscc

    parent = canonical_epc(Sscc(allocate_sscc(actor=cast.maker)[0]))
    pack(actor=cast.maker, request=at(hours), parent=parent, children=epcs)
    return parent


def test_a_late_packing_of_what_was_shipped_since_changes_nothing(cast: Cast) -> None:
    epcs = made(cast, 2)
    case = packed_at(cast, epcs[1:], 1)
    given(cast.maker, cast.wholesaler, epcs[:1], 3)
    late = pack(actor=cast.maker, request=at(2), parent=case, children=epcs[:1])
    assert codes(late) == ["LATE"]
    assert (item(epcs[0]).parent, item(epcs[0]).holder) == (None, cast.wholesaler.party)


def test_a_late_destruction_of_what_was_dispensed_since_is_a_question_and_no_answer(cast: Cast) -> None:
    epcs = made(cast, 1)
    given(cast.maker, cast.pharmacy, epcs, 1)
    dispense(actor=cast.pharmacy, request=at(5), epc=epcs[0])
    late = destroy(actor=cast.pharmacy, request=at(4), epcs=epcs)
    assert codes(late) == ["LATE"]
    assert item(epcs[0]).life == Life.DISPENSED


def test_two_offline_dispensings_of_one_pack_are_a_conflict_in_either_order(cast: Cast) -> None:
    epcs = made(cast, 2)
    given(cast.maker, cast.pharmacy, epcs, 1)
    for epc, (first, second) in zip(epcs, [(4, 5), (5, 4)], strict=True):
        one = dispense(actor=cast.pharmacy, request=at(first), epc=epc)
        other = dispense(actor=cast.pharmacy, request=at(second), epc=epc)
        assert one.exceptions == []
        assert codes(other) in (["DOUBLE_DISPENSE"], ["LATE"])
        assert item(epc).ended_by == one.event
    # Scanned twice with everybody online, nothing has been handed out twice: the second is refused.
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=epcs[0]) == "ALREADY_DISPENSED"


def test_a_receipt_from_before_the_sender_called_it_off_is_kept_and_settled_between_them(cast: Cast) -> None:
    epcs = made(cast, 1)
    done = ship(actor=cast.maker, request=at(1), epcs=epcs, receiver=cast.wholesaler.party)
    assert done.handoff is not None
    called_off = void(actor=cast.maker, request=at(3), handoff=done.handoff)
    late = receive(actor=cast.wholesaler, request=at(2), handoff=done.handoff, epcs=epcs)
    assert codes(late) == ["LATE"]
    assert (item(epcs[0]).holder, item(epcs[0]).handoff) == (cast.maker.party, None)
    (row,) = Discrepancy.objects.all()
    assert (row.claimant, row.respondent, row.against) == (
        cast.wholesaler.party,
        cast.maker.party,
        called_off.event,
    )
    answer_dispute(
        actor=cast.maker, request=Request(), discrepancies=[row.pk], answer="confirm", resolution="data_sent"
    )
    row.refresh_from_db()
    assert row.standing == "settled"


def test_a_late_receipt_of_a_delivery_that_never_was_ones_own_is_refused(cast: Cast) -> None:
    epcs = made(cast, 1)
    done = ship(actor=cast.maker, request=at(1), epcs=epcs, receiver=cast.wholesaler.party)
    assert done.handoff is not None
    void(actor=cast.maker, request=at(3), handoff=done.handoff)
    wish = {"handoff": done.handoff, "epcs": epcs}
    assert refusal_code(receive, actor=cast.forger, request=at(2), **wish) == "NOT_SHIPPED_TO_YOU"
    assert refusal_code(receive, actor=cast.wholesaler, request=at(4), **wish) == "DOUBLE_RECEIPT"


def test_surplus_of_which_something_later_is_known_is_not_taken(cast: Cast) -> None:
    epcs = made(cast, 2)
    done = ship(actor=cast.maker, request=at(1), epcs=epcs[:1], receiver=cast.wholesaler.party)
    assert done.handoff is not None
    case = packed_at(cast, epcs[1:], 4)
    unpack(actor=cast.maker, request=at(5), parent=case)
    taken = receive(actor=cast.wholesaler, request=at(2), handoff=done.handoff, epcs=epcs)
    assert codes(taken) == ["OVERAGE_NOT_TAKEN"]
    assert item(epcs[1]).holder == cast.maker.party


def test_the_two_clocks_of_honest_parties_may_differ_by_five_minutes(cast: Cast) -> None:
    epcs = made(cast, 1)
    done = ship(actor=cast.maker, request=at(1), epcs=epcs, receiver=cast.wholesaler.party)
    assert done.handoff is not None
    wish = {"handoff": done.handoff, "epcs": epcs}
    early = Request(event_time=START + timedelta(hours=1) - timedelta(minutes=6))
    assert refusal_code(receive, actor=cast.wholesaler, request=early, **wish) == "TIME_TRAVEL"
    receive(actor=cast.wholesaler, request=Request(event_time=START + timedelta(minutes=56)), **wish)
    assert item(epcs[0]).holder == cast.wholesaler.party


# --- Received before it was shipped -----------------------------------------------------------------------------------


def arrived(cast: Cast, epcs: list[str], when: Request | None = None) -> Done:
    return receive_unannounced(actor=cast.wholesaler, request=when or Request(), sender=cast.maker.party, epcs=epcs)


def test_goods_that_come_before_their_notice_are_the_receivers_as_soon_as_it_comes(cast: Cast) -> None:
    epcs = made(cast, 2)
    early = arrived(cast, epcs, at(3))
    assert codes(early) == ["UNANNOUNCED", "UNANNOUNCED"]
    assert item(epcs[0]).holder == cast.maker.party
    done = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.wholesaler.party)
    handoff = Handoff.objects.get()
    assert (done.handoff, handoff.state) == (handoff, "received")
    assert [receipt.event for receipt in handoff.receipts.all()] == [early.event]
    assert [item(epc).holder for epc in epcs] == [cast.wholesaler.party] * 2
    assert [item(epc).handoff for epc in epcs] == [None, None]
    assert set(Discrepancy.objects.values_list("standing", "resolution")) == {("settled", "announced")}


def test_even_packs_that_were_not_commissioned_yet(cast: Cast) -> None:
    make_batch(cast.maker)
    epcs = [pack_epc(number) for number in serials(2)]
    early = arrived(cast, epcs, at(3))
    assert codes(early) == ["UNANNOUNCED", "UNANNOUNCED"]
    made(cast, 2)
    ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.wholesaler.party)
    assert [item(epc).holder for epc in epcs] == [cast.wholesaler.party] * 2
    assert early.event.event_items.count() == 2


def test_what_the_notice_names_and_nobody_scanned_stays_under_way(cast: Cast) -> None:
    epcs = made(cast, 3)
    arrived(cast, epcs[:2], at(3))
    done = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.wholesaler.party)
    assert Handoff.objects.get().state == "partial"
    assert item(epcs[2]).handoff == done.handoff


def test_an_arrival_from_before_the_goods_left_waits_for_people(cast: Cast) -> None:
    epcs = made(cast, 1)
    arrived(cast, epcs, at(1))
    done = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.wholesaler.party)
    assert done.handoff is not None
    assert item(epcs[0]).handoff == done.handoff
    assert Discrepancy.objects.get().standing == "open"
    receive(actor=cast.wholesaler, request=at(3), handoff=done.handoff, epcs=epcs)
    assert (Discrepancy.objects.get().standing, Discrepancy.objects.get().resolution) == ("settled", "arrived")


def test_who_claims_goods_that_were_sent_to_somebody_else_gains_nothing(cast: Cast) -> None:
    epcs = made(cast, 1)
    receive_unannounced(actor=cast.forger, request=at(3), sender=cast.maker.party, epcs=epcs)
    done = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.wholesaler.party)
    assert item(epcs[0]).handoff == done.handoff
    row = Discrepancy.objects.get()
    assert (row.claimant, row.standing) == (cast.forger.party, "open")
    answer_dispute(actor=cast.forger, request=Request(), discrepancies=[row.pk], answer="withdraw")
    assert Discrepancy.objects.get().resolution == "withdrawn"


def test_an_arrival_that_makes_no_sense_is_refused(cast: Cast) -> None:
    epcs = made(cast, 3)
    ship(actor=cast.maker, request=at(1), epcs=epcs[:1], receiver=cast.wholesaler.party)
    given(cast.maker, cast.wholesaler, epcs[1:2], 1)
    arrived(cast, epcs[2:])
    assert code_of(lambda: arrived(cast, epcs[:1])) == "ANNOUNCED"
    assert code_of(lambda: arrived(cast, epcs[1:2])) == "DOUBLE_RECEIPT"
    assert code_of(lambda: arrived(cast, epcs[2:])) == "DOUBLE_RECEIPT"
    assert code_of(lambda: arrived(cast, [])) == "BAD_COUNT"
    assert code_of(lambda: arrived(cast, [epcs[2], epcs[2]])) == "NAMED_TWICE"
    own = {"actor": cast.maker, "request": Request(), "sender": cast.maker.party, "epcs": epcs[2:]}
    assert refusal_code(receive_unannounced, **own) == "SHIP_TO_SELF"
    inspector = own | {"actor": cast.regulator}
    assert refusal_code(receive_unannounced, **inspector) == "ROLE_NOT_ALLOWED"


def test_late_statements_stand_in_the_story_of_the_pack(cast: Cast) -> None:
    from supplychain.history import history_of, without_effect

    epcs = made(cast, 1)
    ship(actor=cast.maker, request=at(3), epcs=epcs, receiver=cast.wholesaler.party)
    late = ship(actor=cast.maker, request=at(2), epcs=epcs, receiver=cast.pharmacy.party)
    steps = [step.event for step in history_of(item(epcs[0]))]
    assert late.event in steps
    assert without_effect(event.pk for event in steps) == {late.event.pk}
    assert Event.objects.count() == 3


def test_nothing_of_all_this_is_asked_of_who_acts_now(cast: Cast) -> None:
    """A day's work online costs no query more than before."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from supplychain.late import judge

    epcs = commissioned(cast.maker, 1)
    with CaptureQueriesContext(connection) as queries:
        assert judge(lambda units: [], {epcs[0]: item(epcs[0])}, Request()) == []
    assert len(queries) <= 4
