"""The query language in SQL against its plain meaning, over GS1's and OpenEPCIS's own events and a pallet's story.

Queries are put together from what the events themselves say, so that most of them find something, and from what they
nearly say. The database answers by its indexes, `epcis.matching` from each event alone; both must find the same ones.
"""

import json
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from supplychain.acts import Request
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.matching import matches
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.predicates import Query
from supplychain.epcis.query import parse_query_url
from supplychain.epcis.read import read_event
from supplychain.models import EventIndex
from supplychain.repository.query import find_events, micros_of, moment_of
from supplychain.repository.results import ANYTHING, as_it_came, context_of
from supplychain.usecases.accept_document import accept_document
from supplychain.usecases.dispense import dispense
from supplychain.usecases.run_capture_jobs import run_capture_jobs
from supplychain.usecases.unpack import unpack
from tests.factories import Cast, handed_over, make_cast, palletised

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
DOCUMENTS = [
    *sorted((VECTORS / "gs1-epcis" / "JSON").rglob("*.jsonld")),
    *sorted((VECTORS / "openepcis-test-resources/2.0/EPCIS/JSON/Capture/Documents").glob("*.json")),
    *sorted((VECTORS / "openepcis-testdata-generator").glob("*.json")),
]
UNITS = ("CEL", "KEL", "FAH", "KGM", "GRM", "A93", "P1", "MTR", "XYZ")
NUMBERED = ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue")


def tell_the_story(cast: Cast) -> None:
    """Acts of ours, whose EPCs stand in the tables of goods."""
    pallet, cases, packs = palletised(cast.maker, cases=2, packs_per_case=2)
    handed_over(cast.maker, cast.wholesaler, [pallet])
    unpack(actor=cast.wholesaler, request=Request(), parent=pallet, children=cases[:1])
    handed_over(cast.wholesaler, cast.pharmacy, cases[:1])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])


def leaves(value: Any) -> list[str]:
    """Every scalar in a JSON value, as a URL would write it."""
    if isinstance(value, dict):
        return [one for member in value.values() for one in leaves(member)]
    if isinstance(value, list):
        return [one for member in value for one in leaves(member)]
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(one for member in value.values() for one in names(member))]
    if isinstance(value, list):
        return [one for member in value for one in names(member)]
    return []


