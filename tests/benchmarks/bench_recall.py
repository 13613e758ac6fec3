"""What a recall costs: to come into force on a small and on a large batch, and to be looked at while it is answered."""

import time
from collections.abc import Callable
from functools import partial
from itertools import count

from tests.benchmarks.harness import Bench, benchmark

SIZES = (1_000, 100_000)
ROUNDS = 4


@benchmark("recall", "A recall of 1,000 and of 100,000 packs comes into force, and is overseen")
def recall(bench: Bench) -> None:
    from django.utils import timezone

    from supplychain.acts import Request
    from supplychain.models import Recall
    from supplychain.recalls.queries import progress_of
    from supplychain.stock import epc_of
    from supplychain.usecases.commission import commission
    from supplychain.usecases.ship import ship
    from tests.factories import make_batch, make_cast
    from tests.supplychain.recalls.recall_cast import make_panel, proposed, rehearsed, sign_with

    cast = make_cast()
    panel = make_panel(cast)
    numbers = count()
    bench.size(rounds=ROUNDS, packs=max(SIZES))
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    looks: list[float] = []
    for size in SIZES:
        for _ in range(ROUNDS):
            batch = make_batch(cast.maker, f"L{next(numbers)}")
            commission(actor=cast.maker, request=Request(), batch=batch, count=size)
            epcs = [epc_of(item) for item in batch.items.order_by("pk")[:100]]
            ship(actor=cast.maker, request=Request(), epcs=epcs, receiver=cast.wholesaler.party)
            found = rehearsed("approve_recall", panel.regulator, proposal=proposed(cast.maker, batch))
            clock(times[size], partial(sign_with, panel.regulator, panel.key, found))
        newest = Recall.objects.order_by("-pk")[0]
        clock(looks, partial(progress_of, newest, timezone.localdate()))
    small = bench.record("into force, 1,000 packs", times[SIZES[0]][1:])
    large = bench.record("into force, 100,000 packs", times[SIZES[1]][1:])
    bench.record("effectiveness", looks)
    bench.ratio("100,000 packs / 1,000 packs", large, small)
    bench.notes.append("no row of a pack is written; its rows are counted once, by custody")


def clock(times: list[float], run: Callable[[], object]) -> None:
    started = time.perf_counter()
    run()
    times.append(time.perf_counter() - started)
