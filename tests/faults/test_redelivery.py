"""The broker delivers a message again and again, as after a lost worker: each entry is sealed once all the same."""

import time
from pathlib import Path

import pytest
from django.conf import settings

from ledger import tasks
from ledger.models import Checkpoint, Entry, Leaf, Pending
from ledger.usecases.audit import audit
from tests.check_log import check_log
from tests.ledger.cast import open_cast, put_events
from tests.processes import Process

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
SECONDS = 90


def all_is_published() -> bool:
    newest = Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).order_by("-tree_size").first()
    return not Pending.objects.exists() and newest is not None and newest.tree_size == Leaf.objects.count()


def test_a_message_delivered_twenty_times_seals_once(celery_worker_process: Process) -> None:
    cast = open_cast()
    for _ in range(4):
        put_events(cast, 5)
        for _ in range(20):
            tasks.advance.apply_async(task_id="one and the same")
    deadline = time.monotonic() + SECONDS
    while not all_is_published():
        assert time.monotonic() < deadline, celery_worker_process.output()[-2000:]
        time.sleep(0.05)
    checked = check_log(Path(settings.LOG_PUBLIC_DIR), is_moving=True)
    assert checked.entries == [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert len(checked.entries) == 23
    list(audit())
