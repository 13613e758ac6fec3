"""The forger, the careless and the late: each thing that people do wrong, with the exact code, and the state as it was.

Every case runs against the same goods: packs and a case with the maker, a delivery to the wholesaler under way, a pack
with the pharmacy and one that it has dispensed. `refusal_code` sees to it that nothing was stored but the evidence;
here the whole state is compared besides, and replayed from the log at the end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ledger import custody
from ledger.models import Entry
from ledger.usecases.submit import submit
from supplychain.acts import Actor, Refused, Rehearsed, Request, rehearsal_of
from supplychain.models import Batch, Content, Discrepancy, Handoff, Item, Party, Refusal
from supplychain.stock import find_items
from supplychain.usecases.commission import commission
from supplychain.usecases.destroy import destroy
from supplychain.usecases.dispense import dispense
from supplychain.usecases.pack import pack
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.receive import receive
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.ship import ship
from supplychain.usecases.undo import undo
from supplychain.usecases.unpack import unpack
from supplychain.usecases.void import void
from tests.factories import Cast, commissioned, handed_over, make_batch, pack_epc, packed, refusal_code, shipped

pytestmark = pytest.mark.django_db
STATE = (Item, Handoff, Content, Discrepancy, Batch)


@dataclass(frozen=True)
class Goods:
    loose: list[str]  # two packs with the maker
    case: str  # with two packs in it, with the maker
    inside: list[str]
    pallet: str  # with that case on it
    moving: list[str]  # on their way from maker to wholesaler
    handoff: Handoff
    sold: str  # with the pharmacy
    gone: str  # dispensed by the pharmacy
    destroyed: str


@pytest.fixture
def goods(cast: Cast) -> Goods:
    packs = commissioned(cast.maker, 9)
    case = packed(cast.maker, packs[2:4])
    pallet = packed(cast.maker, [case])
    handoff = shipped(cast.maker, cast.wholesaler, packs[4:6])
    handed_over(cast.maker, cast.pharmacy, packs[6:8])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[7])
    destroy(actor=cast.maker, request=Request(), epcs=packs[8:])
    return Goods(packs[:2], case, packs[2:4], pallet, packs[4:6], handoff, packs[6], packs[7], packs[8])


def state() -> list[Any]:
    return [list(model._default_manager.order_by("pk").values()) for model in STATE]


def refused(act: Callable[..., object], actor: Actor, **wish: Any) -> str:
    """The code, after it was made sure that the refusal has left everything as it was."""
    before = state()
    code = refusal_code(act, actor=actor, request=wish.pop("request", None) or Request(), **wish)
    assert state() == before
    assert Refusal.objects.latest("pk").party == actor.party
    return code


@pytest.fixture(autouse=True)
def _the_state_follows_from_the_log(cast: Cast):
    yield
    *_, last = rebuild_state()
    assert (last.differences, last.reason) == ([], "")


# --- The forger -------------------------------------------------------------------------------------------------------


def test_it_ships_what_it_does_not_hold(cast: Cast, goods: Goods) -> None:
    to = cast.pharmacy.party
    assert refused(ship, cast.forger, epcs=goods.loose, receiver=to) == "NOT_HOLDER"
    assert refused(ship, cast.forger, epcs=[goods.pallet], receiver=to) == "NOT_HOLDER"
    assert refused(ship, cast.forger, epcs=goods.moving, receiver=to) == "IN_TRANSIT"
    assert refused(ship, cast.forger, epcs=[goods.gone], receiver=to) == "ALREADY_DISPENSED"
    assert refused(ship, cast.forger, epcs=[pack_epc("INVENTED")], receiver=to) == "UNKNOWN_ITEM"


def test_it_receives_what_was_not_sent_to_it(cast: Cast, goods: Goods) -> None:
    assert refused(receive, cast.forger, handoff=goods.handoff) == "NOT_SHIPPED_TO_YOU"
    assert refused(receive, cast.forger, handoff=goods.handoff, epcs=goods.moving) == "NOT_SHIPPED_TO_YOU"
    assert refused(receive, cast.maker, handoff=goods.handoff) == "NOT_SHIPPED_TO_YOU"
    assert refused(receive, cast.regulator, handoff=goods.handoff) == "ROLE_NOT_ALLOWED"


def test_it_dispenses_what_was_dispensed_and_what_it_never_had(cast: Cast, goods: Goods) -> None:
    assert refused(dispense, cast.pharmacy, epc=goods.gone) == "ALREADY_DISPENSED"
    assert refused(dispense, cast.forger, epc=goods.gone) == "ALREADY_DISPENSED"
    assert refused(dispense, cast.forger, epc=goods.sold) == "NOT_HOLDER"


def test_a_label_that_says_something_else_is_not_dispensed(cast: Cast, goods: Goods) -> None:
    batch = find_items([goods.sold])[goods.sold].batch
    assert batch is not None
    day = (batch.expiry + timedelta(days=31)).isoformat()
    assert refused(dispense, cast.pharmacy, epc=goods.sold, lot_number="L-OTHER") == "BATCH_MISMATCH"
    assert refused(dispense, cast.pharmacy, epc=goods.sold, expiry=day) == "EXPIRY_MISMATCH"
    assert refused(dispense, cast.pharmacy, epc=goods.sold, expiry="soon") == "DATE"
    assert refused(dispense, cast.pharmacy, epc=pack_epc("INVENTED"), lot_number="L") == "UNKNOWN_ITEM"
    dispense(
        actor=cast.pharmacy,
        request=Request(),
        epc=goods.sold,
        lot_number=batch.lot_number,
        expiry=batch.expiry.isoformat(),
    )


def test_it_makes_packs_under_numbers_that_were_used(cast: Cast, goods: Goods) -> None:
    batch = make_batch(cast.maker)
    for epc in (goods.destroyed, goods.gone, goods.loose[0]):
        serial = epc.rpartition("/")[2]
        assert refused(commission, cast.maker, batch=batch, serial_numbers=["NEW1", serial]) == "SERIAL_REUSED"
    assert refused(commission, cast.forger, batch=batch, serial_numbers=["NEW1"]) == "NOT_BRAND_OWNER"


def test_it_hands_in_another_partys_statement_again(cast: Cast, goods: Goods) -> None:
    """The same bytes are the same entry; under another key they are nobody's statement."""
    from ledger.envelope import Envelope, parse_envelope
    from ledger.errors import LedgerError

    before, entries = state(), Entry.objects.count()
    original = bytes(goods.handoff.ship_event.entry.envelope)
    assert submit(envelope=original).entry == goods.handoff.ship_event.entry
    payload = parse_envelope(original).payload
    forged = custody.managed_key(cast.forger.party.keyid).sign(payload)
    with pytest.raises(LedgerError) as caught:
        submit(envelope=Envelope(payload, (forged,)).encode())
    assert caught.value.code == "KEY_PARTY"
    assert (state(), Entry.objects.count()) == (before, entries)


