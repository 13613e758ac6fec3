"""Cases and pallets: partly opened, mixed, five levels deep, and never twice under one number."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from supplychain.acts import Request
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.identifiers import Sscc
from supplychain.models import Content, Item
from supplychain.stock import find_items
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.ship import ship
from supplychain.usecases.unpack import unpack
from tests.factories import Cast, commissioned, handed_over, make_batch, packed, palletised, refusal_code

pytestmark = pytest.mark.django_db


def item(epc: str) -> Item:
    return find_items([epc])[epc]


def new_unit(cast: Cast) -> str:
    return canonical_epc(Sscc(allocate_sscc(actor=cast.maker)[0]))


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


def test_a_part_comes_out_and_the_rest_stays_counted(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=3)
    unpack(actor=cast.maker, request=Request(), parent=pallet, children=cases[:1])
    unpack(actor=cast.maker, request=Request(), parent=cases[0], children=packs[:1])
    assert [item(epc).parent for epc in packs[:2]] == [None, item(cases[0])]
    inside = dict(Content.objects.values_list("unit__serial_number", "packs"))
    assert inside == {epc.rpartition("/")[2]: count for epc, count in zip([pallet, *cases], [3, 2, 3], strict=True)}
    assert item(pallet).height == 2


def test_a_mixed_case_holds_two_batches_and_a_case_beside_loose_packs(cast: Cast) -> None:
    first = commissioned(cast.maker, 2)
    second = commissioned(cast.maker, 2, start=10, batch=make_batch(cast.maker, lot_number="L-OTHER"))
    inner = packed(cast.maker, [first[0], second[0]])
    outer = packed(cast.maker, [inner, first[1], second[1]])
    inside = Content.objects.filter(unit=item(outer)).order_by("batch__lot_number")
    assert list(inside.values_list("batch__lot_number", "packs")) == [("L-OTHER", 2), ("L2611A", 2)]
    handed_over(cast.maker, cast.wholesaler, [outer])


def test_a_pallet_that_was_emptied_of_its_cases_is_low_again(cast: Cast) -> None:
    unit = packed(cast.maker, commissioned(cast.maker, 1))
    for _ in range(3):
        unit = packed(cast.maker, [unit])
    loose = commissioned(cast.maker, 1, start=10)
    unpack(actor=cast.maker, request=Request(), parent=unit)
    assert item(unit).height == 0
    pack(actor=cast.maker, request=Request(), parent=unit, children=loose)
    assert item(unit).height == 1
    packed(cast.maker, [packed(cast.maker, [packed(cast.maker, [unit])])])


def test_a_part_of_a_shipment_has_to_be_unpacked_first(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=1)
    wish: dict[str, Any] = {"actor": cast.maker, "request": Request(), "receiver": cast.wholesaler.party}
    assert refusal_code(ship, **wish, epcs=[cases[0]]) == "SHIP_CHILD"
    assert (
        refusal_code(unpack, actor=cast.maker, request=Request(), parent=cases[0], children=packs[:1])
        == "DISAGGREGATE_FIRST"
    )
    unpack(actor=cast.maker, request=Request(), parent=pallet, children=cases[:1])
    ship(**wish, epcs=cases[:1])


def test_a_longer_cycle_of_containers_is_refused(cast: Cast) -> None:
    inner = packed(cast.maker, commissioned(cast.maker, 1))
    middle = packed(cast.maker, [inner])
    outer = packed(cast.maker, [middle])
    for parent in (inner, middle):
        wish: dict[str, Any] = {"actor": cast.maker, "request": Request(), "parent": parent, "children": [outer]}
        assert refusal_code(pack, **wish) == "AGGREGATION_INVALID"


def test_the_number_of_a_pallet_that_travelled_rests_for_twelve_months(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    unit = packed(cast.maker, packs[:1])
    handed_over(cast.maker, cast.wholesaler, [unit])
    unpack(actor=cast.wholesaler, request=Request(), parent=unit)
    wish: dict[str, Any] = {"actor": cast.wholesaler, "parent": unit, "children": packs[:1]}
    assert refusal_code(pack, request=Request(), **wish) == "SSCC_REUSED"
    with time_machine.travel(timezone.now() + timedelta(days=364), tick=True):
        assert refusal_code(pack, request=Request(), **wish) == "SSCC_REUSED"
    with time_machine.travel(timezone.now() + timedelta(days=366), tick=True):
        pack(request=Request(), **wish)


def test_what_was_packed_wrongly_is_packed_again_under_the_same_number_while_it_has_not_left(cast: Cast) -> None:
    packs = commissioned(cast.maker, 2)
    unit = packed(cast.maker, packs[:1])
    unpack(actor=cast.maker, request=Request(), parent=unit)
    pack(actor=cast.maker, request=Request(), parent=unit, children=packs[1:])
    assert item(packs[1]).parent == item(unit)


def test_goods_are_added_to_a_unit_that_travelled_and_is_not_empty(cast: Cast) -> None:
    packs = commissioned(cast.maker, 3)
    unit = packed(cast.maker, packs[:2])
    handed_over(cast.maker, cast.wholesaler, [unit])
    handed_over(cast.maker, cast.wholesaler, packs[2:])
    pack(actor=cast.wholesaler, request=Request(), parent=unit, children=packs[2:])
    assert item(packs[2]).parent == item(unit)


def test_a_unit_goes_not_into_a_unit_that_stands_inside_another(cast: Cast) -> None:
    _pallet, cases, _packs = palletised(cast.maker, cases=1, packs_per_case=1)
    more = commissioned(cast.maker, 1, start=50)
    assert (
        refusal_code(pack, actor=cast.maker, request=Request(), parent=cases[0], children=more) == "AGGREGATION_INVALID"
    )
    assert new_unit(cast) != cases[0]
