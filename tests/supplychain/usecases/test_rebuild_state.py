"""The state is a fold over the log: replayed, it gives every stored row again; and what was changed by hand shows."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from ledger.usecases.seal import seal
from supplychain.acts import Request
from supplychain.lifecycle import Life
from supplychain.models import Batch, Containment, Content, Event, EventItem, Handoff, Item, Product
from supplychain.stock import find_items
from supplychain.usecases.dispense import dispense
from supplychain.usecases.rebuild_state import Rebuilt, rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.unpack import unpack
from tests.append_only import triggers_off
from tests.factories import Cast, commissioned, handed_over, packed, palletised, shipped

pytestmark = pytest.mark.django_db


def rebuilt() -> Rebuilt:
    *_, last = rebuild_state()
    return last


def some_trade(cast: Cast) -> tuple[str, list[str], list[str]]:
    """A pallet that was opened on its way, goods under way, and a delivery with one pack short and one over."""
    pallet, cases, packs = palletised(cast.maker, cases=3, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=cases[:2])
    handed_over(cast.wholesaler, cast.pharmacy, [cases[0]])
    seal()
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    loose = commissioned(cast.maker, 5, start=100)
    handoff = shipped(cast.maker, cast.wholesaler, loose[:3])
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=[loose[0], loose[1], loose[3]])
    shipped(cast.wholesaler, cast.pharmacy, [packed(cast.wholesaler, loose[:2])])
    return pallet, cases, packs


def test_the_replayed_history_is_the_stored_state(cast: Cast) -> None:
    some_trade(cast)
    result = rebuilt()
    assert (result.differences, result.reason) == ([], "")
    assert result.done == result.total == Event.objects.count()


def test_a_replay_leaves_the_stored_state_alone(cast: Cast) -> None:
    some_trade(cast)
    before = list(Item.objects.order_by("pk").values())
    assert rebuilt().is_equal
    assert list(Item.objects.order_by("pk").values()) == before


def test_an_empty_history_is_an_empty_state(cast: Cast) -> None:
    assert rebuilt().is_equal


@pytest.mark.parametrize(
    ("change", "table"),
    [
        (lambda: Item.objects.filter(life=Life.DISPENSED).update(life=Life.ACTIVE), "item"),
        (lambda: EventItem.objects.filter(field="parentID")._raw_delete("default"), "eventitem"),
        (lambda: Containment.objects.filter(to_event=None)._raw_delete("default"), "containment"),
        (lambda: Content.objects.all()._raw_delete("default"), "content"),
        (lambda: Handoff.objects.filter(state="partial").update(state="received"), "handoff"),
        (lambda: Batch.objects.update(state="recalled"), "batch"),
        (lambda: Product.objects.update(serials_issued=1), "product"),
    ],
    ids=["life", "event item", "containment", "content", "handoff", "batch", "serials"],
)
def test_a_row_that_was_changed_by_hand_is_named(cast: Cast, change, table: str) -> None:
    some_trade(cast)
    with triggers_off(connection):
        change()
    result = rebuilt()
    assert table in {one.table for one in result.differences}


def test_an_event_that_is_not_what_was_signed_is_named(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.wholesaler, packs)
    event = Event.objects.get(biz_step="shipping")
    with triggers_off(connection):
        Event.objects.filter(pk=event.pk).update(
            body=event.body.replace(cast.wholesaler.party.gln, cast.forger.party.gln)
        )
    result = rebuilt()
    assert "sealed.destinationList" in result.reason
    assert event.event_id in result.reason
    with pytest.raises(CommandError, match=event.event_id):
        call_command("rebuild_state", "--check", stdout=StringIO())


def test_the_command_says_how_many_statements_it_replayed(cast: Cast) -> None:
    commissioned(cast.maker, 2)
    out = StringIO()
    call_command("rebuild_state", "--check", stdout=out)
    assert "Equal: 1 statements" in out.getvalue()


def test_the_command_names_what_differs_and_fails(cast: Cast) -> None:
    (epc,) = commissioned(cast.maker, 1)
    Item.objects.filter(pk=find_items([epc])[epc].pk).update(holder=cast.forger.party)
    err = StringIO()
    with pytest.raises(CommandError, match="not what the log says"):
        call_command("rebuild_state", "--check", stdout=StringIO(), stderr=err)
    assert "B0000000" in err.getvalue()
    assert "no statement says so" in err.getvalue()


def test_the_time_of_an_event_is_that_of_its_statement(cast: Cast) -> None:
    commissioned(cast.maker, 1)
    event = Event.objects.get()
    assert event.event_time.microsecond % 1000 == 0
    assert abs(event.record_time - event.event_time) < timedelta(minutes=1)
