"""What the life of a pack costs at the sizes of a real line, a real pallet and a real recall, on PostgreSQL."""

import time
from functools import partial
from itertools import count
from typing import Any

from tests.benchmarks.bench_path import Caller, timed
from tests.benchmarks.harness import Bench, benchmark

PACKS = 100_000


@benchmark("commission", "100,000 packs commissioned by one HTTP call, against a bare COPY of the same rows")
def commission(bench: Bench) -> None:
    from supplychain.models import Item
    from supplychain.usecases.issue_api_key import issue_api_key
    from tests.factories import make_batch, make_cast
    from tests.workers import environment_of_this_database, granian

    cast = make_cast()
    key = issue_api_key(party=cast.maker.party, name="bench")[1]
    bench.size(packs=PACKS)
    environment = environment_of_this_database(THROTTLE_USER="100000/min", LOG_LEVEL="WARNING")
    calls: list[float] = []
    copies: list[float] = []
    with granian(bench.folder, environment) as url:
        maker = Caller(url, key)
        for lot in range(4):
            batch = make_batch(cast.maker, lot_number=f"L{lot}")
            path = f"/api/v1/batches/{batch.pk}/commission"
            timed(calls, partial(maker.post, path, {"count": PACKS}))
            if batch.items.count() != PACKS:
                raise RuntimeError(f"lot {lot}: {batch.items.count()} packs, expected {PACKS}")
            copies.append(copy_again(batch.pk))
    # The first of each pays for opening connections, loading code and growing files.
    over = bench.record("one HTTP call, 100,000 packs", calls[1:])
    under = bench.record("bare COPY of the same rows", copies[1:])
    bench.ratio("HTTP call / bare COPY", over, under, at_most=3.0)
    bench.notes.append(f"{Item.objects.count():,} rows in the table in the end")


def copy_again(batch: int) -> float:
    """Seconds for a COPY of a batch's rows into a table with the same columns, constraints and indexes."""
    from django.db import connection, transaction

    table = "supplychain_item"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE copied (LIKE {table} INCLUDING ALL)")
        cursor.execute(f"SELECT * FROM {table} WHERE batch_id = %s ORDER BY id", [batch])  # noqa: S608  (our own name)
        rows = cursor.fetchall()
        started = time.perf_counter()
        with cursor.copy("COPY copied FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        elapsed = time.perf_counter() - started
        cursor.execute("DROP TABLE copied")
    return elapsed


@benchmark("pallet", "Ship and receive of a pallet with 10, 1,000 and 10,000 packs, through HTTP")
def pallet(bench: Bench) -> None:
    from supplychain.usecases.issue_api_key import issue_api_key
    from tests.factories import commissioned, make_batch, make_cast, packed
    from tests.workers import environment_of_this_database, granian

    cast = make_cast()
    batch = make_batch(cast.maker)
    rounds, start = 12, count(step=100_000)
    sizes = (10, 1_000, 10_000)
    pallets = {
        size: [
            packed(cast.maker, commissioned(cast.maker, size, start=next(start), batch=batch)) for _ in range(rounds)
        ]
        for size in sizes
    }
    keys = {actor: issue_api_key(party=actor.party, name="bench")[1] for actor in (cast.maker, cast.wholesaler)}
    bench.size(rounds=rounds)
    environment = environment_of_this_database(THROTTLE_USER="100000/min", LOG_LEVEL="WARNING")
    times: dict[int, list[float]] = {size: [] for size in sizes}
    with granian(bench.folder, environment) as url:
        maker, wholesaler = (Caller(url, keys[actor]) for actor in (cast.maker, cast.wholesaler))
        # In turn, so that whatever else the machine does hits every size alike.
        for turn in range(rounds):
            for size in sizes:
                started = time.perf_counter()
                body = {"receiver": cast.wholesaler.party.gln, "epcs": [pallets[size][turn]]}
                shipped: Any = maker.post("/api/v1/shipments", body)
                receipt = {"handoff": shipped["handoff"]["id"], "epcs": [pallets[size][turn]]}
                wholesaler.post("/api/v1/receipts", receipt)
                times[size].append(time.perf_counter() - started)
    results = {size: bench.record(f"ship + receive, {size:,} packs", times[size][2:]) for size in sizes}
    bench.ratio("1,000 packs / 10 packs", results[1_000], results[10], at_most=1.3)
    bench.ratio("10,000 packs / 10 packs", results[10_000], results[10], at_most=1.3)


@benchmark("trace", "Pedigree of a pack at depth 4 after 20 handoffs; where a 100,000-pack batch is now")
def trace(bench: Bench) -> None:
    from supplychain.acts import Request
    from supplychain.history import history_of
    from supplychain.queries import shares_of, total_packs
    from supplychain.stock import find_items
    from supplychain.usecases.dispense import dispense
    from tests.factories import commissioned, handed_over, make_batch, make_cast, packed

    cast = make_cast()
    batch = make_batch(cast.maker)
    packs = commissioned(cast.maker, PACKS, batch=batch)
    bundles = [packed(cast.maker, packs[at : at + 20]) for at in range(0, 2_000, 20)]
    cases = [packed(cast.maker, bundles[at : at + 10]) for at in range(0, 100, 10)]
    first = packed(cast.maker, cases)
    for at in range(2_000, 60_000, 2_000):
        handed_over(cast.maker, cast.wholesaler, [packed(cast.maker, packs[at : at + 2_000])])
    for turn in range(20):
        sender, receiver = (cast.maker, cast.wholesaler) if turn % 2 == 0 else (cast.wholesaler, cast.maker)
        handed_over(sender, receiver, [first])
    handed_over(cast.maker, cast.pharmacy, packs[60_000:60_200])
    for epc in packs[60_000:60_050]:
        dispense(actor=cast.pharmacy, request=Request(), epc=epc)
    bench.size(packs=PACKS, handoffs=20)

    item = find_items([packs[0]])[packs[0]]
    steps = history_of(item)
    bench.notes.append(f"the pedigree has {len(steps)} steps")
    pedigree = bench.measure("pedigree, depth 4, 20 handoffs", lambda: history_of(item), repeat=30, warm_up=3)
    bench.ratio("pedigree, in units of 20 ms", pedigree, 0.020, at_most=1.0)
    if total_packs(shares_of(batch)) != PACKS:
        raise RuntimeError(f"{total_packs(shares_of(batch))} packs are accounted for, expected {PACKS}")
    forward = bench.measure("forward trace of 100,000 packs", lambda: shares_of(batch), repeat=15, warm_up=3)
    bench.ratio("forward trace, in units of 300 ms", forward, 0.300, at_most=1.0)
