"""GS1's JSON schema is a floor: what it refuses, we refuse. Good documents are broken in many ways and both asked.

The other direction does not hold and is not meant to: what we refuse beyond it stands in `docs/gs1.md`.
"""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from supplychain.epcis.cbv import EVENT_TYPES
from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_hash import pre_hash
from supplychain.epcis.formats import translate_epcs
from supplychain.epcis.matching import matches
from supplychain.epcis.query import parse_query_url
from supplychain.epcis.xml import read_xml
from supplychain.epcis.xml_write import write_xml_document

pytestmark = pytest.mark.conformance

MUTATIONS = 1_200
REMOVED = object()
VALUES = [REMOVED, None, 7, -1, 1.5, True, "x", "", [], {}, ["x"], [None], [{}], {"a": 1}, "urn:x:1"]
VALUES += ["2026-01-01T00:00:00Z", "ADD", "shipping"]
# The copy of the schema is of version 2.0.0; 2.0.1 allows the field in every type of event.
NEWER = "persistentDisposition"


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a document; of a list only the first two members."""
    members = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def broken(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a place, or without it."""
    copied = copy.deepcopy(document)
    at = copied
    for key in path[:-1]:
        at = at[key]
    if value is REMOVED:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return copied


def is_taken(document: Any) -> bool:
    """Whether our reader takes it, sensor fields in both places apart."""
    try:
        return not read_events(parse_document(document)).errors
    except EPCISError:
        return False


def jobs_of(folder: Path) -> list[tuple[Any, tuple[Any, ...], Any]]:
    """(Document, place, other value): everything that one change can break."""
    documents = [json.loads(path.read_text()) for path in sorted(folder.glob("JSON/**/*.jsonld"))]
    jobs = [(document, path, value) for document in documents for path in places(document) for value in VALUES]
    objects = [(document, path) for document in documents for path in places(document) if isinstance(path[-1], str)]
    return jobs + [(document, (*path[:-1], "madeUp"), 1) for document, path in objects]


def test_whatever_is_taken_can_be_written_hashed_translated_and_asked(shared_folder: Path) -> None:
    taken = 0
    for document, path, value in random.Random(7).sample(jobs_of(shared_folder / "vectors" / "gs1-epcis"), MUTATIONS):
        try:
            parsed = parse_document(broken(document, path, value))
        except EPCISError:
            continue
        for event in read_events(parsed).events:
            if event.type not in EVENT_TYPES and event.namespaces.expand(event.type) == event.type:
                continue  # a type named by a URI: XML has no element of that name
            taken += 1
            written = write_xml_document([event], creation_date="2026-11-23T08:30:00Z")
            (back,) = read_events(parse_document(read_xml(written.encode()))).events
            assert pre_hash(back) == pre_hash(event), (path, value)
            assert pre_hash(translate_epcs(event)) == pre_hash(event)
            assert not matches(parse_query_url([("EQ_bizStep", "killing"), ("MATCH_anyEPC", "urn:x:nothing")]), event)
    assert taken > MUTATIONS // 3


def test_whatever_the_schema_refuses_we_refuse(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "gs1-epcis"
    schema = json.loads((folder / "spec" / "EPCIS-JSON-Schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    refused = 0
    for document, path, value in random.Random(5).sample(jobs_of(folder), MUTATIONS):
        mutant = broken(document, path, value)
        if not validator.is_valid(mutant):
            refused += 1
            assert not is_taken(mutant) or NEWER in path, (path, value)
    assert refused > MUTATIONS // 3
