"""The query language as GS1's query schema and conformance requirements see it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.matching import matches
from supplychain.epcis.query import parse_query_body, parse_query_url
from tests.supplychain.epcis.samples import CONTEXT, document, sensor_event

pytestmark = pytest.mark.conformance

TIME = "2026-11-23T08:30:00Z"
# A value for each kind of parameter, by the end of the schema's reference or its JSON type.
SAMPLES: dict[str, Any] = {
    "time": TIME,
    "eventType": "ObjectEvent",
    "action": "ADD",
    "bizStep": "shipping",
    "disposition": "in_transit",
    "decimal": 4,
    "uri": "https://id.gs1.org/414/9506000140445",
    "id": "urn:epc:id:sscc:0614141.1234567890",
    "eventID": "urn:uuid:0",
    "error-reason": "incorrect_data",
    "measurementType": "Temperature",
    "string-array-or-date-string-or-number": ["a"],
    "date-string-or-number": 4,
    "integer": None,
    "string": "text",
    "number": 1.5,
    "boolean": True,
}
SPECIAL: dict[str, dict[str, Any]] = {
    "orderBy": {"orderBy": "eventTime"},
    "orderDirection": {"orderDirection": "ASC"},
    "eventCountLimit": {"eventCountLimit": 3, "orderBy": "eventTime"},
    "maxEventCount": {"maxEventCount": 3},
    "@context": {"@context": CONTEXT},
    "EQ_hexBinaryValue": {"EQ_hexBinaryValue": ["f0f0"]},
}


@pytest.fixture
def schema(shared_folder: Path) -> dict[str, Any]:
    path = shared_folder / "vectors" / "gs1-epcis" / "spec" / "REST_Bindings" / "query-schema.json"
    loaded: dict[str, Any] = json.loads(path.read_text())["definitions"]["EPCIS-Query"]
    return loaded


def sample(kind: dict[str, Any]) -> Any:
    if "$ref" in kind:
        return SAMPLES[kind["$ref"].rpartition("/")[2]]
    if kind["type"] == "array":
        return [sample(kind["items"])]
    return SAMPLES[kind["type"]]


def name_of(pattern: str) -> str:
    """A parameter that a pattern of the schema means."""
    name = pattern.strip("^$").replace(r"[a-z][a-zA-Z0-9]*\:\w+", "ext:grade").replace("[A-Z0-9]{2,4}", "KGM")
    return name.replace("[a-z][a-zA-Z0-9_]+", "location").replace(r"\w+_\w+", "bizLocation_site")


def test_every_fixed_parameter_of_the_schema_is_known(schema: dict[str, Any]) -> None:
    assert len(schema["properties"]) == 61
    for name, kind in schema["properties"].items():
        parse_query_body(SPECIAL[name] if name in SPECIAL else {name: sample(kind)})


def test_every_family_of_the_schema_is_known(schema: dict[str, Any]) -> None:
    assert len(schema["patternProperties"]) == 108
    for written, kind in schema["patternProperties"].items():
        pattern = written.replace("\\\\", "\\")  # the schema escapes its backslashes once too often
        name = name_of(pattern)
        assert re.search(pattern, name), pattern
        query = parse_query_body({name: sample(kind)})
        assert len(query.predicates) == 1, name


def test_an_unknown_parameter_is_refused_by_its_name(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "openepcis-test-resources" / "2.0" / "EPCIS" / "JSON" / "Query" / "Queries"
    body = json.loads((folder / "Invalid" / "Query_with_unknown_parameter.json").read_text())
    with pytest.raises(EPCISError) as refusal:
        parse_query_body(body)
    assert (refusal.value.code, refusal.value.path) == ("PARAMETER", "GE_eventDate")


def test_a_reading_in_celsius_is_found_by_a_question_in_kelvin() -> None:
    """TCR-53, step 26."""
    (event,) = read_events(parse_document(document(sensor_event(value=4.5, uom="CEL")))).events
    assert matches(parse_query_url([("EQ_type", "Temperature"), ("GE_value_KEL", "277.65")]), event)
    assert not matches(parse_query_url([("GE_value_KEL", "277.66")]), event)
    assert not matches(parse_query_url([("GE_value_KGM", "1")]), event)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("deviceID", "urn:epc:id:giai:4000001.111"),
        ("deviceMetadata", "https://example.com/m"),
        ("rawData", "https://example.com/r"),
        ("dataProcessingMethod", "https://example.com/d"),
        ("time", TIME),
    ],
)
def test_a_sensor_field_is_found_in_the_metadata_and_in_the_report(field: str, value: str) -> None:
    """TCR-53, step 28."""
    question = parse_query_url([(f"EQ_{field}", value)])
    for where in ("metadata", "report"):
        (event,) = read_events(parse_document(document(sensor_event(**{where: {field: value}})))).events
        assert matches(question, event), where
    (other,) = read_events(parse_document(document(sensor_event()))).events
    assert not matches(question, other)


def test_a_sensor_field_in_both_places_is_refused() -> None:
    """TCR-53, step 29: to the letter where the reader asks for it, and always where the two places disagree."""
    both = {"metadata": {"time": TIME}, "report": {"time": TIME}}
    (error,) = read_events(parse_document(document(sensor_event(**both))), sensor_fields_once=True).errors
    assert error.path == "epcisBody.eventList[0].sensorElementList[0].sensorReport[0].time"
    both = {"metadata": {"deviceID": "urn:x:1"}, "report": {"deviceID": "urn:x:2"}}
    (error,) = read_events(parse_document(document(sensor_event(**both)))).errors
    assert error.path == "epcisBody.eventList[0].sensorElementList[0].sensorReport[0].deviceID"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"action": "ADD", "parentID": None}, "parentID"),
        ({"action": "DELETE", "parentID": None}, "parentID"),
        ({"action": "ADD", "childEPCs": None}, "childEPCs"),
        ({"action": "OBSERVE", "childEPCs": None}, "childEPCs"),
        ({"action": "OBSERVE", "childEPCs": []}, "childEPCs"),
    ],
)
def test_an_association_without_parent_or_children_is_refused(changes: dict[str, Any], path: str) -> None:
    """TCR-54, steps 3 and 4."""
    event = {
        "type": "AssociationEvent",
        "eventTime": TIME,
        "eventTimeZoneOffset": "+00:00",
        "action": "ADD",
        "parentID": "urn:epc:id:sgln:4012345.00001.0",
        "childEPCs": ["urn:epc:id:giai:4000001.12345"],
    }
    assert read_events(parse_document(document(event))).errors == ()
    changed = {key: value for key, value in (event | changes).items() if value is not None}
    (error,) = read_events(parse_document(document(changed))).errors
    assert (error.code, error.path) == ("MISSING", f"epcisBody.eventList[0].{path}")
