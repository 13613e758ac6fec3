"""The worker's side. The database knows what is due; a message only says "look now"."""

import time

import structlog
from celery import shared_task
from django.db import transaction
from kombu.exceptions import KombuError

from ledger.errors import ForkError
from ledger.usecases.advance import advance as advance_log

log = structlog.get_logger(__name__)

# Rings closer together than this are one ring: hundreds of submissions a second need one look, not hundreds.
QUIET_SECONDS = 0.1


class Doorbell:
    """Tells the workers of this process's broker that something waits. Nobody may hear it: beat looks each second."""

    def __init__(self) -> None:
        self.last_ring = float("-inf")

    def press(self) -> None:
        now = time.monotonic()
        if now - self.last_ring < QUIET_SECONDS:
            return
        self.last_ring = now
        try:
            advance.apply_async(retry=False)
        except (KombuError, OSError) as error:
            # A broker that is down costs a second, never the request.
            log.warning("ledger_ring_unheard", error=type(error).__name__)


doorbell = Doorbell()


@shared_task(name="ledger.advance", acks_late=True, ignore_result=True)
def advance() -> None:
    """Seal, sign and publish whatever is due. Twice at once or twice in a row is harmless."""
    try:
        advance_log()
    except ForkError as error:
        if error.code != "LOG_FROZEN":
            # Not a matter for a retry: the log stands still now, and somebody has to look at it.
            log.critical("ledger_stopped", code=error.code, reason=str(error))


def ring() -> None:
    """Ask for a look as soon as the current transaction has committed."""
    transaction.on_commit(doorbell.press, robust=True)
