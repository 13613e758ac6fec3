"""The worker's side. The database knows what is due; a message only says "look now"."""

import threading
import time
from collections.abc import Callable

import structlog
from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from kombu.exceptions import KombuError

from ledger.errors import LedgerError
from ledger.usecases.advance import advance as advance_log
from ledger.usecases.cosign import cosign
from ledger.usecases.mirror import ALIAS, mirror

log = structlog.get_logger(__name__)

# Rings closer together than this are one ring: hundreds of submissions a second need one look, not hundreds.
QUIET_SECONDS = 0.1
BUCKET_SECONDS = 30


class Doorbell:
    """Has something done soon, by a thread of its own; pressed many times, it is done once.

    The thread is there so that nobody who presses waits: neither a request for a broker that is down or behind a dead
    line, nor the sealing of the log for a witness that does not answer.
    """

    def __init__(self, name: str, answer: Callable[[], object]) -> None:
        self._name = name
        self._answer = answer
        self.is_busy = False
        self._pressed = threading.Event()
        self._starting = threading.Lock()
        self._ringer: threading.Thread | None = None

    @property
    def is_idle(self) -> bool:
        """Whether every press so far has been answered."""
        return not self._pressed.is_set() and not self.is_busy

    def press(self) -> None:
        self._pressed.set()
        with self._starting:
            # Not alive: never started, or left behind by a fork.
            if self._ringer is None or not self._ringer.is_alive():
                self._ringer = threading.Thread(target=self._ring, name=self._name, daemon=True)
                self._ringer.start()

    def _ring(self) -> None:
        while self._pressed.wait():
            self.is_busy = True  # first: whoever sees neither the press nor this knows that all is done
            self._pressed.clear()
            try:
                self._answer()
            finally:
                self.is_busy = False
            time.sleep(QUIET_SECONDS)


def call_worker() -> None:
    """Tell the workers that something waits. Nobody may hear it: beat looks each second."""
    try:
        advance.apply_async(retry=False)
    except (KombuError, OSError) as error:
        log.warning("ledger_ring_unheard", error=type(error).__name__)


def ask_witnesses() -> None:
    """Have what is signed cosigned, and publish it. Beside the worker's tasks: a witness may take its time."""
    try:
        cosign()
    except LedgerError as error:
        stopped(error)
    except DatabaseError as error:
        log.warning("ledger_cosign_failed", error=type(error).__name__)  # the next look tries again
    finally:
        connection.close()  # this thread has one of its own, and the next call may be far away


def fill_bucket() -> None:
    """Write to the bucket what is published. Beside the worker's tasks: a store far away may be slow, or gone."""
    try:
        mirror()
    except LedgerError as error:
        log.critical("ledger_bucket_differs", code=error.code, reason=str(error))
    except Exception:
        log.exception("ledger_bucket_failed")  # the next look tries again
    finally:
        connection.close()


doorbell = Doorbell("ledger doorbell", call_worker)
bucket_bell = Doorbell("ledger bucket", fill_bucket)
# Two, so that while one waits for a witness that is slow, the others are asked for newer heads. Each witness is claimed
# by one of them, in the database.
witness_bells = (Doorbell("ledger witnesses", ask_witnesses), Doorbell("ledger witnesses 2", ask_witnesses))


@shared_task(name="ledger.advance", acks_late=True, ignore_result=True)
def advance() -> None:
    """Seal, sign and publish whatever is due. Twice at once or twice in a row is harmless."""
    published = None
    try:
        published = advance_log()
    except LedgerError as error:
        stopped(error)
    # When something is new; and now and then, for what a store that was away has missed.
    if ALIAS in settings.STORAGES and (published or cache.add("ledger/bucket", True, BUCKET_SECONDS)):
        bucket_bell.press()
    if settings.WITNESS_POLICY:
        next((bell for bell in witness_bells if not bell.is_busy), witness_bells[0]).press()


def stopped(error: LedgerError) -> None:
    if error.code != "LOG_FROZEN":
        # Not a matter for a retry: the log stands still now, and somebody has to look at it.
        log.critical("ledger_stopped", code=error.code, reason=str(error))


def ring() -> None:
    """Ask for a look as soon as the current transaction has committed."""
    transaction.on_commit(doorbell.press, robust=True)
