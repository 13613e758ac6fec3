"""A delivery that differs from its notice: what the receiver claims, the sender answers, and where goods end up."""

from typing import Any

import pytest

from supplychain.acts import Done, Request
from supplychain.lifecycle import Life
from supplychain.models import Discrepancy, Handoff, Item
from supplychain.stock import find_items
from supplychain.usecases.answer_dispute import answer_dispute
from supplychain.usecases.dispense import dispense
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.ship import ship
from supplychain.usecases.void import void
from tests.factories import Cast, commissioned, handed_over, pack_epc, packed, refusal_code, shipped

pytestmark = pytest.mark.django_db


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def state(handoff: Handoff) -> str:
    return Handoff.objects.get(pk=handoff.pk).state


def rows(**wanted: object) -> list[tuple[str, str, str]]:
    found = Discrepancy.objects.filter(**wanted).order_by("epc", "code")
    return [(one.code, one.standing, one.resolution) for one in found]


def answer(actor, answer: str, resolution: str = "", note: str = "", **wanted: object) -> Done:
    keys = list(Discrepancy.objects.filter(**wanted).values_list("pk", flat=True))
    return answer_dispute(
        actor=actor, request=Request(), discrepancies=keys, answer=answer, resolution=resolution, note=note
    )


def wish(answer: str, resolution: str = "", note: str = "", **wanted: object) -> dict[str, Any]:
    keys = list(Discrepancy.objects.filter(**wanted).values_list("pk", flat=True))
    return {
        "request": Request(),
        "discrepancies": keys,
        "answer": answer,
        "resolution": resolution,
        "note": note,
    }


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def short_delivery(cast: Cast, *, packs: int = 3, missing: int = 1) -> tuple[Handoff, list[str]]:
    epcs = commissioned(cast.maker, packs)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[: packs - missing])
    return handoff, epcs


# --- Shortage ---------------------------------------------------------------------------------------------------------


def test_a_shortage_is_a_claim_of_the_receiver_against_the_sender(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    (row,) = Discrepancy.objects.all()
    assert (row.code, row.epc, row.handoff, row.standing) == ("SHORTAGE", epcs[2], handoff, "open")
    assert (row.claimant, row.respondent) == (cast.wholesaler.party, cast.maker.party)


def test_what_the_sender_confirms_as_never_sent_is_at_rest_with_it_again(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    done = answer(cast.maker, "confirm", "back_to_sender")
    assert rows() == [("SHORTAGE", "settled", "back_to_sender")]
    assert (item(epcs[2]).holder, item(epcs[2]).handoff, state(handoff)) == (cast.maker.party, None, "received")
    (claim,) = Discrepancy.objects.all()
    assert claim.raised_by.entry in [edge.parent for edge in done.event.entry.parent_edges.all()]
    handed_over(cast.maker, cast.pharmacy, [epcs[2]])  # free again


def test_what_is_written_off_as_lost_goes_nowhere_until_it_turns_up(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    answer(cast.maker, "confirm", "lost")
    assert item(epcs[2]).life == Life.LOST
    assert state(handoff) == "received"
    for actor in (cast.maker, cast.wholesaler):
        sell = {"actor": actor, "request": Request(), "epcs": [epcs[2]], "receiver": cast.pharmacy.party}
        assert refusal_code(ship, **sell) == "WRITTEN_OFF"
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=epcs[2]) == "WRITTEN_OFF"


def test_a_lost_pack_that_turns_up_at_the_receiver_is_received_after_all(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    answer(cast.maker, "confirm", "lost")
    done = receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[2:])
    assert done.exceptions == []
    assert (item(epcs[2]).life, item(epcs[2]).holder) == (Life.ACTIVE, cast.wholesaler.party)
    assert rows() == [("SHORTAGE", "settled", "arrived")]


def test_a_lost_pack_that_turns_up_at_the_sender_is_called_off(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    answer(cast.maker, "confirm", "lost")
    void(actor=cast.maker, request=Request(), handoff=handoff)
    assert (item(epcs[2]).life, item(epcs[2]).holder) == (Life.ACTIVE, cast.maker.party)
    assert rows() == [("SHORTAGE", "settled", "back_to_sender")]


def test_a_receiver_that_counted_wrong_receives_the_rest_and_it_is_settled(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast)
    assert refusal_code(answer_dispute, actor=cast.wholesaler, **wish("withdraw")) == "RECEIVE_IT"
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[2:])
    assert rows() == [("SHORTAGE", "settled", "arrived")]
    assert state(handoff) == "received"


def test_what_is_missed_at_two_receipts_is_one_claim(cast: Cast) -> None:
    handoff, epcs = short_delivery(cast, packs=4, missing=3)
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=[epcs[1]])
    assert rows(standing="open") == [("SHORTAGE", "open", "")] * 2
    assert state(handoff) == "partial"


def test_missing_goods_that_are_reported_stolen_are_missed_no_more(cast: Cast) -> None:
    _handoff, epcs = short_delivery(cast)
    report_stolen(actor=cast.maker, request=Request(), epcs=epcs[2:])
    assert rows() == [("SHORTAGE", "settled", "reported_stolen")]
    assert refusal_code(answer_dispute, actor=cast.maker, **wish("confirm", "lost")) == "DISPUTE_SETTLED"


def test_a_missing_case_takes_along_what_is_in_it(cast: Cast) -> None:
    packs = commissioned(cast.maker, 3)
    case = packed(cast.maker, packs[:2])
    handoff = shipped(cast.maker, cast.wholesaler, [case, packs[2]])
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=packs[2:])
    answer(cast.maker, "confirm", "lost")
    assert refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[0]) == "WRITTEN_OFF"


