"""Captured events about goods of ours are the acts that they describe: same guards, same statements, same state."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from supplychain.epcis.vocabulary import party_uri, place_uri
from supplychain.lifecycle import Life
from supplychain.models import Batch, CaptureJob, Event, Handoff, Item, Refusal
from supplychain.openings import open_in_list, statement_of
from supplychain.stock import find_items
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.run_capture_jobs import run_capture_jobs
from tests.factories import (
    GTIN,
    MAKER_GLN,
    OTHER_GTIN,
    PHARMACY_GLN,
    WHOLESALER_GLN,
    commissioned,
    handed_over,
    make_product,
    pack_epc,
    packed,
    shipped,
)
from tests.supplychain.epcis_rest.documents import FISH, an_event, bare, document

pytestmark = pytest.mark.django_db

SSCC = "https://id.gs1.org/00/095200010000000010"
URN_OF_PACK = "urn:epc:id:sgtin:9520001.000001."  # of GTIN


def at(later: int = 0) -> dict[str, str]:
    moment = timezone.now() + timedelta(milliseconds=later)
    return {"eventTime": moment.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": "+00:00"}


def commissioning(epcs: list[str], **fields: Any) -> dict[str, Any]:
    expiry = str(timezone.localdate() + timedelta(days=500))
    ilmd = {"cbvmda:lotNumber": "E1", "cbvmda:itemExpirationDate": expiry}
    words = {"action": "ADD", "bizStep": "commissioning", "disposition": "active"}
    here = {"readPoint": {"id": place_uri(MAKER_GLN)}, "bizLocation": {"id": place_uri(MAKER_GLN)}}
    return an_event(**{**words, **here, "epcList": epcs, "ilmd": ilmd, **at(), **fields})


def between(sender: str, receiver: str) -> dict[str, Any]:
    return {
        "sourceList": [{"type": "possessing_party", "source": party_uri(sender)}],
        "destinationList": [{"type": "possessing_party", "destination": party_uri(receiver)}],
    }


def shipping(epcs: list[str], receiver: str = WHOLESALER_GLN, **fields: Any) -> dict[str, Any]:
    words = {"bizStep": "shipping", "disposition": "in_transit", "epcList": epcs, **between(MAKER_GLN, receiver)}
    return an_event(**{**words, **at(20), **fields})


def receiving(epcs: list[str], **fields: Any) -> dict[str, Any]:
    words = {"bizStep": "receiving", "disposition": "in_progress", "epcList": epcs}
    return an_event(**{**words, **between(MAKER_GLN, WHOLESALER_GLN), **at(90), **fields})


def packing(parent: str, children: list[str], **fields: Any) -> dict[str, Any]:
    words = {"type": "AggregationEvent", "action": "ADD", "bizStep": "packing", "parentID": parent}
    return an_event(**{**words, "childEPCs": children, "epcList": None, **at(10), **fields})


def capture(client, events: list[Any], behaviour: str = "rollback") -> CaptureJob:
    answer = client.post("capture", document(events), **{"GS1-Capture-Error-Behaviour": behaviour})
    assert answer.status == 202, answer.body
    run_capture_jobs()
    return CaptureJob.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def codes(job: CaptureJob) -> list[str]:
    return [problem.get("code") or problem["errors"][0]["code"] for problem in job.errors]


def state_follows_from_the_log() -> bool:
    return list(rebuild_state())[-1].is_equal


# --- What must not happen ---------------------------------------------------------------------------------------------


def test_nobody_commissions_packs_of_another_maker(epcis, cast):
    make_product(cast.maker)
    job = capture(epcis.forger, [commissioning([pack_epc("X1")])])
    assert (job.success, codes(job)) == (False, ["NOT_BRAND_OWNER"])
    assert job.errors[0]["errors"][0]["path"] == "epcisBody.eventList[0]"
    assert not Item.objects.exists()
    assert not Batch.objects.exists()
    assert Refusal.objects.filter(party=cast.forger.party, code="NOT_BRAND_OWNER").exists()


def test_nobody_ships_what_it_does_not_hold(epcis, cast):
    packs = commissioned(cast.maker, 2)
    job = capture(epcis.forger, [shipping(packs, **between("9520007000007", WHOLESALER_GLN))])
    assert codes(job) == ["NOT_HOLDER"]
    assert not Handoff.objects.exists()


def test_an_event_must_not_tell_of_another_sender_than_the_one_who_signs(epcis, cast):
    packs = commissioned(cast.maker, 1)
    job = capture(epcis.maker, [shipping(packs, **between(PHARMACY_GLN, WHOLESALER_GLN))])
    assert codes(job) == ["OTHER_PARTY"]


def test_a_delivery_is_taken_in_by_its_addressee_only(epcis, cast):
    packs = commissioned(cast.maker, 1)
    handoff = shipped(cast.maker, cast.wholesaler, packs)
    named = [{"type": "desadv", "bizTransaction": handoff.ship_event.event_id}]
    stolen = receiving(packs, bizTransactionList=named, **between(MAKER_GLN, "9520007000007"))
    assert codes(capture(epcis.forger, [stolen])) == ["NOT_SHIPPED_TO_YOU"]
    assert codes(capture(epcis.forger, [receiving(packs, **between(MAKER_GLN, "9520007000007"))])) == ["NOT_UNDER_WAY"]


def test_the_same_pack_cannot_be_dispensed_twice_nor_by_a_stranger(epcis, cast):
    packs = commissioned(cast.maker, 1)
    handed_over(cast.maker, cast.pharmacy, packs)
    words = {"action": "DELETE", "bizStep": "dispensing", "disposition": "dispensed", "epcList": packs}
    assert codes(capture(epcis.forger, [an_event(**words, **at(100))])) == ["NOT_HOLDER"]
    assert capture(epcis.pharmacy, [an_event(**words, **at(100))]).success
    assert codes(capture(epcis.pharmacy, [an_event(**words, **at(101))])) == ["ALREADY_DISPENSED"]


def test_a_rolled_back_document_leaves_nothing_but_evidence(epcis, cast):
    make_product(cast.maker)
    events = [commissioning([pack_epc("X1")]), an_event(), commissioning([pack_epc("X1")])]
    job = capture(epcis.maker, events)
    assert (job.success, job.running, job.document) == (False, False, "")
    assert codes(job) == ["SERIAL_REUSED"]
    assert job.errors[0]["errors"][0]["path"] == "epcisBody.eventList[2]"
    assert not Event.objects.exists()
    assert not Item.objects.exists()
    assert Refusal.objects.filter(code="SERIAL_REUSED").count() == 1


def test_with_proceed_everything_that_is_right_is_captured(epcis, cast):
    make_product(cast.maker)
    wrong = {**an_event(), "bizStep": "transforming"}
    events = [commissioning([pack_epc("X1")]), wrong, commissioning([pack_epc("X1")]), an_event()]
    job = capture(epcis.maker, events, "proceed")
    assert (job.success, job.running, job.done) == (False, False, 4)
    assert [one["errors"][0]["path"] for one in job.errors] == [
        "epcisBody.eventList[1].bizStep",
        "epcisBody.eventList[2]",
    ]
    assert Event.objects.count() == 2


def test_packs_of_ours_need_a_lot_and_an_expiry(epcis, cast):
    make_product(cast.maker)
    job = capture(epcis.maker, [commissioning([pack_epc("X1")], ilmd=None)])
    assert job.errors[0]["errors"][0]["path"] == "epcisBody.eventList[0].ilmd.cbvmda:lotNumber"


def test_decommissioning_of_ours_says_what_for(epcis, cast):
    packs = commissioned(cast.maker, 1)
    words = {"action": "DELETE", "bizStep": "decommissioning", "disposition": "inactive", "epcList": packs}
    job = capture(epcis.maker, [an_event(**words, **at())])
    assert job.errors[0]["errors"][0]["path"] == "epcisBody.eventList[0].medtrail:act"
    assert capture(epcis.maker, [an_event(**words, **{"medtrail:act": "export"}, **at())]).success
    assert Item.objects.get().life == Life.EXPORTED


def test_a_lot_keeps_its_expiry(epcis, cast):
    make_product(cast.maker)
    assert capture(epcis.maker, [commissioning([pack_epc("X1")])]).success
    other = {"cbvmda:lotNumber": "E1", "cbvmda:itemExpirationDate": "2099-01-31"}
    assert codes(capture(epcis.maker, [commissioning([pack_epc("X2")], ilmd=other)])) == ["LOT_EXPIRY_CONFLICT"]


def test_an_eventid_of_an_act_cannot_be_taken_twice_by_anybody(epcis, cast):
    packs = commissioned(cast.maker, 2)
    assert capture(epcis.maker, [shipping(packs[:1], eventID="urn:uuid:1")]).success
    assert codes(capture(epcis.maker, [shipping(packs[1:], eventID="urn:uuid:1")])) == ["EVENT_EXISTS"]


def test_a_stranger_cannot_squat_on_an_eventid_to_come(epcis, cast):
    packs = commissioned(cast.maker, 1)
    assert capture(epcis.forger, [an_event(eventID="urn:uuid:soon")]).success
    assert capture(epcis.maker, [shipping(packs, eventID="urn:uuid:soon")]).success
    assert Handoff.objects.get().ship_event.event_id == "urn:uuid:soon"


def test_an_observation_of_our_packs_by_anybody_changes_neither_state_nor_story(epcis, cast):
    packs = commissioned(cast.maker, 1)
    seen = an_event(bizStep="inspecting", disposition="damaged", epcList=packs)
    assert capture(epcis.forger, [seen]).success
    item = Item.objects.get()
    assert (item.life, item.last_event) == (Life.ACTIVE, item.made_by)
    assert not item.event_items.exists()
    assert state_follows_from_the_log()


# --- What must work ---------------------------------------------------------------------------------------------------


def test_the_whole_way_of_a_pallet_by_epcis_alone(epcis, cast):
    make_product(cast.maker)
    packs = [pack_epc(f"E{number}") for number in range(3)]
    made = [commissioning(packs), packing(SSCC, packs), shipping([SSCC])]
    assert capture(epcis.maker, made).errors == []
    handoff = Handoff.objects.get()
    assert (handoff.receiver, handoff.state) == (cast.wholesaler.party, "open")
    # A partner's despatch advice number says nothing here: the goods tell which shipment it is.
    advice = [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:9520001000003:1152"}]
    assert capture(epcis.wholesaler, [receiving([SSCC], bizTransactionList=advice)]).errors == []
    handoff.refresh_from_db()
    assert handoff.state == "received"
    unpack = {"type": "AggregationEvent", "action": "DELETE", "bizStep": "unpacking", "parentID": SSCC, "epcList": None}
    everything = an_event(**unpack, childEPCs=[], **at(95))
    assert capture(epcis.wholesaler, [everything]).errors == []
    assert {item.holder for item in Item.objects.all()} == {cast.wholesaler.party}
    assert state_follows_from_the_log()
    shown = epcis.wholesaler.get("events", EQ_bizStep="unpacking").body["epcisBody"]["queryResults"]["resultsBody"]
    assert "childEPCs" in shown["eventList"][0]


def test_a_captured_event_is_what_its_party_signs(epcis, cast):
    make_product(cast.maker)
    sent = commissioning([pack_epc(f"E{number}") for number in range(300)], **{"example:line": {"example:speed": 12.5}})
    assert capture(epcis.maker, [sent]).success
    event = Event.objects.get()
    assert (event.event_id, event.place) == (sent["eventID"], cast.maker.place)
    assert "example:line" in statement_of(event)["sealed"]
    assert "effect" not in statement_of(event)
    item = Item.objects.get(serial_number="E7")
    assert open_in_list(event, "epcList", pack_epc("E7"), item.position).member == pack_epc("E7")


def test_urns_are_stated_as_canonical_links_and_come_back_as_they_came(epcis, cast):
    make_product(cast.maker)
    sent = commissioning([f"{URN_OF_PACK}B1", f"{URN_OF_PACK}A%2F1"])
    assert capture(epcis.maker, [sent]).errors == []
    assert set(Item.objects.values_list("gtin", "serial_number")) == {(GTIN, "B1"), (GTIN, "A/1")}
    event = Event.objects.get()
    assert pack_epc("A/1") in event.body
    (as_it_came,) = results(epcis.maker.get("events", **{"GS1-EPC-Format": "Never_Translates"}))
    assert as_it_came["epcList"] == sent["epcList"]
    (as_links,) = results(epcis.maker.get("events"))
    assert as_links["epcList"] == [pack_epc("B1"), pack_epc("A/1")]
    (as_urns,) = results(epcis.maker.get("events", **{"GS1-EPC-Format": "Always_EPC_URN"}))
    assert as_urns["readPoint"]["id"].startswith("urn:epc:id:sgln:")
    assert state_follows_from_the_log()


def results(answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    return list(answer.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def test_what_came_with_a_delivery_and_was_not_the_senders_is_set_aside(epcis, cast):
    packs = commissioned(cast.maker, 2)
    shipped(cast.maker, cast.wholesaler, packs[:1])
    handed_over(cast.maker, cast.pharmacy, packs[1:])
    assert capture(epcis.wholesaler, [receiving(packs)]).errors == []
    event = Event.objects.get(party=cast.wholesaler.party)
    assert event.epcis_index.captured
    assert find_items(packs)[packs[1]].holder == cast.pharmacy.party
    assert state_follows_from_the_log()


def test_a_shipment_is_called_off_by_its_goods(epcis, cast):
    packs = commissioned(cast.maker, 2)
    shipped(cast.maker, cast.wholesaler, packs)
    off = an_event(bizStep="void_shipping", disposition="in_progress", epcList=packs, **at(30))
    assert codes(capture(epcis.wholesaler, [off])) == ["NOT_UNDER_WAY"]
    assert capture(epcis.maker, [off]).errors == []
    assert Handoff.objects.get().state == "void"
    assert state_follows_from_the_log()


def test_a_destroyed_pallet_needs_no_word_of_ours(epcis, cast):
    case = packed(cast.maker, commissioned(cast.maker, 2))
    words = {"action": "DELETE", "bizStep": "destroying", "disposition": "destroyed", "epcList": [case]}
    assert capture(epcis.maker, [an_event(**words, **at())]).errors == []
    assert find_items([case])[case].life == Life.DESTROYED
    assert state_follows_from_the_log()


def test_goods_of_strangers_move_nothing_whatever_the_event_says(epcis, cast):
    make_product(cast.maker)
    events = [
        commissioning([FISH], ilmd={"example:species": "cod"}),
        shipping([FISH], WHOLESALER_GLN),
        packing("urn:epc:id:sscc:4012345.1234567890", [FISH]),
        an_event(action="DELETE", bizStep="decommissioning"),
        commissioning([pack_epc("Z1", OTHER_GTIN)]),  # nobody registered this product
    ]
    assert capture(epcis.maker, events).errors == []
    assert Event.objects.count() == 5
    assert not Item.objects.exists()
    assert {statement_of(event)["effect"] for event in Event.objects.all()} == {"none"}
    assert state_follows_from_the_log()
    # The named partner sees the shipment, and nothing else of it.
    assert [one["bizStep"] for one in results(epcis.wholesaler.get("events"))] == ["shipping"]
    assert results(epcis.forger.get("events")) == []
    assert len(results(epcis.regulator.get("events"))) == 5


def test_one_event_is_stated_before_the_answer(epcis, cast):
    packs = commissioned(cast.maker, 1)
    sent = shipping(packs)
    answer = epcis.maker.post("events", bare(sent))
    assert answer.status == 201
    assert answer.headers["Location"].endswith(sent["eventID"].replace(":", "%3A"))
    again = epcis.maker.post("events", bare(sent))
    assert (again.status, again.body["type"]) == (409, "epcisException:ResourceAlreadyExistsException")
    assert Handoff.objects.count() == 1
    refused = epcis.forger.post("events", bare(shipping(packs)))
    assert (refused.status, refused.body["code"]) == (400, "OTHER_PARTY")