def test_it_repeats_another_partys_request_under_its_own_name(cast: Cast, goods: Goods) -> None:
    replay = Request(goods.handoff.ship_event.nonce)
    code = refused(ship, cast.forger, request=replay, epcs=goods.moving, receiver=cast.wholesaler.party)
    assert code == "IN_TRANSIT"


def test_it_signs_with_a_key_that_was_revoked(cast: Cast, goods: Goods) -> None:
    from ledger.usecases.revoke_key import revoke_key

    keyid = cast.maker.party.keyid
    gln, signer = cast.maker.party.gln, cast.regulator.party.keyid
    revoke_key(party=gln, keyid=keyid, signer_keyid=signer, reason="compromise")
    assert Party.objects.get(pk=cast.maker.party.pk).keyid == keyid
    assert refused(ship, cast.maker, epcs=goods.loose, receiver=cast.wholesaler.party) == "KEY_REVOKED"
    assert refused(destroy, cast.maker, epcs=goods.loose) == "KEY_REVOKED"


def test_it_has_a_licence_that_has_run_out(cast: Cast, goods: Goods) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    for actor in (cast.maker, cast.pharmacy):
        actor.party.licence_expiry = yesterday
        actor.party.save()
    assert refused(ship, cast.maker, epcs=goods.loose, receiver=cast.wholesaler.party) == "PARTNER_NOT_AUTHORISED"
    assert refused(dispense, cast.pharmacy, epc=goods.sold) == "PARTNER_NOT_AUTHORISED"
    assert refused(undo, cast.pharmacy, epc=goods.gone) == "PARTNER_NOT_AUTHORISED"
    batch = make_batch(cast.maker)
    assert refused(commission, cast.maker, batch=batch, serial_numbers=["NEW1"]) == "PARTNER_NOT_AUTHORISED"
    # And nobody sends it goods: its partners are told.
    receive(actor=cast.wholesaler, request=Request(), handoff=goods.handoff)
    wish = {"epcs": goods.moving, "receiver": Party.objects.get(pk=cast.pharmacy.party.pk)}
    assert refused(ship, cast.wholesaler, **wish) == "PARTNER_NOT_AUTHORISED"


