"""Serials are issued, applied and counted. Until a pack is commissioned, one of them is nobody's and nothing."""

import math
from typing import Any

import pytest

from supplychain.acts import Request
from supplychain.gs1.serial import ALPHABET
from supplychain.lifecycle import Life, Outcome
from supplychain.models import Allocation, Event, Item, Product
from supplychain.stock import find_items
from supplychain.usecases.allocate import allocate
from supplychain.usecases.commission import commission
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.reconcile import reconcile
from supplychain.usecases.ship import ship
from tests.factories import Cast, handed_over, make_batch, make_product, pack_epc, packed, serials, shipped
from tests.factories import refusal_code as refusal

pytestmark = pytest.mark.django_db


def issued(cast: Cast, count: int = 10) -> Allocation:
    """The maker's own serials B0000000 …, issued and dark."""
    done = allocate(
        actor=cast.maker, request=Request(), product=make_product(cast.maker), serial_numbers=serials(count)
    )
    return Allocation.objects.get(event=done.event)


def applied(cast: Cast, numbers: list[str]) -> None:
    commission(actor=cast.maker, request=Request(), batch=make_batch(cast.maker), serial_numbers=numbers)


def lives(allocation: Allocation) -> list[Life]:
    return [Life(one) for one in allocation.items.order_by("serial_number").values_list("life", flat=True)]


def assert_rebuilds() -> None:
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- Issued -----------------------------------------------------------------------------------------------------------


def test_minted_serials_are_dark_and_cannot_be_typed_wrong(cast: Cast) -> None:
    product = make_product(cast.maker)
    done = allocate(actor=cast.maker, request=Request(), product=product, count=500)
    allocation = Allocation.objects.get(event=done.event)
    numbers = list(allocation.items.values_list("serial_number", flat=True))
    assert (allocation.quantity, allocation.is_minted, len(set(numbers))) == (500, True, 500)
    assert all(len(one) == 12 and set(one) <= set(ALPHABET) for one in numbers)
    assert (done.event.biz_step, done.event.disposition, done.event.action) == ("reserving", "reserved", "OBSERVE")
    assert not Item.objects.filter(holder__isnull=False).exists()
    assert Product.objects.get().serials_issued == 500
    assert_rebuilds()


def test_a_makers_own_list_is_encoded_not_reserved(cast: Cast) -> None:
    allocation = issued(cast)
    assert (allocation.event.biz_step, allocation.event.disposition) == ("encoding", "encoded")
    assert lives(allocation) == [Life.ALLOCATED] * 10
    assert_rebuilds()


def test_the_same_request_issues_the_same_serials(cast: Cast) -> None:
    wish, product = Request(), make_product(cast.maker)
    first = allocate(actor=cast.maker, request=wish, product=product, count=3)
    again = allocate(actor=cast.maker, request=wish, product=product, count=3)
    assert (again.event, again.replayed, Item.objects.count()) == (first.event, True, 3)


def test_serials_that_could_be_guessed_are_not_issued(cast: Cast) -> None:
    product = make_product(cast.maker)
    asked: dict[str, Any] = {"actor": cast.maker, "product": product}
    # 25^7 / 10^5.8: what 13.3 bits leave of seven characters is about 600,000; of four, 38.
    most = math.floor(25**4 / 2**13.3)
    assert refusal(allocate, request=Request(), count=most + 1, length=4, **asked) == "GUESS_MARGIN"
    allocate(request=Request(), count=most, length=4, **asked)
    assert refusal(allocate, request=Request(), count=1, length=4, **asked) == "GUESS_MARGIN"
    allocate(request=Request(), count=1, length=5, **asked)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"count": 0}, "BAD_COUNT"),
        ({"count": 1_000_001}, "BAD_COUNT"),
        ({}, "BAD_COUNT"),
        ({"serial_numbers": []}, "BAD_COUNT"),
        ({"serial_numbers": ["B1", "B1"]}, "SERIAL_REPEATED"),
        ({"serial_numbers": ["B 1"]}, "CHARACTER"),
        ({"serial_numbers": ["B\x001"]}, "CHARACTER"),
        ({"serial_numbers": ["B" * 21]}, "LENGTH"),
        ({"count": 5, "length": 21}, "LENGTH"),
        ({"count": 5, "length": 0}, "LENGTH"),
    ],
)
def test_bad_requests_issue_nothing(cast: Cast, asked: dict, code: str) -> None:
    product = make_product(cast.maker)
    assert refusal(allocate, actor=cast.maker, request=Request(), product=product, **asked) == code
    assert Product.objects.get().serials_issued == 0


