"""The pages of a party's signing keys."""

import pytest
from django.urls import reverse

from ledger.models import Key
from ledger.usecases.advance import advance
from supplychain.models import Party
from supplychain.people.duties import Duty
from tests.factories import MAKER_GLN, make_user
from tests.supplychain.pages.conftest import People, Visitor

pytestmark = pytest.mark.django_db


def keyid_of(people: People) -> str:
    return people.cast.maker.party.keyid


def test_a_party_sees_who_keeps_its_key_and_since_when_it_counts(people: People) -> None:
    page = people.maker.get(reverse("keys"))
    assert "Waiting for its block" in page.text
    assert "this platform, encrypted · signs by default" in page.text
    assert keyid_of(people) in page.text
    advance()
    assert "Active" in people.maker.get(reverse("keys")).text
    assert keyid_of(people) not in people.forger.get(reverse("keys")).text


def test_no_page_of_keys_shows_a_private_one(people: People) -> None:
    from ledger.models import ManagedKey

    wrapped = bytes(ManagedKey.objects.get(keyid=keyid_of(people)).wrapped)
    shown = people.maker.get(reverse("keys")).html + people.regulator.get(f"/parties/{MAKER_GLN}/keys").html
    assert wrapped.hex() not in shown
    assert repr(wrapped) not in shown


def test_a_key_is_replaced_by_one_click(people: People) -> None:
    old = keyid_of(people)
    page = people.maker.follow(people.maker.post(reverse("rotate-key", args=[old])))
    assert "A new key signs for your party" in page.text
    assert Party.objects.get(gln=MAKER_GLN).keyid != old
    again = people.maker.follow(people.maker.post(reverse("rotate-key", args=[old])))
    assert "There is no active key" in again.text


def test_ending_the_only_key_is_warned_of_and_takes_a_reason(people: People) -> None:
    address = reverse("revoke-key", args=[keyid_of(people)])
    assert "It is the only key that this party has." in people.maker.get(address).text
    assert people.maker.post(address).status == 200  # nothing was sent: the form again
    assert people.maker.post(address, reason="").status == 422
    assert Key.objects.get(keyid=keyid_of(people)).revoked_by is None
    done = people.maker.post(address, reason="laptop stolen", stolen_since="2026-01-01T00:00")
    assert done.location == reverse("keys")
    key = Key.objects.get(keyid=keyid_of(people))
    assert (key.reason, key.invalid_from) == ("laptop stolen", 0)
    shown = people.maker.get(reverse("keys")).text
    assert "Because laptop stolen" in shown
    assert "Suspect from index 0" in shown


def test_a_theft_in_the_future_is_refused(people: People) -> None:
    page = people.maker.post(
        reverse("revoke-key", args=[keyid_of(people)]), reason="x", stolen_since="2999-01-01T00:00"
    )
    assert (page.status, "This lies in the future." in page.text) == (422, True)


def test_an_authority_ends_the_key_of_a_party(people: People) -> None:
    listed = people.regulator.get(f"/parties/{MAKER_GLN}/keys")
    assert "Signing keys of Helvetia Pharma" in listed.text
    assert "Replace by a new key" not in listed.text  # it has no hand in what the party makes
    page = people.regulator.post(reverse("revoke-key", args=[keyid_of(people)]), reason="licence withdrawn")
    assert page.location == f"/parties/{MAKER_GLN}/keys"
    assert Party.objects.get(gln=MAKER_GLN).keyid == ""


def test_an_operator_looks_at_keys_and_changes_none(people: People) -> None:
    make_user("anna", people.cast.maker, Duty.OPERATOR)
    anna = Visitor("anna")
    assert "End this key" not in anna.get(reverse("keys")).text
    for name in ("rotate-key", "revoke-key"):
        assert anna.post(reverse(name, args=[keyid_of(people)]), reason="x").status == 403


@pytest.mark.parametrize("keyid", ["0" * 64, "x", "%00", "'", "a" * 300])
def test_a_key_that_is_none_is_not_found(people: People, keyid: str) -> None:
    assert people.maker.get(f"/keys/{keyid}/revoke").status == 404
