"""What reading, checking and writing an EPCIS event costs, beside what the JSON parser alone takes."""

import json
from functools import partial
from typing import Any

from tests.benchmarks.harness import Bench, benchmark

EVENTS = 1_000
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ext": "https://ns.example.com/epcis/"}]


def event(number: int) -> dict[str, Any]:
    """A shipment of five cases as an ERP exports it."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{number:032x}",
        "eventTime": "2026-11-23T08:30:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": [f"https://id.gs1.org/01/70614141123451/21/{number:06d}{at}" for at in range(5)],
        "readPoint": {"id": "urn:epc:id:sgln:9506000.14044.0"},
        "bizTransactionList": [{"type": "desadv", "bizTransaction": "urn:epcglobal:cbv:bt:8779891013658:H9022413"}],
        "sourceList": [{"type": "owning_party", "source": "https://id.gs1.org/417/9506000140445"}],
        "destinationList": [{"type": "owning_party", "destination": "https://id.gs1.org/417/9520002000002"}],
        "ext:order": "4711",
    }


@benchmark("epcis", "What an EPCIS event costs to read, check and write, in JSON and in XML, to hash and to match")
def epcis(bench: Bench) -> None:
    from supplychain.epcis.document import parse_document, read_events
    from supplychain.epcis.event_hash import event_hash
    from supplychain.epcis.matching import matches
    from supplychain.epcis.query import parse_query_url
    from supplychain.epcis.write import write_event
    from supplychain.epcis.xml import read_xml
    from supplychain.epcis.xml_write import write_xml_document

    raw = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-23T08:30:00Z",
        "epcisBody": {"eventList": [event(number) for number in range(EVENTS)]},
    }
    data = json.dumps(raw).encode()
    events = read_events(parse_document(data)).events
    xml = write_xml_document(events, creation_date="2026-11-23T08:30:00Z").encode()
    question = parse_query_url([("EQ_bizStep", "shipping"), ("MATCH_epc", "urn:epc:idpat:sgtin:0614141.712345.*")])
    bench.size(events=EVENTS, epcs=5 * EVENTS, json_bytes=len(data), xml_bytes=len(xml))

    def read_and_write(document: bytes) -> list[Any]:
        return [write_event(one) for one in read_events(parse_document(document)).events]

    bare = bench.measure("json.loads and json.dumps", lambda: json.dumps(json.loads(data)), work=EVENTS)
    ours = bench.measure("read, check and write JSON", partial(read_and_write, data), work=EVENTS)
    bench.measure("read and check XML", lambda: read_events(parse_document(read_xml(xml))), work=EVENTS)
    bench.measure("event hash", lambda: [event_hash(one) for one in events], work=EVENTS)
    bench.measure("match one question", lambda: [matches(question, one) for one in events], work=EVENTS)
    bench.ratio("read, check and write / bare json", ours, bare)
    bench.note(f"{ours.rate:,.0f} events a second on one core; the bar for capture with signature and storage is 2,000")