def test_serials_are_issued_once(cast: Cast) -> None:
    issued(cast)
    again = {"actor": cast.maker, "request": Request(), "product": make_product(cast.maker)}
    assert refusal(allocate, serial_numbers=serials(1, 9), **again) == "SERIAL_REUSED"
    applied(cast, serials(1, 50))
    assert refusal(allocate, serial_numbers=serials(1, 50), **again) == "SERIAL_REUSED"


def test_nobody_issues_serials_of_anothers_product(cast: Cast) -> None:
    product = make_product(cast.maker)
    for actor, code in ((cast.forger, "NOT_BRAND_OWNER"), (cast.wholesaler, "ROLE_NOT_ALLOWED")):
        assert refusal(allocate, actor=actor, request=Request(), product=product, count=5) == code


# --- Dark -------------------------------------------------------------------------------------------------------------


def test_nothing_can_be_done_with_a_dark_serial(cast: Cast) -> None:
    issued(cast)
    epc, wish = pack_epc("B0000003"), {"actor": cast.maker, "request": Request()}
    assert refusal(ship, epcs=[epc], receiver=cast.wholesaler.party, **wish) == "NOT_COMMISSIONED"
    assert refusal(pack, parent="https://id.gs1.org/00/095200010000000010", children=[epc], **wish) == (
        "NOT_COMMISSIONED"
    )
    assert refusal(dispense, actor=cast.pharmacy, request=Request(), epc=epc) == "NOT_COMMISSIONED"


def test_a_dark_serial_in_a_delivery_is_set_aside(cast: Cast) -> None:
    issued(cast)
    applied(cast, serials(2, 50))
    handoff = shipped(cast.maker, cast.wholesaler, [pack_epc("B0000050")])
    done = receive(
        actor=cast.wholesaler,
        request=Request(),
        handoff=handoff,
        epcs=[pack_epc("B0000050"), pack_epc("B0000001")],
    )
    assert [(one.code, one.epc) for one in done.exceptions] == [("OVERAGE_NOT_TAKEN", pack_epc("B0000001"))]
    assert find_items([pack_epc("B0000001")])[pack_epc("B0000001")].life == Life.ALLOCATED


def test_a_stolen_list_is_worth_nothing_to_a_forger(cast: Cast) -> None:
    issued(cast)
    batch = make_batch(cast.maker)
    theft = {"actor": cast.forger, "request": Request(), "batch": batch, "serial_numbers": serials(3)}
    assert refusal(commission, **theft) == "NOT_BRAND_OWNER"


# --- Commissioned -----------------------------------------------------------------------------------------------------


def test_issued_serials_become_packs_beside_new_ones(cast: Cast) -> None:
    allocation = issued(cast)
    applied(cast, [*serials(4, 2), *serials(3, 100)])
    assert lives(allocation) == [Life.ALLOCATED] * 2 + [Life.ACTIVE] * 4 + [Life.ALLOCATED] * 4
    items = Item.objects.filter(life=Life.ACTIVE).order_by("serial_number")
    assert [one.position for one in items] == list(range(7))
    assert {one.holder for one in items} == {cast.maker.party}
    assert {one.made_by.biz_step for one in items} == {"commissioning"}
    assert Product.objects.get().serials_issued == 13  # ten issued, three that were not
    pallet = packed(cast.maker, [pack_epc(one) for one in serials(4, 2)])
    handed_over(cast.maker, cast.wholesaler, [pallet])
    assert_rebuilds()


def test_an_issued_serial_is_commissioned_once(cast: Cast) -> None:
    issued(cast)
    applied(cast, serials(1))
    again = {"actor": cast.maker, "request": Request(), "batch": make_batch(cast.maker)}
    assert refusal(commission, serial_numbers=serials(2), **again) == "SERIAL_REUSED"


