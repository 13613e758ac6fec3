"""The witness over HTTP: the standard's six answers as they stand on the wire, and clients that mean no good."""

import hashlib
import http.client
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ledger.tlog.witness import AddCheckpoint, parse_cosignatures
from ledger.witness.cli import find_logs, main
from ledger.witness.cosigning import MAX_BODY
from tests.ledger.small_log import ORIGIN, SmallLog
from tests.ledger.witness.test_cosigning import LOG, OTHER, ask, note
from tests.witnesses import Running, running

ROOT = Path(__file__).resolve().parents[3]
ADDRESS = hashlib.sha256(ORIGIN.encode()).hexdigest()


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "w", [LOG.vkey]) as found:
        yield found


@pytest.fixture
def wire(witness: Running) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(witness.url.removeprefix("http://"), timeout=10)
    yield connection
    connection.close()


def call(
    wire: http.client.HTTPConnection, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, str, str]:
    wire.request(method, path, body=body, headers=headers)
    answer = wire.getresponse()
    return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()


def test_the_six_answers_of_the_standard(wire: http.client.HTTPConnection) -> None:
    """One connection for all of them: a refusal does not end it."""
    post = "POST", "/add-checkpoint"
    stranger = AddCheckpoint(0, (), note(3, log=SmallLog("stranger.example/log"))).encode()
    impostor = SmallLog("impostor")
    impostor.origin = ORIGIN
    assert call(wire, *post, b"nonsense")[0] == 400
    assert call(wire, *post, stranger)[0] == 404
    assert call(wire, *post, AddCheckpoint(0, (), note(3, log=impostor)).encode())[0] == 403
    status, content_type, body = call(wire, *post, ask(0, 7))
    assert (status, content_type) == (200, "text/plain; charset=utf-8")
    assert parse_cosignatures(body)[0].name == "w.example/1"
    assert call(wire, *post, ask(3, 20)) == (409, "text/x.tlog.size", "7\n")
    assert call(wire, *post, ask(7, 20, OTHER, proof=[bytes(32)]))[0] == 422
    assert call(wire, *post, ask(7, 20))[0] == 200


def test_a_monitor_reads_over_http(wire: http.client.HTTPConnection) -> None:
    assert call(wire, "GET", f"/{ADDRESS}/checkpoint")[0] == 404
    call(wire, "POST", "/add-checkpoint", ask(0, 7))
    status, _, text = call(wire, "GET", f"/{ADDRESS}/checkpoint")
    assert (status, text.split("\n")[:2]) == (200, [ORIGIN, "7"])
    assert call(wire, "HEAD", f"/{ADDRESS}/checkpoint")[2] == ""
    assert f"log {ORIGIN}: cosigned up to size 7" in call(wire, "GET", "/")[2]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/add-checkpoint", 405),
        ("POST", "/", 405),
        ("DELETE", f"/{ADDRESS}/checkpoint", 405),
        ("GET", "/nothing", 404),
        ("POST", "/add-checkpoint/", 404),
        ("GET", f"/{ADDRESS.upper()}/checkpoint", 404),
        ("GET", "/../witness.key", 404),
        ("GET", "/%2e%2e/witness.key", 404),
        ("GET", f"/{ADDRESS}/checkpoint/", 404),
    ],
)
def test_every_other_address_and_method_is_refused(
    wire: http.client.HTTPConnection, method: str, path: str, status: int
) -> None:
    assert call(wire, method, path, b"x" if method in ("POST", "PUT") else None)[0] == status


def test_a_body_that_is_too_long_is_refused_whatever_it_claims(witness: Running) -> None:
    def post(body: Any, **headers: str) -> int:
        connection = http.client.HTTPConnection(witness.url.removeprefix("http://"), timeout=10)
        try:
            return call(connection, "POST", "/add-checkpoint", body, **headers)[0]
        except (ConnectionError, http.client.HTTPException):
            return 0  # it hung up on us in the middle, which is as good
        finally:
            connection.close()

    assert post(b"x" * (MAX_BODY + 1)) in (413, 0)
    assert post(iter([b"x" * 10_000] * 20)) in (413, 0)  # chunked: no length is claimed
    assert post(b"x" * MAX_BODY) == 400
    assert post(iter([ask(0, 7)[:50], ask(0, 7)[50:]])) == 200  # chunked, and right


