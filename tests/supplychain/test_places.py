"""A party has several sites; what is done carries the site that it was done at, and no other party's."""

import json
from dataclasses import replace

import pytest

from supplychain.acts import Request
from supplychain.models import Draft, Event, Item, Membership, Place, Refusal
from supplychain.stock import find_items
from supplychain.usecases.choose_place import choose_place
from supplychain.usecases.dispense import dispense
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.register_place import register_place
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from tests.factories import FORGER_GLN, MAKER_GLN, WHOLESALER_GLN, Cast, commissioned, handed_over, shipped
from tests.factories import refusal_code as refusal
from tests.supplychain.api.conftest import Callers, api  # noqa: F401  (a fixture)
from tests.supplychain.pages.conftest import People, people  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db
NORTH, SOUTH, BRANCH = "9520002000019", "9520002000026", "9520003000018"


def north(cast: Cast) -> Place:
    return register_place(actor=cast.wholesaler, gln=NORTH, name="Warehouse North", city="Basel", country="CH")


# --- What must not be -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"gln": "9520002000018"}, "CHECK_DIGIT"),
        ({"gln": "952000200001"}, "LENGTH"),
        ({"gln": "9520002٠٠٠٠19"}, "CHARACTER"),
        ({"gln": MAKER_GLN}, "DUPLICATE_PLACE"),
        ({"name": "  "}, "NAME_MISSING"),
        ({"country": "ch"}, "BAD_COUNTRY"),
        ({"country": "CHE"}, "BAD_COUNTRY"),
    ],
)
def test_a_bad_place_is_not_registered(cast: Cast, given: dict, code: str) -> None:
    before = Place.objects.count()
    good = {"gln": NORTH, "name": "North", "country": "CH"}
    assert refusal(register_place, actor=cast.wholesaler, **(good | given)) == code
    assert Place.objects.count() == before


def test_the_gln_of_a_party_without_a_site_is_not_free(cast: Cast) -> None:
    Place.objects.filter(gln=FORGER_GLN).delete()
    given = {"gln": FORGER_GLN, "name": "Mine", "country": "CH"}
    assert refusal(register_place, actor=cast.wholesaler, **given) == "DUPLICATE_PLACE"
    assert register_place(actor=cast.forger, **given).party == cast.forger.party


def test_a_gln_stays_with_its_site(cast: Cast) -> None:
    place = north(cast)
    assert north(cast) == place
    other = {"gln": NORTH, "name": "Warehouse South", "country": "CH"}
    assert refusal(register_place, actor=cast.wholesaler, **other) == "DUPLICATE_PLACE"
    assert refusal(register_place, actor=cast.forger, **other) == "DUPLICATE_PLACE"
    assert "Warehouse North" not in Refusal.objects.latest("pk").reasons[0]["text"]


def test_nobody_acts_from_anothers_site(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    thief = replace(cast.maker, at=north(cast))
    act = {"actor": thief, "request": Request(), "epcs": epcs, "receiver": cast.wholesaler.party}
    assert refusal(ship, **act) == "NOT_YOUR_PLACE"
    assert refusal(choose_place, actor=cast.maker, place=north(cast)) == "NOT_YOUR_PLACE"


# --- What is done at a place ------------------------------------------------------------------------------------------


def test_an_act_carries_the_place_that_was_chosen(cast: Cast) -> None:
    there = replace(cast.wholesaler, at=north(cast))
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, there, epcs[:1])
    handed_over(cast.maker, cast.wholesaler, epcs[1:])
    places = [item.place for item in find_items(epcs).values()]
    assert [place.gln for place in places if place is not None] == [NORTH, WHOLESALER_GLN]
    received = Event.objects.filter(biz_step="receiving").order_by("pk")
    assert [json.loads(one.body)["bizLocation"]["id"][-13:] for one in received] == [NORTH, WHOLESALER_GLN]
    *_, last = rebuild_state()
    assert last.is_equal, last.differences


def test_what_was_dispensed_at_one_counter_is_not_undone_at_another(cast: Cast) -> None:
    branch = register_place(actor=cast.pharmacy, gln=BRANCH, name="Branch", country="CH")
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, epcs)
    dispense(actor=replace(cast.pharmacy, at=branch), request=Request(), epc=epcs[0])
    undoing = {"request": Request(), "epc": epcs[0]}
    assert refusal(undo, actor=cast.pharmacy, **undoing) == "UNDO_OTHER_PLACE"


# --- Doors ------------------------------------------------------------------------------------------------------------


def test_the_api_takes_the_place_with_the_act(cast: Cast, api: Callers) -> None:  # noqa: F811
    given = {"gln": NORTH, "name": "North", "country": "CH"}
    assert [api.wholesaler.post("places", given).status for _ in range(2)] == [201, 200]
    assert [one["gln"] for one in api.wholesaler.get("places").body["results"]] == [WHOLESALER_GLN, NORTH]
    epcs = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    path = f"receipts?place={NORTH}"
    assert api.wholesaler.post(path, {"handoff": handoff.pk, "epcs": epcs}).status == 201
    assert Item.objects.get().place == Place.objects.get(gln=NORTH)
    for gln in (SOUTH, MAKER_GLN, "", "x" * 300):
        assert api.wholesaler.get(f"stock?place={gln}").code == "UNKNOWN_PLACE"


def test_a_draft_keeps_the_place_that_it_was_made_at(cast: Cast, api: Callers) -> None:  # noqa: F811
    north(cast)
    epcs = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    path = f"receipts?draft=true&place={NORTH}"
    assert api.wholesaler.post(path, {"handoff": handoff.pk, "epcs": epcs}).status == 202
    draft = Draft.objects.get()
    assert draft.place is not None
    assert draft.place.gln == NORTH
    assert draft.statements[0]["event"]["readPoint"]["id"].endswith(NORTH)


def test_a_person_chooses_once_and_acts_from_there(cast: Cast, people: People) -> None:  # noqa: F811
    page = people.wholesaler.post("/places", gln=NORTH, name="Warehouse North", city="Basel", country="ch")
    assert "Registered Warehouse North." in people.wholesaler.follow(page).text
    place = Place.objects.get(gln=NORTH)
    people.wholesaler.post(f"/places/{place.pk}/choose")
    assert Membership.objects.get(user__username="wholesaler").place == place
    epcs = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    people.wholesaler.act(f"/incoming/{handoff.pk}", step="all")
    assert Item.objects.get().place == place
    assert people.maker.post(f"/places/{place.pk}/choose").status == 404
    assert people.wholesaler.get(f"/places/{place.pk}/choose").status == 405


def test_a_bad_place_comes_back_with_its_reason(people: People) -> None:  # noqa: F811
    page = people.wholesaler.post("/places", gln="9520002000018", name="North", country="CH")
    assert page.status == 422
    assert "check digit" in page.text
    assert people.regulator.get("/places").status == 403
