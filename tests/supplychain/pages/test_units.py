"""Packing and unpacking through the pages."""

import pytest
from django.urls import reverse

from supplychain.models import Containment, Item, Party
from tests.factories import commissioned, handed_over, palletised
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db
PACK, UNPACK, NEW_NUMBER = "/pack", "/unpack", "/pack/new-number"


def test_a_new_number_keeps_what_was_scanned_already(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    page = people.maker.post(NEW_NUMBER, codes=epcs[0])
    assert page.status == 200
    assert page.value_of("parent") == "095200010000000010"
    assert epcs[0] in page.html.partition("<textarea")[2].partition("</textarea>")[0]
    assert "New number: 095200010000000010" in page.text


def test_each_press_gives_another_number(people: People) -> None:
    numbers = {people.maker.post(NEW_NUMBER, htmx=True).value_of("parent") for _ in range(3)}
    assert len(numbers) == 3


def test_asking_by_script_gets_the_field_alone(people: People) -> None:
    page = people.maker.post(NEW_NUMBER, htmx=True)
    assert page.html.lstrip().startswith('<div class="stack" id="unit-field">')


def test_a_party_without_a_company_prefix_gets_a_reason_instead_of_a_number(people: People) -> None:
    Party.objects.filter(pk=people.cast.maker.party.pk).update(company_prefixes=[])
    for htmx in (False, True):
        page = people.maker.post(NEW_NUMBER, htmx=htmx)
        assert page.text.count("NO_COMPANY_PREFIX") == 1
        assert page.value_of("parent") == ""


def test_packs_go_into_a_unit_under_a_new_number(people: People) -> None:
    epcs = commissioned(people.cast.maker, 3)
    number = people.maker.post(NEW_NUMBER).value_of("parent")
    page = people.maker.follow(people.maker.act(PACK, parent=number, codes="\n".join(epcs)))
    assert f"Packed 3 items into {number}." in page.text
    assert Containment.objects.filter(parent__serial_number=number).count() == 3


def test_packing_what_is_packed_already_is_refused_and_everything_kept(people: People) -> None:
    pallet, _cases, packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    number = people.maker.post(NEW_NUMBER).value_of("parent")
    page = people.maker.act(PACK, parent=number, codes=packs[0])
    assert page.status == 422
    assert "AGGREGATION_INVALID" in page.text
    assert page.value_of("parent") == number
    assert not Item.objects.filter(serial_number=number).exists()
    assert pallet


def test_a_pack_is_no_unit_and_a_foreign_number_is_not_taken(people: People) -> None:
    epcs = commissioned(people.cast.maker, 2)
    assert "NOT_AN_SSCC" in people.maker.act(PACK, parent=epcs[0], codes=epcs[1]).text
    assert "NOT_YOUR_PREFIX" in people.maker.act(PACK, parent="095200020000000019", codes=epcs[1]).text
    assert "check digit" in people.maker.act(PACK, parent="095200020000000018", codes=epcs[1]).text


# --- Unpacking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "told"),
    [
        ("095200010000000997", "No case or pallet with the code 095200010000000997 is registered."),
        ("rubbish", "No case or pallet with the code rubbish is registered."),
    ],
)
def test_a_unit_that_does_not_exist_is_told_before_anything_is_scanned(people: People, unit: str, told: str) -> None:
    page = people.maker.get(UNPACK, unit=unit)
    assert told in page.text
    assert 'name="codes"' not in page.html


def test_another_partys_unit_does_not_open_and_does_not_tell_what_is_in_it(people: People) -> None:
    pallet, _cases, _packs = palletised(people.cast.maker, cases=1, packs_per_case=2)
    page = people.forger.get(UNPACK, unit=pallet)
    assert "NOT_HOLDER" in page.text
    assert "Amoxil" not in page.text
    assert people.forger.post(UNPACK, request_id="a" * 32, parent=pallet, everything="1").status == 422
    assert not Containment.objects.filter(to_event__isnull=False).exists()


def test_a_pack_cannot_be_opened(people: People) -> None:
    epcs = commissioned(people.cast.maker, 1)
    assert "This is the code of a pack" in people.maker.get(UNPACK, unit=epcs[0]).text


def test_scanned_goods_or_all_of_them_come_out(people: People) -> None:
    pallet, cases, _packs = palletised(people.cast.maker, cases=3, packs_per_case=1)
    handed_over(people.cast.maker, people.cast.wholesaler, [pallet])
    unit = pallet.rpartition("/")[2]
    form = people.wholesaler.get(UNPACK, unit=unit)
    assert "3 packs of Amoxil 500 mg" in form.text
    done = people.wholesaler.post(UNPACK, request_id=form.number, parent=form.value_of("parent"), codes=cases[0])
    assert f"Took 1 item out of {unit}." in people.wholesaler.follow(done).text
    form = people.wholesaler.get(UNPACK, unit=unit)
    done = people.wholesaler.post(UNPACK, request_id=form.number, parent=pallet, everything="1")
    assert f"Took 2 items out of {unit}." in people.wholesaler.follow(done).text


def test_the_item_page_of_an_own_unit_leads_to_unpacking(people: People) -> None:
    pallet, _cases, _packs = palletised(people.cast.maker, cases=1, packs_per_case=1)
    unit = pallet.rpartition("/")[2]
    assert f"{UNPACK}?unit={unit}" in people.maker.get(reverse("item", args=["unit", unit])).html
