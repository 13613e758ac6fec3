"""The CBV event hash as its reference implementation computes it since 2026.

`upstream-2026-expected.json` holds the hashes by the rules of 2026. The `.hashes` beside the documents are of October
2025: they hold for documents that are not listed there, because none of those has a field whose rule was changed.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from supplychain.epcis.document import parse_document, read_events
from supplychain.epcis.event_hash import event_hash
from supplychain.epcis.event_values import Event
from supplychain.epcis.xml import read_xml
from supplychain.gs1.link_key import constrained_link

pytestmark = pytest.mark.conformance

# What the two documents name in their own `ignoreFields`: a repository's additions, not the event's.
IGNORED = {
    "https://repository-x.example.com/hash",
    "https://ns.example.com/epcis/captureID",
    "https://ns.example.com/epcis/testField1",
    "https://ns.example.com/epcis/testField2",
}


@pytest.fixture
def vectors(shared_folder: Path) -> Path:
    return shared_folder / "vectors" / "epcis-event-hash-generator"


def events(path: Path) -> tuple[Event, ...]:
    data = path.read_bytes()
    reading = read_events(parse_document(read_xml(data) if path.suffix == ".xml" else data))
    assert reading.errors == ()
    return reading.events


def documents(vectors: Path) -> list[Path]:
    paths = sorted(path for path in (vectors / "examples-2025-10").iterdir() if path.suffix in (".xml", ".jsonld"))
    assert len(paths) == 19
    return paths


def expected(vectors: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((vectors / "upstream-2026-expected.json").read_text())
    assert sum(len(one["CBV2.0"]) for one in loaded.values()) == 22
    return loaded


def test_hashes_by_the_rules_of_2026(vectors: Path) -> None:
    listed = expected(vectors)
    checked = 0
    for path in documents(vectors):
        if path.stem in listed:
            assert list(map(event_hash, events(path))) == listed[path.stem]["CBV2.0"], path.name
            checked += 1
    assert checked == 14


def test_hashes_of_documents_that_no_rule_changed(vectors: Path) -> None:
    listed = expected(vectors)
    checked = 0
    for path in documents(vectors):
        if path.stem not in listed:
            hashes = path.with_suffix(".hashes").read_text().split()
            assert [event_hash(event, ignored=IGNORED) for event in events(path)] == hashes, path.name
            checked += 1
    assert checked == 5


def test_a_document_hashes_alike_in_xml_and_json(vectors: Path) -> None:
    pairs = [(path, path.with_suffix(".xml")) for path in documents(vectors) if path.suffix == ".jsonld"]
    pairs = [(json_path, xml_path) for json_path, xml_path in pairs if xml_path.exists()]
    assert len(pairs) == 4
    for json_path, xml_path in pairs:
        assert list(map(event_hash, events(json_path))) == list(map(event_hash, events(xml_path))), json_path.name


def test_what_is_one_event_in_many_spellings_has_one_hash(vectors: Path) -> None:
    paths = sorted((vectors / "expected_equal").iterdir())
    assert len(paths) == 6
    for path in paths:
        hashes = list(map(event_hash, events(path)))
        assert len(hashes) > 1
        assert len(set(hashes)) == 1, path.name


def test_links_are_reduced_to_the_key(vectors: Path) -> None:
    cases = json.loads((vectors / "dl_normaliser_cases.json").read_text())
    assert len(cases) == 36
    for case in cases:
        assert constrained_link(case["in"]) == case["canonical"], case


def test_twins_of_another_collection_hash_alike(shared_folder: Path) -> None:
    folder = shared_folder / "vectors" / "openepcis-test-resources" / "2.0" / "EPCIS"
    hashed = 0
    for name in ("AggregationEvent_with_sensorData", "AssociationEvent_with_userExtensions", "CurieString_document"):
        twins = [folder / kind.upper() / "Capture" / "Documents" / f"{name}.{kind}" for kind in ("json", "xml")]
        first, second = (list(map(event_hash, events(path))) for path in twins)
        assert first == second, name
        hashed += len(first)
    assert hashed >= 3
