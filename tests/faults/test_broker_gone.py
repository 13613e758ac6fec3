"""The broker dies under a working system, with everything that it knew. The database is the outbox: nothing is lost."""

import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from ledger.models import Entry, Pending
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from tests import servers, workers
from tests.check_log import check_log
from tests.ledger.cast import open_cast, put_events
from tests.processes import Process

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SECONDS = 90


class Supervised:
    """A worker under a supervisor, as in production: kombu may end one that held a message when its broker died."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        self.environment = workers.environment_of_this_database(REDIS_URL=redis_url)
        self.process = self.start()

    def start(self) -> Process:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "supplychain.conf.celery",
            "worker",
            "-B",
            "--concurrency",
            "1",
        ]
        options = ["--without-gossip", "--without-mingle", "--loglevel", "INFO", "-s", str(self.folder / "beat")]
        log = self.folder / "worker.log"
        return Process("worker", [*command, *options], log=log, env=self.environment, cwd=workers.ROOT)

    def wait_until_sealed(self) -> None:
        deadline = time.monotonic() + SECONDS
        while Pending.objects.exists():
            if not self.process.is_alive:
                self.process.kill()
                self.process = self.start()
            assert time.monotonic() < deadline, self.process.output()[-2000:]
            time.sleep(0.05)


def broker_again(port: int, folder: Path) -> Process:
    """An empty one in the place of the one that died."""
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    return Process("broker", [servers.valkey_program(), *options], log=folder / "broker.log", cwd=folder)


def test_without_a_broker_entries_wait_and_with_a_new_one_they_are_sealed(
    own_log_folders: None, tmp_path: Path
) -> None:
    with servers.valkey() as broker:
        cast = open_cast()
        worker = Supervised(tmp_path, broker.url)
        try:
            worker.wait_until_sealed()
            broker.process.kill()
            put_events(cast, 5)
            with broker_again(broker.port, tmp_path):
                worker.wait_until_sealed()
        finally:
            worker.process.kill()
    advance()
    checked = check_log(Path(settings.LOG_PUBLIC_DIR))
    assert checked.entries == [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert len(checked.entries) == 8
    list(audit())
