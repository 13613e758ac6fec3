"""The worker's side. The database knows what is due; a message only says "look now"."""

import threading
import time

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import KombuError

from ledger.errors import LedgerError
from ledger.usecases.advance import advance as advance_log

log = structlog.get_logger(__name__)

# Rings closer together than this are one ring: hundreds of submissions a second need one look, not hundreds.
QUIET_SECONDS = 0.1


class Doorbell:
    """Tells the workers that something waits. Nobody may hear it: beat looks each second.

    A thread of its own talks to the broker. One that is down is tried for seconds before anybody gives up, and one
    behind a dead line for minutes; no request may wait for that.
    """

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._starting = threading.Lock()
        self._ringer: threading.Thread | None = None

    def press(self) -> None:
        self._pressed.set()
        with self._starting:
            # Not alive: never started, or left behind by a fork.
            if self._ringer is None or not self._ringer.is_alive():
                self._ringer = threading.Thread(target=self._ring, name="ledger doorbell", daemon=True)
                self._ringer.start()

    def _ring(self) -> None:
        while self._pressed.wait():
            self._pressed.clear()
            try:
                advance.apply_async(retry=False)
            except (KombuError, OSError) as error:
                log.warning("ledger_ring_unheard", error=type(error).__name__)
            time.sleep(QUIET_SECONDS)


doorbell = Doorbell()


@shared_task(name="ledger.advance", acks_late=True, ignore_result=True)
def advance() -> None:
    """Seal, sign and publish whatever is due. Twice at once or twice in a row is harmless."""
    try:
        advance_log()
    except LedgerError as error:
        if error.code != "LOG_FROZEN":
            # Not a matter for a retry: the log stands still now, and somebody has to look at it.
            log.critical("ledger_stopped", code=error.code, reason=str(error))


def ring() -> None:
    """Ask for a look as soon as the current transaction has committed."""
    transaction.on_commit(doorbell.press, robust=True)
