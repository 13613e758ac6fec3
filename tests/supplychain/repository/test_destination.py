"""Where subscribers' events may be sent: nothing private is reached, whatever it is called and whenever it changes."""

import socket
from typing import Any

import pytest

from supplychain.repository.destination import ForbiddenDestination, check_destination, is_public, post

PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("0.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"),
    *("64:ff9b:1::1", "2002:7f00:1::1", "2002:c0a8:101::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_or_reserved_address_passes_in_any_disguise(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_public_addresses_pass(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "//example.com/x",
        "https://",
        "https://user:secret@example.com/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://example.com/é",
        "https://[::1/",
        "https://" + "a" * 3000,
    ],
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ForbiddenDestination):
        check_destination(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "017700000001", "127.1"])
def test_loopback_is_refused_however_it_is_spelt(host):
    with pytest.raises(ForbiddenDestination):
        check_destination(f"https://{host}/hook")


def resolving_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """The name server gives these addresses, one list for each question."""
    waiting = iter(answers)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(waiting)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch):
    resolving_to(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(ForbiddenDestination, match="private or reserved"):
        check_destination("https://example.com/")


def test_plain_http_is_refused(monkeypatch):
    resolving_to(monkeypatch, ["1.1.1.1"])
    with pytest.raises(ForbiddenDestination, match="https"):
        check_destination("http://example.com/")


def test_a_name_that_has_moved_inside_since_it_was_registered_is_refused(monkeypatch):
    resolving_to(monkeypatch, ["1.1.1.1"], ["127.0.0.1"])
    check_destination("https://rebinding.example/")
    with pytest.raises(ForbiddenDestination):
        post("https://rebinding.example/", b"{}", {})


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch):
    """The name is asked once: a second answer, which a rebinding server would make a private one, is never used."""
    resolving_to(monkeypatch, ["1.1.1.1"])
    connected: list[Any] = []

    def connect(address: Any, *_: Any) -> Any:
        connected.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(OSError, match="no network"):
        post("https://example.com/hook", b"{}", {})
    assert connected == [("1.1.1.1", 443)]


def test_only_listed_hosts_are_exempt_and_only_on_their_port(settings):
    settings.EPCIS_WEBHOOK_TEST_HOSTS = ["127.0.0.1:8123"]
    found = check_destination("http://127.0.0.1:8123/hook?a=b")
    assert (found.address, found.target, found.host_header) == ("127.0.0.1", "/hook?a=b", "127.0.0.1:8123")
    with pytest.raises(ForbiddenDestination):
        check_destination("http://127.0.0.1:8124/hook")
