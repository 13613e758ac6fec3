"""Every event that an act of ours writes is one that our own reader takes, hashes, finds and writes as XML."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from supplychain.disputes.rules import Answer, Claim, Finding, Resolution, Standing
from supplychain.endings import ENDINGS
from supplychain.epcis import event as own
from supplychain.epcis import vocabulary as cbv
from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.event_hash import event_hash
from supplychain.epcis.matching import matches
from supplychain.epcis.query import parse_query_url
from supplychain.epcis.write import write_event
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_write import write_xml_document
from supplychain.lifecycle import Purpose
from supplychain.serials.reconciliation import Tally
from tests.supplychain.epcis.samples import CONTEXT, document
from tests.supplychain.epcis.test_event import CASE, ME, OTHER, PACK, SCENE

GTIN, LOT = "09520001000010", "L/1"
CLAIM = Claim("SHORTAGE", PACK, "urn:uuid:1", OTHER, ME, Standing.OPEN)
TALLY = Tally(issued=5, closed=(PACK,))
RECEIPT: dict[str, Any] = {"epcs": [CASE], "sender": ME, "receiver": OTHER, "counted": True, "shipment": "urn:uuid:1"}


def every_event() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "commissioning", own.commissioning(SCENE, epcs=[PACK], lot_number=LOT, expiry=date(2028, 1, 31))
    for is_minted in (True, False):
        yield f"issuing {is_minted}", own.issuing(SCENE, epcs=[PACK], is_minted=is_minted)
    yield "reconciling", own.reconciling(SCENE, gtin=GTIN, tally=TALLY, allocation="urn:uuid:1")
    counted = replace(TALLY, destroyed=(PACK,), unaccounted=(CASE,), contradicted=(PACK,), counted=4)
    yield "reconciling a count", own.reconciling(SCENE, gtin=GTIN, tally=counted, allocation="urn:uuid:1")
    yield "packing", own.packing(SCENE, parent=CASE, children=[PACK])
    yield "unpacking", own.unpacking(SCENE, parent=CASE, children=[PACK])
    yield "unpacking all", own.unpacking(SCENE, parent=CASE, children=[])
    yield "shipping", own.shipping(SCENE, epcs=[CASE], sender=ME, receiver=OTHER)
    returning = own.shipping(SCENE, epcs=[CASE], sender=ME, receiver=OTHER, purpose=Purpose.RETURN, rma="urn:x:rma")
    yield "shipping back", returning
    yield "receiving", own.receiving(SCENE, **RECEIPT)
    found = [Finding("DAMAGED", CASE, "wet"), Finding("WRONG_LOT", CASE)]
    yield (
        "receiving less",
        own.receiving(SCENE, **RECEIPT | {"counted": False}, set_aside=[PACK], findings=found, purpose=Purpose.RETURN),
    )
    yield "unannounced", own.unannounced(SCENE, epcs=[CASE], sender=ME, receiver=OTHER)
    yield "return check", own.return_check(SCENE, epcs=[PACK], failed=[])
    yield "failed return check", own.return_check(SCENE, epcs=[PACK], failed=[(PACK, "MISMATCH")])
    yield "repackaging", own.repackaging(SCENE, inputs=[PACK], outputs=[CASE], lot_number=LOT, expiry=date(2028, 1, 31))
    report = {"sensorReport": [{"type": "Temperature", "value": 5, "uom": "CEL"}]}
    yield "sensing", own.sensing(SCENE, epcs=[CASE], elements=[report])
    base = own.packing(SCENE, parent=CASE, children=[PACK])
    now = datetime(2026, 11, 24, tzinfo=UTC)
    yield "declaring", own.declaring(base, at=now, reason="did_not_occur", corrective=[])
    yield "correcting", own.declaring(base, at=now, reason="incorrect_data", corrective=["urn:uuid:2"])
    for resolution, note in ((None, ""), (Resolution.LOST, "gone")):
        answer = Answer.CONTEST if resolution is None else Answer.CONFIRM
        yield (
            f"answering {resolution}",
            own.answering(SCENE, CLAIM, epcs=[PACK], answer=answer, resolution=resolution, note=note),
        )
    yield "contradicting", own.contradicting(base, [("LATE", PACK, "urn:uuid:3")])
    yield "void", own.void_shipping(SCENE, epcs=[CASE], shipment="urn:uuid:1")
    for name, how in ENDINGS.items():
        yield f"ending {name}", own.ending(SCENE, how, epcs=[PACK])
    yield "undo", own.reviving(SCENE, "undo", epcs=[PACK], undoes=["urn:uuid:1"])
    classes = [cbv.lot_class(GTIN, LOT)]
    held = {"reason": "suspect", "disposition": "non_sellable_other", "authority": "maker"}
    yield "holding packs", own.holding(SCENE, epcs=[PACK], lots=[], **held)
    yield "holding a batch", own.holding(SCENE, epcs=[], lots=classes, **held)
    yield "releasing", own.releasing(SCENE, epcs=[PACK], lots=classes, disposition="conformant", undoes=["urn:uuid:1"])


EVENTS = dict(every_event())


@pytest.mark.parametrize("name", EVENTS)
def test_our_own_event_is_one_that_our_reader_takes(name: str) -> None:
    body = EVENTS[name]
    spaces = {"@context": [*CONTEXT, {"medtrail": "https://medtrail.example/ns/"}]}
    (event,) = read_events(parse_document(document(body, **spaces))).events
    assert write_event(event) == body
    text = write_xml_document([event], creation_date="2026-11-23T08:30:00Z")
    (back,) = read_events(parse_document(read_xml(text.encode()))).events
    assert event_hash(back) == event_hash(event)
    question = [("EQ_bizStep", body["bizStep"]), ("GE_eventTime", body["eventTime"]), ("EQ_eventID", body["eventID"])]
    assert matches(parse_query_url(question), event)


def test_parties_and_batches_are_read_from_their_links() -> None:
    assert cbv.gln_of_party(cbv.party_uri(ME)) == ME
    assert [cbv.gln_of_party(text) for text in ("", ME, cbv.party_uri("1"), cbv.party_uri("a" * 13))] == [""] * 4
    assert cbv.gln_of_place(cbv.place_uri(ME)) == ME
    assert [cbv.gln_of_place(text) for text in ("", ME, cbv.place_uri("1"), cbv.place_uri("a" * 13))] == [""] * 4
    assert cbv.read_lot_class(cbv.lot_class(GTIN, LOT)) == (GTIN, LOT)
    assert cbv.read_lot_class("https://id.gs1.org/01/1") == cbv.read_lot_class("") == ("", "")
    assert own.parse_time(own.format_time(SCENE.time)) == SCENE.time
