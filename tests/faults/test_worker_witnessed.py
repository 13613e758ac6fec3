"""A real worker with real witnesses: it seals while they are away, and publishes what they have cosigned."""

import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ledger.models import Leaf, Log, Pending
from tests import workers
from tests.faults.test_worker_killed import published
from tests.ledger.cast import open_cast, put_events
from tests.ledger.witnessed import Witnessed, witnessed

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SECONDS = 60


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"{Pending.objects.count()} pending, {published()} published"
        time.sleep(0.05)


def all_is_sealed() -> bool:
    return not Pending.objects.exists()


def all_is_published() -> bool:
    return all_is_sealed() and published() == Leaf.objects.count()


def test_a_worker_seals_without_its_witnesses_and_publishes_with_them(
    tmp_path: Path, own_log_folders: None, settings: Any
) -> None:
    cast = open_cast()
    with witnessed(cast, tmp_path, ["w1", "w2"]) as log:
        log.policy("group two 2 {names}")
        environment = workers.environment_of_this_database(
            WITNESS_POLICY=settings.WITNESS_POLICY, WITNESS_TIMEOUT_S="1"
        )
        worker = workers.start_celery(tmp_path, environment, name="witnessed")
        try:
            put_events(cast, 3)
            wait_until(all_is_published)
            seen = published()
            log.down("w2")
            put_events(cast, 3)
            wait_until(all_is_sealed)
            assert published() == seen
            moved_back(log)
            wait_until(all_is_published)
        finally:
            worker.stop()
        assert log.published == Leaf.objects.count() > seen
        assert [line.split(" ")[1] for line in signature_lines()][1:] == ["w1.example/1", "w2.example/1"]
        assert Log.objects.get().state == Log.ACTIVE


def moved_back(log: Witnessed) -> None:
    """The second witness is back, under another address: the operator writes it into the policy file."""
    log.up("w2")
    log.policy("group two 2 {names}")


def signature_lines() -> list[str]:
    note = (Path(settings.LOG_PUBLIC_DIR) / "checkpoint").read_text()
    return note.partition("\n\n")[2].splitlines()
