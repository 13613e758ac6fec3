"""What it costs to capture EPCIS events and to find them again, on PostgreSQL, beside the machine's P-256 rates."""

import json
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from tests.benchmarks.harness import Bench, benchmark

EVENTS = 1_000
STORED = 1_000_000
PAGES = 1_000
EPCS = 3  # of each event

numbers = count()


def fish() -> dict[str, Any]:
    """An event such as an ERP exports: some EPCs, places, parties, a transaction, an extension."""
    number = next(numbers)
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        "eventTime": "2026-03-04T11:00:30.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": [f"https://id.gs1.org/01/04012345111118/21/{number}-{one}" for one in range(EPCS)],
        "readPoint": {"id": "https://id.gs1.org/414/9520001000003"},
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:9520001000003:{number}"}],
        "sourceList": [{"type": "possessing_party", "source": "https://id.gs1.org/417/9520001000003"}],
        "destinationList": [{"type": "possessing_party", "destination": "https://id.gs1.org/417/9520002000002"}],
        "example:line": "7",
    }


CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"example": "https://ns.example.com/epcis/"},
]


def document(events: list[dict[str, Any]]) -> bytes:
    body = {"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0", "epcisBody": {"eventList": events}}
    return json.dumps(body | {"creationDate": "2026-03-04T11:00:30.000+01:00"}).encode()


def timed(run: Callable[[], object], repeat: int) -> list[float]:
    found = []
    for _ in range(repeat):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return found


