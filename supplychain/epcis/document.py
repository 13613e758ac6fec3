"""EPCIS documents: EPCISDocument, EPCISQueryDocument, and a bare event with an @context of its own.

Reading has two steps, because a server may keep the good events of a document whose others are bad. `parse_document`
looks at everything around the events and refuses the document as a whole; `read_events` then reads each event by
itself and lists, for each bad one, everything that is wrong with it.

>>> document = parse_document(b'{"@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",'
...     b'"type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-11-23T08:30:00Z",'
...     b'"epcisBody": {"eventList": [{"type": "ObjectEvent"}]}}')
>>> for error in read_events(document).errors: print(error)
epcisBody.eventList[0].eventTime null: expected eventTime, which is required
epcisBody.eventList[0].eventTimeZoneOffset null: expected eventTimeZoneOffset, which is required

Source: EPCIS 2.0 section 10 (JSON-LD binding) and 12 (REST bindings).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from supplychain.epcis.checks import check_text, check_uri
from supplychain.epcis.errors import EPCISError, join, name
from supplychain.epcis.event_values import Event
from supplychain.epcis.limits import DEFAULT_LIMITS, Limits
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces, parse_context
from supplychain.epcis.read import read_event
from supplychain.epcis.shapes import is_deeper, is_extension
from supplychain.epcis.strict_json import check_value, read_json
from supplychain.epcis.values import Timestamp

Kind = Literal["EPCISDocument", "EPCISQueryDocument", "event"]

_DOCUMENT_FIELDS = ("@context", "id", "type", "schemaVersion", "creationDate", "epcisBody")
_FIELDS: Mapping[str, frozenset[str]] = {
    "EPCISDocument": frozenset((*_DOCUMENT_FIELDS, "instanceIdentifier", "sender", "receiver", "epcisHeader")),
    "EPCISQueryDocument": frozenset(_DOCUMENT_FIELDS),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "EPCISDocument": ("@context", "schemaVersion", "creationDate", "epcisBody"),
    "EPCISQueryDocument": ("@context", "epcisBody"),
}


@dataclass(frozen=True, slots=True)
class RawEvent:
    """The JSON object of one event, not yet read, and where it stands in its document."""

    body: Any
    path: str


@dataclass(frozen=True, slots=True)
class Document:
    """What stands around the events of a document, and the events, each still to be read.

    `header` is the epcisHeader (opaque JSON, or None), `fields` all other fields of the document but `@context`, `type`
    and `epcisBody`. `query_name` and `subscription_id` belong to an EPCISQueryDocument.
    """

    kind: Kind
    schema_version: str
    context: Any
    namespaces: Namespaces
    events: tuple[RawEvent, ...]
    creation_date: Timestamp | None = None
    header: Mapping[str, Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    query_name: str | None = None
    subscription_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The events of a document in its order: `outcomes[n]` is the event, or the error that says what is wrong."""

    outcomes: tuple[Event | EPCISError, ...]
    is_complete: bool = True  # False: reading stopped at the limit of errors

    @property
    def events(self) -> tuple[Event, ...]:
        """The good events."""
        return tuple(one for one in self.outcomes if isinstance(one, Event))

    @property
    def errors(self) -> tuple[EPCISError, ...]:
        """Everything that is wrong, each with its path in the document."""
        return tuple(error for one in self.outcomes if isinstance(one, EPCISError) for error in one.all)


def parse_document(data: bytes | str | dict[str, Any], limits: Limits = DEFAULT_LIMITS) -> Document:
    """The document in JSON text, or in what a strict reader made of it.

    Raises:
        EPCISError: the text is no JSON that everybody reads alike, it is no EPCIS document, something around its
            events is wrong, or it is larger than the limits allow.
    """
    if isinstance(data, (bytes, str)):
        raw = read_json(data, limits)
    else:
        raw = data
        check_value(raw)
    if not isinstance(raw, dict):
        raise EPCISError("TYPE", "", raw, "an object")
    kind = raw.get("type")
    if not isinstance(kind, str):
        what = "EPCISDocument, EPCISQueryDocument or the type of an event"
        raise EPCISError("MISSING" if kind is None else "TYPE", "type", kind, what)
    if kind not in _FIELDS:
        return _bare_event(raw)
    _check_fields(kind, raw, limits)
    namespaces = _read_under("@context", parse_context, raw["@context"])
    parts = _parse_query_body(raw["epcisBody"]) if kind == "EPCISQueryDocument" else _parse_body(raw["epcisBody"])
    events, path = parts.pop("eventList"), parts.pop("path")
    if len(events) > limits.events:
        raise EPCISError("SIZE", path, events, f"at most {limits.events} events")
    apart = ("@context", "type", "epcisBody", "schemaVersion", "creationDate", "epcisHeader")
    return Document(
        kind=kind,  # type: ignore[arg-type]
        schema_version=raw.get("schemaVersion", "2.0"),
        context=raw["@context"],
        namespaces=namespaces,
        events=tuple(RawEvent(event, f"{path}[{at}]") for at, event in enumerate(events)),
        creation_date=_read_under("creationDate", Timestamp, raw["creationDate"]) if "creationDate" in raw else None,
        header=raw.get("epcisHeader"),
        fields={key: value for key, value in raw.items() if key not in apart},
        **parts,
    )


