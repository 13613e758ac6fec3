"""The page of quarantine: set apart, and let go by who may."""

import re

import pytest

from supplychain.acts import Request
from supplychain.holds.models import Hold
from supplychain.usecases.hold import hold
from tests.factories import GTIN, commissioned, handed_over
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db


def number_of(html: str, pk: int) -> str:
    found = re.search(rf'action="/holds/{pk}/release".*?name="request_id" value="([0-9a-f]{{32}})"', html, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_pharmacy_sets_a_pack_apart_and_lets_it_go(people: People) -> None:
    (epc,) = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.pharmacy, [epc])
    sent = people.pharmacy.act("/holds", codes=epc, reason="temperature")
    page = people.pharmacy.follow(sent)
    assert "Set 1 item apart." in page.text
    assert "Was kept too warm or too cold" in page.text
    assert "In quarantine" in people.pharmacy.get(f"/items/pack/{GTIN}-B0000000").text
    row = Hold.objects.get()
    lifted = people.pharmacy.post(f"/holds/{row.pk}/release", request_id=number_of(page.html, row.pk))
    assert "Nothing is set apart." in people.pharmacy.follow(lifted).text
    assert "In quarantine" not in people.pharmacy.get(f"/items/pack/{GTIN}-B0000000").text


def test_the_regulators_hold_is_seen_by_the_holder_and_not_lifted(people: People) -> None:
    (epc,) = commissioned(people.cast.maker, 1)
    handed_over(people.cast.maker, people.cast.pharmacy, [epc])
    hold(actor=people.cast.regulator, request=Request(), epcs=[epc])
    page = people.pharmacy.get("/holds")
    assert "Medicines Agency as authority" in page.text
    row = Hold.objects.get()
    refused = people.pharmacy.post(f"/holds/{row.pk}/release", request_id="0" * 32)
    assert (refused.status, "HOLD_OWNER" in refused.text) == (422, True)
    assert Hold.objects.filter(lifted_by=None).count() == 1


def test_others_holds_are_no_business_of_the_forger(people: People) -> None:
    (epc,) = commissioned(people.cast.maker, 1)
    hold(actor=people.cast.maker, request=Request(), epcs=[epc])
    row = Hold.objects.get()
    assert "Nothing is set apart." in people.forger.get("/holds").text
    assert people.forger.post(f"/holds/{row.pk}/release", request_id="0" * 32).status == 404
    page = people.forger.act("/holds", codes=epc, reason="damage")
    assert (page.status, "NOT_HOLDER" in page.text) == (422, True)
    assert Hold.objects.count() == 1


@pytest.mark.parametrize(("codes", "said"), [("", "Scan what is to be set apart."), ("rubbish", "rubbish")])
def test_codes_that_are_none_are_marked(people: People, codes: str, said: str) -> None:
    page = people.maker.act("/holds", codes=codes, reason="damage")
    assert (page.status, said in page.text) == (422, True)
