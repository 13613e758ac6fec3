"""Shipping and receiving through the pages."""

import pytest
from django.urls import reverse

from supplychain.models import Event, Handoff, Item
from supplychain.stock import find_items
from tests.factories import GTIN, commissioned, handed_over, pack_epc, palletised, shipped
from tests.supplychain.pages.conftest import Page, People

pytestmark = pytest.mark.django_db
SHIP = "/ship"


def ship(people: People, codes: str, **values: str) -> Page:
    receiver = str(people.cast.wholesaler.party.pk)
    return people.maker.act(SHIP, **{"receiver": receiver, "purpose": "sale", "codes": codes, **values})


def deliver(people: People, epcs: list[str]) -> tuple[Handoff, str]:
    handoff = shipped(people.cast.maker, people.cast.wholesaler, epcs)
    return handoff, reverse("receive", args=[handoff.pk])


# --- Shipping ---------------------------------------------------------------------------------------------------------


def test_shipping_what_is_not_held_is_refused_with_every_reason_and_the_list_kept(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    receiver = str(people.cast.pharmacy.party.pk)
    page = people.forger.act(SHIP, receiver=receiver, purpose="sale", codes="\n".join(epcs))
    assert page.status == 422
    assert page.text.count("It is not in your custody") == 2
    assert page.text.count("NOT_HOLDER") == 2
    assert "Nothing was stored." in page.text
    assert f"(21) {epcs[0].rpartition('/')[2]}" in page.text
    assert epcs[0] in page.html.partition("<textarea")[2].partition("</textarea>")[0]
    assert f'value="{receiver}" selected' in page.html
    assert not Handoff.objects.exists()


def test_a_form_sent_twice_ships_once_and_says_so(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    form = people.maker.get(SHIP)
    values = {"receiver": str(people.cast.wholesaler.party.pk), "purpose": "sale", "codes": epcs[0]}
    first = people.maker.post(SHIP, request_id=form.number, **values)
    assert "Shipped 1 item to Alpine Wholesale." in people.maker.follow(first).text
    second = people.maker.post(SHIP, request_id=form.number, **values)
    assert "This was done already; nothing was done twice." in people.maker.follow(second).text
    assert Handoff.objects.count() == 1


def test_a_form_sent_again_with_other_content_is_not_taken_for_the_first(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    form = people.maker.get(SHIP)
    values = {"receiver": str(people.cast.wholesaler.party.pk), "purpose": "sale"}
    people.maker.post(SHIP, request_id=form.number, codes=epcs[0], **values)
    page = people.maker.post(SHIP, request_id=form.number, codes=epcs[1], **values)
    assert page.status == 422
    assert "This form was sent before with other content." in page.text
    assert page.number != form.number
    again = people.maker.post(SHIP, request_id=page.number, codes=epcs[1], **values)
    assert again.status == 302


def test_a_form_without_its_number_stores_nothing(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = people.maker.post(
        SHIP, receiver=str(people.cast.wholesaler.party.pk), purpose="sale", codes=epcs[0], request_id="x"
    )
    assert page.status == 422
    assert "Send it again" in page.text
    assert not Handoff.objects.exists()


def test_a_code_of_another_system_in_the_list_is_named(people: People) -> None:
    page = ship(people, "81234567890123456789")
    assert page.status == 422
    assert "Chinese drug traceability code" in page.text


def test_an_empty_list_is_not_shipped(people: People) -> None:
    page = ship(people, "\n \n")
    assert page.status == 422
    assert "Scan what is to leave." in page.text


def test_a_pack_inside_a_case_is_not_shipped_without_it(people: People) -> None:
    _pallet, cases, packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    page = ship(people, packs[0])
    assert "SHIP_CHILD" in page.text
    assert f"(00) {cases[0].rpartition('/')[2]}" in page.text


def test_scanned_element_strings_ship_and_the_sender_sees_them_under_way(people: People) -> None:
    commissioned(people.cast.maker, 2)
    page = people.maker.follow(ship(people, f"]d201{GTIN}21B0000000\r\n(01){GTIN}(21)B0000001"))
    assert "Shipped 2 items to Alpine Wholesale." in page.text
    assert "On its way" in page.text
    assert "2 items (2 packs)" in page.text


# --- Receiving --------------------------------------------------------------------------------------------------------


def test_a_delivery_to_somebody_else_is_not_even_there(people: People) -> None:
    _handoff, path = deliver(people, commissioned(people.cast.maker, 1))
    for visitor in (people.maker, people.pharmacy, people.forger):
        assert visitor.get(path).status == 404
        assert visitor.post(path, step="all").status == 404


def test_receiving_twice_is_refused_in_words(people: People) -> None:
    handoff, path = deliver(people, commissioned(people.cast.maker, 1))
    number = people.wholesaler.get(path).number
    assert people.wholesaler.post(path, request_id=number, step="all").status == 302
    assert "Everything of this delivery has been received." in people.wholesaler.get(path).text
    page = people.wholesaler.post(path, request_id="f" * 32, step="all")
    assert page.status == 422
    assert "DOUBLE_RECEIPT" in page.text
    handoff.refresh_from_db()
    assert handoff.receipts.count() == 1


def test_the_same_receipt_sent_twice_is_answered_with_the_first(people: People) -> None:
    _handoff, path = deliver(people, commissioned(people.cast.maker, 1))
    number = people.wholesaler.get(path).number
    people.wholesaler.post(path, request_id=number, step="all")
    page = people.wholesaler.follow(people.wholesaler.post(path, request_id=number, step="all"))
    assert "This was done already; nothing was done twice." in page.text


def test_differences_are_shown_before_anything_is_signed(people: People) -> None:
    epcs = commissioned(people.cast.maker, 3)
    handoff, path = deliver(people, epcs[:2])
    events = Event.objects.count()
    page = people.wholesaler.act(path, codes=f"{epcs[0]}\n{epcs[2]}", step="look")
    assert page.status == 200
    assert "Before you sign: this is different" in page.text
    assert "1 announced item is there." in page.text
    assert "Announced, but not scanned 1 Amoxil 500 mg (01) 09520001000010 (21) B0000001" in page.text
    assert "Scanned, but not announced 1 Amoxil 500 mg (01) 09520001000010 (21) B0000002" in page.text
    assert Event.objects.count() == events

    done = people.wholesaler.post(path, request_id=page.number, codes=f"{epcs[0]}\n{epcs[2]}", step="confirm")
    assert "with 2 differences on record" in people.wholesaler.follow(done).text
    handoff.refresh_from_db()
    assert handoff.state == "partial"
    assert find_items([epcs[2]])[epcs[2]].holder == people.cast.wholesaler.party
    assert find_items([epcs[1]])[epcs[1]].handoff == handoff


def test_a_delivery_that_is_as_announced_needs_no_second_look(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    handoff, path = deliver(people, epcs)
    page = people.wholesaler.act(path, codes="\n".join(epcs), step="look")
    assert "all as announced" in people.wholesaler.follow(page).text
    handoff.refresh_from_db()
    assert (handoff.state, handoff.differences) == ("received", [])
    body = Event.objects.get(biz_step="receiving").body
    assert "completeness_verified" in body


def test_a_delivery_taken_as_announced_is_recorded_as_not_counted(people: People) -> None:
    pallet, _cases, _packs = palletised(people.cast.maker, cases=1, packs_per_case=2)
    _handoff, path = deliver(people, [pallet])
    people.wholesaler.act(path, step="all")
    assert Item.objects.get(parent=None, gtin="").holder == people.cast.wholesaler.party
    assert "completeness_inferred" in Event.objects.get(biz_step="receiving").body


def test_what_comes_later_is_received_later(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    handoff, path = deliver(people, epcs)
    people.wholesaler.act(path, codes=epcs[0], step="confirm")
    assert "Partly received" in people.wholesaler.get(reverse("incoming")).text
    people.wholesaler.act(path, codes=epcs[1], step="look")
    handoff.refresh_from_db()
    assert (handoff.state, handoff.receipts.count()) == ("received", 2)


def test_the_code_of_a_pack_inside_an_announced_case_says_scan_the_case(people: People) -> None:
    pallet, _cases, packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    _handoff, path = deliver(people, [pallet])
    page = people.wholesaler.act(path, codes=packs[0], step="confirm")
    assert page.status == 422
    assert "PART_OF_UNIT" in page.text


def test_a_foreign_pack_in_the_delivery_is_shown_and_not_taken(people: People) -> None:
    cast = people.cast
    epcs = commissioned(cast.maker, 3)
    handed_over(cast.maker, cast.pharmacy, epcs[2:])
    handoff, path = deliver(people, epcs[:1])
    scanned = f"{epcs[0]}\n{epcs[2]}\n{pack_epc('NEVER-MADE')}"
    assert "Unknown code" in people.wholesaler.act(path, codes=scanned, step="look").text
    people.wholesaler.act(path, codes=scanned, step="confirm")
    handoff.refresh_from_db()
    assert {one["code"] for one in handoff.differences} == {"OVERAGE_NOT_TAKEN"}
    assert find_items([epcs[2]])[epcs[2]].holder == cast.pharmacy.party
    assert "Not announced, not taken in" in people.maker.get(reverse("sent")).text
