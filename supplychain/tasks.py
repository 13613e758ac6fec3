"""The worker's side of what clients have asked for. The database knows what waits; a message only says "look now"."""

import structlog
from celery import shared_task
from django.db import OperationalError, transaction
from kombu.exceptions import KombuError

from ledger.tasks import Doorbell

log = structlog.get_logger(__name__)


def call_worker() -> None:
    """Tell the workers that a document waits. Nobody may hear it: beat looks each second."""
    try:
        capture.apply_async(retry=False)
    except (KombuError, OSError) as error:
        log.warning("capture_ring_unheard", error=type(error).__name__)


doorbell = Doorbell("capture doorbell", call_worker)


def ring_capture() -> None:
    """Ask for a look at the capture jobs as soon as the current transaction has committed."""
    transaction.on_commit(doorbell.press, robust=True)


@shared_task(name="supplychain.capture", acks_late=True, ignore_result=True)
def capture() -> None:
    """Capture every document that waits. Twice at once or twice in a row is harmless."""
    from supplychain.usecases.run_capture_jobs import run_capture_jobs

    try:
        run_capture_jobs()
    except OperationalError as error:
        # A deadlock with an act, or a lock that was long in coming: the job is as it was, and the next look finds it.
        log.warning("capture_put_off", error=str(error).partition("\n")[0])


@shared_task(name="supplychain.notify", acks_late=True, ignore_result=True)
def notify() -> None:
    """Send subscribers what is due."""
    from supplychain.usecases.notify_subscribers import notify_subscribers

    notify_subscribers()
