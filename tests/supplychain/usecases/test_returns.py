"""Goods come back: set apart until their holder has verified them, and some never to be sold again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supplychain.acts import Actor, Request
from supplychain.lifecycle import Life
from supplychain.models import Batch, Event, Item, ReturnCheck
from supplychain.stock import find_items
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from supplychain.usecases.unpack import unpack
from supplychain.usecases.verify_return import verify_return
from tests.factories import Cast, commissioned, handed_over, packed, refusal_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    Batch.objects.update(state="released")  # a recall by hand, which no statement has told
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def sent_back(sender: Actor, receiver: Actor, epcs: list[str], rma: str = "RMA-7") -> Event:
    done = ship(actor=sender, request=Request(), epcs=epcs, receiver=receiver.party, purpose="return", rma=rma)
    assert done.handoff is not None
    return receive(actor=receiver, request=Request(), handoff=done.handoff, epcs=epcs).event


def returned(cast: Cast, count: int = 1) -> list[str]:
    """Packs that went from the maker over the wholesaler to the pharmacy, and back to the wholesaler."""
    epcs = commissioned(cast.maker, count)
    handed_over(cast.maker, cast.wholesaler, epcs)
    handed_over(cast.wholesaler, cast.pharmacy, epcs)
    sent_back(cast.pharmacy, cast.wholesaler, epcs)
    return epcs


def sale(cast: Cast, epcs: list[str]) -> dict[str, Any]:
    return {"actor": cast.wholesaler, "request": Request(), "epcs": epcs, "receiver": cast.pharmacy.party}


def test_what_came_back_is_returned_and_set_apart(cast: Cast) -> None:
    epcs = returned(cast)
    event = Event.objects.filter(biz_step="receiving").latest("pk")
    assert event.disposition == "returned"
    assert "urn:medtrail:rma:RMA-7" in Event.objects.filter(biz_step="shipping").latest("pk").body
    assert item(epcs[0]).returned_by == event
    assert refusal_code(ship, **sale(cast, epcs)) == "RETURN_NOT_VERIFIED"
    ship(**sale(cast, epcs) | {"receiver": cast.maker.party}, purpose="return")


def test_what_is_verified_is_stock_again_and_the_outcome_is_kept(cast: Cast) -> None:
    epcs = returned(cast, 2)
    batch = item(epcs[0]).batch
    assert batch is not None
    labels = [(epcs[0], batch.lot_number, batch.expiry.isoformat()), (epcs[1], "", "")]
    done = verify_return(actor=cast.wholesaler, request=Request(), epcs=epcs, labels=labels)
    assert (done.outcome, done.event.disposition) == ("accept", "conformant")
    assert list(ReturnCheck.objects.values_list("outcome", flat=True)) == ["saleable", "saleable"]
    ship(**sale(cast, epcs))


@pytest.mark.parametrize(("lot", "days", "outcome"), [("L-WRONG", 0, "lot_mismatch"), ("", 1, "expiry_mismatch")])
def test_a_pack_whose_label_is_another_stays_set_apart(cast: Cast, lot: str, days: int, outcome: str) -> None:
    epcs = returned(cast)
    batch = item(epcs[0]).batch
    assert batch is not None
    expiry = (batch.expiry + timedelta(days=days)).isoformat() if days else ""
    wish: dict[str, Any] = {
        "actor": cast.wholesaler,
        "request": Request(),
        "epcs": epcs,
        "labels": [(epcs[0], lot, expiry)],
    }
    done = verify_return(**wish)
    assert [(one.code, one.epc, one.text) for one in done.exceptions] == [("NOT_SALEABLE", epcs[0], outcome)]
    assert verify_return(**wish).exceptions == done.exceptions
    assert refusal_code(ship, **sale(cast, epcs)) == "RETURN_NOT_VERIFIED"
    destroy(actor=cast.wholesaler, request=Request(), epcs=epcs)
    assert item(epcs[0]).life == Life.DESTROYED


def test_what_this_party_never_sold_is_no_return_of_its_own(cast: Cast) -> None:
    """More comes back than was ever sent: how stolen goods are washed."""
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, epcs)
    sent_back(cast.pharmacy, cast.wholesaler, epcs)
    done = verify_return(actor=cast.wholesaler, request=Request(), epcs=epcs)
    assert [one.text for one in done.exceptions] == ["not_sold_by_us"]


def test_what_was_sold_inside_a_case_was_sold(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    case = packed(cast.maker, packs)
    handed_over(cast.maker, cast.wholesaler, [case])
    handed_over(cast.wholesaler, cast.pharmacy, [case])
    unpack(actor=cast.pharmacy, request=Request(), parent=case)
    sent_back(cast.pharmacy, cast.wholesaler, packs)
    assert verify_return(actor=cast.wholesaler, request=Request(), epcs=packs).exceptions == []


def test_a_recalled_batch_does_not_become_stock_again(cast: Cast) -> None:
    epcs = returned(cast)
    Batch.objects.update(state="recalled")
    done = verify_return(actor=cast.wholesaler, request=Request(), epcs=epcs)
    assert [one.text for one in done.exceptions] == ["called_back"]


def test_that_goods_came_back_goes_into_the_case_with_them_and_out_again(cast: Cast) -> None:
    epcs = returned(cast, 2)
    case = packed(cast.wholesaler, epcs)
    assert refusal_code(ship, **sale(cast, [case])) == "RETURN_NOT_VERIFIED"
    unpack(actor=cast.wholesaler, request=Request(), parent=case)
    assert refusal_code(ship, **sale(cast, epcs[:1])) == "RETURN_NOT_VERIFIED"
    inside = packed(cast.wholesaler, epcs[:1])
    wish: dict[str, Any] = {"actor": cast.wholesaler, "request": Request(), "epcs": epcs[:1]}
    assert refusal_code(verify_return, **wish) == "DISAGGREGATE_FIRST"
    assert item(inside).returned_by is not None


def test_only_the_holder_verifies_and_only_what_came_back(cast: Cast) -> None:
    epcs = returned(cast)
    for who in (cast.pharmacy, cast.forger):
        assert refusal_code(verify_return, actor=who, request=Request(), epcs=epcs) == "NOT_HOLDER"
    assert refusal_code(verify_return, actor=cast.regulator, request=Request(), epcs=epcs) == "ROLE_NOT_ALLOWED"
    fresh = commissioned(cast.maker, 1, start=50)
    assert refusal_code(verify_return, actor=cast.maker, request=Request(), epcs=fresh) == "NOT_RETURNED"
    assert refusal_code(verify_return, actor=cast.maker, request=Request(), epcs=[]) == "NOTHING_TO_DO"
    wish: dict[str, Any] = {"actor": cast.wholesaler, "request": Request(), "epcs": epcs}
    assert refusal_code(verify_return, **wish, labels=[(epcs[0], "L")]) == "BAD_LABEL"
    assert refusal_code(verify_return, **wish, labels=[(epcs[0], "L", "soon")]) == "BAD_LABEL"
    assert refusal_code(verify_return, **wish, labels=[(fresh[0], "L", "")]) == "BAD_LABEL"
    cast.wholesaler.party.licence_expiry = timezone.localdate() - timedelta(days=1)
    cast.wholesaler.party.save()
    assert refusal_code(verify_return, **wish) == "PARTNER_NOT_AUTHORISED"


def test_what_was_dispensed_does_not_come_back_to_the_supplier(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, epcs)
    dispense(actor=cast.pharmacy, request=Request(), epc=epcs[0])
    back: dict[str, Any] = {"actor": cast.pharmacy, "request": Request(), "epcs": epcs, "receiver": cast.maker.party}
    assert refusal_code(ship, **back, purpose="return") == "ALREADY_DISPENSED"
    out: dict[str, Any] = {"actor": cast.pharmacy, "request": Request(), "epc": epcs[0]}
    assert refusal_code(undo, **out, was_supplied=True) == "UNDO_SUPPLIED"
    undo(**out | {"request": Request()})
    ship(**back, purpose="return")


def test_a_return_number_belongs_to_a_return_and_is_plain(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    wish: dict[str, Any] = {"actor": cast.maker, "request": Request(), "epcs": epcs, "receiver": cast.wholesaler.party}
    assert refusal_code(ship, **wish, rma="RMA-1") == "BAD_RMA"
    assert refusal_code(ship, **wish, purpose="return", rma="RMA 1") == "BAD_RMA"


def test_goods_that_came_back_are_packed_with_others_and_all_are_set_apart(cast: Cast) -> None:
    epcs = returned(cast)
    more = commissioned(cast.maker, 1, start=50)
    handed_over(cast.maker, cast.wholesaler, more)
    case = packed(cast.wholesaler, more)
    pack(actor=cast.wholesaler, request=Request(), parent=case, children=epcs)
    assert refusal_code(ship, **sale(cast, [case])) == "RETURN_NOT_VERIFIED"


def test_whose_licence_has_run_out_gives_goods_back_and_sells_none(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.wholesaler, epcs)
    cast.wholesaler.party.licence_expiry = timezone.localdate() - timedelta(days=1)
    cast.wholesaler.party.save()
    assert refusal_code(ship, **sale(cast, epcs)) == "PARTNER_NOT_AUTHORISED"
    ship(**sale(cast, epcs) | {"receiver": cast.maker.party, "purpose": "return"})
