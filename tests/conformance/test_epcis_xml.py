"""OpenEPCIS's XML through the REST interface: taken in or refused like its JSON twin, and found by the same queries."""

import json
from pathlib import Path
from typing import Any

import pytest

from supplychain.models import CaptureJob, Event
from supplychain.usecases.issue_api_key import issue_api_key
from supplychain.usecases.run_capture_jobs import run_capture_jobs
from tests.factories import Cast
from tests.supplychain.epcis_rest.client import Client

pytestmark = pytest.mark.django_db

OPEN = Path(__file__).resolve().parents[3] / "shared/vectors/openepcis-test-resources/2.0/EPCIS"
DOCUMENTS = sorted((OPEN / "XML/Capture/Documents").glob("*.xml"))
QUERY_DOCUMENTS = [one for one in (OPEN / "XML/Query").rglob("*.xml") if not {"Invalid", "Queries"} & set(one.parts)]
VALID = [*DOCUMENTS, *sorted(QUERY_DOCUMENTS)]
INVALID = [*sorted((OPEN / "XML/Capture/Invalid").glob("*.xml")), *sorted((OPEN / "XML/Query/Invalid").glob("*.xml"))]
TWINS = [path for path in DOCUMENTS if (OPEN / f"JSON/Capture/Documents/{path.stem}.json").exists()]
# Documents that are called valid and are not, each with what is wrong.
DISAGREED = {
    "SensorData_with_combined_events": "MISSING",  # sensor reports without a type, which the standard requires
    "ObjectEventWithAllPossibleFields": "TIME",  # a declarationTime without seconds
}


@pytest.fixture
def clients(cast: Cast, shared_folder: Path) -> tuple[Client, Client]:
    maker, wholesaler = (Client(issue_api_key(party=one.party, name="x")[1]) for one in (cast.maker, cast.wholesaler))
    return maker, wholesaler


def capture(client: Client, data: bytes, kind: str) -> CaptureJob:
    answer = client.post("capture", data, content_type=kind)
    assert answer.status == 202, answer.body
    run_capture_jobs()
    return CaptureJob.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.parts[-3] + path.stem)
def test_xml_documents_are_captured(clients, path):
    if path.stem in DISAGREED:
        answer = clients[0].post("capture", path.read_bytes(), content_type="application/xml")
        assert (answer.status, answer.body["errors"][0]["code"]) == (400, DISAGREED[path.stem])
        return
    job = capture(clients[0], path.read_bytes(), "application/xml")
    assert (job.success, job.errors) == (True, [])
    assert Event.objects.count() == job.total


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_xml_is_refused_and_nothing_is_stored(clients, path):
    where = "events" if "bare" in path.stem else "capture"
    answer = clients[0].post(where, path.read_bytes(), content_type="application/xml")
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert not Event.objects.exists()
    assert not CaptureJob.objects.exists()


def found(client: Client, **query: str) -> list[tuple[Any, ...]]:
    answer = client.get("events", perPage="100", **query)
    assert answer.status == 200, answer.body
    events = answer.body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return sorted((one["type"], one["eventTime"][:19], one.get("bizStep", "")) for one in events)


QUERIES = [
    {},
    {"eventType": "ObjectEvent"},
    {"EQ_action": "OBSERVE"},
    {"EQ_bizStep": "receiving|inspecting|shipping"},
    {"EQ_disposition": "in_progress|in_transit|active"},
    {"MATCH_anyEPC": "urn:epc:idpat:sgtin:*.*.*"},
    {"MATCH_anyEPCClass": "urn:epc:idpat:sgtin:4012345.*.*"},
    {"EXISTS_sensorElement": "true"},
    {"EQ_bizTransaction_po": "http://transaction.acme.com/po/12345678"},
    {"GE_value_KEL": "273.15"},
]


@pytest.mark.parametrize("path", TWINS, ids=lambda path: path.stem)
def test_xml_and_json_twins_are_found_by_the_same_queries(clients, path):
    in_xml, in_json = clients
    twin = OPEN / f"JSON/Capture/Documents/{path.stem}.json"
    capture(in_xml, path.read_bytes(), "application/xml")
    capture(in_json, twin.read_bytes(), "application/json")
    for query in QUERIES:
        assert found(in_xml, **query) == found(in_json, **query), query


def test_what_was_captured_in_json_is_given_out_in_xml_and_can_be_captured_again(clients):
    sent, again = clients
    data = (OPEN / "JSON/Capture/Documents/AggregationEvent.json").read_bytes()
    capture(sent, data, "application/json")
    answer = sent.get("events", Accept="application/xml")
    assert (answer.status, answer.headers["Content-Type"].partition(";")[0]) == (200, "application/xml")
    assert "<recordTime>" in answer.body
    capture(again, answer.body.encode(), "application/xml")
    assert found(sent) == found(again)
    assert len(found(again)) == len(json.loads(data)["epcisBody"]["eventList"])
