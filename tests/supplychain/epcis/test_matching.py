"""What a query finds: one event with everything in it, and the questions that it answers or does not."""

from typing import Any

import pytest

from supplychain.epcis.event_values import Event
from supplychain.epcis.master_data import read_master_data
from supplychain.epcis.matching import matches
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.query import parse_query_body, parse_query_url
from supplychain.epcis.read import read_event
from tests.supplychain.epcis.samples import CASE, CONTEXT, PACK, PACK_URN, PLACE, sensor_event

SPACES = parse_context(CONTEXT)
QUANTITIES = [{"epcClass": "urn:epc:class:lgtin:0614141.712345.L1", "quantity": 2500, "uom": "GRM"}]
EVENT: dict[str, Any] = {
    "type": "ObjectEvent",
    "eventID": "urn:uuid:1",
    "eventTime": "2026-11-23T09:30:00.000+01:00",
    "recordTime": "2026-11-23T08:31:00Z",
    "eventTimeZoneOffset": "+01:00",
    "action": "ADD",
    "epcList": [PACK_URN, CASE],
    "quantityList": QUANTITIES,
    "bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning",
    "disposition": "active",
    "persistentDisposition": {"set": ["completeness_verified"], "unset": ["damaged"]},
    "readPoint": {"id": "urn:epc:id:sgln:9506000.14044.0", "ext:floor": 2, "ext:room": {"ext:door": "B"}},
    "bizLocation": {"id": PLACE},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:x:po:7"}, {"bizTransaction": "urn:x:any"}],
    "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/9506000140445"}],
    "destinationList": [{"type": "https://ref.gs1.org/cbv/SDT-location", "destination": PLACE}],
    "sensorElementList": [
        {
            "sensorMetadata": {
                "startTime": "2026-11-23T08:00:00Z",
                "endTime": "2026-11-23T08:20:00Z",
                "deviceID": "urn:epc:id:giai:4000001.111",
                "ext:fw": "1.2",
            },
            "sensorReport": [
                {
                    "type": "gs1:Temperature",
                    "time": "2026-11-23T08:10:00Z",
                    "value": 25,
                    "minValue": 20,
                    "maxValue": 30,
                    "meanValue": 25.5,
                    "sDev": 1.8,
                    "percRank": 50,
                    "percValue": 26,
                    "uom": "CEL",
                    "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
                    "chemicalSubstance": "https://identifiers.org/inchikey:X",
                    "ext:cal": True,
                },
                {
                    "type": "ext:Other",
                    "stringValue": "abc",
                    "booleanValue": False,
                    "hexBinaryValue": "f0F0",
                    "uriValue": "urn:x:u",
                    "value": 5,
                },
            ],
            "ext:box": {"ext:id": 7},
        }
    ],
    "ilmd": {"cbvmda:lotNumber": "0100", "ext:grade": {"ext:inner": ["x", "y"]}},
    "errorDeclaration": {
        "declarationTime": "2026-11-24T00:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"],
        "ext:by": "Ann",
    },
    "ext:amount": 12.5,
    "ext:text": "100",
    "ext:when": "2026-11-23T10:00:00+02:00",
    "ext:flag": True,
    "ext:list": ["a", 7, {"@value": "v"}, {"x": 1}, None],
    "ext:outer": {"ext:deep": {"ext:leaf": "9", "ext:rows": [{"ext:cell": 3}]}},
}
MASTER = read_master_data(
    {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
                    "vocabularyElementList": [
                        {"id": "urn:x:site", "children": ["urn:x:hall"]},
                        {"id": "urn:x:hall", "children": [PLACE, "urn:x:site"]},
                        {
                            "id": PLACE,
                            "attributes": [
                                {"id": "urn:epcglobal:cbv:mda:city", "attribute": "Bonn"},
                                {"id": "urn:epcglobal:cbv:mda:city", "attribute": ["Köln", 5]},
                                {"id": "urn:x:empty"},
                            ],
                        },
                        {"id": "urn:x:text", "attributes": [{"id": "urn:x:a", "attribute": "b"}]},
                    ],
                }
            ]
        }
    }
)


