"""What an event must not say: each row is one change to a good event, the place that is named, and the code."""

from typing import Any

import pytest

from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import Event
from supplychain.epcis.limits import Limits
from supplychain.epcis.read import read_event
from supplychain.epcis.values import (
    Quantity,
    Timestamp,
)
from supplychain.epcis.write import write_event
from tests.supplychain.epcis.samples import CASE, PACK, PACK_URN, PLACE, object_event

TIME = "2026-11-23T08:30:00.000Z"
TIMES = {"eventTime": TIME, "eventTimeZoneOffset": "+00:00"}
BASE: dict[str, dict[str, Any]] = {
    "ObjectEvent": object_event(),
    "AggregationEvent": {
        "type": "AggregationEvent",
        **TIMES,
        "action": "ADD",
        "parentID": CASE,
        "childEPCs": [PACK],
    },
    "TransactionEvent": {
        "type": "TransactionEvent",
        **TIMES,
        "action": "ADD",
        "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:1"}],
        "epcList": [PACK],
    },
    "TransformationEvent": {"type": "TransformationEvent", **TIMES, "inputEPCList": [PACK], "outputEPCList": [CASE]},
}
BASE["AssociationEvent"] = BASE["AggregationEvent"] | {"type": "AssociationEvent"}


def changed(kind: str, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in (BASE[kind] | changes).items() if value is not ...}


@pytest.mark.parametrize("kind", BASE)
def test_the_events_that_are_changed_below_are_good(kind: str) -> None:
    assert write_event(read_event(BASE[kind])) == BASE[kind]


QUANTITY = {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 3}
REPORT = {"type": "Temperature", "value": 3, "uom": "CEL"}


def sensed(**report: Any) -> dict[str, Any]:
    return {"sensorElementList": [{"sensorReport": [REPORT | report]}]}


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


