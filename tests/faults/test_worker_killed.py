"""The worker is killed while acts come in. It only listens to a doorbell: nothing is lost, nothing doubled."""

import time
from pathlib import Path

import pytest

from ledger.models import Block, Checkpoint, Entry, Leaf, Pending
from tests import workers
from tests.factories import commissioned, handed_over, make_batch, make_cast

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
SECONDS = 60


def published() -> int:
    """Leaves under the newest published checkpoint."""
    newest = Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).order_by("-tree_size").first()
    return newest.tree_size if newest else 0


def wait_until_all_is_published() -> None:
    deadline = time.monotonic() + SECONDS
    while Pending.objects.exists() or published() < Leaf.objects.count():
        assert time.monotonic() < deadline, f"{Pending.objects.count()} pending, {published()} published"
        time.sleep(0.05)


def test_a_worker_killed_again_and_again_seals_every_act_once(tmp_path: Path, own_log_folders: None) -> None:
    cast = make_cast()
    batch = make_batch(cast.maker)
    environment = workers.environment_of_this_database()
    for turn in range(3):
        worker = workers.start_celery(tmp_path, environment, name=f"worker-{turn}")
        try:
            sealed = Block.objects.count()
            for number in range(8):
                epcs = commissioned(cast.maker, 2, start=turn * 100 + number * 2, batch=batch)
                handed_over(cast.maker, cast.wholesaler, epcs)
            # Killed with its hands full: some of the acts above are sealed, some wait, one may be in the middle.
            worker.wait_until(lambda sealed=sealed: Block.objects.count() > sealed, seconds=SECONDS)  # type: ignore[misc]
        finally:
            worker.kill()
    last = workers.start_celery(tmp_path, environment, name="last")
    try:
        wait_until_all_is_published()
    finally:
        last.stop()
    entries = Entry.objects.count()
    assert entries == 3 * 8 * 3 + 5  # commission, ship, receive; and the policy and four keys
    assert Leaf.objects.exclude(entry=None).count() == entries
    indexes = list(Leaf.objects.order_by("index").values_list("index", flat=True))
    assert indexes == list(range(entries + Block.objects.count()))