@pytest.fixture(scope="module")
def event() -> Event:
    return read_event(EVENT, SPACES)


YES: list[tuple[str, Any]] = [
    ("eventType", "ObjectEvent|ext:Thing"),
    ("GE_eventTime", "2026-11-23T08:30:00Z"),
    ("LT_eventTime", "2026-11-23T08:30:00.001Z"),
    ("GE_recordTime", "2026-11-23T08:31:00Z"),
    ("EQ_action", "OBSERVE|ADD"),
    ("EQ_bizStep", "commissioning"),
    ("EQ_bizStep", "cbv:BizStep-commissioning"),
    ("EQ_disposition", "https://ref.gs1.org/cbv/Disp-active|expired"),
    ("EQ_persistentDisposition_set", "completeness_verified"),
    ("EQ_persistentDisposition_unset", "damaged"),
    ("EQ_readPoint", PLACE),
    ("EQ_bizLocation", "urn:epc:id:sgln:9506000.14044.0"),
    ("WD_bizLocation", "urn:x:site"),
    ("WD_readPoint", PLACE),
    ("EQ_eventID", "urn:uuid:1"),
    ("EQ_bizTransaction_po", "urn:x:po:7"),
    ("EQ_source_owning_party", "urn:epc:id:pgln:9506000.14044"),
    ("EQ_destination_location", PLACE),
    ("MATCH_epc", PACK),
    ("MATCH_epc", PACK_URN),
    ("MATCH_epc", "https://shop.example/x/01/70614141123451/10/L/21/2017?17=280131"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.712345.*"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.*.*"),
    ("MATCH_epc", "urn:epc:idpat:sgtin:*.*.*"),
    ("MATCH_epc", "https://id.gs1.org/01/70614141123451"),
    ("MATCH_epc", "urn:epc:idpat:sscc:0614141.*"),
    ("MATCH_anyEPC", CASE),
    ("MATCH_epcClass", "https://id.gs1.org/01/70614141123451/10/L1"),
    ("MATCH_anyEPCClass", "urn:epc:class:lgtin:0614141.712345.L1"),
    ("EQ_quantity", "7|2500"),
    ("GT_quantity", "2499"),
    ("LE_quantity", "2500"),
    ("EQ_quantity_KGM", "2.5"),
    ("GE_quantity_GRM", "2500"),
    ("EXISTS_errorDeclaration", ""),
    ("EXISTS_errorDeclaration", "true"),
    ("GE_errorDeclarationTime", "2026-11-24T00:00:00Z"),
    ("LT_errorDeclaration_Time", "2026-11-24T00:00:01Z"),
    ("EQ_errorReason", "incorrect_data"),
    ("EQ_correctiveEventID", "urn:uuid:2"),
    ("EXISTS_sensorElement", "1"),
    ("EXISTS_sensorElementList", "true"),
    ("GE_time", "2026-11-23T08:10:00Z"),
    ("EQ_time", "2026-11-23T09:10:00+01:00"),
    ("GE_startTime", "2026-11-23T08:00:00Z"),
    ("LT_endTime", "2026-11-23T08:21:00Z"),
    ("EQ_type", "Temperature"),
    ("EQ_type", "ext:Other"),
    ("EQ_deviceID", "https://id.gs1.org/8004/4000001111"),
    ("EQ_microorganism", "https://www.ncbi.nlm.nih.gov/taxonomy/1126011"),
    ("EQ_chemicalSubstance", "https://identifiers.org/inchikey:X"),
    ("EQ_stringValue", "abc"),
    ("EQ_booleanValue", "false"),
    ("EQ_hexBinaryValue", "F0f0"),
    ("EQ_uriValue", "urn:x:u"),
    ("EQ_value_KEL", "298.15"),
    ("EQ_value_FAH", "77"),
    ("GT_value_KEL", "298.14"),
    ("LE_minValue_CEL", "20"),
    ("GE_maxValue_FAH", "86"),
    ("LT_meanValue_CEL", "25.6"),
    ("EQ_sDev_KEL", "1.8"),
    ("EQ_sDev_FAH", "3.24"),
    ("GE_sDev", "1.8"),
    ("GE_percRank", "50"),
    ("LE_percValue_CEL", "26"),
    ("EQ_ILMD_cbvmda:lotNumber", "0100|7"),
    ("EXISTS_ILMD_ext:grade", ""),
    ("EQ_INNER_ILMD_ext:inner", "y"),
    ("EXISTS_INNER_ILMD_ext:inner", ""),
    ("EQ_ext:amount", "12.5"),
    ("GE_ext:amount", "12"),
    ("LT_ext:amount", "12.6"),
    ("EQ_ext:text", "100"),
    ("GT_ext:text", "99"),
    ("EQ_ext:when", "2026-11-23T08:00:00Z"),
    ("GE_ext:when", "2026-11-23T08:00:00Z"),
    ("EQ_ext:flag", "true"),
    ("EQ_ext:list", "a"),
    ("EQ_ext:list", "7"),
    ("EQ_ext:list", "v"),
    ("EXISTS_ext:list", ""),
    ("EQ_INNER_ext:leaf", "9"),
    ("GE_INNER_ext:cell", "3"),
    ("EXISTS_INNER_ext:deep", ""),
    ("EQ_ERROR_DECLARATION_ext:by", "Ann"),
    ("EXISTS_ERROR_DECLARATION_ext:by", ""),
    (
        "EQ_SENSORELEMENT_ext:box",
        "x|y",
    ),
    ("EQ_INNER_SENSORELEMENT_ext:id", "7"),
    ("EQ_SENSORMETADATA_ext:fw", "1.2"),
    ("EQ_SENSORREPORT_ext:cal", "true"),
    ("EXISTS_SENSORREPORT_ext:cal", ""),
    ("EQ_readPoint_ext:floor", "2"),
    ("EQ_INNER_readPoint_ext:door", "B"),
    ("HASATTR_bizLocation", "urn:epcglobal:cbv:mda:city"),
    ("HASATTR_bizLocation", "cbvmda:city"),
    ("EQ_ATTR_bizLocation_cbvmda:city", "Köln"),
    ("EQ_https://ns.example.com/epcis/text", "100"),
]
YES = [pair for pair in YES if pair[0] != "EQ_SENSORELEMENT_ext:box"]