# --- Contest, and who may say what ------------------------------------------------------------------------------------


def test_a_sender_contests_and_confirms_in_the_end(cast: Cast) -> None:
    _handoff, epcs = short_delivery(cast)
    answer(cast.maker, "contest", note="Our camera shows three packs in the box.")
    assert rows() == [("SHORTAGE", "contested", "")]
    assert item(epcs[2]).handoff is not None
    assert refusal_code(answer_dispute, actor=cast.maker, **wish("contest", note="Still")) == "CONTESTED_ALREADY"
    answer(cast.maker, "confirm", "lost")
    assert rows() == [("SHORTAGE", "settled", "lost")]


@pytest.mark.parametrize(
    ("who", "parameters", "code"),
    [
        ("forger", ("confirm", "lost"), "NOT_A_SIDE"),
        ("regulator", ("confirm", "lost"), "NOT_A_SIDE"),
        ("wholesaler", ("confirm", "lost"), "NOT_RESPONDENT"),
        ("wholesaler", ("contest", "", "no"), "NOT_RESPONDENT"),
        ("maker", ("withdraw",), "NOT_CLAIMANT"),
        ("maker", ("confirm", "kept"), "BAD_RESOLUTION"),
        ("maker", ("confirm",), "BAD_RESOLUTION"),
        ("maker", ("confirm", "burnt"), "BAD_RESOLUTION"),
        ("maker", ("contest",), "NOTE_MISSING"),
        ("maker", ("contest", "", "x" * 501), "NOTE_TOO_LONG"),
        ("maker", ("shrug",), "BAD_ANSWER"),
    ],
)
def test_an_answer_that_is_not_this_partys_to_give_changes_nothing(cast: Cast, who, parameters, code: str) -> None:
    _handoff, epcs = short_delivery(cast)
    assert refusal_code(answer_dispute, actor=getattr(cast, who), **wish(*parameters)) == code
    assert rows() == [("SHORTAGE", "open", "")]
    assert item(epcs[2]).handoff is not None


