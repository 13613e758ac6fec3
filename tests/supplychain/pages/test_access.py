"""Who may open which page, and that whoever may not is told why in a sentence."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from tests.supplychain.pages.conftest import People, Visitor

pytestmark = pytest.mark.django_db

TRADE = ("hold", "incoming", "ship", "sent", "pack", "unpack")
MAKER = ("register-product", "register-batch")
OVERSIGHT = ("parties", "register-party")
BOTH = ("products", "batches")
PHARMACY = ("dispense",)
ALL = (*TRADE, *MAKER, *OVERSIGHT, *BOTH, *PHARMACY, "refusals")
OPEN_TO = {
    "maker": {*TRADE, *MAKER, *BOTH, "refusals"},
    "wholesaler": {*TRADE, "refusals"},
    "pharmacy": {*TRADE, *PHARMACY, "refusals"},
    "regulator": {*OVERSIGHT, *BOTH, "refusals"},
}


@pytest.mark.parametrize("name", ALL)
def test_a_stranger_is_sent_to_sign_in_and_back(people: People, name: str) -> None:
    page = people.stranger.get(reverse(name))
    assert (page.status, page.location) == (302, f"{reverse('sign-in')}?next={reverse(name)}")


@pytest.mark.parametrize("who", OPEN_TO)
def test_each_role_opens_its_own_pages_and_no_others(people: People, who: str) -> None:
    visitor: Visitor = getattr(people, who)
    opened = {name: visitor.get(reverse(name)).status for name in ALL}
    assert opened == {name: 200 if name in OPEN_TO[who] else 403 for name in ALL}


@pytest.mark.parametrize("who", OPEN_TO)
def test_the_menu_offers_exactly_the_pages_that_open(people: People, who: str) -> None:
    visitor: Visitor = getattr(people, who)
    home = visitor.get("/").html.partition('id="menu"')[2].partition("</nav>")[0]
    in_menu = [*TRADE, *PHARMACY, "products", "batches", "parties", "refusals"]
    offered = {name for name in in_menu if f'href="{reverse(name)}"' in home}
    assert offered == OPEN_TO[who] & set(in_menu)
    assert 'aria-current="page"' in home


def test_a_page_of_another_role_says_for_whom_it_is(people: People) -> None:
    page = people.maker.get(reverse("dispense"))
    assert page.status == 403
    assert "This page is for: Pharmacy. Helvetia Pharma is licensed as: Manufacturer." in page.text


def test_an_act_of_another_role_is_stopped_before_its_form_is_read(people: People) -> None:
    for path in (reverse("dispense"), reverse("register-batch"), reverse("register-party")):
        assert people.wholesaler.post(path).status == 403
    assert people.regulator.post(reverse("scan-line"), code="x").status == 403
    assert people.regulator.post(reverse("new-number")).status == 403


def test_an_operator_without_a_party_gets_a_hint_and_no_error(db: None) -> None:
    get_user_model().objects.create_superuser("operator", password="a long one of 26 letters")
    page = Visitor("operator").get("/")
    assert page.status == 403
    assert "add a membership" in page.text
    assert reverse("admin:index") in page.html


def test_a_person_without_a_party_is_told_whom_to_ask(db: None) -> None:
    get_user_model().objects.create_user("newcomer", password="a long one of 26 letters")
    for path in ("/", reverse("hold")):
        page = Visitor("newcomer").get(path)
        assert page.status == 403
        assert "Ask your own administrator" in page.text


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in_when_the_session_is_over(people: People) -> None:
    page = people.stranger.client.post(
        reverse("scan-line"), {"code": "x"}, headers={"HX-Request": "true", "HX-Current-URL": "/ship"}
    )
    assert page.headers["HX-Redirect"] == f"{reverse('sign-in')}?next=/ship"


def test_who_acts_is_asked_once_for_a_page(people: People, django_assert_num_queries) -> None:
    with django_assert_num_queries(4):  # session, user, membership with party; and the page's own
        people.regulator.get(reverse("parties"), q="no such party")
