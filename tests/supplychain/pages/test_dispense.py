"""The pharmacist's page: the answer is big, true, and never a false alarm."""

import pytest

from supplychain.lifecycle import Life
from supplychain.models import Event, Item
from tests.factories import GTIN, commissioned, handed_over, pack_epc, packed
from tests.supplychain.pages.conftest import Page, People

pytestmark = pytest.mark.django_db
DISPENSE = "/dispense"
CODE = f"]d201{GTIN}21B0000000"


def stocked(people: People, count: int = 1) -> list[str]:
    epcs = commissioned(people.cast.maker, count)
    handed_over(people.cast.maker, people.cast.pharmacy, epcs)
    return epcs


def scan(people: People, code: str, number: str = "") -> Page:
    return people.pharmacy.post(
        DISPENSE, htmx=True, code=code, request_id=number or people.pharmacy.get(DISPENSE).number
    )


def test_a_pack_that_is_not_in_stock_is_not_given_out(people: People) -> None:
    commissioned(people.cast.maker, 1)
    page = scan(people, CODE)
    assert "Do not dispense" in page.text
    assert "NOT_HOLDER" in page.text
    assert 'data-signal="bad"' in page.html
    assert Item.objects.get().life == Life.ACTIVE


def test_a_pack_that_nobody_made_is_not_given_out(people: People) -> None:
    page = scan(people, f"(01){GTIN}(21)FAKE")
    assert "Do not dispense" in page.text
    assert "was never registered here" in page.text


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("81234567890123456789", "Chinese drug traceability code"),
        (GTIN, "not one pack"),
        ("rubbish", "is no GS1 code"),
        ("", "Scan the code on the pack."),
    ],
)
def test_a_code_that_cannot_be_read_is_no_alarm(people: People, code: str, told: str) -> None:
    page = scan(people, code)
    assert "This code cannot be read" in page.text
    assert told in page.text
    assert "verdict-warn" in page.html
    assert not Event.objects.filter(biz_step="dispensing").exists()


def test_a_scanner_that_fires_twice_is_told_what_happened_and_not_alarmed(people: People) -> None:
    stocked(people)
    assert "Dispensed" in scan(people, CODE).text
    page = scan(people, CODE)
    assert "You dispensed this pack before" in page.text
    assert "verdict-info" in page.html
    assert "verdict-bad" not in page.html
    assert Event.objects.filter(biz_step="dispensing").count() == 1


def test_a_pack_that_another_pharmacy_dispensed_is_an_alarm(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.forger, epcs)
    people.forger.act(DISPENSE, code=CODE)
    page = scan(people, CODE)
    assert "Do not dispense" in page.text
    assert "ALREADY_DISPENSED" in page.text
    assert "Shady" not in page.text


def test_the_same_form_twice_is_one_dispensing(people: People) -> None:
    stocked(people)
    number = people.pharmacy.get(DISPENSE).number
    scan(people, CODE, number)
    page = scan(people, CODE, number)
    assert "Dispensed already, once" in page.text
    assert Event.objects.filter(biz_step="dispensing").count() == 1


def test_the_answer_brings_the_number_for_the_next_pack(people: People) -> None:
    stocked(people, 2)
    first = scan(people, CODE)
    assert 'hx-swap-oob="true"' in first.html
    second = scan(people, f"(01){GTIN}(21)B0000001", first.number)
    assert "Dispensed" in second.text
    assert Item.objects.filter(life=Life.DISPENSED).count() == 2


def test_without_a_script_the_answer_comes_after_a_redirect_and_can_be_loaded_again(people: People) -> None:
    stocked(people)
    done = people.pharmacy.act(DISPENSE, code=CODE)
    for _ in range(2):
        page = people.pharmacy.follow(done)
        assert "Dispensed Amoxil 500 mg" in page.text
        assert page.value_of("code") == ""
    assert Event.objects.filter(biz_step="dispensing").count() == 1


def test_another_partys_answer_cannot_be_looked_up_by_its_number(people: People) -> None:
    stocked(people)
    event = people.pharmacy.act(DISPENSE, code=CODE).location.rpartition("=")[2]
    assert "B0000000" not in people.forger.get(DISPENSE, done=event).text
    assert people.pharmacy.get(DISPENSE, done="9" * 60).status == 200


def test_a_pack_still_in_its_case_is_taken_out_and_given_out(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    case = packed(people.cast.maker, epcs)
    handed_over(people.cast.maker, people.cast.pharmacy, [case])
    assert "Dispensed" in scan(people, CODE).text
    assert list(Event.objects.order_by("pk").values_list("biz_step", flat=True))[-2:] == ["unpacking", "dispensing"]


def test_the_last_packs_are_listed_with_their_proof(people: People) -> None:
    stocked(people)
    page = scan(people, pack_epc("B0000000"))
    assert "Dispensed last Amoxil 500 mg B0000000" in page.text
    assert "Waiting for its block" in page.text


def test_a_label_with_another_lot_is_red_and_nothing_is_dispensed(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.pharmacy, epcs)
    code = f"(01)09520001000010(10)L-OTHER(21){epcs[0].rpartition('/')[2]}"
    page = people.pharmacy.act(DISPENSE, code=code)
    assert "Do not dispense" in page.text
    assert "BATCH_MISMATCH" in page.text
    assert Item.objects.get(gtin=GTIN).life == Life.ACTIVE