# --- Counted ----------------------------------------------------------------------------------------------------------


def test_a_list_that_adds_up_is_closed_for_good(cast: Cast) -> None:
    allocation = issued(cast)
    applied(cast, serials(7))
    done = reconcile(
        actor=cast.maker, request=Request(), allocation=allocation, destroyed=serials(1, 7), unused=serials(2, 8)
    )
    allocation.refresh_from_db()
    assert (done.outcome, done.exceptions) == (Outcome.ACCEPT, [])
    assert (allocation.applied, allocation.destroyed, allocation.unused) == (7, 1, 2)
    assert lives(allocation) == [Life.ACTIVE] * 7 + [Life.DESTROYED] * 3
    late = {"actor": cast.maker, "request": Request(), "batch": make_batch(cast.maker)}
    assert refusal(commission, serial_numbers=serials(1, 8), **late) == "SERIAL_REUSED"
    assert_rebuilds()


def test_a_list_of_which_everything_was_applied_is_closed_too(cast: Cast) -> None:
    allocation = issued(cast)
    applied(cast, serials(10))
    assert reconcile(actor=cast.maker, request=Request(), allocation=allocation, applied=10).exceptions == []
    allocation.refresh_from_db()
    assert (allocation.applied, allocation.unused) == (10, 0)
    assert_rebuilds()


def test_what_does_not_add_up_is_named_and_signed(cast: Cast) -> None:
    allocation, wish = issued(cast), Request()
    applied(cast, serials(5))
    count = {
        "allocation": allocation,
        "destroyed": [*serials(1, 0), *serials(1, 5)],
        "unused": serials(2, 6),
        "applied": 6,
    }
    done = reconcile(actor=cast.maker, request=wish, **count)
    assert done.outcome is Outcome.ACCEPT_WITH_EXCEPTION
    assert [(one.code, one.epc) for one in done.exceptions] == [
        ("UNACCOUNTED", pack_epc("B0000008")),
        ("UNACCOUNTED", pack_epc("B0000009")),
        ("COMMISSIONED_ALL_THE_SAME", pack_epc("B0000000")),
        ("APPLIED_DIFFERS", ""),
    ]
    again = reconcile(actor=cast.maker, request=wish, **count)
    assert (again.replayed, again.exceptions) == (True, done.exceptions)
    assert lives(allocation)[:5] == [Life.ACTIVE] * 5
    assert_rebuilds()


def test_a_count_is_made_once_and_by_the_maker(cast: Cast) -> None:
    allocation = issued(cast)
    for actor, code in ((cast.forger, "NOT_BRAND_OWNER"), (cast.wholesaler, "ROLE_NOT_ALLOWED")):
        assert refusal(reconcile, actor=actor, request=Request(), allocation=allocation) == code
    reconcile(actor=cast.maker, request=Request(), allocation=allocation)
    assert refusal(reconcile, actor=cast.maker, request=Request(), allocation=allocation) == "ALREADY_RECONCILED"


@pytest.mark.parametrize(
    ("reported", "code"),
    [
        ({"destroyed": ["X1"]}, "NOT_OF_ALLOCATION"),
        ({"unused": ["B0000001", "B0000001"]}, "NAMED_TWICE"),
        ({"destroyed": ["B0000001"], "unused": ["B0000001"]}, "NAMED_TWICE"),
        ({"destroyed": ["B 1"]}, "CHARACTER"),
    ],
)
def test_a_report_that_cannot_be_about_this_list_is_refused(cast: Cast, reported: dict, code: str) -> None:
    allocation = issued(cast)
    assert refusal(reconcile, actor=cast.maker, request=Request(), allocation=allocation, **reported) == code
    assert lives(allocation) == [Life.ALLOCATED] * 10


def test_serials_of_the_list_stay_between_maker_and_log(cast: Cast) -> None:
    """What everybody can read of the two statements: how many there were, and no serial."""
    allocation = issued(cast)
    reconcile(actor=cast.maker, request=Request(), allocation=allocation, destroyed=serials(1))
    for event in Event.objects.filter(biz_step__in=["encoding", "decommissioning"]).select_related("entry"):
        assert b"B000000" not in bytes(event.entry.envelope)
