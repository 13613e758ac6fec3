"""Signing in and out: wrong tries are friendly, told apart from nothing, and few."""

import pytest
from django.test import Client
from django.urls import reverse

from supplychain.pages.devices import COOKIE
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


def tries(client, *, name="maker", password="x", network="203.0.113", count=11, start=0) -> list[int]:
    """The statuses of tries from different addresses of one network."""
    sent = {"username": name, "password": password}
    addresses = [f"{network}.{number}" for number in range(start, start + count)]
    return [client.post(SIGN_IN, sent, REMOTE_ADDR=address).status_code for address in addresses]


def test_many_addresses_of_one_network_do_not_get_more_tries_at_one_name(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "10/h"
    assert tries(people.stranger.client) == [422] * 10 + [429]
    # Not even with the right password; but at other names, and from elsewhere, there are tries left.
    assert tries(people.stranger.client, password=PASSWORD, start=100, count=1) == [429]
    assert tries(people.stranger.client, name="pharmacy", start=100, count=1) == [422]


def test_a_stranger_does_not_shut_a_known_name_out(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "10/h"
    assert tries(people.stranger.client, count=50)[-1] == 429
    assert tries(Client(), network="198.51.100", password=PASSWORD, count=1) == [302]


def test_even_many_networks_do_not_shut_out_a_device_that_the_name_was_used_on(people: People, settings) -> None:
    settings.SIGN_IN_RATE, settings.SIGN_IN_NAME_RATE = "10/h", "30/h"
    own = Client()
    assert own.post(SIGN_IN, {"username": "maker", "password": PASSWORD}).status_code == 302
    own.post(reverse("sign-out"))
    for network in ("192.0.2", "198.51.100", "203.0.113", "203.0.114"):
        tries(Client(), network=network, count=10)
    assert tries(Client(), network="203.0.115", password=PASSWORD, count=1) == [429]  # the name as a whole is held up
    assert tries(own, network="203.0.115", password=PASSWORD, count=1) == [302]


def test_a_known_device_has_no_more_tries_than_others_and_none_at_other_names(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "10/h"
    own = Client()
    own.post(SIGN_IN, {"username": "maker", "password": PASSWORD})
    own.post(reverse("sign-out"))
    assert [tries(own, network=f"10.0.{number}", count=1) for number in range(11)] == [[422]] * 10 + [[429]]
    settings.SIGN_IN_RATE = "1/h"
    assert tries(own, name="pharmacy", network="192.0.2", count=2) == [422, 429]


@pytest.mark.parametrize("forged", ["", "x", "WzEsIjEiXQ:1abcde:AAAA", "{}"])
def test_a_forged_cookie_makes_no_device_known(people: People, settings, forged: str) -> None:
    settings.SIGN_IN_RATE = "1/h"
    stranger = Client()
    stranger.cookies[COOKIE] = forged
    assert tries(stranger, count=2) == [422, 429]


def test_the_cookie_of_a_device_opens_nothing(people: People) -> None:
    own = Client()
    response = own.post(SIGN_IN, {"username": "maker", "password": PASSWORD})
    cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    thief = Client()
    thief.cookies[COOKIE] = cookie.value
    assert thief.get(reverse("hold")).status_code == 302


def test_the_right_password_does_not_open_while_the_address_is_limited(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "1/h"
    people.stranger.post(SIGN_IN, username="maker", password="x")
    assert people.stranger.post(SIGN_IN, username="maker", password=PASSWORD).status == 429
    assert people.stranger.get(reverse("hold")).status == 302


def test_a_session_that_was_there_before_is_not_the_one_after(people: People) -> None:
    """Whoever planted a session cookie does not end up inside."""
    victim = Client()
    victim.get(SIGN_IN)
    session = victim.session
    session["planted"] = "yes"
    session.save()
    planted = str(session.session_key)
    victim.cookies["sessionid"] = planted
    assert victim.post(SIGN_IN, {"username": "maker", "password": PASSWORD}).status_code == 302
    assert victim.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get(reverse("hold")).status_code == 302


def test_signing_in_leads_to_where_one_wanted_to_go(people: People) -> None:
    form = people.stranger.get(SIGN_IN, next="/ship")
    assert form.value_of("next") == "/ship"
    page = people.stranger.post(SIGN_IN, username="maker", password=PASSWORD, next="/ship")
    assert (page.status, page.location) == (302, "/ship")


@pytest.mark.parametrize(
    "away",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
        "\t//evil.example",
    ],
)
def test_signing_in_does_not_lead_away_from_the_site(people: People, away: str) -> None:
    page = people.stranger.post(SIGN_IN, username="maker", password=PASSWORD, next=away)
    assert (page.status, page.location) == (302, "/")


def test_a_part_of_a_page_does_not_lead_away_through_its_own_address(people: People) -> None:
    """htmx says which page it was on; what it says comes from whoever calls."""
    client = people.stranger.client
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/ship"}
    led = client.post(reverse("scan-line"), {"code": "x"}, headers=headers).headers["HX-Redirect"]
    query = {"username": "maker", "password": PASSWORD, "next": "https://evil.example/ship"}
    assert led.startswith(SIGN_IN)
    assert client.post(led, query).headers["Location"] == "/"


def test_the_admin_has_no_door_of_its_own(people: People, settings) -> None:
    """Its sign-in would have no limit."""
    login = people.stranger.get(reverse("admin:login"), next="/admin/")
    assert login.location == f"{SIGN_IN}?next=/admin/"
    assert people.stranger.post(reverse("admin:login"), username="x", password="y").status == 302
    assert people.maker.get("/admin/").status == 302
    assert people.maker.get(reverse("admin:login"), next="/admin/").status == 403  # and no circle of redirects


def test_signing_out_takes_a_button_and_closes_the_pages(people: People) -> None:
    assert people.maker.get(reverse("sign-out")).status == 405
    assert people.maker.post(reverse("sign-out")).location == "/"
    assert people.maker.get(reverse("hold")).status == 302


# --- Another password -------------------------------------------------------------------------------------------------

NEW = "another horse battery 27"


def new_password(client: Client, *, old: str = PASSWORD, new: str = NEW, again: str = NEW):
    sent = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(reverse("change-password"), sent)


def test_a_person_changes_the_password_and_other_sessions_end(people: People) -> None:
    elsewhere, here = Client(), Client()
    for client in (elsewhere, here):
        client.post(SIGN_IN, {"username": "maker", "password": PASSWORD})
    assert new_password(here).status_code == 302
    assert here.get(reverse("hold")).status_code == 200
    assert elsewhere.get(reverse("hold")).status_code == 302
    assert Client().post(SIGN_IN, {"username": "maker", "password": PASSWORD}).status_code == 422
    assert Client().post(SIGN_IN, {"username": "maker", "password": NEW}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [{"old": "x"}, {"new": "short", "again": "short"}, {"again": "x"}, {"new": "password123", "again": "password123"}],
)
def test_a_wrong_old_or_a_weak_new_password_changes_nothing(people: People, wrong: dict[str, str]) -> None:
    assert new_password(people.maker.client, **wrong).status_code == 422
    assert Client().post(SIGN_IN, {"username": "maker", "password": PASSWORD}).status_code == 302


def test_the_old_password_is_not_guessed_at_an_unlocked_screen(people: People, settings) -> None:
    settings.SIGN_IN_RATE = "3/h"
    statuses = [new_password(people.maker.client, old=str(number)).status_code for number in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
