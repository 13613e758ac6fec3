"""Recalls and holds at the same moment as what they stop: each act comes wholly before or after. On PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from ledger.models import Entry
from supplychain.acts import Done, Refused, Request
from supplychain.models import Approval, Batch, Recall
from supplychain.usecases.hold import hold
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, make_batch, make_cast
from tests.supplychain.recalls.recall_cast import Panel, make_panel, proposed, rehearsed, sign_with

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def players(own_log_folders: None) -> Cast:
    return make_cast()


@pytest.fixture
def panel(players: Cast) -> Panel:
    return make_panel(players, ministry_has_key=True)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run the acts at the same moment, each on a connection of its own: "done" for each, or the code of its refusal."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        barrier.wait()
        try:
            act()
        except Refused as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def assert_replayed() -> None:
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def test_two_last_signatures_at_the_same_moment_make_one_recall(players: Cast, panel: Panel) -> None:
    ministrys = panel.ministrys
    assert ministrys is not None
    for number in range(4):
        batch = make_batch(players.maker, f"L{number}")
        proposal = proposed(players.maker, batch)
        one = rehearsed("approve_recall", panel.regulator, proposal=proposal)
        other = rehearsed("approve_recall", panel.ministry, proposal=proposal)
        results = at_once(
            partial(sign_with, panel.regulator, panel.key, one),
            partial(sign_with, panel.ministry, ministrys, other),
        )
        assert results == ["ALREADY_IN_FORCE", "done"]
        assert Approval.objects.filter(proposal=proposal).count() == 2
        assert Recall.objects.count() == Entry.objects.filter(kind="recall").count() == number + 1
        assert Batch.objects.get(pk=batch.pk).state == "recalled"


def test_a_shipment_comes_wholly_before_or_after_a_recall(players: Cast, panel: Panel) -> None:
    """So the recall names whoever has the goods, and the log has no sale behind it."""
    for number in range(5):
        batch = make_batch(players.maker, f"L{number}")
        epcs = commissioned(players.maker, 2, start=number * 10, batch=batch)
        found = rehearsed("approve_recall", panel.regulator, proposal=proposed(players.maker, batch))

        def send(epcs: list[str] = epcs) -> Done:
            return ship(actor=players.maker, request=Request(), epcs=epcs, receiver=players.wholesaler.party)

        results = at_once(partial(sign_with, panel.regulator, panel.key, found), send)
        assert results in (["SHIP_BLOCKED", "done"], ["done", "done"])
        recall = Recall.objects.get(named_batches__batch=batch)
        owner = players.maker if "SHIP_BLOCKED" in results else players.wholesaler
        assert [(one.party_id, one.packs) for one in recall.notices.all()] == [(owner.party.pk, 2)]
        sales = Entry.objects.filter(kind="event", seq__gt=recall.entry_id).count()
        assert sales == 0
    assert_replayed()


def test_a_pack_is_not_sold_while_it_is_being_held(players: Cast) -> None:
    for number in range(5):
        (epc,) = commissioned(players.maker, 1, start=number)

        def send(epc: str = epc) -> Done:
            return ship(actor=players.maker, request=Request(), epcs=[epc], receiver=players.wholesaler.party)

        stop = at_once(partial(hold, actor=players.regulator, request=Request(), epcs=[epc]), send)
        assert stop in (["QUARANTINED", "done"], ["done", "done"])
    assert_replayed()


def test_a_batch_that_is_registered_during_a_withdrawal_is_withdrawn(players: Cast, panel: Panel) -> None:
    batch = make_batch(players.maker)
    wish = {"lots": None, "action": "withdrawal", "reason": "authorisation"}
    found = rehearsed("approve_recall", panel.regulator, proposal=proposed(players.maker, batch, **wish))

    def register() -> Batch:
        return register_batch(actor=players.maker, product=batch.product, lot_number="LATE", expiry=batch.expiry)

    results = at_once(lambda: sign_with(panel.regulator, panel.key, found), register)
    assert results == ["done", "done"]
    assert set(Batch.objects.values_list("state", flat=True)) == {"withdrawn"}
