"""The main path through the use cases: made, packed, shipped, received, dispensed, and refused where it must be."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from ledger.models import Entry, Pending
from supplychain.acts import Refused, Request
from supplychain.history import history_of
from supplychain.lifecycle import Life
from supplychain.models import Batch, Item, Party
from supplychain.stock import find_items
from supplychain.usecases.allocate_sscc import allocate_sscc
from supplychain.usecases.commission import commission
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.receive import receive
from supplychain.usecases.register_batch import register_batch
from supplychain.usecases.register_party import register_party
from supplychain.usecases.register_product import register_product
from supplychain.usecases.ship import ship
from supplychain.usecases.unpack import unpack
from tests.factories import (
    FORGER_GLN,
    GTIN,
    MAKER_GLN,
    Cast,
    commissioned,
    handed_over,
    make_batch,
    make_product,
    pack_epc,
    packed,
    palletised,
    shipped,
)
from tests.factories import refusal_code as refusal

pytestmark = pytest.mark.django_db


def item(epc: str) -> Item:
    return find_items([epc])[epc]


# --- The honest path --------------------------------------------------------------------------------------------------


def test_a_pack_goes_from_the_line_to_the_patient(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=3)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=[cases[0]])
    handed_over(cast.wholesaler, cast.pharmacy, [cases[0]])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])

    assert item(packs[0]).life == Life.DISPENSED
    assert item(packs[0]).parent is None
    assert item(packs[1]).parent == item(cases[0])
    assert item(cases[0]).holder == cast.pharmacy.party
    assert item(cases[1]).parent == item(pallet)
    assert item(pallet).holder == cast.wholesaler.party
    steps = [step.event.biz_step for step in history_of(item(packs[0]))]
    assert steps == [
        "commissioning",
        "packing",
        "packing",
        "shipping",
        "receiving",
        "unpacking",
        "shipping",
        "receiving",
        "unpacking",
        "dispensing",
    ]
    # The pack that stayed on the pallet has the first part of that story only.
    assert [step.event.biz_step for step in history_of(item(packs[5]))][-2:] == ["shipping", "receiving"]


def test_every_act_is_one_signed_entry_that_builds_on_the_last(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    before = Entry.objects.count()
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    assert Entry.objects.count() == before + 1
    parents = [edge.parent for edge in handoff.ship_event.entry.parent_edges.all()]
    assert parents == [item(epcs[0]).made_by.entry]
    assert Pending.objects.filter(entry=handoff.ship_event.entry).exists()


def test_shipping_costs_the_same_for_a_pallet_of_2_and_of_200(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    pallets = [
        packed(cast.maker, commissioned(cast.maker, count, start=start, batch=batch))
        for count, start in ((2, 0), (200, 1000))
    ]
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for pallet in pallets:
        with CaptureQueriesContext(connection) as queries:
            shipped(cast.maker, cast.wholesaler, [pallet])
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_same_request_twice_gives_the_first_answer(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    request = Request()
    first = ship(actor=cast.maker, request=request, epcs=epcs, receiver=cast.wholesaler.party)
    entries = Entry.objects.count()
    again = ship(actor=cast.maker, request=request, epcs=epcs, receiver=cast.wholesaler.party)
    assert (again.event, again.handoff, again.replayed) == (first.event, first.handoff, True)
    assert Entry.objects.count() == entries


def test_a_request_id_does_not_stand_for_two_wishes(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    request = Request()
    ship(actor=cast.maker, request=request, epcs=epcs[:1], receiver=cast.wholesaler.party)
    code = refusal(ship, actor=cast.maker, request=request, epcs=epcs[1:], receiver=cast.wholesaler.party)
    assert code == "REQUEST_REUSED"


# --- What differs on arrival ------------------------------------------------------------------------------------------


def test_what_is_missing_on_arrival_stays_under_way_and_can_come_later(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 3)
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    done = receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[:2])
    assert [(one.code, one.epc) for one in done.exceptions] == [("SHORTAGE", epcs[2])]
    assert done.outcome == "accept_with_exception"
    assert item(epcs[2]).handoff == handoff
    receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs[2:])
    handoff.refresh_from_db()
    assert (handoff.state, handoff.differences) == ("received", [])


def test_surplus_from_the_senders_stock_changes_hands_with_a_note(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handoff = shipped(cast.maker, cast.wholesaler, epcs[:1])
    done = receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs)
    assert [one.code for one in done.exceptions] == ["OVERAGE"]
    assert item(epcs[1]).holder == cast.wholesaler.party


def test_a_strangers_goods_are_never_taken_by_receiving(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.pharmacy, epcs[1:])
    handoff = shipped(cast.maker, cast.wholesaler, epcs[:1])
    done = receive(actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=epcs)
    assert [one.code for one in done.exceptions] == ["OVERAGE_NOT_TAKEN"]
    assert item(epcs[1]).holder == cast.pharmacy.party


def test_scanning_a_pack_of_a_shipped_case_says_scan_the_case(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    case = packed(cast.maker, epcs)
    handoff = shipped(cast.maker, cast.wholesaler, [case])
    code = refusal(receive, actor=cast.wholesaler, request=Request(), handoff=handoff, epcs=[epcs[0]])
    assert code == "PART_OF_UNIT"


# --- The forger, the careless and the late ----------------------------------------------------------------------------


def test_nobody_ships_what_another_party_holds(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    code = refusal(ship, actor=cast.forger, request=Request(), epcs=epcs, receiver=cast.pharmacy.party)
    assert code == "NOT_HOLDER"


def test_nobody_receives_what_was_sent_to_another(cast: Cast) -> None:
    handoff = shipped(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    assert refusal(receive, actor=cast.forger, request=Request(), handoff=handoff) == "NOT_SHIPPED_TO_YOU"


def test_a_delivery_is_received_once(cast: Cast) -> None:
    handoff = handed_over(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    assert refusal(receive, actor=cast.wholesaler, request=Request(), handoff=handoff) == "DOUBLE_RECEIPT"


def test_nobody_makes_packs_of_another_brand(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    code = refusal(commission, actor=cast.forger, request=Request(), batch=batch, serial_numbers=["X1"])
    assert code == "NOT_BRAND_OWNER"


def test_nobody_registers_a_product_under_a_foreign_prefix(cast: Cast) -> None:
    assert refusal(register_product, actor=cast.forger, gtin=GTIN, name="Amoxil") == "NOT_BRAND_OWNER"


def test_a_case_number_under_a_foreign_prefix_is_refused(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    foreign = f"https://id.gs1.org/00/{allocate_sscc(actor=cast.forger)[0]}"
    assert refusal(pack, actor=cast.maker, request=Request(), parent=foreign, children=epcs) == "NOT_YOUR_PREFIX"


def test_a_pack_is_dispensed_once(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, epcs)
    dispense(actor=cast.pharmacy, request=Request(), epc=epcs[0])
    assert refusal(dispense, actor=cast.pharmacy, request=Request(), epc=epcs[0]) == "ALREADY_DISPENSED"


def test_a_serial_is_never_used_twice(cast: Cast) -> None:
    commissioned(cast.maker, 2)
    other = register_batch(
        actor=cast.maker, product=make_product(cast.maker), lot_number="L2", expiry=make_batch(cast.maker).expiry
    )
    code = refusal(commission, actor=cast.maker, request=Request(), batch=other, serial_numbers=["Z1", "B0000001"])
    assert code == "SERIAL_REUSED"


def test_a_serial_twice_in_one_list_is_refused(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    code = refusal(commission, actor=cast.maker, request=Request(), batch=batch, serial_numbers=["Z1", "Z1"])
    assert code == "SERIAL_REPEATED"


def test_a_serial_with_a_character_outside_set_82_is_refused(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    code = refusal(commission, actor=cast.maker, request=Request(), batch=batch, serial_numbers=["Z 1"])
    assert code == "CHARACTER"


def test_what_stands_in_a_case_is_shipped_with_the_case(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    packed(cast.maker, epcs)
    code = refusal(ship, actor=cast.maker, request=Request(), epcs=[epcs[0]], receiver=cast.wholesaler.party)
    assert code == "SHIP_CHILD"


def test_goods_under_way_stand_still_for_everybody(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    shipped(cast.maker, cast.wholesaler, epcs)
    for actor in (cast.maker, cast.wholesaler):
        assert refusal(ship, actor=actor, request=Request(), epcs=epcs, receiver=cast.pharmacy.party) == "IN_TRANSIT"


def test_an_expired_or_recalled_batch_is_not_sold_on(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    case = packed(cast.maker, epcs)
    Batch.objects.update(state="recalled")
    code = refusal(ship, actor=cast.maker, request=Request(), epcs=[case], receiver=cast.wholesaler.party)
    assert code == "SHIP_BLOCKED"
    Batch.objects.update(state="released", expiry=timezone.localdate() - timedelta(days=1))
    code = refusal(ship, actor=cast.maker, request=Request(), epcs=[case], receiver=cast.wholesaler.party)
    assert code == "EXPIRED"
    # Back to the maker or to destruction it may still go.
    ship(actor=cast.maker, request=Request(), epcs=[case], receiver=cast.wholesaler.party, purpose="destruction")


def test_an_expired_batch_is_not_registered(cast: Cast) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    product = make_product(cast.maker)
    assert (
        refusal(register_batch, actor=cast.maker, product=product, lot_number="OLD", expiry=yesterday)
        == "BATCH_EXPIRED"
    )


def test_a_lot_has_one_expiry(cast: Cast) -> None:
    batch = make_batch(cast.maker)
    later = batch.expiry + timedelta(days=1)
    code = refusal(register_batch, actor=cast.maker, product=batch.product, lot_number=batch.lot_number, expiry=later)
    assert code == "LOT_EXPIRY_CONFLICT"


def test_an_unlicensed_or_unknown_partner_gets_no_goods(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    stranger = Party.objects.create(gln="9520008000006", name="Imported, never admitted", country="CH")
    code = refusal(ship, actor=cast.maker, request=Request(), epcs=epcs, receiver=stranger)
    assert code == "PARTNER_NOT_AUTHORISED"
    Party.objects.filter(gln=FORGER_GLN).update(licence_expiry=timezone.localdate() - timedelta(days=1))
    receiver = Party.objects.get(gln=FORGER_GLN)
    assert refusal(ship, actor=cast.maker, request=Request(), epcs=epcs, receiver=receiver) == "PARTNER_NOT_AUTHORISED"


def test_only_the_regulator_admits_parties(cast: Cast) -> None:
    parameters = {"gln": "9520008000006", "name": "Friend", "roles": ["pharmacy"], "country": "CH"}
    assert refusal(register_party, actor=cast.forger, **parameters) == "ROLE_NOT_ALLOWED"
    parameters["gln"] = MAKER_GLN
    assert refusal(register_party, actor=cast.regulator, **parameters) == "DUPLICATE_PARTY"
    parameters["gln"] = "9520008000007"
    assert refusal(register_party, actor=cast.regulator, **parameters) == "CHECK_DIGIT"


def test_an_unknown_pack_is_named_in_the_refusal(cast: Cast) -> None:
    with pytest.raises(Refused) as caught:
        dispense(actor=cast.pharmacy, request=Request(), epc=pack_epc("NEVER"))
    assert [(one.code, one.epc) for one in caught.value.breaches] == [("UNKNOWN_ITEM", pack_epc("NEVER"))]


def test_every_bad_item_of_a_list_is_named(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 3)
    handed_over(cast.maker, cast.pharmacy, epcs[1:])
    with pytest.raises(Refused) as caught:
        ship(actor=cast.maker, request=Request(), epcs=epcs, receiver=cast.wholesaler.party)
    assert [one.epc for one in caught.value.breaches] == epcs[1:]


def test_time_does_not_run_backwards(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    ahead = Request(event_time=timezone.now() + timedelta(hours=1))
    code = refusal(ship, actor=cast.maker, request=ahead, epcs=epcs, receiver=cast.wholesaler.party)
    assert code == "TIME_TRAVEL"
    handoff = shipped(cast.maker, cast.wholesaler, epcs)
    early = Request(event_time=handoff.ship_event.event_time - timedelta(hours=1))
    assert refusal(receive, actor=cast.wholesaler, request=early, handoff=handoff) == "TIME_TRAVEL"


def test_a_unit_is_not_packed_into_itself_nor_twice(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    case = packed(cast.maker, epcs)
    code = refusal(pack, actor=cast.maker, request=Request(), parent=case, children=[case])
    assert code == "AGGREGATION_INVALID"
    other = f"https://id.gs1.org/00/{allocate_sscc(actor=cast.maker)[0]}"
    code = refusal(pack, actor=cast.maker, request=Request(), parent=other, children=[epcs[0]])
    assert code == "AGGREGATION_INVALID"
    pallet = packed(cast.maker, [case])
    # A cycle: the pallet into the case that stands on it.
    assert refusal(pack, actor=cast.maker, request=Request(), parent=case, children=[pallet]) == "AGGREGATION_INVALID"


def test_packing_goes_five_levels_deep_and_no_deeper(cast: Cast) -> None:
    unit = commissioned(cast.maker, 1)[0]
    for _ in range(4):
        unit = packed(cast.maker, [unit])
    with pytest.raises(Refused, match="levels"):
        packed(cast.maker, [unit])


def test_a_clock_that_was_never_set_is_refused(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    request = Request(event_time=datetime(1970, 1, 1, tzinfo=UTC))
    code = refusal(ship, actor=cast.maker, request=request, epcs=epcs, receiver=cast.wholesaler.party)
    assert code == "TIME_TRAVEL"
