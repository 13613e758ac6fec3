"""Every act that ends a life has its counter-examples."""

from dataclasses import replace
from datetime import date

import pytest

from supplychain.endings import BY_LIFE, ENDINGS, Ending, guard_end, guard_unlock
from supplychain.lifecycle import BatchState, Kind, Life, Role, Unit

TODAY = date(2026, 11, 23)
ME, OTHER, THIRD = "9520002000002", "9520001000003", "9520003000001"
PACK = Unit("urn:pack", Kind.PACK, Life.ACTIVE, ME, in_transit=False, parent=None, expiry=date(2028, 1, 31))
CASE = Unit("urn:case", Kind.LOGISTIC_UNIT, Life.ACTIVE, ME, in_transit=False, parent=None, height=1)
EVERY = list(ENDINGS.values())
IN_CUSTODY = [one for one in EVERY if one.needs_custody]
FROM_AFAR = [one for one in EVERY if not one.needs_custody]
FIT_ONLY = [one for one in EVERY if one.must_be_fit]
IN_ANY_STATE = [one for one in EVERY if not one.must_be_fit]


def name(ending: Ending) -> str:
    return ending.act


def codes(
    ending: Ending, unit: Unit, *, roles: tuple[Role, ...] = (Role.WHOLESALER,), makes: bool = False
) -> list[str]:
    owned = [unit.epc] if makes else []
    return [one.code for one in guard_end(ending, [unit], party=ME, roles=roles, makes=owned, today=TODAY)]


@pytest.mark.parametrize("ending", EVERY, ids=name)
def test_a_sound_pack_in_ones_own_hands_may_end(ending: Ending) -> None:
    assert codes(ending, PACK) == []


@pytest.mark.parametrize("ending", EVERY, ids=name)
def test_nothing_named_is_nothing_done(ending: Ending) -> None:
    (breach,) = guard_end(ending, [], party=ME, roles=[], makes=[], today=TODAY)
    assert breach.code == "NOTHING_TO_DO"


@pytest.mark.parametrize("ending", EVERY, ids=name)
@pytest.mark.parametrize("life", [one for one in Life if one not in (Life.ACTIVE, Life.LOCKED)])
def test_what_has_ended_does_not_end_again(ending: Ending, life: Life) -> None:
    assert len(codes(ending, replace(PACK, life=life, holder=None), makes=True)) == 1


@pytest.mark.parametrize("ending", IN_CUSTODY, ids=name)
def test_what_another_party_holds_is_out_of_reach(ending: Ending) -> None:
    assert codes(ending, replace(PACK, holder=OTHER), roles=(Role.REGULATOR,), makes=True) == ["NOT_HOLDER"]


@pytest.mark.parametrize("ending", IN_CUSTODY, ids=name)
def test_what_is_on_its_way_must_arrive_first(ending: Ending) -> None:
    assert codes(ending, replace(PACK, in_transit=True)) == ["IN_TRANSIT"]


@pytest.mark.parametrize("ending", FROM_AFAR, ids=name)
def test_theft_and_lock_are_for_those_whom_the_goods_concern(ending: Ending) -> None:
    far = replace(PACK, holder=OTHER)
    assert codes(ending, far) == ["NOT_HOLDER"]
    assert codes(ending, far, makes=True) == []
    assert codes(ending, far, roles=(Role.REGULATOR,)) == []
    assert codes(ending, replace(far, in_transit=True, addressee=ME)) == []
    assert codes(ending, replace(far, in_transit=True, addressee=THIRD)) == ["NOT_HOLDER"]
    assert codes(ending, replace(PACK, in_transit=True, addressee=THIRD)) == []


@pytest.mark.parametrize("ending", FIT_ONLY, ids=name)
def test_what_is_unfit_leaves_no_shelf_as_if_it_were_fit(ending: Ending) -> None:
    assert codes(ending, replace(PACK, expiry=date(2026, 11, 22))) == ["EXPIRED"]
    assert codes(ending, replace(PACK, batch_state=BatchState.RECALLED)) == ["BATCH_CALLED_BACK"]
    assert codes(ending, replace(PACK, life=Life.LOCKED)) == ["LOCKED"]


@pytest.mark.parametrize("ending", IN_ANY_STATE, ids=name)
def test_what_is_unfit_can_still_be_taken_out_of_the_way(ending: Ending) -> None:
    assert codes(ending, replace(PACK, expiry=date(2026, 11, 22), batch_state=BatchState.RECALLED)) == []


def test_what_is_locked_can_be_destroyed_and_sampled_but_not_locked_again() -> None:
    locked = replace(PACK, life=Life.LOCKED)
    assert codes(ENDINGS["destroy"], locked) == codes(ENDINGS["sample"], locked) == []
    assert codes(ENDINGS["lock"], locked) == ["LOCKED"]


@pytest.mark.parametrize("ending", EVERY, ids=name)
def test_whole_units_end_where_the_act_allows_it(ending: Ending) -> None:
    assert codes(ending, CASE) == ([] if ending.takes_units else ["NOT_A_PACK"])


def test_each_life_has_one_act_that_leads_to_it() -> None:
    assert len(BY_LIFE) == len(ENDINGS)


def test_a_lock_comes_off_by_its_owner_or_the_regulator() -> None:
    locked = replace(PACK, life=Life.LOCKED)

    def unlock(unit: Unit, party: str, *, is_regulator: bool = False) -> list[str]:
        breaches = guard_unlock([unit], locked_by={"urn:pack": ME}, party=party, is_regulator=is_regulator)
        return [one.code for one in breaches]

    assert unlock(locked, ME) == []
    assert unlock(locked, OTHER) == ["LOCK_OWNER"]
    assert unlock(locked, OTHER, is_regulator=True) == []
    assert unlock(PACK, ME) == ["NOT_LOCKED"]