NO: list[tuple[str, Any]] = [
    ("eventType", "AggregationEvent"),
    ("LT_eventTime", "2026-11-23T08:30:00Z"),
    ("EQ_action", "DELETE"),
    ("EQ_bizStep", "shipping"),
    ("EQ_transformationID", "urn:x:t"),
    ("MATCH_parentID", CASE),
    ("MATCH_inputEPC", PACK),
    ("MATCH_outputEPC", PACK),
    ("MATCH_epc", "urn:epc:idpat:sgtin:0614142.*.*"),
    ("MATCH_epc", "https://id.gs1.org/01/70614141123451/21/2018"),
    ("MATCH_epcClass", PACK),
    ("MATCH_epcClass", "https://id.gs1.org/01/70614141123451"),
    ("MATCH_inputEPCClass", "https://id.gs1.org/01/70614141123451/10/L1"),
    ("EQ_bizTransaction_inv", "urn:x:po:7"),
    ("EQ_bizTransaction_po", "urn:x:any"),
    ("EQ_source_location", "https://id.gs1.org/417/9506000140445"),
    ("WD_bizLocation", "urn:x:elsewhere"),
    ("EQ_quantity_MTR", "2.5"),
    ("EQ_value_KEL", "298.16"),
    ("GE_value_XYZ", "1"),
    ("EQ_ILMD_cbvmda:lotNumber", "100"),
    ("EQ_ext:lotNumber", "0100"),
    ("EQ_ILMD_ext:inner", "y"),
    ("EQ_INNER_ext:text", "100"),
    ("GT_ext:flag", "0"),
    ("EQ_ext:flag", "1"),
    ("GT_ext:list", "2026-11-23T08:00:00Z"),
    ("EXISTS_ext:nothing", ""),
    ("EXISTS_bizLocation_ext:floor", ""),
    ("EQ_ERROR_DECLARATION_ext:by", "Bob"),
    ("HASATTR_readPoint", "urn:x:nothing"),
    ("HASATTR_ext:text", "urn:x:a"),
    ("HASATTR_epc", "urn:x:a"),
    ("HASATTR_ext:amount", "urn:x:a"),
    ("EQ_ATTR_bizLocation_cbvmda:city", "Berlin"),
    ("EQ_booleanValue", "true"),
]


