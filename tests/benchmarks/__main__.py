"""`make bench [ONLY=name]`: a throwaway PostgreSQL with fsync on, Valkey, one migrated database for each benchmark."""

import argparse
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg
from rich.console import Console

from tests import environment, servers
from tests.benchmarks import harness, report

RESULTS = report.ROOT / "var" / "bench" / "results.jsonl"
TEMPLATE = servers.DATABASE


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure and print the ratios.")
    parser.add_argument("--only", metavar="NAME", help="run the benchmarks whose name contains this")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that a JSON line is appended to")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    with (
        servers.scratch_folder("medtrail-bench-") as home,
        servers.postgres(durable=True) as postgres,
        servers.valkey() as valkey,
    ):
        environment.lay_out(home, database_url=postgres.url, redis_url=valkey.url)
        django.setup()
        chosen = choose(options.only)
        if options.list or not chosen:
            for name, one in harness.registry.items():
                console.print(f"{name:24} {one.question}", highlight=False)
            return 0 if options.list else 2
        migrate()
        database = f"{postgres.name}, fsync on; {valkey.name}"
        console.print(f"{report.machine()}\n{database}\n", highlight=False)
        return run(chosen, home, database, options.results, console)


def choose(only: str | None) -> list[harness.Benchmark]:
    """Load every tests/benchmarks/bench_*.py, then pick."""
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        importlib.import_module(f"tests.benchmarks.{path.stem}")
    return [one for name, one in harness.registry.items() if only is None or only in name]


def run(chosen: list[harness.Benchmark], home: Path, database: str, results: Path, console: Console) -> int:
    missed = []
    for number, one in enumerate(chosen):
        folder = home / f"run-{number}"
        folder.mkdir()
        bench = harness.Bench(one.name, folder)
        with own_database(f"bench_{number}", folder):
            one.run(bench)
        report.show(bench, one.question, console)
        report.keep(bench, database, results)
        missed += [f"{one.name}: {ratio.label}" for ratio in bench.ratios if not ratio.is_met]
    for each in missed:
        console.print(f"MISSED {each}", style="bold red", highlight=False)
    return 1 if missed else 0


def migrate() -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    connections.close_all()


@contextmanager
def own_database(name: str, folder: Path) -> Iterator[None]:
    """A copy of the migrated database, and log folders, that no earlier benchmark has touched."""
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection, connections
    from django.test import override_settings

    address = environment.with_database(settings.DATABASE_URL, "postgres")
    connections.close_all()
    with psycopg.connect(address, autocommit=True) as administration:
        administration.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    connection.settings_dict["NAME"] = name
    cache.clear()
    with override_settings(LOG_DIR=folder / "log", LOG_PUBLIC_DIR=folder / "public"):
        yield
    connections.close_all()
    with psycopg.connect(address, autocommit=True) as administration:
        administration.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if __name__ == "__main__":
    sys.exit(main())
