"""Witnesses as processes of their own, killed with -9 while they answer: what was cosigned is never forgotten."""

import http.client
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ledger.models import Leaf, Log
from ledger.tlog.merkle import root_hash
from ledger.witness.register import Register
from tests import witnesses
from tests.ledger.cast import open_cast
from tests.ledger.small_log import ORIGIN
from tests.ledger.witness.test_cosigning import LEAVES, LOG, OTHER, ask
from tests.ledger.witnessed import Witnessed
from tests.processes import Process
from tests.servers import free_port

KILLS = 4


class Client(threading.Thread):
    """Hands in head after head, and remembers the largest size that was answered with 200."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.largest = 0
        self.old = 0
        self.statuses: list[int] = []
        self.ended = threading.Event()

    def run(self) -> None:
        dice = random.Random(self.port)
        # Never the last head: it is asked for in the end. A fast machine gets there and asks for the one before again.
        while not self.ended.is_set():
            size = min(self.old + dice.randint(0, 1), len(LEAVES) - 1)
            try:
                status, text = post(self.port, ask(self.old, max(size, 1)))
            except (OSError, http.client.HTTPException):
                continue  # killed, or not there yet
            self.statuses.append(status)
            if status == 200:
                self.old = self.largest = max(size, 1)
            elif status == 409:
                self.old = int(text)


def post(port: int, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/add-checkpoint", body=body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_what_was_answered_survives_a_kill_and_no_second_history_is_cosigned_after_it(tmp_path: Path) -> None:
    port, folder = free_port(), tmp_path / "w"
    client = Client(port)
    client.start()
    dice = random.Random(7)
    try:
        for _ in range(KILLS):
            process, _ = witnesses.start(folder, [LOG.vkey], port=port)
            seen = len(client.statuses) + dice.randint(1, 4)
            process.wait_until(lambda seen=seen: len(client.statuses) > seen, seconds=30)  # type: ignore[misc]
            process.kill()
            # What a client holds a cosignature for is on the disk. It may be one head further: that answer was lost.
            head = Register.open(folder).head(ORIGIN)
            assert head.size >= client.largest > 0
            assert head.root_hash == root_hash(LEAVES[: head.size])
    finally:
        client.ended.set()
        client.join(10)
    process, _ = witnesses.start(folder, [LOG.vkey], port=port)
    with process:
        size = Register.open(folder).head(ORIGIN).size
        assert post(port, ask(0, 12, OTHER)) == (409, f"{size}\n")
        assert post(port, ask(size, 40, OTHER, proof=[bytes(32)]))[0] == 422
        assert post(port, ask(size, 40))[0] == 200
    assert 200 in client.statuses
    assert set(client.statuses) <= {200, 409}


class Processes:
    """The witnesses of a log, each a process: started, killed, started again at the same address."""

    def __init__(self, log: Witnessed, names: tuple[str, ...]) -> None:
        self.log = log
        self.ports = {name: free_port() for name in names}
        self.alive: dict[str, Process] = {}
        for name in names:
            self.start(name)

    def start(self, name: str) -> None:
        folder = self.log.folder / name
        process, found = witnesses.start(folder, [self.log.vkey], name=f"{name}.example/1", port=self.ports[name])
        self.alive[name], self.log.running[name] = process, found

    def kill_all(self) -> None:
        for name in list(self.alive):
            self.kill(name)

    def kill(self, name: str) -> None:
        self.alive.pop(name).kill()


@pytest.fixture
def many(db: None, tmp_path: Path, settings: Any) -> Iterator[Processes]:
    settings.WITNESS_TIMEOUT_S = 3
    with ExitStack() as stack:
        found = Processes(Witnessed(open_cast(), tmp_path), ("w1", "w2", "w3"))
        stack.callback(found.kill_all)
        found.log.policy("group two 2 {names}")
        yield found


@pytest.mark.django_db
def test_a_log_with_three_witness_processes_loses_and_regains_its_quorum(many: Processes) -> None:
    log = many.log
    first = log.grow(3)
    assert log.ask() == 3
    assert log.published == first.tree_size
    many.kill("w1")
    second = log.grow(3)
    assert log.ask() == 2
    assert log.published == second.tree_size
    many.kill("w2")
    log.grow(3)
    assert log.ask() == 1
    assert log.published == second.tree_size  # one of two is not enough
    many.start("w1")  # it is two heads behind: 409, and the proof from there
    log.ask()
    log.ask()
    assert log.published == Leaf.objects.count()
    many.start("w2")
    last = log.grow()
    assert log.ask() == 3
    assert log.published == last.tree_size
    assert Log.objects.get().state == Log.ACTIVE
    for name in ("w1", "w2", "w3"):
        assert log.history(name)[-1] == (last.tree_size, bytes(Log.objects.get().root_hash))
    assert "w2.example/1" in (Path(settings.LOG_PUBLIC_DIR) / "checkpoint").read_text()
