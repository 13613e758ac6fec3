"""kill -9 of sealer, signer, publisher and recovery at every point at which they touch the world, one after another."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from ledger.models import Entry, Log, Pending
from ledger.signer import Signer
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from tests import workers
from tests.big_log import load, signed_entries
from tests.check_log import check_log
from tests.ledger.cast import MAKER, open_cast, put_events
from tests.processes import Process

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
SECONDS = 300


def sweep(what: str, folder: Path, *, stride: int, environment: Mapping[str, str]) -> int:
    """Kill `what` at its first point, and each `stride` further on, until it comes through. Returns how many it has."""
    reached = folder / "points"
    process = Process(
        what,
        [sys.executable, "-m", "tests.faults.points", what, "1", str(stride)],
        log=folder / f"{what}.log",
        env={**environment, "POINTS_FILE": str(reached)},
        cwd=workers.ROOT,
    )
    try:
        assert process.popen.wait(SECONDS) == 0, process.output()[-3000:]
    finally:
        process.kill()
    return int(reached.read_text())


def test_a_step_of_the_log_is_killed_at_every_point(own_log_folders: None, tmp_path: Path) -> None:
    """I9: neither kill -9 nor a second attempt duplicates, drops or reorders an entry; and I5 across every restart."""
    # Soon a tile is full, and the tree gets its second level.
    load(signed_entries(open_cast().maker, MAKER, log=settings.LOG_ORIGIN, count=250))
    advance()
    seen = check_log(Path(settings.LOG_PUBLIC_DIR))
    points = sweep("advance", tmp_path, stride=1, environment=workers.environment_of_this_database())
    assert points > 60
    advance()
    checked = check_log(Path(settings.LOG_PUBLIC_DIR), earlier=seen)
    arrived = [bytes(entry.envelope_sha256).hex() for entry in Entry.objects.order_by("seq")]
    assert checked.entries == arrived
    assert len(arrived) == 253 + 2 * points
    assert not Pending.objects.exists()
    heads = [head.size for head in Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN).history()]
    assert heads == sorted(set(heads))
    assert heads[-1] == Log.objects.get().tree_size
    list(audit())


def test_a_recovery_is_killed_and_goes_on(own_log_folders: None, tmp_path: Path) -> None:
    cast = open_cast()
    advance()
    for _ in range(2):
        put_events(cast, 3)
        advance()
    with (tmp_path / "envelopes").open("w") as file:
        call_command("ledger_envelopes", stdout=file)
    environment = workers.environment_of_this_database(ENVELOPES_FILE=str(tmp_path / "envelopes"))
    assert sweep("recover", tmp_path, stride=6, environment=environment) > 60
    list(audit())
    check_log(Path(settings.LOG_PUBLIC_DIR))
