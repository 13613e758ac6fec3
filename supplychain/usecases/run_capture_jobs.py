"""The worker captures the documents that wait: each once, however often it is begun.

`rollback`: one transaction for the whole document. `proceed`: one for each run of events, and the job's row says how
many are dealt with; it is written in the same transaction. Whoever is killed leaves what he had not committed undone,
and the next look begins there. Nonces follow from the job, so that even a second run of the same events could not
state one twice.
"""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from ledger.errors import LedgerError
from supplychain.acts import Actor, Refused, refuse
from supplychain.epcis.document import RawEvent
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.limits import Limits
from supplychain.epcis.namespaces import parse_context
from supplychain.models import CaptureJob
from supplychain.repository.captor import Captor, Failure, Incoming, read_incoming
from supplychain.repository.faults import problem_of
from supplychain.repository.index import keep_context
from supplychain.repository.master_data import keep_master_data
from supplychain.usecases.accept_document import ROLLBACK, limits_of_settings, unpack_document, unpack_grants

RUN = 250  # events of one transaction
MOST_ATTEMPTS = 10
SHOWN_ERRORS = 100

log = structlog.get_logger(__name__)


class _RolledBack(Exception):
    """Something was wrong with a document that goes in whole or not at all."""


def run_capture_jobs() -> int:
    """Capture every document that waits, oldest first; returns how many were finished."""
    finished = 0
    waiting = CaptureJob.objects.filter(finished_at=None).order_by("created_at").values_list("pk", flat=True)
    for pk in list(waiting[:100]):
        finished += run_job(pk)
    return finished


def run_job(pk: UUID) -> bool:
    """Do one job to its end. False if somebody else is at it, or it has to wait."""
    if not CaptureJob.objects.filter(pk=pk, finished_at=None).update(attempts=F("attempts") + 1):
        return False
    try:
        while (left := _run(pk)) is not None:
            if not left:
                return True
    except _RolledBack:
        return True
    except LedgerError as error:
        # The log takes no entries now, or not with this key: a matter for the operator, and no fault of the document.
        CaptureJob.objects.filter(pk=pk).update(attempts=F("attempts") - 1)
        log.warning("capture_waits_for_the_log", job=str(pk), code=error.code)
    except IntegrityError as error:
        # The same events are being captured under another job: the next look finds them there.
        log.warning("capture_put_off", job=str(pk), error=str(error).partition("\n")[0])
    return False


def _run(pk: UUID) -> bool | None:
    """One transaction's worth. None: not ours to do; False: it was the last."""
    captor: Captor | None = None
    try:
        with transaction.atomic():
            job = (
                CaptureJob.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("party", "user")
                .filter(pk=pk, finished_at=None)
                .first()
            )
            if job is None:
                return None
            if job.attempts > MOST_ATTEMPTS:
                return _give_up(job)
            captor = Captor(Actor(job.party, job.user, unpack_grants(job.grants)))
            return _capture(job, captor)
    except _RolledBack:
        assert captor is not None
        _write_down(pk, captor)
        raise


def _capture(job: CaptureJob, captor: Captor) -> bool:
    context, header, events = unpack_document(job.document)
    is_whole = job.behaviour == ROLLBACK
    run = events if is_whole else events[job.done : job.done + RUN]
    if job.done == 0:
        keep_master_data(header, job.party)
    incoming = _read(job, context, run, captor)
    captor.take(incoming)
    failures = captor.outcome.failures
    if failures and is_whole:
        raise _RolledBack
    job.done += len(run)
    return not finish(job, failures, is_last=job.done >= job.total)


def _read(job: CaptureJob, context: Any, run: list[RawEvent], captor: Captor) -> list[Incoming]:
    spaces, pk = parse_context(context), keep_context(context)
    limits = replace(limits_of_settings(), epcs=Limits().epcs * 100)  # was looked at when it came in
    incoming: list[Incoming] = []
    for raw in run:
        try:
            incoming.append(read_incoming(raw, spaces, pk, nonce_of(job.pk, raw.path), limits))
        except (EPCISError, LedgerError) as error:
            captor.outcome.failures.append(Failure(raw.path, error))
    return incoming


def nonce_of(job: UUID, path: str) -> str:
    return hashlib.sha256(f"capture/{job}/{path}".encode()).hexdigest()[:32]


def finish(job: CaptureJob, failures: list[Failure], *, is_last: bool) -> bool:
    """Write down how far the job is. Returns whether it is done."""
    if failures:
        job.success = False
        job.errors = [*job.errors, *(problem_of(one.fault, one.path) for one in failures)][:SHOWN_ERRORS]
    if is_last:
        job.finished_at = timezone.now()
        job.document = ""
    job.save(update_fields=["done", "success", "errors", "finished_at", "document"])
    return is_last


def _write_down(pk: UUID, captor: Captor) -> None:
    """Why nothing of a document was captured. What its guards refused is evidence, and went with the transaction."""
    failures = captor.outcome.failures
    with transaction.atomic():
        job = CaptureJob.objects.select_for_update(of=("self",)).filter(pk=pk, finished_at=None).first()
        if job is None:
            return
        for one in failures:
            if isinstance(one.fault, Refused):
                refuse("capture", captor.actor, one.fault)
        finish(job, failures, is_last=True)


def _give_up(job: CaptureJob) -> bool:
    """Begun again and again and never finished: whatever it is in this document, it must not go on for ever."""
    text = f"Given up after {MOST_ATTEMPTS} attempts; the operator has been told"
    log.error("capture_given_up", job=str(job.pk), done=job.done, total=job.total)
    finish(job, [Failure("", Refused.because("GIVEN_UP", text))], is_last=True)
    return False
