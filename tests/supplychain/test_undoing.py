"""An end is taken back by the same party, at the same place, in time, for a pack that is sound. Else never."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from supplychain.lifecycle import BatchState, Kind, Life, Unit
from supplychain.undoing import EU, Done, UndoPolicy, guard_undo

ME, OTHER, SITE, OTHER_SITE = "9520003000001", "9520001000003", "9520003000018", "9520003000025"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PACK = Unit("urn:pack", Kind.PACK, Life.DISPENSED, None, in_transit=False, parent=None, expiry=date(2028, 1, 31))
DONE = Done(ME, SITE, NOW - timedelta(days=10))


def codes(
    unit: Unit = PACK, done: Done | None = DONE, *, was_supplied: bool = False, policy: UndoPolicy = EU
) -> list[str]:
    breaches = guard_undo(
        unit, done, policy=policy, party=ME, place=SITE, now=NOW, today=NOW.date(), was_supplied=was_supplied
    )
    return [one.code for one in breaches]


def test_ten_days_to_the_second_are_in_time() -> None:
    assert codes() == []
    assert codes(done=replace(DONE, at=DONE.at - timedelta(seconds=1))) == ["UNDO_TOO_LATE"]


def test_another_party_or_another_site_cannot_undo_it() -> None:
    assert codes(done=replace(DONE, party=OTHER)) == ["UNDO_OTHER_PARTY"]
    assert codes(done=replace(DONE, place=OTHER_SITE)) == ["UNDO_OTHER_PLACE"]


def test_a_market_may_ask_for_no_particular_site_and_for_other_days() -> None:
    lax = UndoPolicy(days=30, same_place=False)
    assert codes(done=Done(ME, OTHER_SITE, NOW - timedelta(days=30)), policy=lax) == []


def test_what_was_handed_out_does_not_come_back() -> None:
    assert codes(was_supplied=True) == ["UNDO_SUPPLIED"]


def test_what_is_unfit_meanwhile_does_not_come_back() -> None:
    assert codes(replace(PACK, expiry=date(2026, 11, 22))) == ["UNDO_EXPIRED"]
    assert codes(replace(PACK, batch_state=BatchState.RECALLED)) == ["UNDO_CALLED_BACK"]


@pytest.mark.parametrize("life", [Life.DESTROYED, Life.EXPORTED, Life.STOLEN, Life.REPACKAGED, Life.ALLOCATED])
def test_some_ends_are_for_good(life: Life) -> None:
    assert codes(replace(PACK, life=life)) == ["UNDO_IRREVERSIBLE"]


@pytest.mark.parametrize("life", [Life.DISPENSED, Life.SAMPLED, Life.FREE_SAMPLE, Life.LOCKED])
def test_the_others_are_not(life: Life) -> None:
    assert codes(replace(PACK, life=life)) == []


def test_to_undo_nothing_is_said_as_such() -> None:
    assert codes(replace(PACK, life=Life.ACTIVE)) == ["UNDO_NOTHING"]
    assert codes(done=None) == ["UNDO_NOTHING"]


def test_every_reason_is_told_at_once() -> None:
    bad = replace(PACK, expiry=date(2026, 1, 1), batch_state=BatchState.RECALLED)
    late = Done(OTHER, OTHER_SITE, NOW - timedelta(days=11))
    assert codes(bad, late, was_supplied=True) == [
        *("UNDO_OTHER_PARTY", "UNDO_TOO_LATE", "UNDO_SUPPLIED", "UNDO_CALLED_BACK", "UNDO_EXPIRED"),
    ]
