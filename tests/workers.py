"""The programs of production as real processes: a Celery worker with beat, and granian, on a test's own database."""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.processes import Process
from tests.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
READY_S = 60.0


def environment_of_this_database(**more: str) -> dict[str, str]:
    """The environment for a program that shall see what this test sees: its database, its log, its broker."""
    from django.conf import settings
    from django.db import connection

    from tests.environment import sqlite_url, with_database

    name = str(connection.settings_dict["NAME"])
    url = sqlite_url(Path(name)) if connection.vendor == "sqlite" else with_database(os.environ["DATABASE_URL"], name)
    return {
        **os.environ,
        "DATABASE_URL": url,
        "LOG_DIR": str(settings.LOG_DIR),
        "LOG_PUBLIC_DIR": str(settings.LOG_PUBLIC_DIR),
        "LOG_ORIGIN": settings.LOG_ORIGIN,
        **more,
    }


def start_celery(folder: Path, environment: Mapping[str, str], *, name: str = "worker") -> Process:
    """A Celery worker with beat, ready for work. It writes its log into `folder`."""
    command = [sys.executable, "-m", "celery", "-A", "supplychain.conf.celery", "worker", "-B", "--concurrency", "1"]
    options = ["--hostname", f"{name}@localhost", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    process = Process("celery", [*command, *options], log=folder / f"{name}.log", env=environment, cwd=ROOT)
    try:
        process.wait_until(lambda: answers_ping(f"{name}@localhost"), seconds=READY_S)
    except BaseException:
        process.kill()
        raise
    return process


def answers_ping(hostname: str) -> bool:
    from supplychain.conf.celery import app

    replies: list[dict[str, Any]] = app.control.ping(destination=[hostname], timeout=0.5) or []
    return any(hostname in reply for reply in replies)


@contextmanager
def granian(folder: Path, environment: Mapping[str, str], *, workers: int = 1) -> Iterator[str]:
    """The production web server on a free port. Yields its address, without a slash at the end."""
    port = free_port()
    command: list[str | Path] = [
        Path(sys.executable).with_name("granian"),
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
    ]
    options = ["--port", str(port), "--workers", str(workers), "supplychain.conf.wsgi:application"]
    url = f"http://127.0.0.1:{port}"
    log = folder / "granian.log"
    environment = {**environment, "PUBLIC_URL": url}
    with Process("granian", [*command, *options], log=log, env=environment, cwd=ROOT) as process:
        process.wait_until(lambda: is_answering(f"{url}/healthz"), seconds=READY_S)
        yield url


def is_answering(url: str) -> bool:
    """True once something answers HTTP there, whatever it says."""
    try:
        urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
    except urllib.error.HTTPError as answer:
        answer.close()
    except OSError:
        return False
    return True