BAD: list[tuple[str, dict[str, Any], str, str]] = [
    # Times
    ("ObjectEvent", {"eventTime": ...}, "eventTime", "MISSING"),
    ("ObjectEvent", {"eventTimeZoneOffset": ...}, "eventTimeZoneOffset", "MISSING"),
    ("ObjectEvent", {"eventTime": None}, "eventTime", "TYPE"),
    ("ObjectEvent", {"eventTime": 1764000000}, "eventTime", "TYPE"),
    ("ObjectEvent", {"eventTime": "2026-11-23T08:30:00"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-02-30T08:30:00Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-11-23 08:30:00Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-11-23T08:30Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-11-23T24:30:00Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "0001-01-01T00:00:00+14:00"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "9999-12-31T23:59:59-14:00"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-11-23T08:30:00+99:00"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "٢٠٢٦-11-23T08:30:00Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"eventTime": "2026-11-23T08:30:00." + "1" * 40 + "Z"}, "eventTime", "TIME"),
    ("ObjectEvent", {"recordTime": "yesterday"}, "recordTime", "TIME"),
    ("ObjectEvent", {"eventTimeZoneOffset": "+15:00"}, "eventTimeZoneOffset", "TIME"),
    ("ObjectEvent", {"eventTimeZoneOffset": "+14:30"}, "eventTimeZoneOffset", "TIME"),
    ("ObjectEvent", {"eventTimeZoneOffset": "Z"}, "eventTimeZoneOffset", "TIME"),
    ("ObjectEvent", {"eventTimeZoneOffset": "1:00"}, "eventTimeZoneOffset", "TIME"),
    # Words and fields
    ("ObjectEvent", {"action": ...}, "action", "MISSING"),
    ("ObjectEvent", {"action": "add"}, "action", "WORD"),
    ("ObjectEvent", {"bizStep": "transforming"}, "bizStep", "WORD"),
    ("ObjectEvent", {"bizStep": "urn:epcglobal:cbv:bizstep:shipping"}, "bizStep", "WORD"),
    ("ObjectEvent", {"bizStep": "https://ns.gs1.org/cbv/BizStep-shipping"}, "bizStep", "WORD"),
    ("ObjectEvent", {"bizStep": "https://ref.gs1.org/cbv/BizStep-recalled"}, "bizStep", "WORD"),
    ("ObjectEvent", {"bizStep": "cbv:BizStep-recalled"}, "bizStep", "WORD"),
    ("ObjectEvent", {"bizStep": ["shipping"]}, "bizStep", "TYPE"),
    ("ObjectEvent", {"bizStep": "x:y z"}, "bizStep", "URI"),
    ("ObjectEvent", {"disposition": "quarantined"}, "disposition", "WORD"),
    ("ObjectEvent", {"type": "objectEvent"}, "type", "WORD"),
    ("ObjectEvent", {"type": ...}, "type", "MISSING"),
    ("ObjectEvent", {"type": 7}, "type", "TYPE"),
    ("ObjectEvent", {"colour": "red"}, "colour", "UNKNOWN_FIELD"),
    ("ObjectEvent", {":x": "red"}, ":x", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"ex:": "red"}, "ex:", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"ex:a b": "red"}, '["ex:a b"]', "UNKNOWN_FIELD"),
    ("ObjectEvent", {"parentID": CASE}, "parentID", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"childEPCs": [PACK]}, "childEPCs", "UNKNOWN_FIELD"),
    ("TransformationEvent", {"action": "ADD"}, "action", "UNKNOWN_FIELD"),
    ("AggregationEvent", {"ilmd": {"ex:a": 1}}, "ilmd", "UNKNOWN_FIELD"),
    # Names
    ("ObjectEvent", {"eventID": "event 1"}, "eventID", "URI"),
    ("ObjectEvent", {"eventID": "javascript:alert(1)"}, "eventID", "URI"),
    ("ObjectEvent", {"eventID": "JaVaScRiPt:alert(1)"}, "eventID", "URI"),
    ("ObjectEvent", {"eventID": "data:text/html,x"}, "eventID", "URI"),
    ("ObjectEvent", {"eventID": "urn:x:" + "a" * 9000}, "eventID", "URI"),
    ("ObjectEvent", {"epcList": ["pack 7"]}, "epcList[0]", "URI"),
    ("ObjectEvent", {"epcList": [PACK, "vbscript:x"]}, "epcList[1]", "URI"),
    ("ObjectEvent", {"epcList": ["https://id.gs1.org/01/70614141123452/21/1"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["https://shop.example/01/70614141123452/21/1"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["https://id.gs1.org/01/7061414112345/21/1"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["https://id.gs1.org/21/1/01/70614141123451/10/L/22/V"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["https://id.gs1.org/00/106141412345678909"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["urn:epc:id:sgtin:0614141.71234.2017"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["urn:epc:id:sgtin:0614141.712345"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["urn:epc:id:sgtin:0614141.712345.%00"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": ["urn:epc:id:sscc:0614141.123456789"]}, "epcList[0]", "EPC"),
    ("ObjectEvent", {"epcList": [PACK, PACK]}, "epcList[1]", "DUPLICATE"),
    ("ObjectEvent", {"epcList": PACK}, "epcList", "TYPE"),
    ("ObjectEvent", {"epcList": [PACK, 7]}, "epcList[1]", "TYPE"),
    ("ObjectEvent", {"readPoint": PLACE}, "readPoint", "TYPE"),
    ("ObjectEvent", {"readPoint": {}}, "readPoint.id", "MISSING"),
    ("ObjectEvent", {"readPoint": {"id": "here"}}, "readPoint.id", "URI"),
    ("ObjectEvent", {"readPoint": {"id": PLACE, "floor": 2}}, "readPoint.floor", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"bizLocation": {"id": "https://id.gs1.org/414/9506000140446"}}, "bizLocation.id", "EPC"),
    ("ObjectEvent", {"certificationInfo": "none"}, "certificationInfo", "URI"),
    ("ObjectEvent", {"certificationInfo": ["urn:x:1", "none"]}, "certificationInfo[1]", "URI"),
    ("ObjectEvent", {"certificationInfo": {"a": 1}}, "certificationInfo", "TYPE"),
    # Lists that are empty
    ("ObjectEvent", {"epcList": ...}, "epcList", "MISSING"),
    ("ObjectEvent", {"epcList": []}, "epcList", "MISSING"),
    ("ObjectEvent", {"epcList": [], "readPoint": ..., **sensed()}, "epcList", "MISSING"),
    ("AggregationEvent", {"parentID": ...}, "parentID", "MISSING"),
    ("AggregationEvent", {"parentID": ..., "action": "DELETE"}, "parentID", "MISSING"),
    ("AggregationEvent", {"childEPCs": []}, "childEPCs", "MISSING"),
    ("AssociationEvent", {"parentID": ..., "action": "OBSERVE"}, "parentID", "MISSING"),
    ("TransactionEvent", {"bizTransactionList": []}, "bizTransactionList", "MISSING"),
    ("TransactionEvent", {"bizTransactionList": ...}, "bizTransactionList", "MISSING"),
    ("TransactionEvent", {"epcList": []}, "epcList", "MISSING"),
    ("TransformationEvent", {"outputEPCList": ...}, "outputEPCList", "MISSING"),
    ("TransformationEvent", {"inputEPCList": []}, "inputEPCList", "MISSING"),
    (
        "TransformationEvent",
        {"inputEPCList": ..., "outputEPCList": [], "transformationID": "urn:x:t"},
        "inputEPCList",
        "MISSING",
    ),
    # Nothing contains itself
    ("AggregationEvent", {"childEPCs": [PACK, CASE]}, "childEPCs[1]", "RULE"),
    ("TransactionEvent", {"parentID": PACK}, "epcList[0]", "RULE"),
    # ilmd
    ("ObjectEvent", {"ilmd": {"ex:a": 1}}, "ilmd", "RULE"),
    ("ObjectEvent", {"ilmd": {"ex:a": 1}, "action": "DELETE"}, "ilmd", "RULE"),
    ("ObjectEvent", {"ilmd": {"lot": 1}, "action": "ADD"}, "ilmd.lot", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"ilmd": ["ex:a"], "action": "ADD"}, "ilmd", "TYPE"),
    # Quantities
    ("ObjectEvent", {"quantityList": QUANTITY}, "quantityList", "TYPE"),
    ("ObjectEvent", {"quantityList": [7]}, "quantityList[0]", "TYPE"),
    ("ObjectEvent", {"quantityList": [{"quantity": 3}]}, "quantityList[0].epcClass", "MISSING"),
    ("ObjectEvent", {"quantityList": [QUANTITY, QUANTITY | {"quantity": -1}]}, "quantityList[1].quantity", "QUANTITY"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"quantity": 0}]}, "quantityList[0].quantity", "QUANTITY"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"quantity": 1.5}]}, "quantityList[0].quantity", "QUANTITY"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"quantity": "3"}]}, "quantityList[0].quantity", "TYPE"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"quantity": True}]}, "quantityList[0].quantity", "TYPE"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"uom": "kg"}]}, "quantityList[0].uom", "QUANTITY"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"weight": 5}]}, "quantityList[0].weight", "UNKNOWN_FIELD"),
    ("ObjectEvent", {"quantityList": [QUANTITY | {"ex:weight": 5}]}, "quantityList[0].ex:weight", "UNKNOWN_FIELD"),
    (
        "ObjectEvent",
        {"quantityList": [{"epcClass": "urn:x:c", "uom": "KGM"}]},
        "quantityList[0].uom",
        "QUANTITY",
    ),
    # Business documents and parties
    ("ObjectEvent", {"bizTransactionList": [{"type": "po"}]}, "bizTransactionList[0].bizTransaction", "MISSING"),
    (
        "ObjectEvent",
        {"bizTransactionList": [{"type": "order", "bizTransaction": "urn:x:1"}]},
        "bizTransactionList[0].type",
        "WORD",
    ),
    ("ObjectEvent", {"sourceList": [{"source": PLACE}]}, "sourceList[0].type", "MISSING"),
    ("ObjectEvent", {"sourceList": [{"type": "owner", "source": PLACE}]}, "sourceList[0].type", "WORD"),
    (
        "ObjectEvent",
        {"destinationList": [{"type": "location", "destination": "https://id.gs1.org/414/1"}]},
        "destinationList[0].destination",
        "EPC",
    ),
    # Persistent dispositions
    ("ObjectEvent", {"persistentDisposition": {}}, "persistentDisposition", "MISSING"),
    ("ObjectEvent", {"persistentDisposition": {"set": []}}, "persistentDisposition", "MISSING"),
    ("ObjectEvent", {"persistentDisposition": {"set": ["lost"]}}, "persistentDisposition.set[0]", "WORD"),
    ("ObjectEvent", {"persistentDisposition": {"set": ["active"] * 2}}, "persistentDisposition.set[1]", "DUPLICATE"),
    (
        "ObjectEvent",
        {"persistentDisposition": {"set": ["active"], "unset": ["damaged", "active"]}},
        "persistentDisposition.unset",
        "RULE",
    ),
    # Error declarations
    ("ObjectEvent", {"errorDeclaration": {}}, "errorDeclaration.declarationTime", "MISSING"),
    (
        "ObjectEvent",
        {"errorDeclaration": {"declarationTime": TIME, "reason": "oops"}},
        "errorDeclaration.reason",
        "WORD",
    ),
    (
        "ObjectEvent",
        {"errorDeclaration": {"declarationTime": TIME, "reason": "did_not_occur", "correctiveEventIDs": ["urn:x:1"]}},
        "errorDeclaration.correctiveEventIDs",
        "RULE",
    ),
    (
        "ObjectEvent",
        {"errorDeclaration": {"declarationTime": TIME, "correctiveEventIDs": ["urn:x:1", "urn:x:1"]}},
        "errorDeclaration.correctiveEventIDs[1]",
        "DUPLICATE",
    ),
    # Sensors
    ("ObjectEvent", {"sensorElementList": [{}]}, "sensorElementList[0].sensorReport", "MISSING"),
    ("ObjectEvent", {"sensorElementList": [{"sensorReport": []}]}, "sensorElementList[0].sensorReport", "MISSING"),
    ("ObjectEvent", sensed(type="Warmth"), "sensorElementList[0].sensorReport[0].type", "WORD"),
    ("ObjectEvent", sensed(type="https://gs1.org/voc/Speed"), "sensorElementList[0].sensorReport[0].type", "WORD"),
    ("ObjectEvent", sensed(uom="KGM"), "sensorElementList[0].sensorReport[0].uom", "QUANTITY"),
    ("ObjectEvent", sensed(value="3"), "sensorElementList[0].sensorReport[0].value", "TYPE"),
    ("ObjectEvent", sensed(booleanValue="true"), "sensorElementList[0].sensorReport[0].booleanValue", "TYPE"),
    ("ObjectEvent", sensed(hexBinaryValue="abc"), "sensorElementList[0].sensorReport[0].hexBinaryValue", "SYNTAX"),
    ("ObjectEvent", sensed(stringValue="x" * 9000), "sensorElementList[0].sensorReport[0].stringValue", "SIZE"),
    ("ObjectEvent", sensed(stringValue="\x00"), "sensorElementList[0].sensorReport[0].stringValue", "CHARACTER"),
    ("ObjectEvent", sensed(component="w"), "sensorElementList[0].sensorReport[0].component", "WORD"),
    ("ObjectEvent", sensed(exception="FIRE"), "sensorElementList[0].sensorReport[0].exception", "WORD"),
    ("ObjectEvent", sensed(minValue=5, maxValue=4), "sensorElementList[0].sensorReport[0].maxValue", "RULE"),
    ("ObjectEvent", sensed(note="x"), "sensorElementList[0].sensorReport[0].note", "UNKNOWN_FIELD"),
    (
        "ObjectEvent",
        {
            "sensorElementList": [
                {
                    "sensorMetadata": {"startTime": TIME, "endTime": "2026-11-23T08:29:00Z"},
                    "sensorReport": [REPORT],
                }
            ]
        },
        "sensorElementList[0].sensorMetadata.endTime",
        "RULE",
    ),
    # Fields of others, and contexts
    ("ObjectEvent", {"ex:deep": deep(40)}, "ex:deep", "DEPTH"),
    ("ObjectEvent", {"action": "ADD", "ilmd": {"ex:deep": deep(40)}}, "ilmd.ex:deep", "DEPTH"),
    ("ObjectEvent", {"@context": 7}, "@context", "TYPE"),
    ("ObjectEvent", {"@context": [{"a": "https://a.example/"}] * 1001}, "@context", "SIZE"),
    ("ObjectEvent", {"@context": {f"p{at}": "https://a.example/" for at in range(1001)}}, "@context", "SIZE"),
    ("ObjectEvent", {"@context": ["not a url"]}, "@context[0]", "URI"),
    ("ObjectEvent", {"@context": [{"epcList": "https://evil.example/"}]}, "@context[0].epcList", "RULE"),
    ("ObjectEvent", {"@context": [{"urn": "https://evil.example/"}]}, "@context[0].urn", "RULE"),
]