def p95(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


@benchmark(
    "capture", "Events a second from one document of 1,000 and one by one, with signature, guards and storage on"
)
def capture(bench: Bench) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    from supplychain.models import CaptureJob, Event
    from supplychain.usecases.accept_document import accept_document
    from supplychain.usecases.capture_event import capture_event
    from supplychain.usecases.run_capture_jobs import run_capture_jobs
    from tests.factories import make_cast

    maker = make_cast().maker
    key, message = ec.generate_private_key(ec.SECP256R1()), b"x" * 500
    signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
    public = key.public_key()

    def sign() -> None:
        for _ in range(EVENTS):
            key.sign(message, ec.ECDSA(hashes.SHA256()))

    def verify() -> None:
        for _ in range(EVENTS):
            public.verify(signature, message, ec.ECDSA(hashes.SHA256()))

    sent: list[bytes] = []

    def prepare() -> None:
        sent[:] = [document([fish() for _ in range(EVENTS)])]

    def whole() -> None:
        accept_document(actor=maker, data=sent[0], is_xml=False, behaviour="rollback")
        run_capture_jobs()

    signing = bench.measure("P-256 sign", sign, work=EVENTS)
    bench.measure("P-256 verify", verify, work=EVENTS)
    spent: list[float] = []

    def whole_in_cpu_time() -> None:
        started = time.process_time()
        whole()
        spent.append(time.process_time() - started)

    bulk = bench.measure("one document of 1,000 events", whole_in_cpu_time, work=EVENTS, before=prepare)
    cpu = bench.record("… CPU time of the process, PostgreSQL's not counted", spent[1:], work=EVENTS)
    if CaptureJob.objects.filter(success=False).exists() or Event.objects.count() != 6 * EVENTS:
        raise RuntimeError("not everything was captured")
    bare = [json.dumps({"@context": CONTEXT, **fish()}).encode() for _ in range(220)]
    one = iter(bare)
    single = bench.record("POST /events, one at a time", timed(lambda: capture_event(actor=maker, data=next(one)), 200))
    bench.size(events=EVENTS, epcs_per_event=EPCS)
    bench.ratio("events a second in bulk", bulk.rate, 1.0, at_least=2_000)
    bench.ratio("an event in bulk, CPU time / one signature", cpu, signing)
    bench.ratio("an event alone / in bulk", single, bulk)


@benchmark("epcis_query", "How long a query takes among a million stored events")
def epcis_query(bench: Bench) -> None:
    from django.utils import timezone

    from supplychain.epcis.query import parse_query_url
    from supplychain.repository.query import find_events
    from tests.factories import make_cast

    cast = make_cast()
    load(cast.maker.party.pk, cast.wholesaler.party.pk)
    bench.size(events=STORED)
    now = timezone.now()

    def ask(*pairs: tuple[str, str], key: Any = None, party: Any = cast.wholesaler.party) -> Any:
        return find_events(parse_query_url(pairs), party=party, as_of=now, key=key, size=30)

    serials = iter(range(0, STORED, 997))
    epc = "https://id.gs1.org/01/04012345111118/21/{}-0"
    found = timed(lambda: ask(("MATCH_epc", epc.format(next(serials)))), 300)
    bench.record("MATCH_epc", found)
    bench.ratio("MATCH_epc, p95 in milliseconds", p95(found) * 1000, 1.0, at_most=20)
    days = iter(range(1, 400))

    def window() -> Any:
        day = next(days) % 27 + 1
        return ask(
            ("EQ_bizStep", "receiving"),
            ("GE_eventTime", f"2026-03-{day:02d}T00:00:00Z"),
            ("LT_eventTime", f"2026-03-{day:02d}T06:00:00Z"),
        )

    found = timed(window, 200)
    bench.record("EQ_bizStep in six hours", found)
    bench.ratio("EQ_bizStep in six hours, p95 in milliseconds", p95(found) * 1000, 1.0)
    first = timed(ask, 50)
    page = ask()
    for _ in range(PAGES - 1):
        page = ask(key=page.next)
    last = timed(lambda: ask(key=page.next), 50)
    bench.record("page 1", first)
    bench.record("page 1,000", last)
    bench.ratio("page 1,000 / page 1", sorted(last)[25], sorted(first)[25], at_most=1.5)


def load(maker: int, wholesaler: int) -> None:
    """A million events, every tenth seen by the wholesaler, as rows: making them one by one would take an hour."""
    from django.db import connection

    names = {
        "series": f"generate_series(1, {STORED}) AS n",
        "step": "CASE n % 3 WHEN 0 THEN 'shipping' WHEN 1 THEN 'receiving' ELSE 'storing' END",
        "moment": "timestamptz '2026-01-01' + n * interval '9 seconds'",
        "maker": maker,
        "other": f"CASE WHEN n % 10 = 0 THEN {wholesaler} END",
        "epcs": EPCS - 1,
    }
    with connection.cursor() as cursor:
        for statement in LOAD.format(**names).split(";"):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


LOAD = """
INSERT INTO ledger_entry (entry_id, envelope_sha256, envelope, kind, party, keyid, received_at)
SELECT sha256(n::text::bytea), sha256(('e' || n)::bytea), 'x', 'event', 'bench', 'k', {moment} FROM {series};

INSERT INTO supplychain_event (event_id, type, action, biz_step, disposition, event_time, record_time, party_id,
    counterparty_id, nonce, request_sha256, body, secret, entry_id)
SELECT 'urn:x:' || n, 'ObjectEvent', 'OBSERVE', {step}, '', {moment}, {moment}, {maker}, {other},
    lpad(n::text, 32, '0'), '', '{{"type":"ObjectEvent","eventID":"urn:x:' || n || '"}}', sha256(n::text::bytea),
    (SELECT min(seq) FROM ledger_entry WHERE party = 'bench') + n - 1
FROM {series};

INSERT INTO supplychain_eventindex (event_id, party_id, counterparty_id, epcis_id, declares_error, type, action,
    biz_step, disposition, read_point, biz_location, event_time, record_time, captured)
SELECT id, party_id, counterparty_id, event_id, false, type, action, biz_step, '', '', '', event_time, record_time, ''
FROM supplychain_event;

INSERT INTO supplychain_eventepc (event_id, field, epc)
SELECT id, 1, 'https://id.gs1.org/01/04012345111118/21/' || nonce::bigint || '-' || one
FROM supplychain_event, generate_series(0, {epcs}) AS one
"""
