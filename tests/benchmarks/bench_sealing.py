"""Sealing: the transaction that turns waiting entries into a block."""

import itertools
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from tests.benchmarks.harness import Bench, benchmark


@benchmark("sealing", "How many waiting entries a second the sealer takes into blocks, by block size")
def sealing(bench: Bench) -> None:
    from django.conf import settings
    from django.test import override_settings

    from ledger.usecases.seal import seal
    from tests.factories import make_cast

    make_cast()
    while seal():
        pass
    bench.note("entries are rows as `submit` leaves them; admission (signature check) is not part of this")
    for size in (1, 255, 1_000, 10_000):
        with override_settings(LOG_BLOCK_MAX=max(size, settings.LOG_BLOCK_MAX)):
            repeat = 5 if size < 10_000 else 3
            measured = bench.measure(
                f"block of {size:,}", seal, work=size, repeat=repeat, before=partial(wait_in_line, size)
            )
        if size >= 1_000:
            bench.ratio(f"entries/s at {size:,} / 40,000", measured.rate, 40_000.0, at_least=1.0)


_numbers = itertools.count()


def wait_in_line(count: int) -> None:
    """`count` entries and their places in the queue, written in bulk: what is measured is what comes after."""
    from ledger.models import Entry, Pending

    now = datetime.now(UTC)
    names = [f"entry {number}".encode() for number in itertools.islice(_numbers, count)]
    entries = Entry.objects.bulk_create(
        [
            Entry(
                entry_id=sha256(b"id " + name).digest(),
                envelope_sha256=sha256(name).digest(),
                envelope=name,
                kind="event",
                party="9520001000003",
                keyid="0" * 64,
                received_at=now,
            )
            for name in names
        ],
        batch_size=5_000,
    )
    Pending.objects.bulk_create([Pending(entry=entry) for entry in entries], batch_size=5_000)
