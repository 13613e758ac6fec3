"""The pages of recalls: proposed, signed, read, answered and overseen by those who may, without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supplychain.acts import Request
from supplychain.models import Batch, Handoff, Proposal, Recall, RecallReport
from supplychain.usecases.dispense import dispense
from supplychain.usecases.hold import hold
from tests.factories import GTIN, LOT, Cast, commissioned, handed_over, make_batch, packed, refusal_code, shipped
from tests.supplychain.pages.conftest import People
from tests.supplychain.recalls.recall_cast import TEXT, Panel, approved, make_panel, proposed, recalled

pytestmark = pytest.mark.django_db


@pytest.fixture
def panel(cast: Cast) -> Panel:
    return make_panel(cast)


def asked(**changes: Any) -> dict[str, Any]:
    respond_by = (timezone.localdate() + timedelta(days=7)).isoformat()
    words = {"product": GTIN, "lots": LOT, "action": "recall", "severity": "1", "depth": "consumer"}
    return {**words, "reason": "foreign_matter", "text": TEXT, "respond_by": respond_by, **changes}


def test_a_maker_proposes_from_its_batch_and_waits_for_the_others(people: People, panel: Panel) -> None:
    batch = make_batch(panel.maker)
    form = people.maker.get("/recalls/new", gtin=GTIN, lot=LOT)
    assert f'value="{GTIN}"' in form.html
    sent = people.maker.act("/recalls/new", **asked())
    page = people.maker.follow(sent)
    assert "Waiting for signatures" in page.text
    assert "It takes 2 of 3 parties." in page.text
    assert TEXT in page.text
    assert Batch.objects.get(pk=batch.pk).state == "released"
    assert "Waiting for signatures" in people.regulator.get("/recalls").text


def test_managed_signatures_on_the_page_say_what_is_missing(people: People, panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    sent = people.regulator.act(f"/recall-proposals/{proposal.pk}")
    page = people.regulator.follow(sent)
    assert "has to sign with a key of its own" in page.text
    assert Recall.objects.count() == 0


def test_the_form_says_what_is_wrong_and_stores_nothing(people: People, panel: Panel) -> None:
    make_batch(panel.maker)
    for wrong, said in (
        ({"lots": "NEVER"}, "UNKNOWN_BATCH"),
        ({"lots": ""}, "Which lots"),
        ({"whole_product": "on"}, "not both"),
        ({"product": "09520001000027"}, "no such product"),
        ({"serials": "B1 B2 B3"}, "one or two serial numbers"),
        ({"respond_by": "2020-01-01"}, "BAD_RECALL"),
        ({"text": ""}, "This field is required"),
    ):
        page = people.maker.act("/recalls/new", **asked(**wrong))
        assert page.status == 422, wrong
        assert said in page.text, wrong
    assert Proposal.objects.count() == 0


def test_the_forger_gets_nowhere(people: People, panel: Panel) -> None:
    batch = make_batch(panel.maker)
    page = people.forger.act("/recalls/new", **asked())
    assert (page.status, "NOT_BRAND_OWNER" in page.text) == (422, True)
    proposal = proposed(panel.maker, batch)
    assert people.forger.get(f"/recall-proposals/{proposal.pk}").status == 404
    assert people.forger.post(f"/recall-proposals/{proposal.pk}/drop").status == 404
    assert people.pharmacy.get("/recalls/new").status == 403
    assert Proposal.objects.filter(dropped_at=None).count() == 1


def spread(panel: Panel) -> Recall:
    batch = make_batch(panel.maker)
    packs = commissioned(panel.maker, 6, batch=batch)
    handed_over(panel.maker, panel.cast.pharmacy, packs[:4])
    dispense(actor=panel.cast.pharmacy, request=Request(), epc=packs[3])
    return recalled(panel, batch)


def test_a_pharmacy_is_told_answers_and_is_not_told_again(people: People, panel: Panel) -> None:
    recall = spread(panel)
    assert "1 recall concerns goods of yours" in people.pharmacy.get("/").text
    page = people.pharmacy.get(f"/recalls/{recall.pk}")
    assert "3 packs were with you" in page.text
    assert "You had given out 1." in page.text
    people.pharmacy.post(f"/recalls/{recall.pk}", request_id=page.number, knows="1")
    assert "Now count" in people.pharmacy.get(f"/recalls/{recall.pk}").text
    sent = people.pharmacy.act(f"/recalls/{recall.pk}", quarantined="3", dispensed="1")
    assert "is signed" in people.pharmacy.follow(sent).text
    assert "concerns goods of yours" not in people.pharmacy.get("/").text
    report = RecallReport.objects.order_by("-pk")[0]
    assert report.quantities == {"quarantined": 3, "returned": 0, "destroyed": 0, "dispensed": 1, "not_found": 0}


def test_lists_of_goods_show_what_is_called_back_and_what_is_set_apart(people: People, panel: Panel) -> None:
    cast = panel.cast
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, 4, batch=batch)
    handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, packs[:2])])
    shipped(cast.maker, cast.pharmacy, [packs[2]])
    hold(actor=cast.maker, request=Request(), epcs=[packs[3]])
    assert "In quarantine" in people.maker.get("/hold").text
    recalled(panel, batch)
    assert "Recalled" in people.wholesaler.get("/hold").text
    handoff = Handoff.objects.get(receiver=cast.pharmacy.party)
    assert "Recalled" in people.pharmacy.get(f"/incoming/{handoff.pk}").text


def test_what_was_scanned_is_counted(people: People, panel: Panel) -> None:
    recall = spread(panel)
    codes = "\n".join(f"https://id.gs1.org/01/{GTIN}/21/B000000{one}" for one in range(3))
    sent = people.pharmacy.act(f"/recalls/{recall.pk}", codes=codes)
    assert sent.status == 302, sent.text
    assert RecallReport.objects.get().quantities["quarantined"] == 3  # type: ignore[index]
    wrong = people.pharmacy.act(f"/recalls/{recall.pk}", codes=codes, not_found="9")
    assert (wrong.status, "MORE_THAN_HELD" in wrong.text) == (422, True)


def test_an_empty_answer_is_none(people: People, panel: Panel) -> None:
    recall = spread(panel)
    page = people.pharmacy.act(f"/recalls/{recall.pk}")
    assert (page.status, "How many packs?" in page.text) == (422, True)
    assert RecallReport.objects.count() == 0


def test_maker_and_regulator_see_how_well_it_works_and_others_do_not(people: People, panel: Panel) -> None:
    recall = spread(panel)
    people.pharmacy.act(f"/recalls/{recall.pk}", quarantined="3")
    for who in (people.maker, people.regulator):
        page = who.get(f"/recalls/{recall.pk}")
        assert "50 %" in page.text
        assert "3 of 6 packs are back" in page.text
        assert "Effectiveness is the share of packs" in page.text
        assert "Silent for" in page.text
        assert "Corner Pharmacy" in page.text
    assert "How well it works" not in people.wholesaler.get(f"/recalls/{recall.pk}").text
    assert "Corner Pharmacy" not in people.wholesaler.get(f"/recalls/{recall.pk}").text.replace("Alpine", "")


def test_refused_attempts_show_to_those_who_oversee(people: People, panel: Panel) -> None:
    recall = spread(panel)
    epc = f"https://id.gs1.org/01/{GTIN}/21/B0000000"
    refusal_code(dispense, actor=panel.cast.pharmacy, request=Request(), epc=epc)
    page = people.regulator.get(f"/recalls/{recall.pk}")
    assert "BATCH_CALLED_BACK" in page.text


def test_a_recall_is_narrowed_and_lifted_from_its_page(people: People, panel: Panel) -> None:
    make_batch(panel.maker, "L2")
    batch = make_batch(panel.maker)
    recall = recalled(panel, batch, lots=[LOT, "L2"])
    assert people.maker.get(f"/recalls/{recall.pk}/narrow").value_of("whole_product") == ""
    wider = people.maker.act(f"/recalls/{recall.pk}/narrow", whole_product="on", text="x")
    assert (wider.status, "NOT_NARROWER" in wider.text) == (422, True)
    sent = people.maker.act(f"/recalls/{recall.pk}/narrow", lots=LOT, text="L2 is sound.")
    assert "Narrow" in people.maker.follow(sent).text
    approved(panel, Proposal.objects.order_by("-pk")[0])
    assert Batch.objects.get(lot_number="L2").state == "released"
    people.maker.act(f"/recalls/{recall.pk}/lift", text="All is well.")
    approved(panel, Proposal.objects.order_by("-pk")[0])
    page = people.pharmacy.get(f"/recalls/{recall.pk}")
    assert "Lifted" in page.text
    assert "All is well." in page.text


def test_a_proposer_takes_its_proposal_back(people: People, panel: Panel) -> None:
    proposal = proposed(panel.maker, make_batch(panel.maker))
    page = people.regulator.follow(people.regulator.post(f"/recall-proposals/{proposal.pk}/drop"))
    assert "Another party proposed this" in page.text
    assert "taken back" in people.maker.follow(people.maker.post(f"/recall-proposals/{proposal.pk}/drop")).text


def test_the_form_sent_twice_is_one_proposal(people: People, panel: Panel) -> None:
    make_batch(panel.maker)
    number = people.maker.get("/recalls/new").number
    for _ in range(2):
        assert people.maker.post("/recalls/new", request_id=number, **asked()).status == 302
    assert Proposal.objects.count() == 1
