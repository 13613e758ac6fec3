"""Web server, Celery worker and beat in one process: Medtrail on one machine with no services beside it.

It is the real pipeline, not an eager imitation: the same tasks, taken by a real worker from a broker that lives in
memory. If the process is killed, what was promised is in the database, and the next start's sweep finds it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from celery.beat import EmbeddedService
from cheroot.wsgi import Server
from django.core.wsgi import get_wsgi_application
from django.db import connections

from ledger.startup import check_at_start
from supplychain.conf.celery import app as celery
from supplychain.conf.health import watched


class PortTaken(Exception):
    """Somebody else listens there already."""


@dataclass
class Embedded:
    """The three parts, started and stopped together."""

    host: str
    port: int
    threads: int = 8
    _parts: list[tuple[threading.Thread, Callable[[], object]]] = field(default_factory=list)

    def start(self) -> None:
        """Return when the server answers. Raises PortTaken, and then nothing runs."""
        server = Server((self.host, self.port), get_wsgi_application(), numthreads=self.threads, request_queue_size=256)
        try:
            server.prepare()
        except OSError as error:
            raise PortTaken(f"port {self.port} on {self.host} cannot be used: {error}") from error
        self.port = server.bind_addr[1]
        check_at_start()
        self._run("web", server.serve, server.stop)
        self._start_worker()
        self._start_beat()

    def _start_worker(self) -> None:
        celery.finalize()
        # WorkController and not Worker: the latter takes the signals of the whole process for itself.
        worker = celery.WorkController(
            pool="threads",
            concurrency=2,
            hostname="embedded@localhost",
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            optimization=None,
        )
        self._run("worker", worker.start, worker.stop)

    def _start_beat(self) -> None:
        beat = EmbeddedService(celery, max_interval=1, thread=True, scheduler_cls="celery.beat:Scheduler")
        self._run("beat", beat.run, beat.service.stop)  # type: ignore[union-attr]  # its thread form has one

    def _run(self, name: str, start: Callable[[], object], stop: Callable[[], object]) -> None:
        thread = threading.Thread(target=start, name=f"medtrail-{name}", daemon=True)
        thread.start()
        self._parts.append((thread, stop))
        # The worker's thread can die while the web goes on answering: /healthz watches each.
        watched[name] = thread.is_alive

    def dead(self) -> list[str]:
        return [thread.name for thread, _ in self._parts if not thread.is_alive()]

    def stop(self) -> None:
        """Stop in reverse order: no new work first, then whoever does it."""
        for thread, stop in reversed(self._parts):
            watched.pop(thread.name.removeprefix("medtrail-"), None)
            stop()
            thread.join(10)
        self._parts.clear()
        connections.close_all()