@pytest.mark.parametrize(("kind", "changes", "path", "code"), BAD)
def test_a_bad_event_is_refused_at_its_place(kind: str, changes: dict[str, Any], path: str, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        read_event(changed(kind, **changes))
    assert (refusal.value.path, refusal.value.code) == (path, code)
    assert str(refusal.value).startswith(path)


@pytest.mark.parametrize("raw", [None, 7, "event", [], [{}]])
def test_what_is_no_object_is_no_event(raw: object) -> None:
    with pytest.raises(EPCISError, match="an object"):
        read_event(raw)


def test_all_errors_of_an_event_are_told_at_once() -> None:
    event = changed("ObjectEvent", bizStep="transforming", disposition="lost", epcList=[PACK, PACK], eventID="x y")
    with pytest.raises(EPCISError) as refusal:
        read_event(event, path="eventList[4]")
    assert [error.path for error in refusal.value.all] == [
        "eventList[4].eventID",
        "eventList[4].bizStep",
        "eventList[4].disposition",
        "eventList[4].epcList[1]",
    ]


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("ObjectEvent", {"eventTime": "2026-11-23T08:30:00.123456789+02:00"}),  # an offset of its own is allowed
    ("ObjectEvent", {"eventTimeZoneOffset": "-14:00", "recordTime": TIME}),
    ("ObjectEvent", {"bizStep": "https://example.com/steps/polishing", "disposition": "ex:shiny"}),
    ("ObjectEvent", {"bizStep": "https://ref.gs1.org/cbv/BizStep-shipping", "disposition": "cbv:Disp-active"}),
    ("ObjectEvent", {"epcList": ["https://shop.example/item/7", "geo:42.7,23.3", "urn:epc:id:gid:1.2.3"]}),
    ("ObjectEvent", {"epcList": ["https://shop.example/01/7"]}),  # the page of a shop, not a key
    ("ObjectEvent", {"epcList": ["http://[2001:db8::1]/x"]}),
    ("ObjectEvent", {"epcList": [PACK, PACK_URN]}),  # two names, and nobody compares things here
    ("ObjectEvent", {"epcList": ..., "quantityList": [QUANTITY]}),
    ("ObjectEvent", {"epcList": [], "quantityList": [{"epcClass": "urn:x:c"}]}),
    ("ObjectEvent", {"epcList": [], **sensed(type="RelativeHumidity", uom="A93")}),
    ("ObjectEvent", sensed(type="ex:Stickiness", uom=...) | {}),
    ("ObjectEvent", {"certificationInfo": ["urn:x:1", "https://example.com/c"]}),
    ("ObjectEvent", {"errorDeclaration": {"declarationTime": TIME, "reason": "did_not_occur", "ex:by": {"a": 1}}}),
    ("ObjectEvent", {"sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:999999999999."}]}),
    ("ObjectEvent", {"action": "ADD", "ilmd": {"cbvmda:lotNumber": "L1", "ex:nested": {"any": [1, None, True]}}}),
    ("ObjectEvent", {"zz:unknown": {"x": [1, {"y": 2.5}]}, "https://ns.example.com/a#b": "c"}),
    (
        "ObjectEvent",
        {"@context": [{"ex": "https://ns.example.com/", "term": {"@id": "ex:term"}, "@vocab": "https://v/"}]},
    ),
    ("AggregationEvent", {"action": "DELETE", "childEPCs": ...}),
    ("AggregationEvent", {"action": "OBSERVE", "parentID": ...}),
    ("AggregationEvent", {"persistentDisposition": {"unset": ["damaged"]}}),
    ("AggregationEvent", {"childEPCs": ..., "childQuantityList": [QUANTITY]}),
    ("TransactionEvent", {"action": "DELETE", "epcList": ...}),
    ("TransactionEvent", {"bizTransactionList": [{"bizTransaction": "urn:x:1"}], "parentID": CASE}),
    ("TransformationEvent", {"outputEPCList": ..., "transformationID": "urn:x:t"}),
    ("TransformationEvent", {"ilmd": {"ex:a": 1}}),
    ("AssociationEvent", {"parentID": PLACE}),
    ("ObjectEvent", {"type": "ex:RepairEvent", "colour": "red", "epcList": "opaque", "action": 7}),
]


