"""The audit: what a whole check of the log costs, against nothing but verifying its signatures."""

import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from tests.benchmarks.harness import Bench, benchmark
from tests.workers import ROOT, environment_of_this_database

SIZES = (30_000, 120_000)
RAW = 10_000  # signatures that each core verifies, to know the machine


@benchmark("audit", "How many entries a second the audit checks, as a share of the machine's raw P-256 verify rate")
def audit_rate(bench: Bench) -> None:
    from django.conf import settings
    from django.db import connection

    from ledger.processes import count_cores
    from ledger.usecases.advance import advance
    from ledger.usecases.audit import audit
    from tests.big_log import load, seal_all, signed_entries
    from tests.ledger.cast import MAKER, open_cast

    maker, loaded, peaks = open_cast().maker, 0, []
    bench.note(f"both on {count_cores()} cores; the audit's time includes PostgreSQL and starting its processes")
    for size in SIZES:
        loaded += load(signed_entries(maker, MAKER, log=settings.LOG_ORIGIN, count=size - loaded, start=loaded))
        seal_all(block=1_000)
        advance()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        audits, raws, cpu = [], [], []
        # In turn, so that whatever else the machine does hits both alike.
        for _ in range(3):
            before = cpu_seconds()
            raws.append(raw_seconds(count_cores()))
            between, started = cpu_seconds(), time.perf_counter()
            for _ in audit():
                pass
            audits.append(time.perf_counter() - started)
            cpu.append((between - before) / (RAW * count_cores()) / ((cpu_seconds() - between) / size))
        whole = bench.record(f"audit of {size:,} entries", audits, work=size)
        raw = bench.record(f"raw verify beside {size:,} entries", raws, work=RAW * count_cores())
        is_last = size == SIZES[-1]
        bench.ratio(f"audit / raw verify at {size:,}", whole.rate, raw.rate, at_least=0.6 if is_last else None)
        bench.ratio(f"the same in CPU time, without PostgreSQL's, at {size:,}", statistics.median(cpu), 1.0)
        peaks.append(peak_kib(bench.folder / f"audit-{size}.log"))
    bench.ratio(f"memory at {SIZES[1]:,} / at {SIZES[0]:,} entries", peaks[1], peaks[0], at_most=1.1)
    bench.note(f"the largest process of `ledger_audit` took {peaks[0] // 1024} and {peaks[1] // 1024} MiB")


def cpu_seconds() -> float:
    """What this process and those that it has waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_kib(log: Path) -> int:
    """What the largest process of the command `ledger_audit` held at its peak."""
    command = [sys.executable, "manage.py", "ledger_audit"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment_of_this_database(), stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"ledger_audit: status {status}: {log.read_text()[-500:]}")
    return usage.ru_maxrss


def raw_seconds(cores: int) -> float:
    """Seconds in which all cores verify RAW signatures each, with nothing around it: key and message at hand."""
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as executor:
        list(executor.map(verify_raw, [100] * cores * 2))  # started, and the library loaded
        started = time.perf_counter()
        list(executor.map(verify_raw, [RAW] * cores))
        return time.perf_counter() - started


def verify_raw(count: int) -> None:
    key, message, scheme = ec.generate_private_key(ec.SECP256R1()), bytes(600), ec.ECDSA(SHA256())
    signature, public = key.sign(message, scheme), key.public_key()
    for _ in range(count):
        public.verify(signature, message, scheme)
