"""A full disk: a file may grow no further than so many bytes. Nothing half is left; with room again, it goes on."""

import sys
from pathlib import Path

import pytest
from django.conf import settings

from ledger.models import Entry, Log
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from tests import workers
from tests.check_log import check_log
from tests.ledger.cast import open_cast, put_events
from tests.processes import Process

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

# SIGXFSZ is ignored by Python, so a write beyond the limit fails with EFBIG, as it would with ENOSPC.
PROGRAM = """
import resource, sys
import django
django.setup()
from ledger.usecases.advance import advance
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
advance()
"""


def advance_with_room_for(size: int, folder: Path) -> int:
    process = Process(
        f"advance with {size}",
        [sys.executable, "-c", PROGRAM, str(size)],
        log=folder / f"room-{size}.log",
        env=workers.environment_of_this_database(),
        cwd=workers.ROOT,
    )
    try:
        return process.popen.wait(60)
    finally:
        process.kill()


@pytest.mark.postgres
def test_a_full_disk_stops_the_log_where_it_is_and_room_lets_it_go_on(own_log_folders: None, tmp_path: Path) -> None:
    cast = open_cast()
    advance()
    public = Path(settings.LOG_PUBLIC_DIR)
    seen = check_log(public)
    # No room at all; for the signer's journal and not its register; for the register and not the leaves.
    ends = []
    for size in (0, 600, 1200, 3000):
        put_events(cast, 8)
        ends.append(advance_with_room_for(size, tmp_path))
        check_log(public, earlier=seen, is_moving=True)
        drafts = [path.name for path in public.rglob(".*") if path.is_file()]
        assert drafts == []
    assert all(ends), "no disk was full"
    assert advance_with_room_for(10_000_000, tmp_path) == 0
    checked = check_log(public, earlier=seen)
    assert checked.entries == [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert checked.size == Log.objects.get().tree_size
    list(audit())
