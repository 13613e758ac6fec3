"""EPCIS documents that others wrote: the good ones come in and go out as they were, the bad ones are refused.

`DISAGREEMENTS` is the whole list of cases in which we decide otherwise than the collection that a file stands in.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import Event
from supplychain.epcis.write import write_event

pytestmark = pytest.mark.conformance

VALID = {
    "gs1-epcis": "JSON/**/*.jsonld",
    "openepcis-test-resources": "2.0/EPCIS/JSON/*/**/*.json",
    "openepcis-testdata-generator": "*.json",
    "epcis-event-hash-generator": "examples-2025-10/*.jsonld",
    "fastnt-epcis": "ObjectEvent*.json",
}
HOW_MANY = {
    "gs1-epcis": 24,
    "openepcis-test-resources": 21,
    "openepcis-testdata-generator": 1,
    "epcis-event-hash-generator": 12,
    "fastnt-epcis": 2,
}

# Each invalid document, and the place of its defect.
INVALID = {
    "Capture/Invalid/Combination_of_events_with_missing_mandatory_fields.json": [
        "epcisBody.eventList[0].action",
        "epcisBody.eventList[1].eventTimeZoneOffset",
    ],
    "Capture/Invalid/Combination_of_non_standard_bizStep_and_disposition.json": [
        "epcisBody.eventList[0].bizStep",
        "epcisBody.eventList[1].disposition",
    ],
    "Capture/Invalid/ObjectEvent_with_ilmd_field_without_namespace.json": ["epcisBody.eventList[0].ilmd.materialType"],
    "Capture/Invalid/ObjectEvent_with_invalid_certificationInfo.json": ["epcisBody.eventList[0].certificationInfo[0]"],
    "Capture/Invalid/ObjectEvent_with_non_standard_bizStep.json": ["epcisBody.eventList[0].bizStep"],
    "Capture/Invalid/ObjectEvent_with_non_standard_disposition.json": ["epcisBody.eventList[0].disposition"],
    "Capture/Invalid/ObjectEvent_with_unknown_field_in_quantityList.json": [
        "epcisBody.eventList[0].quantityList[0].weight"
    ],
    "Capture/Invalid/ObjectEvent_without_identifier_list.json": ["epcisBody.eventList[0].epcList"],
    "Query/Invalid/QueryDocument_with_invalid_eventType.json": ["epcisBody.queryResults.resultsBody.eventList[0].type"],
}


def documents(vectors: Path, folder: str) -> dict[str, bytes]:
    paths = sorted((vectors / folder).glob(VALID[folder]))
    paths = [path for path in paths if "Invalid" not in path.parts]
    assert len(paths) == HOW_MANY[folder]
    return {str(path.relative_to(vectors)): path.read_bytes() for path in paths}


def without_mark(data: bytes) -> Any:
    return json.loads(data.decode("utf-8-sig"))


def events_of(document: dict[str, Any]) -> list[Any]:
    if "epcisBody" not in document:
        return [document]
    body = document["epcisBody"]
    return body["queryResults"]["resultsBody"]["eventList"] if "queryResults" in body else body["eventList"]


@pytest.mark.parametrize("folder", VALID)
def test_every_valid_document_comes_in_and_goes_out_as_it_was(shared_folder: Path, folder: str) -> None:
    for case, data in documents(shared_folder / "vectors", folder).items():
        reading = read_events(parse_document(data))
        assert reading.errors == (), case
        assert [write_event(event) for event in reading.events] == events_of(without_mark(data)), case


def test_every_invalid_document_is_refused_at_the_place_of_its_defect(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "openepcis-test-resources" / "2.0" / "EPCIS" / "JSON"
    cases = {str(path.relative_to(folder)) for path in folder.rglob("Invalid/*.json") if "Queries" not in path.parts}
    assert cases == set(INVALID)
    for case, places in INVALID.items():
        reading = read_events(parse_document((folder / case).read_bytes()))
        assert [error.path for error in reading.errors] == places, case


def test_documents_that_break_the_schema_despite_their_name_are_refused(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "openepcis-test-resources" / "schema-invalid-despite-name"
    paths = sorted(folder.rglob("*.json"))
    assert len(paths) == 4
    for path in paths:
        reading = read_events(parse_document(path.read_bytes()))
        assert {error.path.rpartition(".")[2] for error in reading.errors} == {"type"}, path
        assert any(isinstance(one, Event) for one in reading.outcomes) == ("combined" in path.name), path


def test_master_data_in_the_header_is_read(shared_folder: Path) -> None:
    for path in sorted((shared_folder / "vectors" / "fastnt-epcis").glob("Request_*.json")):
        document = without_mark(path.read_bytes())
        if "@context" in document:
            assert parse_document(path.read_bytes()).header == document["epcisHeader"]
        else:
            with pytest.raises(EPCISError, match="@context"):
                parse_document(path.read_bytes())
