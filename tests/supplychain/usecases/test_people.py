"""People of a party: invited by whoever answers for it, and nobody else's business."""

import importlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone

from supplychain.acts import Actor, Refused, Request
from supplychain.models import ApiKey, Invitation, Membership, Refusal
from supplychain.people.duties import Duty, person
from supplychain.usecases.accept_invitation import accept_invitation
from supplychain.usecases.change_duties import change_duties
from supplychain.usecases.grant_api_key import grant_api_key
from supplychain.usecases.invite_member import MOST_OPEN, invite_member
from supplychain.usecases.issue_api_key import issue_api_key
from supplychain.usecases.remove_member import remove_member
from supplychain.usecases.revoke_api_key import revoke_api_key
from supplychain.usecases.ship import ship
from supplychain.usecases.withdraw_invitation import withdraw_invitation
from tests.factories import PASSWORD, Cast, commissioned, handed_over, make_user, refusal_code

pytestmark = pytest.mark.django_db


def acting(actor: Actor, *duties: str) -> Actor:
    """A member of the actor's party with these duties."""
    member = make_user("-".join(duties) or "nobody", actor, *duties)
    return Actor(actor.party, member.user, person(duties))


def member_of(name: str) -> Membership:
    return Membership.objects.get(user__username=name)


# --- Who may do what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duty", [Duty.AUDITOR, Duty.KEY_HOLDER])
def test_an_act_by_somebody_with_another_duty_is_refused_and_kept(cast: Cast, duty: Duty) -> None:
    packs = commissioned(cast.maker, 1)
    actor = acting(cast.maker, duty)
    code = refusal_code(ship, actor=actor, request=Request(), epcs=packs, receiver=cast.pharmacy.party)
    assert code == "DUTY_MISSING"
    kept = Refusal.objects.latest("pk")
    assert (kept.user, kept.party, kept.code) == (actor.user, cast.maker.party, "DUTY_MISSING")


def test_a_person_whose_duties_nobody_looked_up_may_do_nothing(cast: Cast) -> None:
    packs = commissioned(cast.maker, 1)
    actor = replace(acting(cast.maker, Duty.OPERATOR), grants=None)
    code = refusal_code(ship, actor=actor, request=Request(), epcs=packs, receiver=cast.pharmacy.party)
    assert code == "DUTY_MISSING"


def test_an_operator_ships(cast: Cast) -> None:
    packs = commissioned(cast.maker, 1)
    done = ship(actor=acting(cast.maker, Duty.OPERATOR), request=Request(), epcs=packs, receiver=cast.pharmacy.party)
    assert done.handoff is not None


def test_what_was_done_before_is_not_told_again_to_whoever_may_not_do_it(cast: Cast) -> None:
    packs, request = commissioned(cast.maker, 1), Request()
    ship(actor=cast.maker, request=request, epcs=packs, receiver=cast.pharmacy.party)
    actor = acting(cast.maker, Duty.AUDITOR)
    assert refusal_code(ship, actor=actor, request=request, epcs=packs, receiver=cast.pharmacy.party) == "DUTY_MISSING"


# --- Invitations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("duty", [Duty.OPERATOR, Duty.KEY_HOLDER, Duty.AUDITOR])
def test_only_a_responsible_person_lets_people_and_machines_in(cast: Cast, duty: Duty) -> None:
    actor = acting(cast.maker, duty)
    someone = member_of("maker").pk
    assert refusal_code(invite_member, actor=actor, name="Eve", duties=["operator"]) == "DUTY_MISSING"
    assert refusal_code(change_duties, actor=actor, member_id=someone, duties=["auditor"]) == "DUTY_MISSING"
    assert refusal_code(remove_member, actor=actor, member_id=someone) == "DUTY_MISSING"
    assert refusal_code(grant_api_key, actor=actor, name="line 1", scopes=["read"]) == "DUTY_MISSING"
    assert (Invitation.objects.count(), ApiKey.objects.count(), Membership.objects.count()) == (0, 0, 6)


