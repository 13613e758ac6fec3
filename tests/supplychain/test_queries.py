"""Reads: what they find, whom they hide it from, and that their number of queries does not grow with the rows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.usecases.advance import advance
from supplychain import queries
from supplychain.acts import Refused, Request
from supplychain.lifecycle import Life
from supplychain.models import Party
from supplychain.usecases.dispense import dispense
from supplychain.usecases.ship import ship
from supplychain.usecases.unpack import unpack
from tests.factories import (
    GTIN,
    LOT,
    OTHER_GTIN,
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

pytestmark = pytest.mark.django_db


def cost(read: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        read()
    return len(captured)


# --- Nobody sees what is not theirs ---------------------------------------------------------------------------------


def test_a_party_finds_nothing_of_another_party(cast: Cast) -> None:
    commissioned(cast.maker, 3)
    assert queries.stock_page(cast.forger.party).rows == []
    assert queries.stock_page(cast.forger.party, search=LOT).rows == []
    assert queries.holdings(cast.forger.party) == []
    assert queries.products_page(cast.forger).rows == []
    assert queries.batches_page(cast.forger, search=LOT).rows == []


def test_what_is_in_a_strangers_unit_stays_closed(cast: Cast) -> None:
    pallet, _cases, _packs = palletised(cast.maker, cases=2, packs_per_case=3)
    assert [(line.is_open, line.packs) for line in queries.lines_of([pallet], cast.forger.party)] == [(False, 0)]
    assert [(line.is_open, line.packs) for line in queries.lines_of([pallet], cast.maker.party)] == [(True, 6)]


def test_a_case_deep_in_a_pallet_is_as_open_as_the_pallet(cast: Cast) -> None:
    _pallet, cases, _packs = palletised(cast.maker, cases=2, packs_per_case=3)
    assert [line.packs for line in queries.lines_of(cases, cast.maker.party)] == [3, 3]
    assert [line.packs for line in queries.lines_of(cases, cast.wholesaler.party)] == [0, 0]


def test_refusals_are_shown_to_whom_they_met_and_to_the_regulator(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1)
    with pytest.raises(Refused):
        ship(actor=cast.forger, request=Request(), epcs=epcs, receiver=cast.pharmacy.party)
    assert [one.code for one in queries.refusals_page(cast.forger).rows] == ["NOT_HOLDER"]
    assert [one.code for one in queries.refusals_page(cast.regulator).rows] == ["NOT_HOLDER"]
    assert queries.refusals_page(cast.maker).rows == []


def test_goods_go_only_to_admitted_parties_that_trade(cast: Cast) -> None:
    Party.objects.create(gln="9520004000000", name="Imported, not admitted", roles=["wholesaler"], country="CH")
    receivers = set(queries.receivers_for(cast.maker.party))
    assert receivers == {cast.wholesaler.party, cast.pharmacy.party, cast.forger.party}


# --- Stock ------------------------------------------------------------------------------------------------------------


def test_holdings_count_loose_packs_and_packs_in_units_batch_by_batch(cast: Cast) -> None:
    soon = make_batch(cast.maker, "SOON", timezone.localdate() + timedelta(days=30))
    commissioned(cast.maker, 2, start=900, batch=soon)
    palletised(cast.maker, cases=2, packs_per_case=3)
    commissioned(cast.maker, 4, start=100)
    found = [(one.batch.lot_number, one.packs, one.loose) for one in queries.holdings(cast.maker.party)]
    assert found == [("SOON", 2, 2), (LOT, 10, 4)]


def test_what_is_on_its_way_is_neither_stock_nor_counted_as_held(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 3)
    shipped(cast.maker, cast.wholesaler, epcs[:1])
    assert queries.total_packs(queries.holdings(cast.maker.party)) == 2
    assert len(queries.stock_page(cast.maker.party).rows) == 2
    assert queries.holdings(cast.wholesaler.party) == []


def test_stock_is_found_by_lot_and_by_product_inside_units_too(cast: Cast) -> None:
    pallet, _cases, _packs = palletised(cast.maker, cases=1, packs_per_case=2)
    loose = commissioned(cast.maker, 1, start=50)
    commissioned(cast.maker, 1, start=60, batch=make_batch(cast.maker, "OTHER"))
    assert {line.epc for line in queries.stock_page(cast.maker.party, search=LOT).rows} == {pallet, *loose}
    assert len(queries.stock_page(cast.maker.party, search=GTIN).rows) == 3
    assert queries.stock_page(cast.maker.party, search="NO SUCH LOT").rows == []


def test_a_lot_number_of_eight_digits_is_not_mistaken_for_a_product(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 1, batch=make_batch(cast.maker, "20261123"))
    assert [line.epc for line in queries.stock_page(cast.maker.party, search="20261123").rows] == epcs


def test_pages_of_stock_follow_each_other_without_gap_or_repetition(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 7)
    seen: list[str] = []
    after = None
    while True:
        page = queries.stock_page(cast.maker.party, after=after, size=3)
        seen += [line.epc for line in page.rows]
        if (after := page.next) is None:
            break
    assert seen == epcs[::-1]


def test_a_last_page_that_is_just_full_has_no_next_one(cast: Cast) -> None:
    commissioned(cast.maker, 3)
    assert queries.stock_page(cast.maker.party, size=3).next is None


def test_products_of_one_name_do_not_get_lost_between_two_pages(cast: Cast) -> None:
    for gtin in (GTIN, OTHER_GTIN):
        make_product(cast.maker, gtin, "Same name")
    first = queries.products_page(cast.maker, size=1)
    second = queries.products_page(cast.maker, after=first.next, size=1)
    assert [one.gtin for one in (*first.rows, *second.rows)] == [GTIN, OTHER_GTIN]
    assert second.next is None


@pytest.mark.parametrize(
    ("text", "is_found"),
    [("(01)09520001000010(21)B0000000", True), ("(01)09520001000010(21)NONE", False), (LOT, False), ("", False)],
)
def test_a_code_finds_its_item_and_other_text_finds_none(cast: Cast, text: str, is_found: bool) -> None:
    commissioned(cast.maker, 1)
    assert (queries.find_by_code(text, timezone.localdate()) is not None) is is_found


def test_lines_keep_the_order_of_the_codes_and_show_unknown_ones(cast: Cast) -> None:
    first, second = commissioned(cast.maker, 2)
    unknown = pack_epc("NEVER-MADE")
    lines = queries.lines_of([second, unknown, first], cast.maker.party)
    assert [(line.epc, line.item is not None, line.packs) for line in lines] == [
        (second, True, 1),
        (unknown, False, 0),
        (first, True, 1),
    ]


# --- Where a batch is -------------------------------------------------------------------------------------------------


def test_the_shares_of_a_batch_have_every_pack_once(cast: Cast) -> None:
    pallet, cases, packs = palletised(cast.maker, cases=3, packs_per_case=4)
    loose = commissioned(cast.maker, 5, start=100)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=cases[:2])
    handed_over(cast.wholesaler, cast.pharmacy, [cases[0]])
    shipped(cast.wholesaler, cast.pharmacy, [cases[1]])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    shipped(cast.maker, cast.wholesaler, loose[:2])
    found = {
        (one.life, one.holder.name if one.holder else None, one.is_under_way): one.packs
        for one in queries.shares_of(make_batch(cast.maker))
    }
    assert found == {
        (Life.ACTIVE, "Helvetia Pharma", False): 3,
        (Life.ACTIVE, "Helvetia Pharma", True): 2,
        (Life.ACTIVE, "Alpine Wholesale", False): 4,
        (Life.ACTIVE, "Alpine Wholesale", True): 4,
        (Life.ACTIVE, "Corner Pharmacy", False): 3,
        (Life.DISPENSED, None, False): 1,
    }


# --- Handoffs and acts ------------------------------------------------------------------------------------------------


def test_a_delivery_tells_items_and_packs_that_are_still_under_way(cast: Cast) -> None:
    pallet, _cases, _packs = palletised(cast.maker, cases=2, packs_per_case=3)
    loose = commissioned(cast.maker, 2, start=100)
    handoff = shipped(cast.maker, cast.wholesaler, [pallet, *loose])
    (incoming,) = queries.incoming_page(cast.wholesaler.party).rows
    assert (incoming.handoff, incoming.items, incoming.packs) == (handoff, 3, 8)
    (sent,) = queries.sent_page(cast.maker.party).rows
    assert (sent.handoff, sent.items, sent.packs) == (handoff, 3, 8)
    assert queries.incoming_page(cast.pharmacy.party).rows == []


def test_a_received_delivery_is_no_longer_incoming_but_stays_among_what_was_sent(cast: Cast) -> None:
    handed_over(cast.maker, cast.wholesaler, commissioned(cast.maker, 1))
    assert queries.incoming_page(cast.wholesaler.party).rows == []
    assert queries.sent_page(cast.maker.party, only_open=True).rows == []
    assert [(one.items, one.handoff.state) for one in queries.sent_page(cast.maker.party).rows] == [(0, "received")]


def test_deeds_tell_how_far_their_proof_is_and_how_many_items_they_name(cast: Cast) -> None:
    commissioned(cast.maker, 5)
    advance()
    packed(cast.maker, [pack_epc("B0000000"), pack_epc("B0000001")])
    deeds = queries.recent_deeds(cast.maker.party)
    assert [(one.event.biz_step, one.proof, one.items) for one in deeds] == [
        ("packing", "pending", 2),
        ("commissioning", "published", 5),
    ]


def test_the_last_dispensed_packs_are_named(cast: Cast) -> None:
    epcs = commissioned(cast.maker, 2)
    handed_over(cast.maker, cast.pharmacy, epcs)
    for epc in epcs:
        dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    named = [item.serial_number for _deed, item in queries.recent_dispensings(cast.pharmacy.party) if item]
    assert named == ["B0000001", "B0000000"]


def test_the_regulators_count_of_parties_tells_who_is_admitted(cast: Cast) -> None:
    Party.objects.create(gln="9520004000000", name="Imported", roles=["wholesaler"], country="CH")
    assert {role: (known, admitted) for role, known, admitted in queries.count_members()}["wholesaler"] == (3, 2)


# --- The cost ---------------------------------------------------------------------------------------------------------


def test_no_read_costs_more_queries_for_more_rows(cast: Cast) -> None:
    def reads() -> dict[str, int]:
        maker, wholesaler = cast.maker.party, cast.wholesaler.party
        batch = make_batch(cast.maker)
        return {
            "stock": cost(lambda: queries.stock_page(maker)),
            "search": cost(lambda: queries.stock_page(maker, search=LOT)),
            "holdings": cost(lambda: queries.holdings(maker)),
            "shares": cost(lambda: queries.shares_of(batch)),
            "incoming": cost(lambda: queries.incoming_page(wholesaler)),
            "sent": cost(lambda: queries.sent_page(maker)),
            "deeds": cost(lambda: queries.recent_deeds(maker, size=50)),
            "batches": cost(lambda: [one.product.brand_owner.name for one in queries.batches_page(cast.maker).rows]),
            "products": cost(lambda: [one.brand_owner.name for one in queries.products_page(cast.regulator).rows]),
            "refusals": cost(lambda: [one.party for one in queries.refusals_page(cast.regulator).rows]),
            "lines": cost(lambda: queries.lines_of_items([line.item for line in stock() if line.item], maker)),
        }

    def stock() -> list[queries.Line]:
        return queries.stock_page(cast.maker.party).rows

    def goods(start: int) -> None:
        batch = make_batch(cast.maker, f"LOT{start}")
        epcs = commissioned(cast.maker, 6, start=start, batch=batch)
        packed(cast.maker, epcs[:2])
        shipped(cast.maker, cast.wholesaler, [packed(cast.maker, epcs[2:4]), epcs[4]])
        with pytest.raises(Refused):
            ship(actor=cast.forger, request=Request(), epcs=epcs[5:], receiver=cast.pharmacy.party)

    goods(0)
    make_product(cast.maker, OTHER_GTIN, "Another")
    few = reads()
    for start in range(100, 1000, 100):
        goods(start)
    assert reads() == few
    assert max(few.values()) <= 7
