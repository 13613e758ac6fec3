"""Events and documents from which the tests of this room start."""

from typing import Any

CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"ext": "https://ns.example.com/epcis/"},
]
PACK = "https://id.gs1.org/01/70614141123451/21/2017"
PACK_URN = "urn:epc:id:sgtin:0614141.712345.2017"
CASE = "https://id.gs1.org/00/106141412345678908"
PLACE = "https://id.gs1.org/414/9506000140445"


def document(*events: Any, **fields: Any) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-23T08:30:00.000Z",
        "epcisBody": {"eventList": list(events)},
    } | fields


def object_event(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-11-23T08:30:00.000Z",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "epcList": [PACK],
        "bizStep": "shipping",
        "readPoint": {"id": PLACE},
    } | changes
    return {key: value for key, value in event.items() if value is not None}


def sensor_event(
    metadata: dict[str, Any] | None = None, report: dict[str, Any] | None = None, **values: Any
) -> dict[str, Any]:
    element = {"sensorReport": [{"type": "Temperature", "value": 3, "uom": "CEL"} | (report or {}) | values]}
    if metadata is not None:
        element["sensorMetadata"] = metadata  # type: ignore[assignment]
    return object_event(epcList=None, bizStep="sensor_reporting", sensorElementList=[element])
