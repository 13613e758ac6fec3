"""The pages on which a party lets people and machines in, as they and others meet them."""

import logging
import re

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from supplychain.models import ApiKey, Invitation, Membership
from supplychain.people.duties import Duty
from supplychain.usecases.invite_member import invite_member
from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import PASSWORD, make_user
from tests.supplychain.pages.conftest import People, Visitor

pytestmark = pytest.mark.django_db

ACTING_PAGES = ("ship", "pack", "unpack", "register-product", "register-batch")


def member_of(name: str) -> Membership:
    return Membership.objects.get(user__username=name)


def colleague(people: People, *duties: Duty) -> Visitor:
    make_user("anna", people.cast.maker, *duties)
    return Visitor("anna")


# --- An auditor -------------------------------------------------------------------------------------------------------


def test_an_auditor_sees_the_partys_pages_and_no_form_of_an_act(people: People) -> None:
    auditor = colleague(people, Duty.AUDITOR)
    for name in ("home", "hold", "incoming", "sent", "batches", "products", "refusals", "members"):
        assert auditor.get(reverse(name)).status == 200, name
    for name in (*ACTING_PAGES, "invite", "new-api-key"):
        page = auditor.get(reverse(name))
        assert page.status == 403, name
        assert "In Helvetia Pharma you are: Auditor." in page.text
    menu = auditor.get("/").html.partition('id="menu"')[2].partition("</nav>")[0]
    assert all(f'href="{reverse(name)}"' not in menu for name in ("ship", "pack", "unpack"))


def test_an_auditor_posts_nowhere(people: People) -> None:
    auditor = colleague(people, Duty.AUDITOR)
    for path in (reverse("ship"), reverse("scan-line"), reverse("new-number"), reverse("receive", args=[1])):
        assert auditor.post(path).status == 403, path


def test_a_key_holder_is_told_whose_page_it_is(people: People) -> None:
    page = colleague(people, Duty.KEY_HOLDER).get(reverse("ship"))
    assert "This is for: Operator or Responsible person. In Helvetia Pharma you are: Key holder." in page.text


# --- People -----------------------------------------------------------------------------------------------------------


def test_somebody_is_invited_joins_signs_in_and_acts(people: People) -> None:
    page = people.maker.post(reverse("invite"), name="Anna from the night shift", duties=["operator"])
    link = re.search(r"https?://\S+/join/[\w-]+", page.text)
    assert link is not None
    assert "no-store" in page.response.headers["Cache-Control"]
    assert "Anna from the night shift" in people.maker.get(reverse("members")).text
    path = "/join/" + link[0].rpartition("/")[2]

    newcomer = Visitor()
    assert "Join Helvetia Pharma" in newcomer.get(path).text
    assert "The two passwords differ." in newcomer.post(path, username="anna", password=PASSWORD, again="other").text
    joined = newcomer.post(path, username="anna", password=PASSWORD, again=PASSWORD)
    assert (joined.status, joined.location) == (302, reverse("sign-in"))
    assert newcomer.post(reverse("sign-in"), username="anna", password=PASSWORD).status == 302
    assert newcomer.get(reverse("ship")).status == 200
    assert newcomer.get(reverse("invite")).status == 403

    again = Visitor().get(path)
    assert again.status == 404
    assert "This invitation is not open" in again.text


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%00", "..%2f"])
def test_a_guessed_link_leads_nowhere(people: People, secret: str) -> None:
    invite_member(actor=people.cast.maker, name="Anna", duties=["operator"])
    assert Visitor().get(f"/join/{secret}").status == 404
    assert Visitor().post(f"/join/{secret}", username="eve", password=PASSWORD, again=PASSWORD).status == 404


def test_a_weak_password_is_named_and_the_form_comes_back_without_it(people: People) -> None:
    _invitation, secret = invite_member(actor=people.cast.maker, name="Anna", duties=["operator"])
    page = Visitor().post(f"/join/{secret}", username="anna", password="short", again="short")
    assert page.status == 422
    assert "too short" in page.text
    assert "short" not in page.value_of("password")


