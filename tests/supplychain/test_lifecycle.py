"""Every guard has a counter-example; what is refused is refused by its code."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from supplychain.endings import ENDINGS, guard_end
from supplychain.lifecycle import (
    MAX_DEPTH,
    MAY_DISPENSE,
    BatchState,
    Breach,
    Count,
    Kind,
    Life,
    Purpose,
    Role,
    Unit,
    count_delivery,
    differences,
    guard_commission,
    guard_label,
    guard_licence,
    guard_pack,
    guard_receive,
    guard_reuse,
    guard_role,
    guard_ship,
    guard_unpack,
    guard_void,
)

TODAY = date(2026, 11, 23)
ME, OTHER = "9520002000002", "9520001000003"
PACK = Unit("urn:pack", Kind.PACK, Life.ACTIVE, ME, in_transit=False, parent=None, expiry=date(2028, 1, 31))
CASE = Unit("urn:case", Kind.LOGISTIC_UNIT, Life.ACTIVE, ME, in_transit=False, parent=None, height=1)
SHIPPED = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def codes(breaches: list[Breach]) -> list[str]:
    return [one.code for one in breaches]


def ship(unit: Unit, purpose: Purpose = Purpose.SALE) -> list[str]:
    return codes(guard_ship([unit], party=ME, today=TODAY, purpose=purpose))


def dispense(unit: Unit) -> list[str]:
    return codes(guard_end(ENDINGS["dispense"], [unit], party=ME, roles=[Role.PHARMACY], makes=[], today=TODAY))


ENDED = [
    (Life.ALLOCATED, "NOT_COMMISSIONED"),
    (Life.DISPENSED, "ALREADY_DISPENSED"),
    (Life.DESTROYED, "ALREADY_DESTROYED"),
    (Life.EXPORTED, "ALREADY_EXPORTED"),
    (Life.SAMPLED, "ALREADY_SAMPLED"),
    (Life.FREE_SAMPLE, "ALREADY_FREE_SAMPLE"),
    (Life.REPACKAGED, "ALREADY_REPACKAGED"),
    (Life.STOLEN, "REPORTED_STOLEN"),
    (Life.LOCKED, "LOCKED"),
    (Life.LOST, "WRITTEN_OFF"),
]


def test_the_table_of_ended_lives_is_complete() -> None:
    assert {life for life, _ in ENDED} == set(Life) - {Life.ACTIVE}


@pytest.mark.parametrize(("life", "code"), ENDED)
def test_what_is_not_active_is_neither_shipped_nor_dispensed_nor_packed(life: Life, code: str) -> None:
    # Whoever holds it: of a pack that is not active, its place says nothing any more.
    ended = replace(PACK, life=life, holder=None)
    assert ship(ended) == [code]
    assert dispense(ended) == [code]
    assert codes(guard_pack([ended], parent=None, parent_epc="urn:case", party=ME)) == [code]


def test_only_the_holder_acts_and_is_not_told_who_the_holder_is() -> None:
    (breach,) = guard_ship([replace(PACK, holder=OTHER)], party=ME, today=TODAY)
    assert breach.code == "NOT_HOLDER"
    assert OTHER not in breach.text
    assert dispense(replace(PACK, holder=OTHER)) == ["NOT_HOLDER"]


def test_what_is_under_way_stands_still() -> None:
    under_way = replace(PACK, in_transit=True)
    assert ship(under_way) == dispense(under_way) == ["IN_TRANSIT"]


def test_a_shipment_of_nothing_is_no_shipment() -> None:
    assert codes(guard_ship([], party=ME, today=TODAY)) == ["NOTHING_TO_DO"]


def test_a_packed_child_is_not_shipped_alone() -> None:
    assert ship(replace(PACK, parent="urn:case")) == ["SHIP_CHILD"]


@pytest.mark.parametrize("state", [BatchState.RECALLED, BatchState.WITHDRAWN])
def test_a_batch_that_was_called_back_goes_back_but_not_on(state: BatchState) -> None:
    called_back = replace(PACK, batch_state=state)
    assert ship(called_back) == ["SHIP_BLOCKED"]
    assert dispense(called_back) == ["BATCH_CALLED_BACK"]
    assert [ship(called_back, purpose) for purpose in set(Purpose) - {Purpose.SALE}] == [[], [], []]


def test_the_expiry_date_is_the_last_good_day() -> None:
    assert ship(replace(PACK, expiry=TODAY)) == dispense(replace(PACK, expiry=TODAY)) == []
    expired = replace(PACK, expiry=TODAY - timedelta(days=1))
    assert ship(expired) == dispense(expired) == ["EXPIRED"]
    assert ship(expired, Purpose.DESTRUCTION) == []


def test_a_recalled_and_expired_pack_is_refused_for_both_reasons() -> None:
    both = replace(PACK, expiry=TODAY - timedelta(days=1), batch_state=BatchState.RECALLED)
    assert ship(both) == ["SHIP_BLOCKED", "EXPIRED"]


def test_a_case_is_not_dispensed() -> None:
    assert dispense(CASE) == ["NOT_A_PACK"]


def test_packing_nothing_packing_twice_and_packing_into_itself() -> None:
    def pack(*children: Unit) -> list[str]:
        return codes(guard_pack(children, parent=None, parent_epc="urn:pallet", party=ME))

    assert pack() == ["NOTHING_TO_DO"]
    assert pack(PACK, CASE) == []
    assert pack(replace(PACK, parent="urn:case")) == ["AGGREGATION_INVALID"]
    assert pack(replace(CASE, epc="urn:pallet")) == ["AGGREGATION_INVALID"]
    assert pack(replace(CASE, height=MAX_DEPTH - 2)) == []
    assert pack(replace(CASE, height=MAX_DEPTH - 1)) == ["AGGREGATION_INVALID"]


def test_goods_are_packed_only_into_a_unit_that_stands_on_top_in_ones_own_hands() -> None:
    def into(parent: Unit) -> list[str]:
        return codes(guard_pack([PACK], parent=parent, parent_epc=parent.epc, party=ME))

    assert into(CASE) == []
    assert into(replace(PACK, epc="urn:other")) == ["AGGREGATION_INVALID"]
    assert into(replace(CASE, parent="urn:pallet")) == ["AGGREGATION_INVALID"]
    assert into(replace(CASE, holder=OTHER)) == ["NOT_HOLDER"]


def test_unpacking_takes_out_what_is_inside_of_a_unit_on_top() -> None:
    inside = replace(PACK, parent="urn:case")
    assert guard_unpack([inside], parent=CASE, party=ME) == []
    assert codes(guard_unpack([PACK], parent=CASE, party=ME)) == ["AGGREGATION_INVALID"]
    assert codes(guard_unpack([inside], parent=replace(CASE, parent="urn:pallet"), party=ME)) == ["DISAGGREGATE_FIRST"]
    assert codes(guard_unpack([inside], parent=replace(CASE, in_transit=True), party=ME)) == ["IN_TRANSIT"]


def test_commissioning_needs_new_serials_a_future_expiry_and_a_batch_in_good_standing() -> None:
    def commission(expiry: date = date(2028, 1, 31), state: BatchState = BatchState.RELEASED, *seen: str) -> list[str]:
        return codes(guard_commission(expiry=expiry, today=TODAY, batch_state=state, serials_seen=seen))

    assert commission() == []
    assert commission(TODAY) == ["BATCH_EXPIRED"]
    assert commission(date(2028, 1, 31), BatchState.RECALLED) == ["BATCH_CALLED_BACK"]
    assert commission(date(2028, 1, 31), BatchState.RELEASED, "A", "B") == ["SERIAL_REUSED", "SERIAL_REUSED"]


def test_receiving_is_for_the_addressee_once_and_after_the_shipping() -> None:
    def receive(addressee: str = ME, under_way: int = 1, received: datetime = SHIPPED) -> list[str]:
        return codes(
            guard_receive(addressee=addressee, party=ME, under_way=under_way, shipped=SHIPPED, received=received)
        )

    assert receive() == []
    assert receive(addressee=OTHER) == ["NOT_SHIPPED_TO_YOU"]
    assert receive(under_way=0) == ["DOUBLE_RECEIPT"]
    # Two honest clocks may differ by five minutes, and not by more.
    assert receive(received=SHIPPED - timedelta(minutes=5)) == []
    assert receive(received=SHIPPED - timedelta(minutes=5, seconds=1)) == ["TIME_TRAVEL"]


def test_a_delivery_is_counted_into_three_sets_without_overlap() -> None:
    count = count_delivery(["a", "b"], ["b", "c", "d"])
    assert count == Count(received=frozenset("b"), missing=frozenset("a"), surplus=frozenset("cd"))
    told = [(one.code, one.epc) for one in differences(count, taken=frozenset({"c"}))]
    assert told == [("SHORTAGE", "a"), ("OVERAGE", "c"), ("OVERAGE_NOT_TAKEN", "d")]


def test_roles_and_licences() -> None:
    assert guard_role([Role.PHARMACY], MAY_DISPENSE, "dispense") == []
    (breach,) = guard_role([Role.WHOLESALER], MAY_DISPENSE, "dispense")
    assert (breach.code, breach.text) == (
        "ROLE_NOT_ALLOWED",
        "To dispense a party must be licensed as pharmacy; this one is wholesaler",
    )
    assert "no role" in guard_role([], MAY_DISPENSE, "dispense")[0].text
    assert guard_licence(None, today=TODAY, who="X") == guard_licence(TODAY, today=TODAY, who="X") == []
    assert codes(guard_licence(TODAY - timedelta(days=1), today=TODAY, who="X")) == ["PARTNER_NOT_AUTHORISED"]


# --- V: a shipment is called off --------------------------------------------------------------------------------------


def test_only_the_sender_calls_a_shipment_off() -> None:
    assert codes(guard_void(["urn:a"], under_way=["urn:a"], sender=OTHER, party=ME)) == ["NOT_SENDER"]


def test_what_was_received_is_not_called_off() -> None:
    assert codes(guard_void(["urn:a"], under_way=[], sender=ME, party=ME)) == ["VOID_TOO_LATE"]
    breaches = guard_void(["urn:a", "urn:b"], under_way=["urn:b"], sender=ME, party=ME)
    assert [(one.code, one.epc) for one in breaches] == [("VOID_TOO_LATE", "urn:a")]


def test_to_call_off_nothing_is_no_act() -> None:
    assert codes(guard_void([], under_way=["urn:b"], sender=ME, party=ME)) == ["NOTHING_TO_DO"]


def test_what_is_still_under_way_is_called_off() -> None:
    assert guard_void(["urn:b"], under_way=["urn:a", "urn:b"], sender=ME, party=ME) == []


@pytest.mark.parametrize(
    ("is_empty", "has_travelled", "days", "codes"),
    [
        (True, True, 364, ["SSCC_REUSED"]),
        (True, True, 365, []),
        (True, False, 1, []),
        (False, True, 1, []),
    ],
)
def test_the_number_of_an_emptied_unit_rests(is_empty: bool, has_travelled: bool, days: int, codes: list[str]) -> None:
    now = SHIPPED + timedelta(days=days)
    breaches = guard_reuse("urn:case", is_empty=is_empty, has_travelled=has_travelled, last_used=SHIPPED, now=now)
    assert [one.code for one in breaches] == codes


@pytest.mark.parametrize(
    ("read", "codes_"),
    [
        (("", None), []),
        (("L1", TODAY), []),
        (("l1", None), ["BATCH_MISMATCH"]),
        (("", date(2028, 1, 31)), ["EXPIRY_MISMATCH"]),
        (("L2", date(2028, 1, 31)), ["BATCH_MISMATCH", "EXPIRY_MISMATCH"]),
    ],
)
def test_a_label_is_held_against_the_batch(read: tuple[str, date | None], codes_: list[str]) -> None:
    assert codes(guard_label("urn:pack", read=read, registered=("L1", TODAY))) == codes_
