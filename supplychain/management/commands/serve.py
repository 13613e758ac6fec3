"""`manage.py serve`: web, Celery worker and beat in one process, on SQLite and a broker in memory unless told."""

import os
import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand

from supplychain.conf.embedded import Embedded, PortTaken


class Command(BaseCommand):
    help = "Run web server, worker and beat in this one process until Ctrl-C; the database is brought up to date first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        embedded = Embedded(host, port)
        stop = threading.Event()
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: stop.set())
        try:
            embedded.start()
        except PortTaken as error:
            raise CommandError(f"{error}\nTry another one: manage.py serve --port {port + 1}") from error
        self.stdout.write(f"Medtrail serves at http://{host}:{embedded.port} (Ctrl-C stops it)")
        self.stdout.flush()
        wait(embedded, stop)
        embedded.stop()


def wait(embedded: Embedded, stop: threading.Event) -> None:
    """Until somebody asks to stop. A part that died ends the process: a supervisor restarts all of it, clean."""
    while not stop.wait(0.5):
        if dead := embedded.dead():
            raise CommandError(f"{', '.join(dead)} died; the log above says why")
