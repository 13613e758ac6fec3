"""Witnesses for tests: real ones, in this process or in one of their own, and one that says what it is told to."""

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ledger.tlog.note import Verifier, parse_vkey
from ledger.witness.cosigning import Witness
from ledger.witness.register import Register
from ledger.witness.server import make_server
from tests.processes import Process

ROOT = Path(__file__).resolve().parent.parent
READY_S = 30.0


@dataclass
class Running:
    """A witness that answers at `url`; `vkey` is its public key."""

    url: str
    vkey: str
    folder: Path
    register: Register

    @property
    def verifier(self) -> Verifier:
        return parse_vkey(self.vkey)

    def line(self, name: str) -> str:
        return f"witness {name} {self.vkey} {self.url}\n"


def clock() -> int:
    return int(time.time())


@contextmanager
def running(folder: Path, logs: Sequence[str], *, name: str = "w.example/1") -> Iterator[Running]:
    """A real witness server on a free port, its threads in this process."""
    register = Register.open(folder, name)
    server = make_server(Witness(register, [parse_vkey(one) for one in logs], clock=clock), "127.0.0.1", 0)
    server.shutdown_timeout = 1
    server.expiration_interval = 0.02  # how soon it notices that it shall stop
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    host, port = server.bind_addr[:2]
    try:
        yield Running(f"http://{host}:{port}", register.verifier.vkey, folder, register)
    finally:
        server.stop()
        thread.join(10)


def start(folder: Path, logs: Sequence[str], *, name: str = "w.example/1", port: int = 0) -> tuple[Process, Running]:
    """`medtrail-witness` as a process of its own. Stop it, or kill it."""
    folder.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "ledger.witness.cli",
        "--name",
        name,
        "--folder",
        folder,
        "--port",
        str(port),
    ]
    for one in logs:
        command += ["--log", one]
    log = folder.with_suffix(f".{time.monotonic_ns()}.log")
    process = Process("witness", command, log=log, cwd=ROOT)
    process.wait_until(lambda: process.output().count("\n") > 5 and "http://" in process.output(), seconds=READY_S)
    line = next(one for one in process.output().splitlines() if one.startswith("witness ") and "http://" in one)
    _, _, vkey, url = line.split(" ")
    return process, Running(url, vkey, folder, Register.open(folder))


@dataclass
class Liar:
    """A server that answers POST and GET as `answer(path, body)` says: status, content type, body."""

    answer: Callable[[str, bytes], tuple[int, str, str]]
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    url: str = ""


@contextmanager
def lying(answer: Callable[[str, bytes], tuple[int, str, str]]) -> Iterator[Liar]:
    liar = Liar(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            liar.requests.append((self.path, body))
            status, content_type, text = liar.answer(self.path, body)
            content = text.encode()
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", text)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the library calls it so

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Whoever hung up has had enough."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    liar.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