def test_a_party_without_a_key_on_this_log_signs_nothing(cast: Cast, goods: Goods) -> None:
    stranger = Party.objects.get(pk=cast.maker.party.pk)
    stranger.keyid = ""
    actor = replace(cast.maker, party=stranger)
    assert refused(ship, actor, epcs=goods.loose, receiver=cast.wholesaler.party) == "NOT_ADMITTED"


def test_it_back_dates(cast: Cast, goods: Goods) -> None:
    """To before the goods were its own, or were there at all, or clocks were set; and it dates ahead."""
    to = cast.wholesaler.party
    ago = Request(event_time=timezone.now() - timedelta(days=1))
    assert refused(ship, cast.maker, request=ago, epcs=goods.loose, receiver=to) == "TIME_TRAVEL"
    assert refused(dispense, cast.pharmacy, request=ago, epc=goods.sold) == "TIME_TRAVEL"
    assert refused(receive, cast.wholesaler, request=ago, handoff=goods.handoff) == "TIME_TRAVEL"
    assert refused(void, cast.maker, request=ago, handoff=goods.handoff) == "TIME_TRAVEL"
    assert refused(undo, cast.pharmacy, request=ago, epc=goods.gone) == "TIME_TRAVEL"
    assert refused(unpack, cast.maker, request=ago, parent=goods.pallet) == "TIME_TRAVEL"
    ahead = Request(event_time=timezone.now() + timedelta(minutes=6))
    assert refused(ship, cast.maker, request=ahead, epcs=goods.loose, receiver=to) == "TIME_TRAVEL"


def test_it_reports_anothers_goods_stolen_or_calls_anothers_shipment_off(cast: Cast, goods: Goods) -> None:
    assert refused(report_stolen, cast.forger, epcs=goods.loose) == "NOT_HOLDER"
    assert refused(void, cast.forger, handoff=goods.handoff) == "NOT_SENDER"
    assert refused(void, cast.wholesaler, handoff=goods.handoff) == "NOT_SENDER"


def test_it_drafts_what_it_may_not_do(cast: Cast, goods: Goods) -> None:
    """A rehearsal runs into the same guards, and leaves as little behind."""
    wish = {"epcs": goods.loose, "receiver": cast.pharmacy.party}
    assert refused(ship, cast.forger, request=rehearsal_of(Request()), **wish) == "NOT_HOLDER"
    before = state()
    with pytest.raises(Rehearsed):
        ship(actor=cast.maker, request=rehearsal_of(Request()), epcs=goods.loose, receiver=cast.wholesaler.party)
    assert state() == before


