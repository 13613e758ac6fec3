"""Real deliveries of 2006 to 2015, replayed as signed handoffs: a slice, cut off, and again."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from supplychain.history import history_of
from supplychain.imports.shipment_csv import Shipment, parse_shipments
from supplychain.management.commands import simulate_trade
from supplychain.models import Batch, Event, Handoff, Item, Party, Place, Product
from supplychain.streams import pieces_of
from supplychain.usecases.rebuild_state import rebuild_state
from supplychain.usecases.replay_shipment import replay_shipment
from tests.workers import ROOT, environment_of_this_database

pytestmark = [pytest.mark.django_db, pytest.mark.conformance]


@pytest.fixture
def deliveries(shared_folder) -> Path:
    path = shared_folder / "realdata" / "shipments" / "SCMS_Delivery_History_Dataset.csv.gz"
    if not path.is_file():
        pytest.skip("no real data beside the project")
    return path


def run(file: Path, **options: object) -> str:
    out = StringIO()
    try:
        call_command("simulate_trade", file, stdout=out, **options)
    except CommandError as error:
        raise CommandError(f"{error}\n{out.getvalue()}", returncode=error.returncode) from error
    return out.getvalue()


def test_every_line_of_the_file_is_a_delivery(deliveries: Path) -> None:
    rows = list(parse_shipments([gzip.decompress(deliveries.read_bytes())]))
    assert len(rows) == 10_324
    found = [row for row in rows if isinstance(row, Shipment)]
    assert len(found) == 10_324
    assert len({row.maker for row in found}) == 88
    assert len({row.vendor for row in found}) == 73
    assert len({row.country for row in found}) == 43
    assert sum(row.quantity for row in found) == 189_265_090
    assert all(row.made <= row.sent <= row.delivered for row in found)


def test_a_slice_is_replayed_once_and_rebuilds(deliveries: Path, cast, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    told = run(deliveries, limit=12, most_packs=3, report=report)
    assert "12 rows: 12 done, 0 there already, 0 skipped" in told
    assert "deliveries a second" in told
    assert [row["outcome"] for row in csv.DictReader(report.read_text().splitlines())] == ["imported"] * 12
    rows = [one for one in parse_shipments([gzip.decompress(deliveries.read_bytes())]) if isinstance(one, Shipment)][
        :12
    ]
    assert Batch.objects.count() == 12
    assert Item.objects.filter(kind=1).count() == sum(min(row.quantity, 3) for row in rows)
    assert Handoff.objects.exclude(state="received").count() == 0
    assert Product.objects.filter(name=rows[0].item).exists()
    for row in rows[:3]:
        item = Item.objects.filter(batch__lot_number=f"SCMS-{row.number}").first()
        assert item is not None
        steps = history_of(item)
        assert steps[-1].event.biz_step == "receiving"
        assert steps[-1].event.event_time.date() == row.delivered
        assert steps[-1].event.place == Place.objects.get(name=row.project, country=row.country)
    counts = [model.objects.count() for model in (Event, Party, Place, Product, Item)]
    again = run(deliveries, limit=14, most_packs=3)
    assert "14 rows: 2 done, 12 there already, 0 skipped" in again
    assert run(deliveries, limit=14, most_packs=3).startswith("14 rows: 0 done, 14 there already")
    assert [model.objects.count() for model in (Event, Party, Place, Product, Item)] != counts
    *_, last = rebuild_state()
    assert last.is_equal, last.differences


def test_bad_rows_are_skipped_with_their_line_and_the_others_go_on(deliveries: Path, cast, tmp_path: Path) -> None:
    lines = gzip.decompress(deliveries.read_bytes()).decode().splitlines()[:4]
    file = tmp_path / "some.csv"
    file.write_text("\n".join([lines[0], lines[1].replace("2-Jun-06", "soon"), *lines[2:]]) + "\n")
    with pytest.raises(CommandError, match="1 of 3 rows were skipped") as ended:
        run(file, most_packs=1)
    assert ended.value.returncode == 1
    assert Batch.objects.count() == 2


def test_files_that_are_none_are_named(cast, tmp_path: Path, settings) -> None:
    settings.IMPORT_MAX_BYTES = 1_000_000
    bomb, cut, other = tmp_path / "bomb.csv.gz", tmp_path / "cut.csv.gz", tmp_path / "other.csv"
    bomb.write_bytes(gzip.compress(b"id,country\n" * 1_000_000))
    cut.write_bytes(gzip.compress(os.urandom(5_000))[:2_000])
    other.write_bytes(b"PK\x03\x04")
    for file, words in ((bomb, "column"), (cut, "cannot be read|ends too early|LONG"), (other, "NOT_TEXT")):
        with pytest.raises(CommandError, match=words) as ended:
            run(file)
        assert ended.value.returncode == 2
    for options in ({"limit": 0}, {"most_packs": 0}):
        with pytest.raises(CommandError, match="expected a number"):
            run(other, **options)


def test_without_a_log_there_is_nobody_to_admit_the_parties(deliveries: Path) -> None:
    with pytest.raises(CommandError, match="found the log first"):
        run(deliveries, limit=1)


def test_ctrl_c_keeps_whole_rows(deliveries: Path, cast, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 0

    def pressed(**parameters):
        nonlocal count
        count += 1
        if count == 3:
            raise KeyboardInterrupt
        return replay_shipment(**parameters)

    monkeypatch.setattr(simulate_trade, "replay_shipment", pressed)
    with pytest.raises(CommandError, match="Interrupted after 2 rows") as ended:
        run(deliveries, limit=4, most_packs=1)
    assert ended.value.returncode == 130
    monkeypatch.undo()
    assert "4 rows: 2 done, 2 there already" in run(deliveries, limit=4, most_packs=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.faults
def test_a_killed_run_leaves_whole_rows_and_the_next_one_goes_on(deliveries: Path, cast) -> None:
    command = [sys.executable, "manage.py", "simulate_trade", str(deliveries), "--limit", "40", "--most-packs", "1"]
    started = subprocess.Popen(
        command, cwd=ROOT, env=environment_of_this_database(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while Event.objects.filter(biz_step="receiving").count() < 3:
        assert started.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    batches = Batch.objects.count()
    assert 0 < batches < 40
    assert Handoff.objects.exclude(state="received").count() == 0
    assert Event.objects.filter(biz_step="commissioning").count() == batches
    assert f"40 rows: {40 - batches} done, {batches} there already, 0 skipped" in run(
        deliveries, limit=40, most_packs=1
    )
    *_, last = rebuild_state()
    assert last.is_equal, last.differences


def test_pieces_of_a_file_beyond_the_limit_are_refused(tmp_path: Path, settings) -> None:
    settings.IMPORT_MAX_BYTES = 100_000
    file = tmp_path / "big.csv"
    with file.open("wb") as sink:
        sink.truncate(2 * 1024**3)  # two gigabytes that take no room
    pieces = pieces_of(file)
    taken = len(next(pieces))
    with pytest.raises(ValueError, match="larger than 100,000 bytes"):
        list(pieces)
    assert taken <= 100_000
