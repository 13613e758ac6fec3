"""Sealers race and are killed at any moment: between leaf and tile, between commit and signature, in mid file."""

import sys
from pathlib import Path

import pytest
from django.conf import settings

from ledger.models import Entry, Log
from ledger.signer import Signer
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.check_log_state import check_log_state
from tests import workers
from tests.check_log import CheckedLog, check_log
from tests.ledger.cast import open_cast, put_events
from tests.processes import Process

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

SEALERS = 2
KILLS = 25  # of each


def test_sealers_that_race_and_are_killed_anywhere_seal_every_entry_once(own_log_folders: None, tmp_path: Path) -> None:
    cast = open_cast()
    environment = workers.environment_of_this_database()
    sealers = [
        Process(
            f"sealer {seed}",
            [sys.executable, "-m", "tests.faults.sealer", str(seed), str(KILLS)],
            log=tmp_path / f"sealer-{seed}.log",
            env=environment,
            cwd=workers.ROOT,
        )
        for seed in range(SEALERS)
    ]
    seen: CheckedLog | None = None
    try:
        while any(sealer.is_alive for sealer in sealers):
            put_events(cast, 5)
            seen = look(seen)
        statuses = [sealer.popen.wait() for sealer in sealers]
    finally:
        for sealer in sealers:
            sealer.kill()
    assert statuses == [0] * SEALERS, "\n".join(sealer.output() for sealer in sealers)
    advance()
    check_log_state()
    checked = check_log(Path(settings.LOG_PUBLIC_DIR), earlier=seen)
    arrived = [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert checked.entries == arrived
    assert checked.blocks > 5  # there was something to interrupt
    assert Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN).head().size == Log.objects.get().tree_size
    list(audit())


def look(seen: CheckedLog | None) -> CheckedLog | None:
    """What an outsider sees in the middle of it all is whole, too, and extends what he saw before.

    Files may run ahead of the checkpoint for a moment: they come first, and their publisher may be dead.
    """
    folder = Path(settings.LOG_PUBLIC_DIR)
    if not (folder / "checkpoint").exists():
        return seen
    return check_log(folder, earlier=seen, is_moving=True)
