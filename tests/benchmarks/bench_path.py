"""The main path as its users feel it: over HTTP, from the production web server, on PostgreSQL."""

import json
import time
from collections.abc import Callable
from functools import partial
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.harness import Bench, benchmark


class Caller:
    """One kept-alive connection, as a till or an ERP holds it."""

    def __init__(self, url: str, key: str = "") -> None:
        parts = urlsplit(url)
        self.connection = HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        self.headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})

    def call(self, method: str, path: str, body: Any = None, accept: str | None = None) -> bytes:
        headers = self.headers | ({"Accept": accept} if accept else {})
        data = None
        if body is not None:
            data, headers = json.dumps(body).encode(), headers | {"Content-Type": "application/json"}
        self.connection.request(method, path, body=data, headers=headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:300]!r}")
        return answer

    def post(self, path: str, body: Any) -> Any:
        return json.loads(self.call("POST", path, body))


def timed(times: list[float], call: Callable[[], Any]) -> Any:
    started = time.perf_counter()
    answer = call()
    times.append(time.perf_counter() - started)
    return answer


@benchmark(
    "handoff", "What one full handoff (ship + receive) costs through HTTP, for a pallet of 10 packs and of 1,000"
)
def handoff(bench: Bench) -> None:
    from supplychain.usecases.issue_api_key import issue_api_key
    from tests.factories import commissioned, make_batch, make_cast, packed
    from tests.workers import environment_of_this_database, granian

    cast = make_cast()
    batch = make_batch(cast.maker)
    handoffs, start = 15, count(step=10_000)
    pallets = {
        size: [
            packed(cast.maker, commissioned(cast.maker, size, start=next(start), batch=batch)) for _ in range(handoffs)
        ]
        for size in (10, 1_000)
    }
    keys = {actor: issue_api_key(party=actor.party, name="bench")[1] for actor in (cast.maker, cast.wholesaler)}
    bench.size(handoffs=handoffs)
    environment = environment_of_this_database(THROTTLE_USER="100000/min", LOG_LEVEL="WARNING")
    with granian(bench.folder, environment) as url:
        maker, wholesaler = (Caller(url, keys[actor]) for actor in (cast.maker, cast.wholesaler))
        results = {}
        for size, epcs in pallets.items():
            ship_times: list[float] = []
            whole: list[float] = []
            for epc in epcs:
                body = {"receiver": cast.wholesaler.party.gln, "epcs": [epc]}
                answer = timed(ship_times, partial(maker.post, "/api/v1/shipments", body))
                receipt = {"handoff": answer["handoff"]["id"], "epcs": [epc]}
                whole.append(ship_times[-1])
                timed(ship_times, partial(wholesaler.post, "/api/v1/receipts", receipt))
                whole[-1] += ship_times[-1]
            # The first one pays for opening connections and loading code.
            results[size] = bench.record(f"handoff of a pallet with {size:,} packs", whole[1:])
        bench.ratio("1,000 packs / 10 packs", results[1_000], results[10], at_most=1.3)


@benchmark("verdict", "What the public page of a pack costs, as HTML and as JSON, against the server's smallest answer")
def verdict(bench: Bench) -> None:
    from ledger.usecases.advance import advance
    from supplychain.acts import Request
    from supplychain.usecases.dispense import dispense
    from tests.factories import GTIN, LOT, handed_over, make_cast, palletised
    from tests.workers import environment_of_this_database, granian

    cast = make_cast()
    pallet, cases, packs = palletised(cast.maker, cases=10, packs_per_case=24)
    handed_over(cast.maker, cast.pharmacy, [pallet])
    dispense(actor=cast.pharmacy, request=Request(), epc=packs[0])
    advance()
    bench.size(packs=len(packs), cases=len(cases))
    path = f"/01/{GTIN}/10/{LOT}/21/{packs[0].rpartition('/')[2]}"
    environment = environment_of_this_database(PAGE_RATE="1000000/m", THROTTLE_ANON="1000000/min", LOG_LEVEL="WARNING")
    with granian(bench.folder, environment) as url:
        caller = Caller(url)
        page = bench.measure("page, HTML", lambda: caller.call("GET", path, accept="text/html"), repeat=50, warm_up=5)
        answer = bench.measure("answer, JSON", lambda: caller.call("GET", path), repeat=50, warm_up=5)
        bare = bench.measure("/healthz", lambda: caller.call("GET", "/healthz"), repeat=50, warm_up=5)
        bench.ratio("page / healthz", page, bare)
        bench.ratio("answer / healthz", answer, bare)