@pytest.mark.parametrize(("kind", "changes"), GOOD)
def test_what_the_standard_allows_comes_in_and_goes_out(kind: str, changes: dict[str, Any]) -> None:
    if "sensorElementList" in changes:
        (report,) = changes["sensorElementList"][0]["sensorReport"]
        changes["sensorElementList"][0]["sensorReport"] = [{k: v for k, v in report.items() if v is not ...}]
    raw = changed(kind, **changes)
    assert write_event(read_event(raw)) == raw


def test_the_epcs_of_an_event_are_counted_before_they_are_read() -> None:
    event = object_event(epcList=["not even a URI"] * 11)
    with pytest.raises(EPCISError) as refusal:
        read_event(event, limits=Limits(epcs=10))
    assert refusal.value.code == "SIZE"


def test_an_event_of_a_hundred_thousand_packs_is_read() -> None:
    packs = [f"https://id.gs1.org/01/70614141123451/21/{number:06d}" for number in range(100_000)]
    assert read_event(object_event(epcList=packs)).epcs[-1].endswith("/099999")


def test_values_check_themselves_without_a_reader() -> None:
    with pytest.raises(EPCISError):
        Quantity("no uri", 1)
    with pytest.raises(EPCISError, match="a field of TransformationEvent"):
        Event(
            "TransformationEvent",
            Timestamp(TIME),
            "+00:00",
            action="ADD",
            input_epc_list=(PACK,),
            output_epc_list=(CASE,),
        )
    with pytest.raises(EPCISError) as refusal:
        Event("ObjectEvent", Timestamp(TIME), "+00:00")
    assert [error.path for error in refusal.value.all] == ["action", "epcList"]


def test_quantities_and_epcs_of_all_lists_are_one() -> None:
    event = read_event(changed("TransformationEvent", inputQuantityList=[QUANTITY], outputQuantityList=[QUANTITY]))
    assert event.epcs == (PACK, CASE)
    assert len(event.quantities) == 2