def asked_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Parameters that this event might answer to, right and wrong ones."""
    texts = [one for one in leaves(body) if "|" not in one and one]
    found = [(f"EQ_{name}", text) for name in _TEXTS for text in texts]
    found += [(f"MATCH_{name}", text) for name in _MATCHES for text in texts if ":" in text]
    found += [(f"{how}_{name}", text) for how in ("GE", "LT") for name in _TIMES for text in texts if "T" in text]
    numbers = [text for text in texts if text.replace(".", "", 1).replace("-", "", 1).isdigit()]
    for how in ("EQ", "GT", "GE", "LT", "LE"):
        found += [
            (f"{how}_{name}_{unit}", text) for name in (*NUMBERED, "quantity") for unit in UNITS for text in numbers
        ]
        found += [(f"{how}_{name}", text) for name in ("quantity", "percRank") for text in numbers]
    fields = sorted({name for name in names(body) if ":" in name})
    for part in ("", "ILMD_", "ERROR_DECLARATION_", "SENSORELEMENT_", "SENSORMETADATA_", "SENSORREPORT_", "readPoint_"):
        for name in fields:
            found += [(f"EXISTS_{inner}{part}{name}", "true") for inner in ("", "INNER_") if part != "readPoint_"]
            found += [
                (f"{how}_{inner}{part}{name}", text)
                for how in ("EQ", "GE", "LT")
                for inner in ("", "INNER_")
                for text in texts
            ]
    for one in body.get("bizTransactionList", []):
        found.append((f"EQ_bizTransaction_{one.get('type', 'po')}", one["bizTransaction"]))
    for side in ("source", "destination"):
        found += [(f"EQ_{side}_{one['type']}", one[side]) for one in body.get(f"{side}List", [])]
    return found


_TEXTS = (
    *("action", "bizStep", "disposition", "readPoint", "bizLocation", "eventID", "transformationID", "errorReason"),
    *("correctiveEventID", "persistentDisposition_set", "persistentDisposition_unset", "type", "deviceID", "bizRules"),
    *("dataProcessingMethod", "microorganism", "chemicalSubstance", "stringValue", "booleanValue", "hexBinaryValue"),
    "uriValue",
)
_MATCHES = (
    "epc",
    "parentID",
    "inputEPC",
    "outputEPC",
    "anyEPC",
    "epcClass",
    "inputEPCClass",
    "outputEPCClass",
    "anyEPCClass",
)
_TIMES = ("eventTime", "recordTime", "time", "startTime", "endTime", "errorDeclarationTime")
ALWAYS = [
    *(("EXISTS_errorDeclaration", text) for text in ("true",)),
    ("EXISTS_sensorElement", "true"),
    *(("eventType", kind) for kind in ("ObjectEvent", "AggregationEvent", "AssociationEvent|TransformationEvent")),
    ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.107346.*"),
    ("MATCH_anyEPC", "urn:epc:idpat:sgtin:*.*.*"),
    ("MATCH_anyEPC", "urn:epc:idpat:sscc:*.*"),
    ("MATCH_epc", "https://id.gs1.org/01/09520001000010"),
    ("MATCH_parentID", "urn:epc:idpat:sscc:9520001.*"),
]


@pytest.mark.django_db(transaction=True)
def test_the_database_finds_what_the_plain_meaning_finds(shared_folder: Path) -> None:
    cast = make_cast()
    tell_the_story(cast)
    for path in DOCUMENTS:
        accept_document(actor=cast.maker, data=path.read_bytes(), is_xml=False, behaviour="proceed")
    run_capture_jobs()
    stored = list(EventIndex.objects.select_related("event", "context"))
    assert len(stored) > 60
    typed, pool, found = {}, list(ALWAYS), defaultdict(set)
    for row in stored:
        body = as_it_came(row)
        spaces = parse_context(context_of(row))
        typed[row.event_id] = read_event(body, spaces, limits=ANYTHING)
        for pair in asked_of(body):
            if (query := _query(pair, spaces)) is not None:
                pool.append(pair)
                if len(found[pair[0]]) < 4 and matches(query, typed[row.event_id]):
                    found[pair[0]].add(pair)
    contexts = [context for row in stored if isinstance(context := context_of(row), list)]
    spaces_of_all = parse_context([entry for context in contexts for entry in context])
    now = timezone.now() + timedelta(seconds=1)
    hits = [0]
    answered = sorted(pair for pairs in found.values() for pair in pairs) + ALWAYS
    a_pair = st.one_of(st.sampled_from(answered), st.sampled_from(answered), st.sampled_from(pool))

    @settings(max_examples=400, suppress_health_check=list(HealthCheck))
    @given(st.lists(a_pair, min_size=1, max_size=3, unique_by=lambda pair: pair[0]))
    def check(pairs: list[tuple[str, str]]) -> None:
        query = parse_query_url(pairs, spaces_of_all)
        expected = {pk for pk, event in typed.items() if matches(query, event)}
        page = find_events(query, party=cast.regulator.party, as_of=now, size=1000)
        assert {row.event_id for row in page.rows} == expected, pairs
        hits[0] += bool(expected)

    check()
    assert hits[0] > 100


def _query(pair: tuple[str, str], spaces: Any) -> Query | None:
    try:
        return parse_query_url([pair], spaces)
    except EPCISError:
        return None


def test_moments_survive_a_page_token() -> None:
    now = timezone.now()
    assert moment_of(micros_of(now)) == now
    assert json.loads(json.dumps(micros_of(now))) == micros_of(now)
