"""Ten thousand tries of several processes at the same goods: refusals are clean, and nothing locks up."""

import time

from tests.benchmarks.harness import Bench, benchmark

TRIES, PROCESSES = 10_000, 4


@benchmark("contention", "10,000 tries by 4 processes at the same 20 items on PostgreSQL: deadlocks, state against log")
def contention(bench: Bench) -> None:
    from supplychain.usecases.rebuild_state import rebuild_state
    from tests.contention import contend
    from tests.factories import commissioned, make_cast, packed

    cast = make_cast()
    packs = commissioned(cast.maker, 14)
    for at in range(0, 12, 2):
        packed(cast.maker, packs[at : at + 2])
    bench.size(tries=TRIES, processes=PROCESSES)
    started = time.perf_counter()
    answers = contend(bench.folder, "mix", processes=PROCESSES, tries=TRIES // PROCESSES, seconds=3600)
    bench.record("one try", [(time.perf_counter() - started) / TRIES])
    errors = sum(count for answer, count in answers.items() if answer.startswith("ERROR"))
    *_, last = rebuild_state()
    if last.differences or last.reason:
        raise RuntimeError(f"the state is not what the log says: {last.reason} {last.differences[:3]}")
    listed = ", ".join(f"{answer} {count:,}" for answer, count in answers.most_common(12))
    bench.notes.append(f"{answers.total():,} tries: {listed}")
    bench.notes.append(f"{errors} deadlocks or other errors; the state equals the replayed log")
    if errors:
        raise RuntimeError(f"{errors} of {answers.total():,} tries ended in an error: {listed}")