def test_the_log_does_not_keep_the_secret_of_a_link(
    people: People, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    from supplychain.conf.logs import hide_secret_addresses

    line = hide_secret_addresses(None, "info", {"event": "Not Found: /join/abc-DEF_1", "request": "POST /join/abc?x=1"})
    assert line == {"event": "Not Found: /join/…", "request": "POST /join/…?x=1"}
    _invitation, secret = invite_member(actor=people.cast.maker, name="Anna", duties=["operator"])
    with caplog.at_level(logging.INFO):
        Visitor().get(f"/join/{secret}")
    assert caplog.records
    assert secret not in caplog.text


def test_duties_change_from_the_next_click_on(people: People) -> None:
    anna = colleague(people, Duty.OPERATOR)
    assert anna.get(reverse("ship")).status == 200
    page = people.maker.post(reverse("member", args=[member_of("anna").pk]), duties=["auditor"])
    assert page.status == 302
    assert anna.get(reverse("ship")).status == 403


def test_an_auditor_with_another_duty_is_refused_on_the_page(people: People) -> None:
    colleague(people, Duty.OPERATOR)
    page = people.maker.post(reverse("member", args=[member_of("anna").pk]), duties=["auditor", "operator"])
    assert page.status == 422
    assert "DUTY_CONFLICT" in page.text
    assert member_of("anna").duties == ["operator"]


def test_a_removed_member_acts_for_nobody_although_still_signed_in(people: People) -> None:
    anna = colleague(people, Duty.OPERATOR)
    assert people.maker.post(reverse("remove-member", args=[member_of("anna").pk])).status == 302
    assert anna.get("/").status == 403
    assert get_user_model().objects.filter(username="anna").exists()


def test_the_last_responsible_person_stays(people: People) -> None:
    page = people.maker.follow(people.maker.post(reverse("remove-member", args=[member_of("maker").pk])))
    assert "only responsible person" in page.text
    assert member_of("maker").party == people.cast.maker.party


# --- Machines ---------------------------------------------------------------------------------------------------------


def test_an_api_key_is_shown_once_works_within_its_scopes_and_is_revoked(people: People) -> None:
    page = people.maker.post(reverse("new-api-key"), name="line 2", scopes=["read"])
    text = re.search(r"mt_[0-9a-f]{12}_[\w-]{43}", page.text)
    assert text is not None
    headers = {"Authorization": f"Bearer {text[0]}"}
    assert Visitor().client.get("/api/v1/stock", headers=headers).status_code == 200
    assert Visitor().client.post("/api/v1/ssccs", {}, headers=headers).status_code == 403
    listed = people.maker.get(reverse("members"))
    assert "line 2" in listed.text
    assert text[0] not in listed.html
    people.maker.post(reverse("revoke-api-key", args=[ApiKey.objects.get().pk]))
    assert Visitor().client.get("/api/v1/stock", headers=headers).status_code == 401


def test_a_key_that_lets_people_in_cannot_be_asked_for(people: People) -> None:
    assert people.maker.post(reverse("new-api-key"), name="line 2", scopes=["people"]).status == 422
    assert not ApiKey.objects.exists()


# --- Other parties ----------------------------------------------------------------------------------------------------


def test_the_forger_finds_none_of_another_partys_members_invitations_and_keys(people: People) -> None:
    invitation, _secret = invite_member(actor=people.cast.maker, name="Anna", duties=["operator"])
    key, _text = issue_api_key(party=people.cast.maker.party, name="line 1")
    forger, theirs = people.forger, member_of("maker").pk
    assert forger.get(reverse("member", args=[theirs])).status == 404
    assert forger.post(reverse("member", args=[theirs]), duties=["auditor"]).status == 404
    for path in (
        reverse("remove-member", args=[theirs]),
        reverse("withdraw-invitation", args=[invitation.pk]),
        reverse("revoke-api-key", args=[key.pk]),
    ):
        assert "There is no" in forger.follow(forger.post(path)).text
    assert Invitation.objects.filter(pk=invitation.pk).exists()
    assert member_of("maker").duties == ["operator", "responsible_person", "key_holder"]
    assert ApiKey.objects.get(pk=key.pk).revoked_at is None
    listed = forger.get(reverse("members")).text
    assert "Anna" not in listed
    assert "line 1" not in listed
