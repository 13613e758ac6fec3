"""Two at once want the same pack: one gets it, the other a clean refusal. On PostgreSQL, with real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection

from ledger.models import Entry
from supplychain.acts import Actor, Done, Refused, Request
from supplychain.models import Event, EventItem, Handoff, Item
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.commission import commission
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.ship import ship
from tests.contention import contend
from tests.factories import Cast, commissioned, handed_over, make_batch, make_cast, packed, shipped

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def players(own_log_folders: None) -> Cast:
    return make_cast()


def at_once(*acts: Callable[[], Done | list[str]]) -> list[str]:
    """Run the acts at the same moment, each on a connection of its own. What became of each: "done", or the code."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Done | list[str]]) -> str:
        barrier.wait()
        try:
            done = act()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "again" if isinstance(done, Done) and done.replayed else "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_a_pack_is_not_shipped_to_two_parties_at_once(players: Cast) -> None:
    for number in range(10):
        epcs = commissioned(players.maker, 1, start=number)

        def send(to: Actor, epcs: list[str] = epcs) -> Done:
            return ship(actor=players.maker, request=Request(), epcs=epcs, receiver=to.party)

        assert at_once(lambda: send(players.wholesaler), lambda: send(players.pharmacy)) == ["IN_TRANSIT", "done"]


def test_a_pack_is_not_dispensed_twice_at_once(players: Cast) -> None:
    for number in range(5):
        epcs = commissioned(players.maker, 1, start=number)
        handed_over(players.maker, players.pharmacy, epcs)

        def give(epc: str = epcs[0]) -> Done:
            return dispense(actor=players.pharmacy, request=Request(), epc=epc)

        assert at_once(give, give, give) == ["ALREADY_DISPENSED", "ALREADY_DISPENSED", "done"]


def test_two_packs_of_one_case_are_dispensed_at_once_without_a_deadlock(players: Cast) -> None:
    packs = commissioned(players.maker, 4)
    case = packed(players.maker, packs)
    handed_over(players.maker, players.pharmacy, [case])

    def give(epc: str) -> Callable[[], Done]:
        return lambda: dispense(actor=players.pharmacy, request=Request(), epc=epc)

    assert at_once(*(give(epc) for epc in packs)) == ["done"] * 4


def test_a_form_sent_twice_at_once_is_one_act(players: Cast) -> None:
    epcs = commissioned(players.maker, 1)
    request = Request()

    def send() -> Done:
        return ship(actor=players.maker, request=request, epcs=epcs, receiver=players.wholesaler.party)

    before = Entry.objects.count()
    assert at_once(send, send, send) == ["again", "again", "done"]
    assert Entry.objects.count() == before + 1


def test_a_delivery_is_taken_in_once_by_two_clerks(players: Cast) -> None:
    handoff = shipped(players.maker, players.wholesaler, commissioned(players.maker, 2))

    def take() -> Done:
        return receive(actor=players.wholesaler, request=Request(), handoff=handoff)

    assert at_once(take, take) == ["DOUBLE_RECEIPT", "done"]


def test_one_serial_number_is_commissioned_once_by_two_lines(players: Cast) -> None:
    batch = make_batch(players.maker)

    def make() -> Done:
        return commission(actor=players.maker, request=Request(), batch=batch, serial_numbers=["B1", "B2"])

    assert at_once(make, make) == ["SERIAL_REUSED", "done"]
    assert Item.objects.count() == 2
    assert Event.objects.count() == 1


def test_two_lines_never_get_the_same_case_number(players: Cast) -> None:
    given: list[str] = []

    def take() -> list[str]:
        numbers = allocate_sscc(actor=players.maker, count=50)
        given.extend(numbers)
        return numbers

    assert at_once(take, take, take) == ["done"] * 3
    assert len(set(given)) == 150


def test_two_units_that_are_packed_into_each_other_at_once_do_not_lock_up(players: Cast) -> None:
    for number in range(10):
        one, other = (packed(players.maker, commissioned(players.maker, 1, start=2 * number + at)) for at in (0, 1))

        def put(inner: str, outer: str) -> Done:
            return pack(actor=players.maker, request=Request(), parent=outer, children=[inner])

        answers = at_once(lambda: put(one, other), lambda: put(other, one))  # noqa: B023  (run at once, in this round)
        assert answers == ["AGGREGATION_INVALID", "done"]


def test_two_deliveries_that_were_mixed_up_are_received_at_once(players: Cast) -> None:
    """Each names the other's goods as surplus: rows that are locked in two runs would wait for each other."""
    epcs = commissioned(players.maker, 20)
    handoffs = [shipped(players.maker, players.wholesaler, epcs[at::2]) for at in (0, 1)]

    def take(handoff: Handoff, own: list[str], others: list[str]) -> Done:
        return receive(actor=players.wholesaler, request=Request(), handoff=handoff, epcs=own + others)

    answers = at_once(
        lambda: take(handoffs[0], epcs[0::2], epcs[1::2]), lambda: take(handoffs[1], epcs[1::2], epcs[0::2])
    )
    assert answers == ["done", "done"]
    assert Item.objects.filter(holder=players.wholesaler.party, handoff=None).count() == 20


def test_of_several_processes_exactly_one_ships_each_pack(players: Cast, tmp_path: Path) -> None:
    commissioned(players.maker, 30)
    answers = contend(tmp_path, "race", processes=3, tries=30)
    assert answers == {"done": 30, "IN_TRANSIT": 60}
    assert Handoff.objects.count() == 30
    assert set(EventItem.objects.filter(event__biz_step="shipping").values_list("item", flat=True)) == set(
        Item.objects.values_list("pk", flat=True)
    )


def test_several_processes_that_do_everything_to_the_same_goods_never_lock_up(players: Cast, tmp_path: Path) -> None:
    packs = commissioned(players.maker, 6)
    for at in range(0, 6, 2):
        packed(players.maker, packs[at : at + 2])
    answers = contend(tmp_path, "mix", processes=3, tries=80)
    assert [answer for answer in answers if answer.startswith("ERROR")] == []
    assert answers.total() == 240
    assert answers["done"] > 20
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")
