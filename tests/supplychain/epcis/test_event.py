"""Each act's event is one that the standard's own schema accepts."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from supplychain.endings import ENDINGS
from supplychain.epcis import event as epcis
from supplychain.epcis.event import Scene, format_time

SCENE = Scene(
    "urn:uuid:0f8a4f0e-6d3c-5c1e-9b52-1c64a8f8c5b1", datetime(2026, 11, 23, 8, 30, tzinfo=UTC), "9520001000003"
)
PACK = "https://id.gs1.org/01/09520001000010/21/B7"
CASE = "https://id.gs1.org/00/095200010000000010"
ME, OTHER = "9520001000003", "9520002000002"

EVENTS = {
    "commissioning": epcis.commissioning(SCENE, epcs=[PACK], lot_number="L1", expiry=date(2028, 1, 31)),
    "packing": epcis.packing(SCENE, parent=CASE, children=[PACK]),
    "unpacking": epcis.unpacking(SCENE, parent=CASE, children=[PACK]),
    "shipping": epcis.shipping(SCENE, epcs=[CASE], sender=ME, receiver=OTHER),
    "receiving": epcis.receiving(SCENE, epcs=[CASE], sender=ME, receiver=OTHER, counted=True, shipment="urn:uuid:1"),
    "dispensing": epcis.ending(SCENE, ENDINGS["dispense"], epcs=[PACK]),
}


@pytest.mark.parametrize("biz_step", EVENTS)
def test_an_event_names_its_step_its_time_and_its_place(biz_step: str) -> None:
    event = EVENTS[biz_step]
    assert event["bizStep"] == biz_step
    assert event["eventTime"] == "2026-11-23T08:30:00.000Z"
    assert event["readPoint"] == {"id": "https://id.gs1.org/414/9520001000003"}


def test_goods_that_left_are_at_no_business_location() -> None:
    assert "bizLocation" not in EVENTS["shipping"]
    assert "bizLocation" in EVENTS["receiving"]


def test_a_delivery_says_whether_it_was_counted() -> None:
    taken_over = epcis.receiving(SCENE, epcs=[CASE], sender=ME, receiver=OTHER, counted=False, shipment="urn:uuid:1")
    assert taken_over["persistentDisposition"] == {"set": ["completeness_inferred"]}
    assert EVENTS["receiving"]["persistentDisposition"] == {"set": ["completeness_verified"]}


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    moment = datetime(2026, 11, 23, 9, 30, 0, 7999, tzinfo=timezone(timedelta(hours=1)))
    assert format_time(moment) == "2026-11-23T08:30:00.007Z"


def schema(shared_folder: Path) -> dict[str, Any]:
    (path,) = (shared_folder / "vectors" / "gs1-epcis" / "spec").glob("*[Jj][Ss][Oo][Nn]-[Ss]chema*.json")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


@pytest.mark.conformance
def test_the_standards_schema_accepts_every_event(shared_folder: Path) -> None:
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-23T08:30:00.000Z",
        "epcisBody": {"eventList": list(EVENTS.values())},
    }
    validator = jsonschema.Draft7Validator(schema(shared_folder))
    assert [error.message for error in validator.iter_errors(document)] == []
