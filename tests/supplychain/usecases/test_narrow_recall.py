"""A recall is narrowed and lifted by those who called it, and can concern a part of a batch only."""

import pytest

from supplychain.acts import Request
from supplychain.lifecycle import BatchState
from supplychain.models import Batch, Recall, Refusal
from supplychain.standing import state_on
from supplychain.stock import find_items
from supplychain.usecases.dispense import dispense
from supplychain.usecases.lift_recall import lift_recall
from supplychain.usecases.narrow_recall import narrow_recall
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, palletised, refusal_code, shipped
from tests.supplychain.recalls.recall_cast import (
    Panel,
    approval_code,
    approved,
    make_panel,
    recalled,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def state_of(batch: Batch) -> str:
    return Batch.objects.get(pk=batch.pk).state


def assert_replayed() -> None:
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- Narrowed and lifted ----------------------------------------------------------------------------------------------


def narrowed(panel: Panel, recall: Recall, **scope: object) -> Recall:
    wanted = {"lots": None, "text": "Fewer than feared.", **scope}
    done = narrow_recall(actor=panel.maker, request=Request(), recall=recall, **wanted)
    assert done.proposal is not None
    return approved(panel, done.proposal)


def lifted(panel: Panel, recall: Recall) -> Recall:
    done = lift_recall(actor=panel.maker, request=Request(), recall=recall, text="All is well.")
    assert done.proposal is not None
    return approved(panel, done.proposal)


def test_a_recall_is_lifted_by_the_same_k_of_n(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 1, batch=batch)
    recall = recalled(panel, batch)
    done = lift_recall(actor=panel.maker, request=Request(), recall=recall, text="All is well.")
    assert (done.recall, state_of(batch)) == (None, "recalled")
    assert done.proposal is not None
    approved(panel, done.proposal)
    assert state_of(batch) == "released"
    shipped(panel.maker, panel.cast.wholesaler, packs)
    assert_replayed()


def test_after_lifting_nothing_more_is_approved(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    recall = recalled(panel, batch, lots=None)
    late = narrow_recall(
        actor=panel.maker, request=Request(), recall=recall, lots=[batch.lot_number], text="One batch."
    ).proposal
    lifted(panel, recall)
    assert late is not None
    assert approval_code(panel.ministry, late) == "RECALL_LIFTED"
    assert state_of(batch) == "released"
    words = {"request": Request(), "recall": recall, "text": "x"}
    assert refusal_code(lift_recall, actor=panel.maker, **words) == "RECALL_LIFTED"
    assert refusal_code(narrow_recall, actor=panel.maker, lots=[batch.lot_number], **words) == "RECALL_LIFTED"


def test_a_narrowing_that_was_overtaken_is_proposed_anew(panel: Panel) -> None:
    first, second = make_batch(panel.maker, "L1"), make_batch(panel.maker, "L2")
    recall = recalled(panel, first, lots=["L1", "L2"])
    words = {"actor": panel.maker, "recall": recall, "text": "Less."}
    stale = narrow_recall(request=Request(), lots=["L1"], **words).proposal
    assert stale is not None
    narrowed(panel, recall, lots=["L2"])
    assert (state_of(first), state_of(second)) == ("released", "recalled")
    assert approval_code(panel.ministry, stale) == "PROPOSAL_STALE"


def test_a_recall_is_not_narrowed_to_something_wider(panel: Panel) -> None:
    batches = [make_batch(panel.maker, one) for one in ("L1", "L2", "L3")]
    recall = recalled(panel, batches[0], lots=["L1", "L2"])
    for lots in (None, ["L1", "L2"], ["L1", "L2", "L3"], ["L3"]):
        words = {"request": Request(), "recall": recall, "text": "x", "lots": lots}
        assert refusal_code(narrow_recall, actor=panel.maker, **words) == "NOT_NARROWER", lots
    assert [state_of(one) for one in batches] == ["recalled", "recalled", "released"]


def test_nobody_else_narrows_or_lifts(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    recall = recalled(panel, batch)
    for actor in (panel.cast.forger, panel.cast.pharmacy):
        words = {"actor": actor, "request": Request(), "recall": recall, "text": "x"}
        assert refusal_code(lift_recall, **words) == "NOT_BRAND_OWNER"
        assert refusal_code(narrow_recall, lots=[batch.lot_number], **words) == "NOT_BRAND_OWNER"


def test_two_recalls_of_a_batch_are_lifted_one_by_one(panel: Panel) -> None:
    batch = make_batch(panel.maker)
    first = recalled(panel, batch)
    second = recalled(panel, batch, lots=None, action="withdrawal", reason="authorisation")
    assert state_of(batch) == "withdrawn"
    lifted(panel, second)
    assert state_of(batch) == "recalled"
    lifted(panel, first)
    assert state_of(batch) == "released"
    assert_replayed()


# --- Parts of a batch -------------------------------------------------------------------------------------------------


def test_a_range_of_serials_stops_those_packs_and_the_units_that_may_hold_them(panel: Panel) -> None:
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 10, batch=batch)
    case = packed(cast.maker, packs[6:])
    handed_over(cast.maker, cast.pharmacy, packs[:4])
    recall = recalled(panel, batch)
    narrowed(panel, recall, lots=[batch.lot_number], serials=[["B0000000", "B0000001"], ["B0000008", "B0000009"]])
    assert state_of(batch) == "partly"
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[1]) == "BATCH_CALLED_BACK"
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[2])
    wanted = {"request": Request(), "receiver": cast.wholesaler.party}
    assert refusal_code(ship, actor=cast.maker, epcs=[case], **wanted) == "SHIP_BLOCKED"
    shipped(cast.maker, cast.wholesaler, [packs[5]])
    found = {one.party.gln: one.packs for one in recall.notices.select_related("party")}
    assert found == {cast.maker.party.gln: 2, cast.pharmacy.party.gln: 2}
    assert state_on(find_items([packs[8]])[packs[8]]) is BatchState.RECALLED
    assert state_on(find_items([packs[7]])[packs[7]]) is BatchState.RELEASED
    assert_replayed()


def test_a_recall_in_one_country_leaves_the_others_alone(panel: Panel) -> None:
    cast = panel.cast
    cast.pharmacy.party.country = "FR"
    cast.pharmacy.party.save()
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 4, batch=batch)
    handed_over(cast.maker, cast.pharmacy, packs[:2])
    recall = recalled(panel, batch, markets=["FR"])
    assert state_of(batch) == "partly"
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "BATCH_CALLED_BACK"
    shipped(cast.maker, cast.wholesaler, packs[2:])
    assert [one.party.gln for one in recall.notices.select_related("party")] == [cast.pharmacy.party.gln]
    assert_replayed()


def test_a_pallet_of_goods_that_are_called_back_in_part_of_its_batches_is_stopped(panel: Panel) -> None:
    pallet, _cases, _packs = palletised(panel.maker, cases=2, packs_per_case=2)
    recalled(panel, Batch.objects.get(), serials=[["B0000003", "B0000003"]])
    wanted = {"request": Request(), "epcs": [pallet], "receiver": panel.cast.wholesaler.party}
    assert refusal_code(ship, actor=panel.maker, **wanted) == "SHIP_BLOCKED"
    assert Refusal.objects.filter(code="SHIP_BLOCKED").count() == 1