def test_an_answer_to_nothing_to_the_unknown_or_to_a_mixture_is_refused(cast: Cast) -> None:
    assert refusal_code(answer_dispute, actor=cast.maker, **wish("confirm", "lost")) == "NOTHING_TO_DO"
    unknown = wish("confirm", "lost") | {"discrepancies": [404]}
    assert refusal_code(answer_dispute, actor=cast.maker, **unknown) == "UNKNOWN_DISPUTE"
    epcs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, epcs[:2])
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=[epcs[0], epcs[2]])
    assert refusal_code(answer_dispute, actor=cast.maker, **wish("confirm", "kept")) == "MIXED_DIFFERENCES"


def test_an_answer_sent_twice_is_one_answer(cast: Cast) -> None:
    short_delivery(cast)
    same = wish("confirm", "lost")
    first = answer_dispute(actor=cast.maker, **same)
    again = answer_dispute(actor=cast.maker, **same)
    assert (again.replayed, again.event) == (True, first.event)


# --- Overage, damage, the wrong thing ---------------------------------------------------------------------------------


def test_surplus_that_the_sender_agrees_to_is_kept(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs[:1])
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs)
    assert rows() == [("OVERAGE", "open", "")]
    answer(cast.maker, "confirm", "kept")
    assert item(epcs[1]).holder == cast.wholesaler.party


def test_an_unknown_code_in_the_box_is_a_difference_of_its_own(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=[*epcs, pack_epc("NEVER-MADE")])
    assert rows() == [("OVERAGE_NOT_TAKEN", "open", "")]
    answer(cast.maker, "confirm", "destroyed")
    assert rows() == [("OVERAGE_NOT_TAKEN", "settled", "destroyed")]


def test_damage_and_a_wrong_lot_are_stated_with_the_receipt(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    done = receive(
        actor=cast.wholesaler,
        request=Request(),
        handoff=handoff,
        epcs=epcs,
        findings=[("DAMAGED", epcs[0], "Wet through"), ("WRONG_LOT", epcs[1])],
    )
    assert [(one.code, one.epc, one.text) for one in done.exceptions if one.code == "DAMAGED"] == [
        ("DAMAGED", epcs[0], "Wet through")
    ]
    assert done.outcome == "accept_with_exception"
    assert rows() == [("DAMAGED", "open", ""), ("WRONG_LOT", "open", "")]
    assert item(epcs[0]).holder == cast.wholesaler.party
    assert state(handoff) == "received"
    answer(cast.maker, "confirm", "destroyed", code="DAMAGED")
    answer(cast.wholesaler, "withdraw", note="Misread", code="WRONG_LOT")
    assert rows() == [("DAMAGED", "settled", "destroyed"), ("WRONG_LOT", "settled", "withdrawn")]


def test_the_first_answer_comes_again_with_what_was_different_then(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    same: dict[str, Any] = {
        "handoff": handoff,
        "epcs": epcs[:1],
        "findings": [["DAMAGED", epcs[0], "Torn"]],
        "request": Request(),
    }
    first = receive(actor=cast.wholesaler, **same)
    again = receive(actor=cast.wholesaler, **same)
    assert again.replayed
    assert {(one.code, one.epc) for one in again.exceptions} == {(one.code, one.epc) for one in first.exceptions}


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (("SHORTAGE", "first"), "BAD_FINDING"),
        (("EATEN", "first"), "BAD_FINDING"),
        (("DAMAGED", "absent"), "BAD_FINDING"),
        (("DAMAGED",), "BAD_FINDING"),
        (("DAMAGED", "first", "x" * 501), "NOTE_TOO_LONG"),
    ],
)
def test_a_finding_that_makes_no_sense_is_refused_and_nothing_received(cast: Cast, finding, code: str) -> None:
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    names = {"first": epcs[0], "absent": epcs[1]}
    said = [names.get(one, one) for one in finding]
    given = {"actor": cast.wholesaler, "request": Request(), "handoff": handoff, "epcs": epcs[:1]}
    assert refusal_code(receive, **given, findings=[said]) == code
    assert item(epcs[0]).handoff == handoff
