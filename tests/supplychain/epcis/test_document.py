"""What stands around the events of a document, and what happens to good events beside bad ones."""

import json
from typing import Any

import pytest

from supplychain.epcis.document import Document, parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.limits import Limits
from supplychain.epcis.namespaces import KNOWN_CONTEXTS, parse_context
from supplychain.epcis.write import write_event
from tests.supplychain.epcis.samples import CONTEXT, document, object_event
from tests.supplychain.epcis.test_event import EVENTS


def query_document(*events: Any, **results: Any) -> dict[str, Any]:
    body = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": list(events)}} | results
    return {
        "@context": CONTEXT,
        "type": "EPCISQueryDocument",
        "epcisBody": {"queryResults": {key: value for key, value in body.items() if value is not None}},
    }


def without(raw: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in keys}


BAD: list[tuple[Any, str, str]] = [
    ([], "", "TYPE"),
    ("text", "", "TYPE"),
    ({}, "type", "MISSING"),
    ({"type": 7}, "type", "TYPE"),
    (object_event(), "@context", "MISSING"),
    (document(type="ObjectEvent")["epcisBody"], "type", "MISSING"),
    (without(document(), "@context"), "@context", "MISSING"),
    (without(document(), "schemaVersion"), "schemaVersion", "MISSING"),
    (without(document(), "creationDate"), "creationDate", "MISSING"),
    (without(document(), "epcisBody"), "epcisBody", "MISSING"),
    (document(schemaVersion="1.2"), "schemaVersion", "VERSION"),
    (document(schemaVersion="3.0"), "schemaVersion", "VERSION"),
    (document(schemaVersion="2.x"), "schemaVersion", "VERSION"),
    (document(schemaVersion=2.0), "schemaVersion", "TYPE"),
    (document(creationDate="today"), "creationDate", "TIME"),
    (document(id="document 1"), "id", "URI"),
    (document(sender="a\x00b"), "sender", "CHARACTER"),
    (document(sender=["a"]), "sender", "TYPE"),
    (document(colour="red"), "colour", "UNKNOWN_FIELD"),
    (document(epcisHeader="none"), "epcisHeader", "TYPE"),
    (document(epcisBody=[]), "epcisBody", "TYPE"),
    (document(epcisBody={}), "epcisBody.eventList", "MISSING"),
    (document(epcisBody={"eventList": {}}), "epcisBody.eventList", "TYPE"),
    (document(**{"@context": 5}), "@context", "TYPE"),
    (document(**{"@context": None}), "@context", "TYPE"),
    (document(creationDate=None), "creationDate", "TYPE"),
    (document(epcisHeader=None), "epcisHeader", "TYPE"),
    (document(**{"@context": ["javascript:alert(1)"]}), "@context[0]", "URI"),
    (query_document(queryName=None), "epcisBody.queryResults.queryName", "MISSING"),
    (query_document(queryName=7), "epcisBody.queryResults.queryName", "TYPE"),
    (query_document(subscriptionID=7), "epcisBody.queryResults.subscriptionID", "TYPE"),
    (query_document(resultsBody=None), "epcisBody.queryResults.resultsBody", "MISSING"),
    (query_document(resultsBody=[]), "epcisBody.queryResults.resultsBody", "TYPE"),
    (query_document() | {"epcisHeader": {}}, "epcisHeader", "UNKNOWN_FIELD"),
    ({"a": "\ud800"}, "a", "CHARACTER"),
]


@pytest.mark.parametrize(("raw", "path", "code"), BAD)
def test_a_bad_document_is_refused_as_a_whole(raw: Any, path: str, code: str) -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_document(raw if isinstance(raw, dict) else json.dumps(raw))
    assert (refusal.value.path, refusal.value.code) == (path, code)


def test_a_deep_field_of_others_in_a_document_is_refused() -> None:
    value: Any = 1
    for _ in range(40):
        value = {"ex:a": value}
    for key in ("epcisHeader", "ex:field"):
        with pytest.raises(EPCISError) as refusal:
            parse_document(document(**{key: value}))
        assert (refusal.value.path, refusal.value.code) == (key, "DEPTH")


