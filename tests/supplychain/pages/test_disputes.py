"""Both sides of a delivery look at what differs and settle it; goods leave trade, come back, or are called off."""

import re

import pytest
from django.urls import reverse

from supplychain.acts import Request
from supplychain.lifecycle import Life
from supplychain.models import Discrepancy, Handoff
from supplychain.stock import find_items
from supplychain.templatetags.medtrail import item_url
from supplychain.usecases.dispense import dispense
from supplychain.usecases.receive import receive
from supplychain.usecases.ship import ship
from tests.factories import GTIN, LOT, commissioned, handed_over, pack_epc, palletised, shipped
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db


def item(epc: str):
    return find_items([epc])[epc]


def short(people: People) -> tuple[Handoff, list[str]]:
    epcs = commissioned(people.cast.maker, 2)
    handoff = shipped(people.cast.maker, people.cast.wholesaler, epcs)
    receive(actor=people.cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[:1])
    return handoff, epcs


# --- The delivery from both sides -------------------------------------------------------------------------------------


def test_both_sides_and_the_regulator_see_a_difference_and_nobody_else(people: People) -> None:
    handoff, epcs = short(people)
    path = reverse("handoff", args=[handoff.pk])
    for visitor in (people.maker, people.wholesaler, people.regulator):
        page = visitor.get(path)
        assert "Missing" in page.text
        assert "answer by" in page.text
        assert epcs[1][-8:] in page.text
    assert [visitor.get(path).status for visitor in (people.pharmacy, people.forger)] == [404, 404]
    assert "Missing" in people.maker.get(reverse("disputes")).text
    assert "1 difference waits for your answer" in people.maker.get("/").text
    assert "for your answer" not in people.wholesaler.get("/").text
    assert "see everything the same way" in people.forger.get(reverse("disputes")).text


def test_the_sender_settles_a_shortage_with_one_press(people: People) -> None:
    handoff, epcs = short(people)
    path = reverse("handoff", args=[handoff.pk])
    page = people.maker.get(path)
    assert 'value="back_to_sender"' in page.html
    assert 'value="withdraw"' not in page.html
    keys = re.findall(r'name="discrepancies" value="(\d+)"', page.html)
    wish = {"request_id": page.number, "discrepancies": keys, "handoff": str(handoff.pk), "answer": "confirm"}
    answer = people.maker.post(reverse("answer-dispute"), resolution="lost", note="Lost in the depot", **wish)
    after = people.maker.follow(answer)
    assert "Your answer is signed" in after.text
    assert "Lost on its way: written off" in after.text
    assert item(epcs[1]).life == Life.LOST
    assert "Lost in the depot" in people.wholesaler.get(path).text


def test_the_receiver_is_led_to_receiving_and_cannot_answer_itself(people: People) -> None:
    handoff, _epcs = short(people)
    page = people.wholesaler.get(reverse("handoff", args=[handoff.pk]))
    assert "It came after all? Receive it" in page.text
    assert 'value="confirm"' not in page.html
    row = Discrepancy.objects.get()
    wish = {"request_id": "a" * 32, "discrepancies": str(row.pk), "answer": "confirm", "resolution": "lost"}
    page = people.wholesaler.follow(people.wholesaler.post(reverse("answer-dispute"), **wish))
    assert "NOT_RESPONDENT" in page.text
    assert Discrepancy.objects.get().standing == "open"


def test_an_answer_without_a_choice_is_told_and_stores_nothing(people: People) -> None:
    short(people)
    page = people.maker.post(reverse("answer-dispute"), request_id="a" * 32, answer="confirm", handoff="x")
    assert "Choose which differences you answer" in people.maker.follow(page).text
    assert Discrepancy.objects.get().standing == "open"