def test_a_client_that_hangs_up_in_the_middle_leaves_the_witness_as_it_was(witness: Running) -> None:
    body = ask(0, 7)
    head = f"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    host, port = witness.url.removeprefix("http://").split(":")
    for sent in (head[:20], head, head + body[:40], head + body[:-1]):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(sent)
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    assert call(connection, "POST", "/add-checkpoint", body)[0] in (200, 409)
    connection.close()
    assert len(witness.register.head(ORIGIN).note) > 0


def test_of_many_clients_at_once_one_wins_and_the_others_learn_the_size(witness: Running) -> None:
    def post(size: int) -> tuple[int, str, str]:
        connection = http.client.HTTPConnection(witness.url.removeprefix("http://"), timeout=20)
        try:
            return call(connection, "POST", "/add-checkpoint", ask(0, size))
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(post, range(1, 31)))
    size = witness.register.head(ORIGIN).size
    assert [one[0] for one in answers].count(200) == 1
    assert {one for one in answers if one[0] != 200} == {(409, "text/x.tlog.size", f"{size}\n")}


def test_a_witness_that_cannot_write_signs_nothing(witness: Running, wire: http.client.HTTPConnection) -> None:
    database = sqlite3.connect(witness.folder / "witness.sqlite3")
    database.execute("CREATE TRIGGER full BEFORE INSERT ON history BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    database.commit()
    status, _, text = call(wire, "POST", "/add-checkpoint", ask(0, 7))
    assert (status, text) == (500, "this witness cannot answer now\n")
    assert witness.register.head(ORIGIN).size == 0
    database.execute("DROP TRIGGER full")
    database.commit()
    database.close()
    assert call(wire, "POST", "/add-checkpoint", ask(0, 7))[0] == 200


# --- The command ------------------------------------------------------------------------------------------------------


def test_the_command_refuses_what_it_cannot_witness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        status = main([*arguments, "--folder", str(tmp_path / "w"), "--port", "0"])
        return status, capsys.readouterr().err

    policy = tmp_path / "policy"
    policy.write_text("quorum none\n")
    assert run("--name", "w") == (2, "medtrail-witness: no log to witness: expected --log VKEY or --policy FILE\n")
    assert run("--name", "w", "--log", "nobody")[0] == 2
    assert "policy: no log" in run("--name", "w", "--policy", str(policy))[1]
    assert "No such file" in run("--name", "w", "--policy", str(tmp_path / "nothing"))[1]
    assert "expected a name" in run("--log", LOG.vkey)[1]
    assert not (tmp_path / "w" / "witness.key").exists()


def test_the_command_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "ledger.witness.cli", "--name", "w", "--log", LOG.vkey, "--port", port]
        ended = subprocess.run([*command, "--folder", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "medtrail-witness: " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_manage_py_is_another_door_to_the_same(tmp_path: Path) -> None:
    """It needs no database: this one does not exist, and still it says what it lacks."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    command = [sys.executable, "manage.py", "witness", "--folder", str(tmp_path), "--log", LOG.vkey]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
    assert ended.returncode == 2
    assert "medtrail-witness: no witness here yet: expected a name for it" in ended.stderr


def test_logs_come_from_vkeys_and_policy_files_each_once(tmp_path: Path) -> None:
    other = SmallLog("other.example/log")
    policy = tmp_path / "policy"
    policy.write_text(f"log {LOG.vkey}\nlog {other.vkey}\nquorum none\n")
    assert [one.vkey for one in find_logs([LOG.vkey], policy)] == [LOG.vkey, other.vkey]