def test_more_events_than_allowed_are_refused_before_one_is_read() -> None:
    with pytest.raises(EPCISError) as refusal:
        parse_document(document(*[7] * 11), Limits(events=10))
    assert (refusal.value.path, refusal.value.code) == ("epcisBody.eventList", "SIZE")


def test_bytes_text_and_objects_are_the_same_document() -> None:
    raw = document(object_event(), id="urn:x:1", sender="a", epcisHeader={"ex:a": 1}, **{"ex:b": [2]})
    text = json.dumps(raw)
    assert parse_document(raw) == parse_document(text) == parse_document(text.encode())
    parsed = parse_document(raw)
    assert parsed.fields == {"id": "urn:x:1", "sender": "a", "ex:b": [2]}
    assert parsed.header == {"ex:a": 1}
    assert parsed.creation_date is not None


def test_a_query_document_tells_its_query() -> None:
    parsed = parse_document(query_document(object_event(), subscriptionID="s1"))
    assert (parsed.kind, parsed.query_name, parsed.subscription_id) == ("EPCISQueryDocument", "SimpleEventQuery", "s1")
    assert read_events(parsed).errors == ()


def test_a_bare_event_brings_its_context() -> None:
    raw = object_event(**{"@context": CONTEXT, "ext:a": 1})
    (event,) = read_events(parse_document(raw)).events
    assert write_event(event) == raw
    assert event.namespaces.expand("ext:a") == "https://ns.example.com/epcis/a"


def test_good_events_are_told_from_bad_ones_by_their_place() -> None:
    reading = read_events(parse_document(document(object_event(), object_event(action="x"), 7, object_event())))
    assert [isinstance(one, EPCISError) for one in reading.outcomes] == [False, True, True, False]
    assert [error.path for error in reading.errors] == ["epcisBody.eventList[1].action", "epcisBody.eventList[2]"]
    assert len(reading.events) == 2
    assert reading.is_complete


def test_reading_stops_when_enough_is_wrong() -> None:
    bad: Document = parse_document(document(*[object_event(action="x", bizStep="y")] * 10))
    reading = read_events(bad, Limits(errors=5))
    assert len(reading.outcomes) == 3
    assert not reading.is_complete
    assert read_events(bad, Limits(errors=20)).is_complete


def test_an_empty_list_of_events_is_a_document() -> None:
    assert read_events(parse_document(document())).outcomes == ()


def test_an_event_may_define_prefixes_of_its_own_and_change_outer_ones() -> None:
    inner = object_event(**{"@context": [{"ext": "https://other.example/"}], "ext:a": 1})
    outer = object_event(**{"ext:a": 1})
    first, second = read_events(parse_document(document(inner, outer))).events
    assert first.namespaces.expand("ext:a") == "https://other.example/a"
    assert second.namespaces.expand("ext:a") == "https://ns.example.com/epcis/a"


def test_no_context_is_ever_fetched_and_a_stranger_says_nothing() -> None:
    spaces = parse_context(
        ["https://evil.example/context.jsonld", {"a:b": "https://x/", "ok": "https://ok.example/", "e": ""}]
    )
    assert spaces.contexts == ("https://evil.example/context.jsonld",)
    assert spaces.own_prefixes() == {"ok": "https://ok.example/"}
    assert spaces.expand("evil:a") == "evil:a"
    assert spaces.expand("https://ok.example/") == "https://ok.example/"
    assert spaces.expand("plain") == "plain"


def test_the_context_of_gs1_is_known_under_all_its_addresses() -> None:
    assert "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld" in KNOWN_CONTEXTS
    assert "https://gs1.github.io/EPCIS/epcis-context.jsonld" in KNOWN_CONTEXTS


@pytest.mark.parametrize("step", EVENTS)
def test_our_own_events_are_read_and_written_unchanged(step: str) -> None:
    (event,) = read_events(parse_document(document(EVENTS[step]))).events
    assert write_event(event) == EVENTS[step]
