"""GS1's and OpenEPCIS's own documents through the REST interface: taken in and given back equal, or refused."""

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

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
GS1 = sorted((VECTORS / "gs1-epcis" / "JSON").rglob("*.jsonld"))
OPEN = VECTORS / "openepcis-test-resources" / "2.0" / "EPCIS"
JSON_DOCUMENTS = sorted((OPEN / "JSON" / "Capture" / "Documents").glob("*.json"))
JSON_QUERY_DOCUMENTS = sorted((OPEN / "JSON" / "Query").glob("*.json"))
JSON_EVENTS = sorted((OPEN / "JSON" / "Capture" / "Events").glob("*.json"))
INVALID = sorted(one for part in ("Capture", "Query") for one in (OPEN / "JSON" / part / "Invalid").glob("*.json"))

# Documents that GS1's own conformance text (TCR-53, step 29) wants refused: a sensor field in metadata and in a report.
AGAINST_TCR53 = {
    "aggregation_event_all_possible_fields",
    "object_event_all_possible_fields",
    "transformation_event_all_possible_fields",
}


@pytest.fixture
def maker(cast: Cast, shared_folder: Path) -> Client:
    return Client(issue_api_key(party=cast.maker.party, name="erp")[1])


def events_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    body = document["epcisBody"]
    return list(body["eventList"] if "eventList" in body else body["queryResults"]["resultsBody"]["eventList"])


def capture(client: Client, data: bytes | dict[str, Any], **headers: str) -> CaptureJob:
    answer = client.post("capture", data, **headers)
    assert answer.status == 202, answer.body
    run_capture_jobs()
    return CaptureJob.objects.get(pk=answer.headers["Location"].rpartition("/")[2])


def came_back(client: Client, events: list[dict[str, Any]]) -> None:
    """Every event of a document is there once, equal as JSON apart from what the server fills in."""
    answer = client.get("events", perPage="1000", **{"GS1-EPC-Format": "Never_Translates"})
    assert answer.status == 200, answer.body
    given = events_of(answer.body)
    assert len(given) == len(events)
    for event in given:
        event.pop("recordTime")
    named = {event.get("eventID") for event in events}
    for event in given:
        if event["eventID"] not in named:
            event.pop("eventID")
    for event in events:
        event.pop("recordTime", None)
        assert event in given, event
        given.remove(event)


@pytest.mark.parametrize("path", GS1, ids=lambda path: path.stem)
def test_gs1_examples_are_captured_and_come_back_equal(maker, path, settings):
    document = json.loads(path.read_text())
    if path.stem in AGAINST_TCR53:
        settings.EPCIS_SENSOR_FIELDS_ONCE = True
        refused = maker.post("capture", path.read_bytes())
        assert refused.status == 400
        assert {one["code"] for one in refused.body["errors"]} == {"RULE"}
        settings.EPCIS_SENSOR_FIELDS_ONCE = False
    job = capture(maker, path.read_bytes())
    assert (job.success, job.errors, job.running) == (True, [], False)
    came_back(maker, events_of(document))


@pytest.mark.parametrize("path", [*JSON_DOCUMENTS, *JSON_QUERY_DOCUMENTS], ids=lambda path: path.parts[-3] + path.stem)
def test_openepcis_documents_are_captured_and_come_back_equal(maker, path):
    document = json.loads(path.read_text())
    job = capture(maker, path.read_bytes())
    assert (job.success, job.errors) == (True, [])
    came_back(maker, events_of(document))


@pytest.mark.parametrize("path", JSON_EVENTS, ids=lambda path: path.stem)
def test_openepcis_events_are_captured_one_by_one(maker, path):
    event = json.loads(path.read_text())
    answer = maker.post("events", path.read_bytes())
    assert answer.status == 201, answer.body
    found = maker.get(answer.headers["Location"], **{"GS1-EPC-Format": "Never_Translates"})
    assert found.status == 200
    (given,) = events_of(found.body)
    given.pop("recordTime")
    event.pop("@context")
    event.pop("recordTime", None)
    if "eventID" not in event:
        given.pop("eventID")
    assert given == event


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_openepcis_invalid_documents_are_refused_and_nothing_is_stored(maker, path):
    answer = maker.post("capture", path.read_bytes())
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["type"] == "epcisException:ValidationException"
    assert all(one["path"].startswith("epcisBody.") for one in answer.body["errors"])
    assert not CaptureJob.objects.exists()
    assert not Event.objects.exists()
