"""Proofs: what one costs as the log grows to a million leaves."""

import random
import time

from tests.benchmarks.harness import Bench, benchmark

SIZES = (10_000, 100_000, 1_000_000)
PROOFS = 400
BAR_S = 0.003


@benchmark("proof", "How long the proof file of any one entry takes, by the length of the log")
def proof(bench: Bench) -> None:
    from django.db import connection

    from ledger import queries
    from ledger.models import Leaf
    from ledger.usecases.publish import publish
    from ledger.usecases.sign import sign
    from tests.big_log import bare_entries, load, seal_all
    from tests.ledger.cast import open_cast

    open_cast()
    dice, loaded, started = random.Random(7), 0, time.perf_counter()
    for size in SIZES:
        loaded += load(bare_entries(size - loaded, start=loaded))
        seal_all(block=100_000)
        sign()
        publish()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        bench.note(f"a log of {size:,} entries after {time.perf_counter() - started:.0f} s, published")
        indexes = [dice.randrange(size) for _ in range(PROOFS)]
        entries = [leaf.entry for leaf in Leaf.objects.filter(index__in=indexes).select_related("entry") if leaf.entry]
        dice.shuffle(entries)
        times = []
        for entry in entries:
            begun = time.perf_counter()
            file = queries.proof_file(entry, with_envelope=True)
            times.append(time.perf_counter() - begun)
            if file is None:
                raise RuntimeError(f"entry {entry.seq}: not published")
        measured = bench.record(f"proof file at {size:,} leaves", times[20:])
        bench.ratio(f"median at {size:,} / 3 ms", measured, BAR_S, at_most=1.0 if size == SIZES[-1] else None)
        bench.note(f"{size:,} leaves: 99 of 100 proofs within {sorted(times)[int(len(times) * 0.99)] * 1000:.1f} ms")
