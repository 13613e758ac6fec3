"""What the log does with a witness that answers too much, too slowly, or somewhere else."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ledger.witness_client import MAX_ANSWER, ask
from tests.witnesses import lying


@contextmanager
def dribbling(*pieces: bytes, pause: float) -> Iterator[str]:
    """A server that sends `pieces` with a pause after each, over and over, and never ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                while not ended.is_set():
                    for piece in pieces:
                        connection.sendall(piece)
                        ended.wait(pause)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()
        thread.join(5)


@pytest.mark.parametrize("pieces", [[b"H"], [b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"], [b"HTTP/1.1 100 Continue\r\n\r\n"]])
def test_whoever_dribbles_is_cut_off_by_the_clock(pieces: list[bytes]) -> None:
    """Each byte comes in time; the answer never does."""
    with dribbling(*pieces, pause=0.1) as url:
        started = time.monotonic()
        reply = ask(url, "/add-checkpoint", body=b"x", seconds=0.5)
        assert time.monotonic() - started < 2
    assert reply.status == 0


def test_an_endless_body_is_read_so_far_and_no_further() -> None:
    with dribbling(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * MAX_ANSWER, pause=0) as url:
        reply = ask(url, "/", seconds=5)
    assert (reply.status, reply.body) == (0, f"an answer of more than {MAX_ANSWER} bytes")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_leads_nowhere(status: int) -> None:
    """The address is the operator's. An answer must not send us to the machine's own services."""
    with lying(lambda path, body: (200, "text/plain", "inside")) as inside:
        with lying(lambda path, body: (status, "text/plain", f"{inside.url}/secret")) as outside:
            reply = ask(outside.url, "/add-checkpoint", body=b"x", seconds=2)
        assert reply.status == status
        assert inside.requests == []


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with lying(lambda path, body: (200, "text/plain", "proxy")) as proxy:
        with lying(lambda path, body: (200, "text/plain", "witness")) as witness:
            for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
                monkeypatch.setenv(name, proxy.url)
            assert ask(witness.url, "/", seconds=2).body == "witness"
        assert proxy.requests == []


def test_nobody_there_is_an_answer_too() -> None:
    reply = ask("http://127.0.0.1:1", "/", seconds=1)
    assert reply.status == 0
    assert "refused" in reply.body
    assert ask("http://nobody.invalid", "/", seconds=2).status == 0
    assert ask("https://127.0.0.1:1", "/", seconds=1).status == 0


def test_an_answer_that_is_no_text_is_shown_as_far_as_it_is() -> None:
    with dribbling(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe", pause=1) as url:
        assert ask(url, "/", seconds=2).body == "\ufffd\ufffd"


def test_what_is_no_http_is_no_answer() -> None:
    with dribbling(b"SSH-2.0-OpenSSH\r\n", pause=0.1) as url:
        assert ask(url, "/", seconds=1).status == 0
