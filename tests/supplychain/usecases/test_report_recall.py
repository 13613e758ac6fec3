"""The closed loop: whoever is addressed answers, in numbers that cannot be more than it had."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ledger.usecases.seal import seal
from supplychain.acts import Actor, Request
from supplychain.declaring import Declared
from supplychain.models import Recall, RecallNotice, RecallReport
from supplychain.recalls.queries import attempts_on, find_task, progress_of, tasks_of, whereabouts_of
from supplychain.usecases.dispense import dispense
from supplychain.usecases.lift_recall import lift_recall
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.report_recall import report_recall
from supplychain.usecases.ship import ship
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, refusal_code
from tests.supplychain.recalls.recall_cast import Panel, approved, make_panel, own_key, recalled, signed

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def spread(panel: Panel, **changes: object) -> tuple[Recall, list[str], str]:
    """Ten packs: two with the maker, a case of four with the wholesaler, four with the pharmacy, one of those sold."""
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 10, batch=batch)
    case = packed(cast.maker, packs[2:6])
    handed_over(cast.maker, cast.wholesaler, [case])
    handed_over(cast.maker, cast.pharmacy, packs[6:])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[9])
    return recalled(panel, batch, **changes), packs, case


def answered(actor: Actor, recall: Recall, *numbers: int, **more: object) -> Declared:
    return report_recall(actor=actor, request=Request(), recall=recall, quantities=list(numbers) or None, **more)


def code_of(actor: Actor, recall: Recall, *numbers: int, **more: object) -> str:
    count = RecallReport.objects.count()
    code = refusal_code(
        report_recall, actor=actor, request=Request(), recall=recall, quantities=list(numbers) or None, **more
    )
    assert RecallReport.objects.count() == count
    return code


def percent(recall: Recall) -> int | None:
    return progress_of(recall, timezone.localdate()).effectiveness.percent


def test_everybody_answers_and_the_percentage_follows(panel: Panel) -> None:
    cast = panel.cast
    recall, _packs, _case = spread(panel)
    assert percent(recall) == 0
    answered(cast.pharmacy, recall)
    assert progress_of(recall, timezone.localdate()).effectiveness.answered == 1
    answered(cast.pharmacy, recall, 3, 0, 0, 1, 0)
    assert percent(recall) == 30
    answered(cast.wholesaler, recall, 0, 4, 0, 0, 0)
    answered(cast.maker, recall, 0, 0, 1, 0, 1)
    found = progress_of(recall, timezone.localdate()).effectiveness
    assert (found.wanted, found.recovered, found.not_found, found.percent) == (10, 8, 1, 80)
    assert (found.parties, found.answered, found.reported) == (3, 3, 3)
    seal()
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def test_packs_that_patients_have_count_only_where_patients_are_asked(panel: Panel) -> None:
    recall, _packs, _case = spread(panel, depth="pharmacy")
    answered(panel.cast.pharmacy, recall, 3, 0, 0, 1, 0)
    found = progress_of(recall, timezone.localdate()).effectiveness
    assert (found.wanted, found.recovered) == (9, 3)


def test_a_later_report_takes_the_place_of_the_one_before(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    first = answered(panel.cast.pharmacy, recall, 1, 0, 0, 0, 0).report
    second = answered(panel.cast.pharmacy, recall, 0, 2, 0, 1, 1).report
    assert first is not None
    assert second is not None
    assert first.entry_id in second.entry.parent_edges.values_list("parent", flat=True)
    assert percent(recall) == 20
    answered(panel.cast.pharmacy, recall)
    assert percent(recall) == 20


def test_who_has_not_answered_stands_first_with_the_time_since(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    answered(panel.cast.wholesaler, recall, 4, 0, 0, 0, 0)
    rows = progress_of(recall, timezone.localdate()).rows
    assert [row.party.gln for row in rows] == [
        panel.cast.pharmacy.party.gln,
        panel.maker.party.gln,
        panel.cast.wholesaler.party.gln,
    ]
    assert [row.silent_since for row in rows] == [recall.in_force_at, recall.in_force_at, None]
    late = progress_of(recall, recall.respond_by + timedelta(days=1)).rows
    assert [row.is_late for row in late] == [True, True, False]


def test_a_holder_sees_what_is_asked_of_it_until_it_has_counted(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    (task,) = tasks_of(panel.cast.pharmacy.party)
    assert (task.recall, task.notice.packs, task.notice.dispensed, task.is_done) == (recall, 3, 1, False)
    assert task.is_late(recall.respond_by + timedelta(days=1))
    answered(panel.cast.pharmacy, recall, 3, 0, 0, 1, 0)
    (task,) = tasks_of(panel.cast.pharmacy.party)
    assert task.is_done
    assert tasks_of(panel.cast.forger.party) == []
    assert find_task(panel.cast.forger.party, recall) is None


def test_packs_that_are_scanned_are_counted(panel: Panel) -> None:
    recall, packs, case = spread(panel)
    done = answered(panel.cast.pharmacy, recall, 0, 0, 0, 1, 0, scanned=packs[6:9])
    assert done.report is not None
    assert done.report.quantities == {"quarantined": 3, "returned": 0, "destroyed": 0, "dispensed": 1, "not_found": 0}
    counted = report_recall(actor=panel.cast.wholesaler, request=Request(), recall=recall, scanned=[case]).report
    assert counted is not None
    assert counted.quantities == {"quarantined": 4, "returned": 0, "destroyed": 0, "dispensed": 0, "not_found": 0}


def test_the_trace_follows_the_goods_while_the_notice_stays(panel: Panel) -> None:
    cast = panel.cast
    recall, packs, _case = spread(panel)
    done = ship(
        actor=cast.pharmacy, request=Request(), epcs=packs[6:8], receiver=cast.wholesaler.party, purpose="return"
    )
    assert done.handoff is not None
    now = {one.party.gln: (one.packs, one.dispensed) for one in whereabouts_of(recall)}
    assert now == {
        cast.maker.party.gln: (2, 0),
        cast.wholesaler.party.gln: (6, 0),
        cast.pharmacy.party.gln: (1, 1),
    }
    assert RecallNotice.objects.get(recall=recall, party=cast.pharmacy.party).packs == 3


# --- What is refused --------------------------------------------------------------------------------------------------


def test_nobody_reports_more_than_it_had(panel: Panel) -> None:
    recall, packs, _case = spread(panel)
    assert code_of(panel.cast.pharmacy, recall, 3, 0, 0, 2, 0) == "MORE_THAN_HELD"
    assert code_of(panel.cast.pharmacy, recall, 5, 0, 0, 0, 0) == "MORE_THAN_HELD"
    assert code_of(panel.cast.pharmacy, recall, 2, 0, 0, 0, 0, scanned=packs[6:9]) == "MORE_THAN_HELD"
    answered(panel.cast.pharmacy, recall, 3, 0, 0, 1, 0)


def test_numbers_that_are_none_are_refused(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    for numbers, code in (
        ([-1, 0, 0, 0, 0], "RECALL_STATEMENT"),
        ([1, 2, 3], "BAD_COUNT"),
        ([10**13, 0, 0, 0, 0], "RECALL_STATEMENT"),
    ):
        assert code_of(panel.cast.pharmacy, recall, *numbers) == code


def test_whoever_was_not_addressed_does_not_answer(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    for actor in (panel.cast.forger, panel.regulator):
        assert code_of(actor, recall) == "NOT_ADDRESSED"
        assert code_of(actor, recall, 0, 0, 0, 0, 0) == "NOT_ADDRESSED"


def test_a_recall_to_wholesale_asks_no_pharmacy(panel: Panel) -> None:
    recall, _packs, _case = spread(panel, depth="wholesale")
    assert code_of(panel.cast.pharmacy, recall) == "NOT_ADDRESSED"


def test_what_is_scanned_must_be_there_and_be_meant(panel: Panel) -> None:
    recall, packs, case = spread(panel)
    other = commissioned(panel.maker, 1, start=900, batch=make_batch(panel.maker, "OTHER"))
    assert code_of(panel.cast.pharmacy, recall, scanned=[case]) == "NOT_HOLDER"
    assert code_of(panel.maker, recall, scanned=other) == "NOT_RECALLED"
    assert code_of(panel.cast.pharmacy, recall, scanned=[packs[6], packs[6]]) == "NAMED_TWICE"
    never = packs[6].replace("B0000006", "NEVER")
    assert code_of(panel.cast.pharmacy, recall, scanned=[never]) == "UNKNOWN_ITEM"


def test_after_lifting_nobody_needs_to_answer(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    done = lift_recall(actor=panel.maker, request=Request(), recall=recall, text="All is well.")
    assert done.proposal is not None
    approved(panel, done.proposal)
    assert code_of(panel.cast.pharmacy, recall, 3, 0, 0, 1, 0) == "RECALL_LIFTED"
    assert tasks_of(panel.cast.pharmacy.party) == []


def test_the_same_report_twice_is_one(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    request = Request()
    words = {"actor": panel.cast.pharmacy, "request": request, "recall": recall}
    first = report_recall(quantities=[3, 0, 0, 1, 0], **words)
    again = report_recall(quantities=[3, 0, 0, 1, 0], **words)
    assert (again.replayed, again.report) == (True, first.report)
    code = refusal_code(report_recall, quantities=[0, 0, 0, 1, 0], **words)
    assert code == "REQUEST_REUSED"


def test_a_report_is_signed_with_the_partys_own_key(panel: Panel) -> None:
    recall, _packs, _case = spread(panel)
    key = own_key(panel.regulator, panel.cast.pharmacy.party)
    done = signed("report_recall", panel.cast.pharmacy, key, recall=recall, quantities=[3, 0, 0, 1, 0])
    assert done.report is not None
    assert (done.report.entry.kind, done.report.entry.keyid) == ("recall_report", key.keyid)
    assert done.report.entry.party == panel.cast.pharmacy.party.gln


# --- Attempts ---------------------------------------------------------------------------------------------------------


def test_refused_attempts_to_sell_what_is_called_back_show(panel: Panel) -> None:
    cast = panel.cast
    recall, packs, case = spread(panel)
    assert attempts_on(recall) == []
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        wanted = {"request": Request(), "receiver": cast.pharmacy.party}
        refusal_code(ship, actor=cast.wholesaler, epcs=[case], **wanted)
        refusal_code(dispense, actor=cast.pharmacy, request=Request(), epc=packs[6])
        refusal_code(dispense, actor=cast.forger, request=Request(), epc=packs[7])
        found = attempts_on(recall)
    assert [(one.act, one.party.gln) for one in found if one.party] == [
        ("dispense", cast.pharmacy.party.gln),
        ("ship", cast.wholesaler.party.gln),
    ]
