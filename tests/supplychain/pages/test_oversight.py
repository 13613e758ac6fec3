"""The regulator's pages, and refusals."""

import pytest

from supplychain.acts import Refused, Request
from supplychain.models import Party
from supplychain.usecases.ship import ship
from tests.factories import commissioned
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db
NEW_PARTY = "/parties/new"
GOOD = {
    "gln": "9520004000000",
    "name": "Valley Pharmacy",
    "roles": ["pharmacy"],
    "country": "ch",
    "city": "Chur",
    "licence_number": "CH-4",
    "licence_expiry": "2040-12-31",
    "company_prefixes": "9520004",
}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"gln": "9520004000001"}, "check digit"),
        ({"gln": "9520001000003"}, "DUPLICATE_PARTY"),
        ({"country": "C1"}, "BAD_COUNTRY"),
        ({"company_prefixes": "95"}, "BAD_COMPANY_PREFIX"),
        ({"roles": ["emperor"]}, "emperor"),
        ({"roles": []}, "This field is required."),
    ],
)
def test_a_party_with_a_fault_is_not_admitted_and_its_data_kept(people: People, changes: dict, told: str) -> None:
    page = people.regulator.post(NEW_PARTY, **(GOOD | changes))
    assert page.status == 422
    assert told in page.text
    assert page.value_of("city") == "Chur"
    assert not Party.objects.filter(name="Valley Pharmacy").exists()


def test_an_admitted_party_gets_a_key_and_stands_in_the_list(people: People) -> None:
    page = people.regulator.follow(people.regulator.post(NEW_PARTY, **GOOD))
    assert "Valley Pharmacy is admitted" in page.text
    party = Party.objects.get(gln="9520004000000")
    assert (len(party.keyid), party.country, party.company_prefixes) == (64, "CH", ["9520004"])


def test_parties_are_found_by_name_and_gln(people: People) -> None:
    assert "Corner Pharmacy" in people.regulator.get("/parties", q="corner").text
    found = people.regulator.get("/parties", q="9520003").text
    assert "Corner Pharmacy" in found
    assert "Helvetia" not in found
    assert "Nothing found for zzz." in people.regulator.get("/parties", q="zzz").text


def test_a_search_with_odd_characters_is_only_a_search(people: People) -> None:
    for search in ("%", "_", "'; drop table", "\x00", "(", "x" * 5000):
        assert people.regulator.get("/parties", q=search).status == 200


def test_each_party_sees_its_own_refusals_and_the_regulator_all(people: People) -> None:
    epcs = commissioned(people.cast.maker, 5)
    with pytest.raises(Refused):
        ship(actor=people.cast.forger, request=Request(), epcs=epcs, receiver=people.cast.pharmacy.party)
    own = people.forger.get("/refusals").text
    assert own.count("NOT_HOLDER") == 3
    assert "and 2 more" in own
    assert "NOT_HOLDER" not in people.maker.get("/refusals").text
    assert "Shady Trading" in people.regulator.get("/refusals").text