def test_an_invitation_makes_one_member_with_the_duties_that_it_names(cast: Cast) -> None:
    _invitation, secret = invite_member(actor=cast.maker, name="Anna", duties=["key_holder", "operator"])
    member = accept_invitation(secret=secret, username="anna", password=PASSWORD)
    assert (member.party, member.duties) == (cast.maker.party, ["operator", "key_holder"])
    assert member.user.check_password(PASSWORD)
    assert (member.user.is_staff, member.user.is_superuser) == (False, False)
    with pytest.raises(Refused) as refusal:
        accept_invitation(secret=secret, username="eve", password=PASSWORD)
    assert refusal.value.code == "UNKNOWN_INVITATION"


def test_the_secret_of_an_invitation_is_not_kept(cast: Cast) -> None:
    invitation, secret = invite_member(actor=cast.maker, name="Anna", duties=["operator"])
    assert secret not in str(Invitation.objects.values().get(pk=invitation.pk))


@pytest.mark.parametrize(
    ("username", "password", "code"),
    [
        ("maker", PASSWORD, "NAME_TAKEN"),
        ("MAKER", PASSWORD, "NAME_TAKEN"),
        ("anna", "short", "BAD_SIGN_IN"),
        ("anna", "password123", "BAD_SIGN_IN"),
        ("no spaces", PASSWORD, "BAD_SIGN_IN"),
        ("", PASSWORD, "BAD_SIGN_IN"),
    ],
)
def test_a_bad_name_or_password_leaves_the_invitation_open(cast: Cast, username: str, password: str, code: str) -> None:
    _invitation, secret = invite_member(actor=cast.maker, name="Anna", duties=["operator"])
    with pytest.raises(Refused) as refusal:
        accept_invitation(secret=secret, username=username, password=password)
    assert refusal.value.code == code
    assert get_user_model().objects.count() == 5
    assert accept_invitation(secret=secret, username="anna", password=PASSWORD).party == cast.maker.party


def test_an_invitation_ends_after_its_time_and_when_it_is_withdrawn(cast: Cast) -> None:
    late, late_secret = invite_member(actor=cast.maker, name="Late", duties=["operator"])
    Invitation.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    gone, gone_secret = invite_member(actor=cast.maker, name="Gone", duties=["operator"])
    withdraw_invitation(actor=cast.maker, invitation_id=gone.pk)
    for secret in (late_secret, gone_secret, "", "x" * 5000, "\0"):
        with pytest.raises(Refused) as refusal:
            accept_invitation(secret=secret, username="anna", password=PASSWORD)
        assert refusal.value.code == "UNKNOWN_INVITATION"
    assert not Invitation.objects.exists()  # the late one went when the next was made


@pytest.mark.parametrize(
    ("name", "duties", "code"),
    [
        (" ", ["operator"], "NAME_MISSING"),
        ("x" * 81, ["operator"], "NAME_MISSING"),
        ("Anna", [], "DUTY_EMPTY"),
        ("Anna", ["superuser"], "UNKNOWN_DUTY"),
        ("Anna", ["auditor", "operator"], "DUTY_CONFLICT"),
    ],
)
def test_an_invitation_needs_a_name_and_duties_that_exist(cast: Cast, name: str, duties: list[str], code: str) -> None:
    assert refusal_code(invite_member, actor=cast.maker, name=name, duties=duties) == code
    assert not Invitation.objects.exists()


def test_open_invitations_do_not_pile_up(cast: Cast) -> None:
    until = timezone.now() + timedelta(days=1)
    Invitation.objects.bulk_create(
        Invitation(party=cast.maker.party, name="x", secret_sha256=f"{at:064}", expires_at=until)
        for at in range(MOST_OPEN)
    )
    assert refusal_code(invite_member, actor=cast.maker, name="Anna", duties=["operator"]) == "TOO_MANY_INVITATIONS"


# --- Members ----------------------------------------------------------------------------------------------------------


def test_the_forger_does_not_reach_into_another_party(cast: Cast) -> None:
    invitation, _secret = invite_member(actor=cast.maker, name="Anna", duties=["operator"])
    key, _text = issue_api_key(party=cast.maker.party, name="line 1")
    theirs = member_of("maker").pk
    forger = cast.forger
    assert refusal_code(change_duties, actor=forger, member_id=theirs, duties=["auditor"]) == "UNKNOWN_MEMBER"
    assert refusal_code(remove_member, actor=forger, member_id=theirs) == "UNKNOWN_MEMBER"
    assert refusal_code(withdraw_invitation, actor=forger, invitation_id=invitation.pk) == "UNKNOWN_INVITATION"
    assert refusal_code(revoke_api_key, actor=forger, key_id=key.pk) == "UNKNOWN_API_KEY"
    key.refresh_from_db()
    assert key.revoked_at is None
    assert member_of("maker").duties == ["operator", "responsible_person", "key_holder"]