@pytest.mark.parametrize(("parameter", "value"), YES)
def test_the_event_is_found(event: Event, parameter: str, value: str) -> None:
    assert matches(parse_query_url([(parameter, value)], SPACES), event, MASTER)


@pytest.mark.parametrize(("parameter", "value"), NO)
def test_the_event_is_not_found(event: Event, parameter: str, value: str) -> None:
    assert not matches(parse_query_url([(parameter, value)], SPACES), event, MASTER)


def test_all_parameters_have_to_hold(event: Event) -> None:
    both = [("EQ_action", "ADD"), ("EQ_bizStep", "shipping")]
    assert not matches(parse_query_url(both), event)
    assert matches(parse_query_url(both[:1]), event)
    assert matches(parse_query_url([]), event)


def test_numbers_of_a_json_body_meet_texts_that_say_a_number(event: Event) -> None:
    assert matches(parse_query_body({"@context": CONTEXT, "EQ_ext:text": 100}), event)
    assert matches(parse_query_body({"@context": CONTEXT, "GE_ext:amount": 12.5}), event)
    assert not matches(parse_query_body({"@context": CONTEXT, "EQ_ext:when": 100}), event)
    assert not matches(parse_query_body({"@context": CONTEXT, "EQ_ext:flag": 1}), event)


def test_events_without_a_part_are_not_found_by_it() -> None:
    bare = read_event({key: EVENT[key] for key in ("type", "eventTime", "eventTimeZoneOffset", "action", "epcList")})
    for parameter in ("EXISTS_errorDeclaration", "EXISTS_sensorElementList", "EXISTS_readPoint_ext:floor"):
        assert not matches(parse_query_url([(parameter, "")]), bare)
    without_metadata = read_event(sensor_event())
    assert not matches(parse_query_url([("GE_startTime", "2026-11-23T08:00:00Z")]), without_metadata)
    for parameter, value in YES:
        if parameter.startswith(
            ("EQ_bizStep", "EQ_disp", "EQ_pers", "EQ_read", "EQ_biz", "GE_rec", "EQ_eventID", "GE_q")
        ):
            assert not matches(parse_query_url([(parameter, value)], SPACES), bare, MASTER), parameter


def test_parents_inputs_and_outputs_are_looked_at() -> None:
    packing = read_event(
        {
            "type": "AggregationEvent",
            "eventTime": "2026-11-23T08:30:00Z",
            "eventTimeZoneOffset": "+00:00",
            "action": "ADD",
            "parentID": CASE,
            "childEPCs": [PACK],
            "childQuantityList": QUANTITIES,
        }
    )
    for parameter, value in [
        ("MATCH_parentID", CASE),
        ("MATCH_anyEPC", CASE),
        ("MATCH_epc", PACK),
        ("MATCH_epcClass", "urn:epc:class:lgtin:0614141.712345.L1"),
    ]:
        assert matches(parse_query_url([(parameter, value)]), packing), parameter
    making = read_event(
        {
            "type": "TransformationEvent",
            "eventTime": "2026-11-23T08:30:00Z",
            "eventTimeZoneOffset": "+00:00",
            "inputEPCList": [PACK],
            "outputEPCList": [CASE],
            "transformationID": "urn:epc:id:gdti:0614141.12345.400",
        }
    )
    for parameter, value in [
        ("MATCH_inputEPC", PACK),
        ("MATCH_outputEPC", CASE),
        ("MATCH_anyEPC", PACK),
        ("EQ_transformationID", "https://id.gs1.org/253/0614141123452400"),
    ]:
        assert matches(parse_query_url([(parameter, value)]), making), parameter
