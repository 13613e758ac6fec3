"""EPCIS documents in XML that others wrote: they say what their JSON twins say, and come back as they went out.

`DISAGREEMENTS` is the whole list of XML files that we refuse although they stand among the valid ones.
"""

from pathlib import Path

import pytest

from supplychain.epcis.document import Reading, parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_write import write_xml_document
from tests.conformance.epcis_forms import normal_form
from tests.conformance.test_epcis_documents import VALID, documents

pytestmark = pytest.mark.conformance

NO_TYPE = "a sensorReport without type, which GS1's JSON schema requires: the event has no JSON form"
DISAGREEMENTS = {
    "Capture/Documents/SensorData_with_combined_events.xml": NO_TYPE,
    "Query/SensorData_with_combined_events.xml": NO_TYPE,
    "Query/ObjectEventWithAllPossibleFields.xml": "2006-11-07T13:00Z is no xsd:dateTime: it has no seconds",
}
# Twins whose two files do not say the same, and what differs in them.
NO_TWINS = {
    "Capture/Documents/ObjectEvent_with_comment.json": "only the JSON file has rdfs:comment",
    "Query/queryDocument.json": "id.example.com in the JSON file, id.gs1.org in the XML file",
}
INVALID = {
    "Capture/Invalid/ObjectEvent_bare_event_without_action.xml": "action",
    "Capture/Invalid/ObjectEvent_with_invalid_eventTime_format.xml": "epcisBody.eventList[0].eventTime",
    "Capture/Invalid/ObjectEvent_with_unknown_element.xml": "epcisBody.eventList[0].madeUpField",
    "Capture/Invalid/ObjectEvent_without_eventTime.xml": "epcisBody.eventList[0].eventTime",
    "Query/Invalid/QueryDocument_with_invalid_eventType.xml": "epcisBody.queryResults.resultsBody.eventList[0].type",
    "Query/Queries/Invalid/Query_without_queryName.xml": "line 5",
}


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "openepcis-test-resources" / "2.0" / "EPCIS"


def read(data: bytes) -> Reading:
    return read_events(parse_document(read_xml(data)), sensor_fields_once=False)


def test_every_valid_document_is_read(folder: Path) -> None:
    paths = sorted(path for path in (folder / "XML").rglob("*.xml") if "Invalid" not in path.parts)
    assert len(paths) == 28
    refused = {str(path.relative_to(folder / "XML")) for path in paths if read(path.read_bytes()).errors}
    assert refused == set(DISAGREEMENTS)


def test_the_xml_files_of_other_collections_are_read(shared_folder: Path) -> None:
    vectors = shared_folder / "vectors"
    paths = [*(vectors / "epcis-event-hash-generator").rglob("*.xml"), *(vectors / "fastnt-epcis").glob("*.xml")]
    assert len(paths) == 13
    assert [path.name for path in paths if read(path.read_bytes()).errors] == []


def test_every_invalid_document_is_refused_at_the_place_of_its_defect(folder: Path) -> None:
    paths = {str(path.relative_to(folder / "XML")): path for path in (folder / "XML").rglob("Invalid/*.xml")}
    assert set(paths) == set(INVALID)
    for case, place in INVALID.items():
        try:
            (error,) = read(paths[case].read_bytes()).errors
        except EPCISError as refusal:
            error = refusal
        assert error.path == place, case


def test_xml_and_json_twins_say_the_same(folder: Path) -> None:
    compared = 0
    for path in sorted((folder / "JSON").rglob("*.json")):
        case = path.relative_to(folder / "JSON")
        twin = (folder / "XML" / case).with_suffix(".xml")
        skipped = str(case) in NO_TWINS or str(case.with_suffix(".xml")) in DISAGREEMENTS
        if "Invalid" in case.parts or not twin.exists() or skipped:
            continue
        ours = read_events(parse_document(path.read_bytes()), sensor_fields_once=False)
        theirs = read(twin.read_bytes())
        assert ours.errors == theirs.errors == ()
        assert list(map(normal_form, ours.events)) == list(map(normal_form, theirs.events)), case
        compared += len(ours.events)
    assert compared >= 20


@pytest.mark.parametrize("collection", VALID)
def test_what_goes_out_as_xml_comes_back_the_same(shared_folder: Path, collection: str) -> None:
    for case, data in documents(shared_folder / "vectors", collection).items():
        events = read_events(parse_document(data), sensor_fields_once=False).events
        written = write_xml_document(events, creation_date="2026-11-23T08:30:00Z")
        back = read(written.encode())
        assert back.errors == (), case
        assert list(map(normal_form, back.events)) == list(map(normal_form, events)), case