def test_a_party_cannot_lose_its_last_responsible_person(cast: Cast) -> None:
    only = member_of("maker").pk
    make_user("anna", cast.maker, Duty.OPERATOR)
    assert refusal_code(change_duties, actor=cast.maker, member_id=only, duties=["operator"]) == "LAST_RESPONSIBLE"
    assert refusal_code(remove_member, actor=cast.maker, member_id=only) == "LAST_RESPONSIBLE"
    change_duties(actor=cast.maker, member_id=member_of("anna").pk, duties=["responsible_person"])
    assert remove_member(actor=cast.maker, member_id=only) == "maker"
    assert get_user_model().objects.filter(username="maker").exists()  # what was done under the name keeps it


def test_somebody_who_cannot_sign_in_does_not_count_as_responsible(cast: Cast) -> None:
    User.objects.filter(pk=make_user("anna", cast.maker, Duty.RESPONSIBLE).user_id).update(is_active=False)
    assert refusal_code(remove_member, actor=cast.maker, member_id=member_of("maker").pk) == "LAST_RESPONSIBLE"


def test_other_duties_count_at_once(cast: Cast) -> None:
    anna = make_user("anna", cast.maker, Duty.OPERATOR)
    changed = change_duties(actor=cast.maker, member_id=anna.pk, duties=["key_holder", "responsible_person"])
    assert changed.duties == ["responsible_person", "key_holder"]
    assert refusal_code(change_duties, actor=cast.maker, member_id=anna.pk, duties=["boss"]) == "UNKNOWN_DUTY"


# --- Machines ---------------------------------------------------------------------------------------------------------


def test_an_api_key_has_the_scopes_that_were_asked_for(cast: Cast) -> None:
    key, text = grant_api_key(actor=cast.maker, name=" line 1 ", scopes=["ship", "read", "read"])
    assert (key.name, key.scopes, key.party) == ("line 1", ["read", "ship"], cast.maker.party)
    assert text.startswith(f"mt_{key.prefix}_")


@pytest.mark.parametrize(
    ("scopes", "code"), [([], "SCOPE_EMPTY"), (["people"], "UNKNOWN_SCOPE"), (["grant_api_key"], "UNKNOWN_SCOPE")]
)
def test_an_api_key_gets_no_scope_that_lets_others_in(cast: Cast, scopes: list[str], code: str) -> None:
    assert refusal_code(grant_api_key, actor=cast.maker, name="line 1", scopes=scopes) == code
    assert not ApiKey.objects.exists()


def test_an_api_key_is_revoked_once_and_for_good(cast: Cast) -> None:
    key, _text = issue_api_key(party=cast.maker.party, name="line 1")
    first = revoke_api_key(actor=cast.maker, key_id=key.pk).revoked_at
    assert revoke_api_key(actor=cast.maker, key_id=key.pk).revoked_at == first


# --- The step to duties -----------------------------------------------------------------------------------------------


def test_the_migration_locks_nobody_out_and_gives_every_party_somebody_who_answers_for_it(cast: Cast) -> None:
    make_user("anna", cast.maker)
    issue_api_key(party=cast.maker.party, name="line 1")
    Membership.objects.update(duties=[])
    ApiKey.objects.update(scopes=[])
    importlib.import_module("supplychain.migrations.0009_duties_of_those_there").give(apps, None)
    assert member_of("maker").duties == ["operator", "responsible_person", "key_holder"]
    assert member_of("anna").duties == ["operator"]
    assert member_of("pharmacy").duties == ["operator", "responsible_person", "key_holder"]
    assert set(ApiKey.objects.get().scopes) == {"read", "trade", "recall", "admit", "keys", "sign"}
    handed_over(cast.maker, cast.pharmacy, commissioned(cast.maker, 1))
