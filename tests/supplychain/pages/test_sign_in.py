"""Signing in and out: wrong tries are friendly, told apart from nothing, and few."""

import pytest
from django.urls import reverse

from tests.factories import PASSWORD
from tests.supplychain.pages.conftest import People

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in"


@pytest.mark.parametrize(("name", "password"), [("maker", "wrong"), ("nobody", PASSWORD), ("MAKER", PASSWORD)])
def test_a_wrong_sign_in_says_what_to_do_and_not_which_half_was_wrong(people: People, name: str, password: str) -> None:
    page = people.stranger.post(SIGN_IN, username=name, password=password)
    assert page.status == 422
    assert "Name and password do not belong together." in page.text
    assert page.value_of("username") == name
    assert password not in page.html


def test_the_eleventh_try_from_one_address_must_wait(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "10/h"
    tries = [people.stranger.post(SIGN_IN, username=f"name{number}", password="x") for number in range(11)]
    assert [page.status for page in tries] == [422] * 10 + [429]
    assert "Wait a minute" in tries[-1].text
    assert tries[-1].response["Retry-After"] == "60"


def test_many_addresses_do_not_get_more_tries_at_one_name(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "10/h"
    statuses = []
    for number in range(11):
        response = people.stranger.client.post(
            SIGN_IN, {"username": "maker", "password": "x"}, REMOTE_ADDR=f"203.0.113.{number}"
        )
        statuses.append(response.status_code)
    assert statuses == [422] * 10 + [429]


def test_the_right_password_does_not_open_while_the_name_is_limited(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "1/h"
    people.stranger.post(SIGN_IN, username="maker", password="x")
    assert people.stranger.post(SIGN_IN, username="maker", password=PASSWORD).status == 429
    assert people.stranger.get(reverse("hold")).status == 302


def test_signing_in_leads_to_where_one_wanted_to_go(people: People) -> None:
    form = people.stranger.get(SIGN_IN, next="/ship")
    assert form.value_of("next") == "/ship"
    page = people.stranger.post(SIGN_IN, username="maker", password=PASSWORD, next="/ship")
    assert (page.status, page.location) == (302, "/ship")


def test_signing_in_does_not_lead_away_from_the_site(people: People) -> None:
    page = people.stranger.post(SIGN_IN, username="maker", password=PASSWORD, next="https://evil.example/")
    assert (page.status, page.location) == (302, "/")


def test_signing_out_takes_a_button_and_closes_the_pages(people: People) -> None:
    assert people.maker.get(reverse("sign-out")).status == 405
    assert people.maker.post(reverse("sign-out")).location == "/"
    assert people.maker.get(reverse("hold")).status == 302
