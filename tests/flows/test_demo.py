"""The newcomer's first command, cut off by kill -9 in the middle, and told again to its end."""

import json
import os
import signal
import socket
import sqlite3
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from tests.environment import lay_out
from tests.processes import Process
from tests.servers import free_port, scratch_folder

ROOT = Path(__file__).resolve().parents[2]
STORY_SECONDS = 180

pytestmark = [pytest.mark.slow, pytest.mark.faults]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with scratch_folder("medtrail-demo-") as folder:
        yield folder


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """As a person at a terminal has it: SQLite and a broker in memory, nothing set but where it may write."""
    environment = dict(lay_out(home, database_url="", redis_url="", environment=dict(os.environ)))
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "MANAGED_KEY_SECRET", "ENVIRONMENT", "LOG_ORIGIN"):
        environment.pop(name)
    return environment | {"DEMO_PORT": str(free_port())}


def demo(home: Path, environment: dict[str, str], *options: str) -> Process:
    command: list[str | Path] = [sys.executable, ROOT / "manage.py", "demo", *options]
    return Process("demo", command, log=home / "demo.log", env=environment, cwd=ROOT)


def committed(home: Path, table: str) -> int:
    """Rows that are on disk, seen past Django, as an operator with sqlite3 would."""
    path = home / "medtrail.sqlite3"
    if not path.is_file():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  (our own names)
    except sqlite3.OperationalError:
        return 0  # the table is not made yet


@pytest.fixture(scope="module")
def told(home: Path, environment: dict[str, str]) -> Path:
    """The home of a demo that was killed in mid-story, with acts committed, and then told to its end."""
    process = demo(home, environment, "--exit")
    process.wait_until(lambda: committed(home, "supplychain_event") >= 4, seconds=STORY_SECONDS)
    process.kill()
    assert process.popen.returncode == -signal.SIGKILL
    assert committed(home, "supplychain_event") < 20, "the story was over before the kill"
    again = demo(home, environment, "--exit")
    status = again.popen.wait(STORY_SECONDS)
    assert status == 0, again.output()[-4000:]
    return home


def test_the_story_goes_on_after_a_kill_and_nothing_is_there_twice(told: Path) -> None:
    with sqlite3.connect(f"file:{told / 'medtrail.sqlite3'}?mode=ro", uri=True) as database:

        def one(query: str) -> int:
            return int(database.execute(query).fetchone()[0])

        assert one("SELECT count(*) FROM supplychain_item WHERE gtin <> ''") == 240
        assert one("SELECT count(*) FROM supplychain_item WHERE gtin = ''") == 11
        # commission, 10 cases, pallet, ship, receive, unpack, ship, receive, unpack, dispense
        assert one("SELECT count(*) FROM supplychain_event") == 19
        assert one("SELECT count(*) FROM ledger_entry") == 19 + 4  # and the policy and three keys
        assert one("SELECT count(*) FROM ledger_pending") == 0
        leaves, entries = (
            one("SELECT count(*) FROM ledger_leaf"),
            one("SELECT count(DISTINCT entry_id) FROM ledger_leaf"),
        )
        assert entries == 23
        assert leaves == entries + one("SELECT count(*) FROM ledger_block")
        assert one('SELECT max("index") + 1 FROM ledger_leaf') == leaves


def test_telling_it_a_third_time_changes_nothing(told: Path, environment: dict[str, str]) -> None:
    before = committed(told, "ledger_entry"), committed(told, "supplychain_item")
    assert demo(told, environment, "--exit").popen.wait(STORY_SECONDS) == 0
    assert (committed(told, "ledger_entry"), committed(told, "supplychain_item")) == before


def test_the_printed_code_is_read_by_a_strangers_decoder_and_leads_to_the_pack(
    told: Path, environment: dict[str, str]
) -> None:
    (found,) = zxingcpp.read_barcodes(Image.open(told / "demo" / "pack.png"))
    assert found.text.startswith(f"http://127.0.0.1:{environment['DEMO_PORT']}/01/09520001000010/10/")
    process = demo(told, environment)
    try:
        process.wait_until(lambda: "Serving at" in process.output(), seconds=STORY_SECONDS)
        request = urllib.request.Request(found.text, headers={"Accept": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer = json.load(response)
        assert answer["verdict"]["code"] == "DISPENSED"
        assert process.stop(signal.SIGINT) == 0
    finally:
        process.kill()


def test_a_taken_port_is_named_and_another_one_offered(told: Path, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(environment["DEMO_PORT"]))):
        process = Process(
            "demo", [sys.executable, ROOT / "manage.py", "demo"], log=told / "taken.log", env=environment, cwd=ROOT
        )
        assert process.popen.wait(60) == 1
    assert f"port {environment['DEMO_PORT']}" in process.output()
    assert f"DEMO_PORT={int(environment['DEMO_PORT']) + 1}" in process.output()


def test_the_output_names_where_to_look(told: Path) -> None:
    output = (told / "demo.log").read_text()
    for text in ("/01/09520001000010/10/", "pack.png", "maker, wholesaler, pharmacy, regulator", "medtrail-verify"):
        assert text in output