# --- The careless -----------------------------------------------------------------------------------------------------


def test_a_circle_of_containers_is_not_closed(cast: Cast, goods: Goods) -> None:
    assert refused(pack, cast.maker, parent=goods.case, children=[goods.pallet]) == "AGGREGATION_INVALID"
    assert refused(pack, cast.maker, parent=goods.pallet, children=[goods.pallet]) == "AGGREGATION_INVALID"
    assert refused(pack, cast.maker, parent=goods.pallet, children=goods.inside) == "AGGREGATION_INVALID"


def test_fifty_thousand_children_are_too_many_for_one_unit(cast: Cast, goods: Goods) -> None:
    crowd = [pack_epc(f"N{number:06d}") for number in range(50_000)]
    assert refused(pack, cast.maker, parent=goods.pallet, children=crowd) == "BAD_COUNT"


@pytest.mark.parametrize(
    ("epcs", "code"),
    [
        ([], "NOTHING_TO_DO"),
        (["first", "first"], "NAMED_TWICE"),
        (["inside"], "SHIP_CHILD"),
        (["https://id.gs1.org/01/09520001000011/21/X"], "NOT_CANONICAL_EPC"),
        (["urn:epc:id:sgtin:x"], "NOT_CANONICAL_EPC"),
        ([""], "NOT_CANONICAL_EPC"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_as_a_whole(cast: Cast, goods: Goods, epcs: list[str], code: str) -> None:
    names = {"first": goods.loose[0], "inside": goods.inside[0]}
    named = [names.get(one, one) for one in epcs]
    assert refused(ship, cast.maker, epcs=named, receiver=cast.wholesaler.party) == code
    if named:
        mixed = [goods.loose[1], *named]
        assert refused(ship, cast.maker, epcs=mixed, receiver=cast.wholesaler.party) == code
        assert find_items(goods.loose)[goods.loose[1]].handoff is None


def test_goods_are_sent_to_oneself_or_for_a_purpose_that_nobody_knows(cast: Cast, goods: Goods) -> None:
    assert refused(ship, cast.maker, epcs=goods.loose, receiver=cast.maker.party) == "SHIP_TO_SELF"
    wish = {"epcs": goods.loose, "receiver": cast.wholesaler.party, "purpose": "fun"}
    assert refused(ship, cast.maker, **wish) == "BAD_PURPOSE"


def test_what_is_scanned_belongs_to_no_delivery(cast: Cast, goods: Goods) -> None:
    wish = {"handoff": goods.handoff, "epcs": [pack_epc("INVENTED")]}
    assert refused(receive, cast.wholesaler, **wish) == "NOTHING_OF_SHIPMENT"


# --- The late ---------------------------------------------------------------------------------------------------------


def test_it_comes_too_late_to_call_off_to_undo_or_to_receive(cast: Cast, goods: Goods) -> None:
    receive(actor=cast.wholesaler, request=Request(), handoff=goods.handoff)
    assert refused(void, cast.maker, handoff=goods.handoff) == "VOID_TOO_LATE"
    assert refused(receive, cast.wholesaler, handoff=goods.handoff) == "DOUBLE_RECEIPT"
    assert refused(receive, cast.wholesaler, handoff=goods.handoff, epcs=goods.moving) == "DOUBLE_RECEIPT"
    assert refused(undo, cast.maker, epc=goods.destroyed) == "UNDO_IRREVERSIBLE"


def test_a_request_id_is_used_for_another_wish(cast: Cast, goods: Goods) -> None:
    request = Request()
    ship(actor=cast.maker, request=request, epcs=goods.loose[:1], receiver=cast.wholesaler.party)
    wish = {"epcs": goods.loose[1:], "receiver": cast.wholesaler.party}
    assert refused(ship, cast.maker, request=request, **wish) == "REQUEST_REUSED"
    with pytest.raises(Refused, match="32 lower-case hex digits"):
        Request("not hex")
