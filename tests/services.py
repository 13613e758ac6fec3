"""Early pytest plugin (`-p tests.services`): environment and servers, ready before Django reads its settings.

MEDTRAIL_TEST_DB=sqlite (default) or postgres says which database the run is on. TEST_DATABASE_URL and TEST_REDIS_URL
name servers that are up already. Under xdist the controller starts one of each; every worker has its own database,
its own numbered space in Valkey and its own MEDTRAIL_HOME.
"""

import os
import signal
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import pytest

from tests import environment, servers

DATABASES = ("sqlite", "postgres")
HEADER = pytest.StashKey[str]()


def chosen_database() -> str:
    name = os.environ.get("MEDTRAIL_TEST_DB", "sqlite")
    if name not in DATABASES:
        raise pytest.UsageError(f"MEDTRAIL_TEST_DB={name!r}: expected {' or '.join(DATABASES)}")
    return name


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    # A wrapper runs before every plain implementation, pytest-django's tryfirst included, which reads the settings.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        move_in(worker)
    else:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)  # runs on Ctrl-C too
        signal.signal(signal.SIGTERM, end_in_order)
        options = early_config.known_args_namespace
        idle = options.help or options.version or options.collectonly
        early_config.stash[HEADER] = start(stack, chosen_database(), idle=bool(idle))
    return (yield)


def end_in_order(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt("SIGTERM")


def start(stack: ExitStack, database: str, *, idle: bool) -> str:
    """Start what the run needs, unless it is `idle` and will run no test. Returns the line for pytest's header."""
    home = stack.enter_context(servers.scratch_folder("medtrail-home-"))
    names = []
    database_url = environment.sqlite_url(home / "medtrail.sqlite3")
    redis_url = os.environ.get("TEST_REDIS_URL", "")
    if database == "postgres":
        database_url = os.environ.get("TEST_DATABASE_URL", "")
        if not database_url and not idle:
            server = stack.enter_context(servers.postgres())
            database_url = server.url
            names.append(f"{server.name} on port {server.port}")
        elif database_url:
            names.append("PostgreSQL of TEST_DATABASE_URL")
        else:
            database_url = "postgres://127.0.0.1:1/none"
    else:
        names.append("SQLite")
    if not redis_url and not idle:
        server = stack.enter_context(servers.valkey())
        redis_url = server.url
        names.append(f"{server.name} on port {server.port}")
    elif redis_url:
        names.append("the broker of TEST_REDIS_URL")
    environment.lay_out(home, database_url=database_url, redis_url=redis_url)
    return ", ".join(names)


def move_in(worker: str) -> None:
    """Give this xdist worker a home and a numbered space of Valkey of its own; pytest-django names its database."""
    home = Path(os.environ["MEDTRAIL_HOME"]) / worker
    home.mkdir(mode=0o755, exist_ok=True)
    redis_url = os.environ["REDIS_URL"]
    if redis_url:
        first = redis_url.rpartition("/")[2]
        number = (int(first) if first.isdigit() else 0) + int(worker.removeprefix("gw"))
        redis_url = environment.with_database(redis_url, str(number))
    environment.lay_out(home, database_url=os.environ["DATABASE_URL"], redis_url=redis_url)


def pytest_report_header(config: pytest.Config) -> str | None:
    return f"services: {config.stash[HEADER]}" if HEADER in config.stash else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # The closing line speaks of the last pass only: say above it how the earlier ones ended (tests/run_all.py).
    if earlier := os.environ.get("MEDTRAIL_EARLIER_PASSES"):
        terminalreporter.write_line(f"earlier: {earlier}")