def read_events(document: Document, limits: Limits = DEFAULT_LIMITS, *, sensor_fields_once: bool = False) -> Reading:
    """Read each event of a document; see `read.read_event`. Stops when `limits.errors` errors are found."""
    outcomes: list[Event | EPCISError] = []
    room = limits.errors
    for raw in document.events:
        try:
            event = read_event(
                raw.body, document.namespaces, raw.path, limits=limits, sensor_fields_once=sensor_fields_once
            )
        except EPCISError as error:
            outcomes.append(error)
            room -= len(error.all)
            if room <= 0:
                return Reading(tuple(outcomes), is_complete=len(outcomes) == len(document.events))
        else:
            outcomes.append(event)
    return Reading(tuple(outcomes))


def _bare_event(raw: dict[str, Any]) -> Document:
    """A document of one event, which carries its own context."""
    if "@context" not in raw:
        raise EPCISError("MISSING", "@context", None, "a context, as every bare event has")
    return Document("event", "2.0", raw["@context"], GS1_NAMESPACES, (RawEvent(raw, ""),))


def _check_fields(kind: str, raw: dict[str, Any], limits: Limits) -> None:
    """The fields around the body: none missing, none unknown, each of its type."""
    for key in _REQUIRED[kind]:
        if key not in raw:
            raise EPCISError("MISSING", key, None, f"{key}, which is required")
    for key, value in raw.items():
        if key not in _FIELDS[kind] and not is_extension(key):
            raise EPCISError("UNKNOWN_FIELD", name(key), value, f"a field of {kind}, or one with a prefix")
        if key in ("id", "schemaVersion", "creationDate", "instanceIdentifier", "sender", "receiver"):
            if not isinstance(value, str):
                raise EPCISError("TYPE", key, value, "a text")
            _read_under(key, check_uri if key == "id" else check_text, value)
        elif key not in ("epcisBody", "@context", "type") and is_deeper(value, limits.depth):
            raise EPCISError("DEPTH", name(key), value, f"at most {limits.depth} levels")
    if "epcisHeader" in raw and not isinstance(raw["epcisHeader"], dict):
        raise EPCISError("TYPE", "epcisHeader", raw["epcisHeader"], "an object")
    version = raw.get("schemaVersion", "2.0")
    if version.split(".")[0] != "2" or not version.replace(".", "").isdecimal():
        raise EPCISError("VERSION", "schemaVersion", version, "2.0")


def _parse_body(body: Any) -> dict[str, Any]:
    """The eventList of an EPCISDocument."""
    events = _member(body, "epcisBody", "eventList", list)
    return {"eventList": events, "path": "epcisBody.eventList"}


def _parse_query_body(body: Any) -> dict[str, Any]:
    """The eventList of an EPCISQueryDocument, with the name of the query that gave it."""
    results = _member(body, "epcisBody", "queryResults", dict)
    path = "epcisBody.queryResults"
    query_name = _member(results, path, "queryName", str)
    subscription = _member(results, path, "subscriptionID", str) if "subscriptionID" in results else None
    results_body = _member(results, path, "resultsBody", dict)
    events = _member(results_body, f"{path}.resultsBody", "eventList", list)
    return {
        "eventList": events,
        "path": f"{path}.resultsBody.eventList",
        "query_name": query_name,
        "subscription_id": subscription,
    }


_NAMES: Mapping[Any, str] = {list: "a list", dict: "an object", str: "a text"}


def _member(raw: Any, path: str, key: str, kind: type) -> Any:
    """One field of an object, which has to be there and of one type."""
    if not isinstance(raw, dict):
        raise EPCISError("TYPE", path, raw, "an object")
    if key not in raw:
        raise EPCISError("MISSING", join(path, key), None, f"{key}, which is required")
    if not isinstance(raw[key], kind):
        raise EPCISError("TYPE", join(path, key), raw[key], _NAMES[kind])
    return raw[key]


def _read_under(key: str, read: Any, value: Any) -> Any:
    """What a reader makes of a value; its errors get the field's name."""
    try:
        return read(value)
    except EPCISError as error:
        raise error.under(key) from None
