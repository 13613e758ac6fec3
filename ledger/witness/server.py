"""The witness over HTTP: three addresses, each answered by `cosigning.Witness`.

POST /add-checkpoint                     a log hands in a checkpoint and gets a cosignature
GET  /<sha256 of the origin>/checkpoint  a monitor reads what was cosigned last
GET  /                                   a person reads who this is
"""

import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from cheroot.wsgi import Server

from ledger.errors import ForkError
from ledger.witness.cosigning import MAX_BODY, Answer, Witness

logger = logging.getLogger(__name__)

# A client that says nothing for so long is gone; it holds one of the threads until then.
SILENCE_SECONDS = 10
# And one that dribbles must be done by then.
REQUEST_SECONDS = 20
THREADS = 32
CHUNK = 4_096
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint")

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class WitnessApp:
    """A WSGI application."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "") or "/"
        try:
            answer, allowed = self._answer(method, path, environ)
        except (ForkError, sqlite3.Error, OSError):
            # Nothing was kept, so nothing was signed. What exactly is wrong here is nobody's business out there.
            logger.exception("%s %s", method, path)
            answer, allowed = Answer(500, "this witness cannot answer now\n"), ""
        content = answer.body.encode()
        if answer.status != 200:
            logger.info("%s %s: %d %s", method, path, answer.status, answer.body.strip()[:300])
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            # Monitors run in other people's pages.
            ("Access-Control-Allow-Origin", "*"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if allowed:
            headers.append(("Allow", allowed))
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [b"" if method == "HEAD" else content]

    def _answer(self, method: str, path: str, environ: dict[str, Any]) -> tuple[Answer, str]:
        if path == "/add-checkpoint":
            if method != "POST":
                return Answer(405, "add-checkpoint takes POST\n"), "POST"
            body = read_body(environ)
            if body is None:
                return Answer(413, f"expected at most {MAX_BODY} bytes within {REQUEST_SECONDS} seconds\n"), ""
            return self._witness.add_checkpoint(body), ""
        found = _CHECKPOINT.fullmatch(path)
        if path != "/" and not found:
            return Answer(404, "no such address; see C2SP tlog-witness\n"), ""
        if method not in ("GET", "HEAD"):
            return Answer(405, "this address is for reading\n"), "GET, HEAD"
        return self._witness.checkpoint_of(found[1]) if found else self._witness.about(), ""


def read_body(environ: dict[str, Any]) -> bytes | None:
    """The request's body; None for one that is too long or too slow, whatever the client says of its length."""
    deadline = time.monotonic() + REQUEST_SECONDS
    body = b""
    while len(body) <= MAX_BODY and time.monotonic() < deadline:
        piece = environ["wsgi.input"].read(CHUNK)
        body += piece
        if len(piece) < CHUNK:
            return body if len(body) <= MAX_BODY else None
    return None


def make_server(witness: Witness, host: str, port: int) -> Server:
    """A server that is bound to its port and serves once `serve()` is called; port 0 takes any free one.

    Raises:
        OSError: the port cannot be used.
    """
    server = Server((host, port), WitnessApp(witness), numthreads=THREADS, request_queue_size=128)
    server.timeout = SILENCE_SECONDS
    server.max_request_header_size = 16_384
    server.max_request_body_size = 0  # `read_body` counts: of a chunked body nobody knows the length before
    server.prepare()
    return server