def test_the_sender_calls_a_shipment_off(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    handoff = shipped(people.cast.maker, people.cast.wholesaler, epcs)
    path = reverse("call-off", args=[handoff.pk])
    number = people.maker.get(reverse("handoff", args=[handoff.pk])).number
    page = people.maker.follow(people.maker.post(path, request_id=number, codes=epcs[0]))
    assert "Called off." in page.text
    assert (item(epcs[0]).handoff, item(epcs[1]).handoff) == (None, handoff)
    receive(actor=people.cast.wholesaler, request=Request(), handoff=handoff)
    late = people.maker.post(path, request_id="b" * 32)
    assert (late.status, "VOID_TOO_LATE" in late.text) == (422, True)
    foreign = people.wholesaler.post(path, request_id="c" * 32)
    assert (foreign.status, "NOT_SENDER" in foreign.text) == (422, True)


def test_damage_is_stated_while_receiving(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    handoff = shipped(people.cast.maker, people.cast.wholesaler, epcs)
    path = reverse("receive", args=[handoff.pk])
    codes = "\n".join(epcs)
    half = people.wholesaler.act(path, codes=codes, step="look", finding="DAMAGED")
    assert (half.status, "Say what is wrong" in half.text) == (422, True)
    assert Discrepancy.objects.count() == 0
    wish = {"codes": codes, "step": "look", "finding": "DAMAGED", "finding_codes": epcs[1], "finding_note": "Wet"}
    people.wholesaler.follow(people.wholesaler.post(path, request_id=half.number, **wish))
    row = Discrepancy.objects.get()
    assert (row.code, row.epc, row.note) == ("DAMAGED", epcs[1], "Wet")
    assert "Wet" in people.maker.get(reverse("disputes")).text


def test_goods_without_a_notice_are_noted_also_unknown_ones(people: People) -> None:
    epcs = [*commissioned(people.cast.maker, 1), pack_epc("NOT-YET")]
    sender = str(people.cast.maker.party.pk)
    page = people.wholesaler.act(reverse("arrive"), sender=sender, codes="\n".join(epcs))
    assert "2 items are noted." in people.wholesaler.follow(page).text
    assert "Came without a notice" in people.maker.get(reverse("disputes")).text
    line = people.wholesaler.post(reverse("scan-line"), purpose="arrive", code=pack_epc("NOT-YET"))
    assert "Not known here yet" in line.text


# --- Out of trade, and back -------------------------------------------------------------------------------------------


def test_what_cannot_be_undone_has_to_be_ticked(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = people.maker.act(reverse("end"), act="destroy", codes=epcs[0])
    assert (page.status, "it cannot be taken back" in page.text) == (422, True)
    assert item(epcs[0]).life == Life.ACTIVE
    done = people.maker.post(reverse("end"), request_id=page.number, act="destroy", codes=epcs[0], is_sure="on")
    assert "Destroyed: 1 item." in people.maker.follow(done).text
    assert item(epcs[0]).life == Life.DESTROYED


def test_everybody_sees_the_endings_of_its_licence(people: People) -> None:
    assert 'value="export"' in people.maker.get(reverse("end")).html
    assert 'value="export"' not in people.pharmacy.get(reverse("end")).html
    regulator = people.regulator.get(reverse("end")).html
    assert ('value="lock"' in regulator, 'value="destroy"' in regulator) == (True, False)
    forged = people.pharmacy.act(reverse("end"), act="export", codes=pack_epc("X"), is_sure="on")
    assert forged.status == 422


def test_a_pallet_is_locked_and_unlocked_by_scanning_it(people: People) -> None:
    pallet, _cases, packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    people.maker.follow(people.maker.act(reverse("end"), act="lock", codes=pallet))
    assert item(pallet).life == Life.LOCKED
    refused = people.maker.act(reverse("end"), act="destroy", codes=f"{pallet}\n{pack_epc('NEVER')}", is_sure="on")
    assert (refused.status, "UNKNOWN_ITEM" in refused.text) == (422, True)
    people.maker.follow(people.maker.act(reverse("end"), act="unlock", codes=pallet))
    assert item(pallet).life == Life.ACTIVE
    assert "Take out of trade" in people.maker.get(item_url(item(packs[0]))).text


def test_a_dispensing_is_taken_back_from_the_packs_page_unless_somebody_had_it(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.pharmacy, epcs)
    dispense(actor=people.cast.pharmacy, request=Request(), epc=epcs[0])
    page = people.pharmacy.get(item_url(item(epcs[0])))
    link = re.search(r'href="(/undo\?code=[^"]+)"', page.html)
    assert link is not None
    form = people.pharmacy.get(link[1])
    assert epcs[0] in form.html
    out = people.pharmacy.post(reverse("undo"), request_id=form.number, code=epcs[0], was_supplied="yes")
    assert (out.status, "UNDO_SUPPLIED" in out.text) == (422, True)
    back = people.pharmacy.post(reverse("undo"), request_id=form.number, code=epcs[0], was_supplied="no")
    assert "in your stock again" in people.pharmacy.follow(back).text
    assert item(epcs[0]).life == Life.ACTIVE


def test_a_return_is_verified_by_scanning_the_pack(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.wholesaler, epcs)
    handed_over(people.cast.wholesaler, people.cast.pharmacy, epcs)
    wish = {"epcs": epcs, "receiver": people.cast.wholesaler.party, "purpose": "return"}
    done = ship(actor=people.cast.pharmacy, request=Request(), **wish)
    assert done.handoff is not None
    receive(actor=people.cast.wholesaler, request=Request(), handoff=done.handoff)
    assert "Not verified yet" in people.wholesaler.get(item_url(item(epcs[0]))).text
    page = people.wholesaler.get(reverse("returns"))
    assert "B0000000" in page.text
    serial = epcs[0].rpartition("/")[2]
    wrong = people.wholesaler.post(
        reverse("verify-return"), request_id=page.number, code=f"(01){GTIN}(10)OTHER(21){serial}"
    )
    assert "Not to be sold: lot mismatch" in people.wholesaler.follow(wrong).text
    right = people.wholesaler.act(reverse("verify-return"), code=f"(01){GTIN}(10){LOT}(21){serial}")
    assert "it may be sold again" in people.wholesaler.follow(right).text
    assert "Nothing that came back waits here." in people.wholesaler.get(reverse("returns")).text
    bad = people.wholesaler.act(reverse("verify-return"), code="not a code")
    assert bad.status == 422
