"""Sealing: the transaction that turns waiting entries into a block."""

import itertools
import tracemalloc
from functools import partial

from tests.benchmarks.harness import Bench, benchmark

# Block size, and how often. Longest last: by then the log is half a million leaves long.
ROUNDS = ((1, 20), (255, 10), (1_000, 10), (10_000, 5), (100_000, 3))
FROM = 1_000  # from here on the bar counts


@benchmark("sealing", "How many waiting entries a second the sealer takes into blocks, by block size")
def sealing(bench: Bench) -> None:
    from django.test import override_settings

    from ledger.models import Log
    from ledger.usecases.seal import seal
    from tests.big_log import bare_entries, load
    from tests.factories import make_cast

    make_cast()
    numbers = itertools.count(step=100_000)

    def wait_in_line(count: int) -> None:
        load(bare_entries(count, start=next(numbers)))

    bench.note("entries are rows as `submit` leaves them; admission (signature check) is not part of this")
    with override_settings(LOG_BLOCK_MAX=100_000):
        while seal():
            pass
        peaks = []
        for size, repeat in ROUNDS:
            if size == FROM:
                peaks.append(peak_of(seal, partial(wait_in_line, size)))
            measured = bench.measure(
                f"block of {size:,}", seal, work=size, repeat=repeat, before=partial(wait_in_line, size)
            )
            if size >= FROM:
                bench.ratio(f"entries/s at {size:,} / 40,000", measured.rate, 40_000.0, at_least=1.0)
        peaks.append(peak_of(seal, partial(wait_in_line, FROM)))
    leaves = Log.objects.get().tree_size
    bench.ratio(f"memory of a block of {FROM:,}: in the end / at first", peaks[1], peaks[0], at_most=1.1)
    bench.note(
        f"in the end the log had {leaves:,} leaves; a block of {FROM:,} took {peaks[1] / 1024:,.0f} KiB at its peak"
    )


def peak_of(seal: object, before: object) -> int:
    """The bytes that sealing one block holds at its peak."""
    assert callable(seal)
    assert callable(before)
    before()
    tracemalloc.start()
    seal()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
