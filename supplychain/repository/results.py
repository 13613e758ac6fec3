"""Stored events as an EPCISQueryDocument: each as it came in, its identifiers spelt as the client wants them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from supplychain.epcis.formats import EpcFormat, WordFormat, translate_epc, translate_epcs, translate_words
from supplychain.epcis.limits import Limits
from supplychain.epcis.namespaces import DEFAULT_CONTEXT, KNOWN_CONTEXTS, Namespaces, parse_context
from supplychain.epcis.read import read_event
from supplychain.epcis.spelling import rewrite
from supplychain.epcis.vocabulary import OWN_CONTEXT
from supplychain.epcis.xml_write import spell_as_it_is, spell_as_urn, spell_as_web_uri, write_xml_query_document
from supplychain.models import EventIndex

SIMPLE = "SimpleEventQuery"
ANYTHING = Limits(epcs=2_000_000, depth=100)  # it was looked at when it came in


def query_document(
    rows: Sequence[EventIndex],
    *,
    spelling: EpcFormat,
    now: datetime,
    query_name: str = SIMPLE,
    subscription: str | None = None,
) -> dict[str, Any]:
    """The document that answers a query with these events."""
    context, apart = merge_contexts(rows)
    results: dict[str, Any] = {"queryName": query_name}
    if subscription is not None:
        results["subscriptionID"] = subscription
    events = [event_body(row, spelling) for row in rows]
    for row, event in zip(rows, events, strict=True):
        if row.context_id in apart:
            event.setdefault("@context", apart[row.context_id])
    return {
        "@context": context,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": format_moment(now),
        "epcisBody": {"queryResults": results | {"resultsBody": {"eventList": events}}},
    }


def event_body(row: EventIndex, spelling: EpcFormat) -> dict[str, Any]:
    """One event as its author wrote it, with the time at which it was recorded."""
    body = as_it_came(row)
    if spelling in (EpcFormat.DIGITAL_LINK, EpcFormat.URN):
        body = rewrite(body, lambda uri: translate_epc(uri, spelling))
    return body


def as_it_came(row: EventIndex) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(row.captured or row.event.body)
    return body | {"recordTime": format_moment(row.record_time)}


def context_of(row: EventIndex) -> Any:
    return OWN_CONTEXT if row.context is None else json.loads(row.context.body)


def format_moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def query_document_xml(
    rows: Sequence[EventIndex], *, spelling: EpcFormat, words: WordFormat, now: datetime, query_name: str = SIMPLE
) -> str:
    """The same document in XML."""
    spaces: dict[int | None, Namespaces] = {}
    events = []
    for row in rows:
        if row.context_id not in spaces:
            spaces[row.context_id] = parse_context(context_of(row))
        event = read_event(as_it_came(row), spaces[row.context_id], limits=ANYTHING)
        events.append(translate_words(translate_epcs(event, spelling), words))
    spell = {WordFormat.WEB_URI: spell_as_web_uri, WordFormat.URN: spell_as_urn}.get(words, spell_as_it_is)
    return write_xml_query_document(events, creation_date=format_moment(now), query_name=query_name, spell=spell)


# --- Contexts ---------------------------------------------------------------------------------------------------------


def merge_contexts(rows: Sequence[EventIndex]) -> tuple[Any, dict[int | None, Any]]:
    """One context for all the events, and by key those that contradict it: they go with their own events."""
    merged: list[Any] = []
    prefixes: dict[str, Any] = {}
    apart: dict[int | None, Any] = {}
    seen: set[int | None] = set()
    for row in rows:
        if row.context_id in seen:
            continue
        seen.add(row.context_id)
        context = context_of(row)
        entries = context if isinstance(context, list) else [context]
        own = {name: stem for entry in entries if isinstance(entry, dict) for name, stem in entry.items()}
        if any(prefixes.get(name, stem) != stem for name, stem in own.items()):
            apart[row.context_id] = context
            continue
        prefixes |= own
        merged += [entry for entry in entries if isinstance(entry, str) and entry not in merged]
    if not KNOWN_CONTEXTS.intersection(merged):
        merged.insert(0, DEFAULT_CONTEXT)
    return merged + ([prefixes] if prefixes else []), apart
