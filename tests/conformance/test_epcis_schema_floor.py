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

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.errors import EPCISError

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
        return not read_events(parse_document(document), sensor_fields_once=False).errors
    except EPCISError:
        return False


def test_whatever_the_schema_refuses_we_refuse(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "gs1-epcis"
    schema = json.loads((folder / "spec" / "EPCIS-JSON-Schema.json").read_text())
    validator = jsonschema.Draft7Validator(schema)
    documents = [json.loads(path.read_text()) for path in sorted(folder.glob("JSON/**/*.jsonld"))]
    jobs = [(document, path, value) for document in documents for path in places(document) for value in VALUES]
    objects = [(document, path) for document in documents for path in places(document) if isinstance(path[-1], str)]
    jobs += [(document, (*path[:-1], "madeUp"), 1) for document, path in objects]
    refused = 0
    for document, path, value in random.Random(5).sample(jobs, MUTATIONS):
        mutant = broken(document, path, value)
        if not validator.is_valid(mutant):
            refused += 1
            assert not is_taken(mutant) or NEWER in path, (path, value)
    assert refused > MUTATIONS // 3
