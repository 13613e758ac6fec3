"""Talking to a witness: one request, one answer, within a time and a size, wherever it leads.

No redirects and no proxies: the address is the operator's, and an answer may not send us anywhere else. Whatever goes
wrong is an answer too, of status 0: who is down or lies is the caller's business, not an exception's.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_ANSWER = 65_536
PIECE = 8_192


@dataclass(frozen=True, slots=True)
class Reply:
    """A witness's answer. `status` is 0 where there was none; `body` then says why."""

    status: int
    body: str
    content_type: str = ""


def ask(address: str, path: str, *, seconds: float, body: bytes | None = None) -> Reply:
    """POST `body`, or GET without one, at `path` below the prefix `address`. Takes at most about `seconds`."""
    parts = urlsplit(address)
    target = parts.path.rstrip("/") + path
    headers = {"User-Agent": "medtrail-log", "Connection": "close"}
    if body is not None:
        headers["Content-Type"] = "text/plain; charset=utf-8"
    deadline = time.monotonic() + seconds
    try:
        with _connected(address, seconds) as connection:
            connection.request("GET" if body is None else "POST", target, body=body, headers=headers)
            answer = connection.getresponse()
            data = _read(answer)
            reply = Reply(0, f"an answer of more than {MAX_ANSWER} bytes")
            if data is not None:
                text, content_type = data.decode("utf-8", "replace"), answer.headers.get("Content-Type", "")
                reply = Reply(answer.status, text, content_type)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reply = Reply(0, f"{type(error).__name__}: {error}"[:200])
    # An answer that was cut off may look like a whole one that ends early.
    return reply if time.monotonic() < deadline else Reply(0, f"no whole answer within {seconds:g} s")


@contextlib.contextmanager
def _connected(address: str, seconds: float) -> Iterator[http.client.HTTPConnection]:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
    # The timeout is for each piece that arrives; somebody who dribbles is cut off by the clock.
    alarm = threading.Timer(seconds, _cut, [connection])
    alarm.daemon = True
    alarm.start()
    try:
        yield connection
    finally:
        alarm.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _read(answer: http.client.HTTPResponse) -> bytes | None:
    data = b""
    while len(data) <= MAX_ANSWER:
        piece = answer.read1(PIECE)
        if not piece:
            return data
        data += piece
    return None
