"""The worker is killed in the middle of a document: it is captured once after a restart, and nothing is doubled."""

import json
import time
from pathlib import Path

import pytest

from ledger.models import Entry
from supplychain.models import CaptureJob, Event
from supplychain.usecases.accept_document import accept_document
from tests import workers
from tests.factories import make_cast, make_product, pack_epc
from tests.supplychain.epcis_rest.documents import an_event, document
from tests.supplychain.epcis_rest.test_acts import commissioning

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SECONDS = 90
EVENTS = 600


def wait_until(done: object, what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.mark.parametrize("behaviour", ["rollback", "proceed"])
def test_a_document_survives_the_kill_of_its_worker(tmp_path: Path, own_log_folders: None, behaviour: str) -> None:
    cast = make_cast()
    make_product(cast.maker)
    before = Entry.objects.count()
    # Acts among them, which are slower: so that the kill meets the document half done.
    events = [commissioning([pack_epc(f"K{n}")]) if n % 4 == 0 else an_event() for n in range(EVENTS)]
    environment = workers.environment_of_this_database()
    first = workers.start_celery(tmp_path, environment, name="first")
    try:
        data = json.dumps(document(events)).encode()
        job = accept_document(actor=cast.maker, data=data, is_xml=False, behaviour=behaviour)
        wait_until(lambda: CaptureJob.objects.get().attempts > 0, "nobody began")
        if behaviour == "proceed":
            wait_until(lambda: CaptureJob.objects.get().done > 0, "nothing was done")
    finally:
        first.kill()
    job.refresh_from_db()
    half = Event.objects.count()
    assert half == job.done
    if behaviour == "rollback":
        assert half in (0, EVENTS)
    second = workers.start_celery(tmp_path, environment, name="second")
    try:
        wait_until(lambda: CaptureJob.objects.get().finished_at is not None, "the job was forgotten")
    finally:
        second.stop()
    job.refresh_from_db()
    assert (job.success, job.errors, job.done) == (True, [], EVENTS)
    assert Event.objects.count() == EVENTS
    assert Entry.objects.count() == before + EVENTS
