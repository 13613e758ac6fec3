"""EPCIS documents and events as clients write them."""

from typing import Any
from uuid import uuid4

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
EXAMPLE = {"example": "https://ns.example.com/epcis/"}
FISH = "urn:epc:id:sgtin:4012345.011111.987"  # nobody's here


def an_event(**fields: Any) -> dict[str, Any]:
    """An ObjectEvent about a stranger's fish, or with other fields. None leaves a field out."""
    event = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-03-04T11:00:30.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [FISH],
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def document(events: list[Any], **fields: Any) -> dict[str, Any]:
    """An EPCISDocument of these events."""
    return {
        "@context": [CONTEXT, EXAMPLE],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-04T11:00:30.000+01:00",
        "epcisBody": {"eventList": events},
        **fields,
    }


def bare(event: dict[str, Any]) -> dict[str, Any]:
    """An event for POST /events, with the context that it needs."""
    return {"@context": [CONTEXT, EXAMPLE], **event}
