"""What people and machines of a party may do: who may do too little first, and who must never do too much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supplychain.people.duties import (
    DUTIES_OF,
    KINDS_OF_MACHINES,
    READ,
    Duty,
    Grants,
    Kind,
    guard_act,
    guard_duties,
    guard_last_responsible,
    guard_scopes,
    kind_of,
    machine,
    may_do,
    person,
)

ACTS = ("ship", "register_party", "admit_key", "revoke_key", "invite_member", "grant_api_key", "an act of tomorrow")


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("duties", [[], [Duty.AUDITOR], ["owner"]])
def test_an_auditor_and_a_person_without_duties_do_nothing(duties: list[str], act: str) -> None:
    grants = person(duties)
    assert [one.code for one in guard_act(grants, act)] == ["DUTY_MISSING"]
    assert [one.code for one in guard_act(grants, act, is_signing=True)] == ["DUTY_MISSING"]
    assert not grants.may_act
    assert grants.may_read


@pytest.mark.parametrize(
    ("duty", "acts"),
    [
        (Duty.OPERATOR, {"ship", "an act of tomorrow"}),
        (Duty.KEY_HOLDER, {"admit_key", "revoke_key"}),
        (Duty.RESPONSIBLE, set(ACTS)),
    ],
)
def test_each_duty_has_its_own_acts(duty: Duty, acts: set[str]) -> None:
    assert {act for act in ACTS if not guard_act(person([duty]), act)} == acts
    assert person([duty]).may_act


def test_only_a_key_holder_hands_in_signatures_whatever_was_drafted() -> None:
    for duty in Duty:
        assert bool(guard_act(person([duty]), "ship", is_signing=True)) == (duty is not Duty.KEY_HOLDER)


def test_a_refusal_names_what_is_needed_and_what_there_is() -> None:
    (breach,) = guard_act(person(["key_holder"]), "ship")
    assert breach.text == "'ship' is for the operator or responsible_person of a party; you are key_holder in yours"
    (breach,) = guard_act(machine(["read", "ship"]), "dispense")
    assert breach.text == "This API key may not do 'dispense': it needs scope trade; its are read, ship"
    (breach,) = guard_act(machine([]), "dispense")
    assert breach.text.endswith("its are none")


@pytest.mark.parametrize("scope", sorted(KINDS_OF_MACHINES))
def test_a_scope_covers_its_kind_and_nothing_else(scope: Kind) -> None:
    grants = machine([scope])
    assert {kind for kind in Kind if may_do(grants, kind)} == {scope}
    assert not grants.may_read
    assert grants.may_act


@pytest.mark.parametrize("scope", [Kind.PEOPLE, "invite_member", "grant_api_key"])
def test_no_machine_lets_anybody_in_whatever_its_scopes_say(scope: str) -> None:
    assert guard_act(machine([scope]), "invite_member")
    assert guard_act(machine([scope]), "grant_api_key")
    assert [one.code for one in guard_scopes([scope], ACTS)] == ["UNKNOWN_SCOPE"]


def test_a_key_for_one_act_does_that_act_and_no_signing() -> None:
    grants = machine([READ, "ship"])
    assert not guard_act(grants, "ship")
    assert guard_act(grants, "receive")
    assert guard_act(grants, "ship", is_signing=True)
    assert not may_do(grants, Kind.TRADE)
    assert grants.may_read


def test_a_key_that_reads_does_not_act() -> None:
    assert not machine([READ]).may_act


@pytest.mark.parametrize(
    ("duties", "codes"),
    [
        ([], ["DUTY_EMPTY"]),
        (["owner"], ["UNKNOWN_DUTY"]),
        (["auditor", "operator"], ["DUTY_CONFLICT"]),
        (["auditor", "auditor"], []),
        (["auditor"], []),
        (["operator", "responsible_person", "key_holder"], []),
    ],
)
def test_duties_are_known_and_an_auditor_has_no_other(duties: list[str], codes: list[str]) -> None:
    assert [one.code for one in guard_duties(duties)] == codes


def test_a_party_keeps_a_responsible_person() -> None:
    assert [one.code for one in guard_last_responsible(others=0)] == ["LAST_RESPONSIBLE"]
    assert [one.code for one in guard_last_responsible(others=0, duties=["operator"])] == ["LAST_RESPONSIBLE"]
    assert guard_last_responsible(others=0, duties=["responsible_person"]) == []
    assert guard_last_responsible(others=1) == []


@pytest.mark.parametrize(
    ("scopes", "codes"),
    [([], ["SCOPE_EMPTY"]), (["write"], ["UNKNOWN_SCOPE"]), (["read", "ship", "sign"], []), (["read"], [])],
)
def test_scopes_are_known(scopes: list[str], codes: list[str]) -> None:
    assert [one.code for one in guard_scopes(scopes, ACTS)] == codes


@given(st.sets(st.sampled_from(Duty)), st.sets(st.sampled_from(Duty)), st.sampled_from(ACTS))
def test_a_further_duty_takes_nothing_away(some: set[Duty], more: set[Duty], act: str) -> None:
    if not guard_act(person(some), act):
        assert not guard_act(person(some | more), act)


def test_every_kind_has_somebody_and_never_the_auditor() -> None:
    assert set(DUTIES_OF) == set(Kind)
    assert all(duties and Duty.AUDITOR not in duties for duties in DUTIES_OF.values())
    assert kind_of("an act of tomorrow") is Kind.TRADE
    assert not Grants().may_act
