"""Where the platform may send what a client asks it to send: to a public web server, and to nothing of ours.

A subscriber names the address that its events go to. Without a guard it could name the metadata service of our cloud,
our database or a router, and read our answer from what happens. Three rules:

* `https` and a name or address that is globally reachable; whatever hides a private address (IPv4 inside IPv6, NAT64,
  6to4, Teredo, decimal and octal spellings) is seen through, because addresses are compared as numbers;
* the check runs on registration, for a good message, and again on every connection, because a name may point elsewhere
  by then (DNS rebinding): the connection is made to the very address that was checked, never to the name;
* no redirect is followed.

Hosts in `settings.EPCIS_WEBHOOK_TEST_HOSTS` are exempt: for tests, and for a receiver inside one's own network.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

LONGEST_URL = 2000
LONGEST_ANSWER = 64 * 1024
TIMEOUT_S = 10.0  # for one byte
DEADLINE_S = 30.0  # for all of them

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")


class ForbiddenDestination(Exception):
    """Nothing is sent there. The message says why, and tells nothing of our network."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A checked address: what to connect to, and what to say there."""

    scheme: str
    host: str
    port: int
    target: str  # path and query
    address: str  # the IP address to connect to

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"https": 443, "http": 80}


def check_destination(url: str) -> Destination:
    """The destination that `url` is, with its name looked up now.

    Raises:
        ForbiddenDestination: no web address, or one that leads to where nothing may be sent.
    """
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise ForbiddenDestination(f"expected a web address of at most {LONGEST_URL} ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenDestination("expected a web address such as https://example.com/events") from None
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not host or port == 0:
        raise ForbiddenDestination("expected a web address such as https://example.com/events")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ForbiddenDestination("expected an address without user name and password")
    port = port or _PORTS[parts.scheme]
    exempt = f"{host}:{port}" in settings.EPCIS_WEBHOOK_TEST_HOSTS or host in settings.EPCIS_WEBHOOK_TEST_HOSTS
    if parts.scheme != "https" and not exempt:
        raise ForbiddenDestination("expected https: events are confidential")
    addresses = _look_up(host, port)
    if not exempt and not all(is_public(one) for one in addresses):
        # All of them: with one public and one private address, whoever connects might take either.
        raise ForbiddenDestination(f"{host} leads into a private or reserved network: expected a public address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, port, target, addresses[0])


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ForbiddenDestination(f"{host}: no such host") from None
    return [str(one[4][0]).partition("%")[0] for one in found]


def is_public(text: str) -> bool:
    """Whether an IP address is reachable for everybody and nobody's inside."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(str(inner))
        # Teredo carries a client's own address, and site-local is what private was called once.
        if address.teredo is not None or address.is_site_local or address in _NAT64_LOCAL:
            return False
        # ::a.b.c.d, long out of use and still understood.
        if int(address) >> 32 == 0:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


class _Pinned(http.client.HTTPConnection):
    """Connects to the address that was checked. TLS is for the name."""

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination.host, destination.port, timeout=TIMEOUT_S)
        self._destination = destination

    def connect(self) -> None:
        plain = socket.create_connection((self._destination.address, self._destination.port), TIMEOUT_S)
        if self._destination.scheme == "http":
            self.sock = plain
            return
        try:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self._destination.host)
        except BaseException:
            plain.close()
            raise

    def cut(self) -> None:
        """End it from another thread: whoever reads gets an error at once."""
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send `body` to `url` and return the status of the answer. No redirect is followed; the answer is thrown away.

    Raises:
        ForbiddenDestination: the name leads elsewhere by now.
        OSError, http.client.HTTPException: nobody answers, or not in HTTP, or not in time.
    """
    destination = check_destination(url)
    connection = _Pinned(destination)
    # A time-out counts from the last byte: who sends one every nine seconds would keep a worker for ever.
    watchdog = threading.Timer(DEADLINE_S, connection.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.request("POST", destination.target, body, {"Host": destination.host_header, **headers})
        answer = connection.getresponse()
        answer.read(LONGEST_ANSWER)
        return answer.status
    finally:
        watchdog.cancel()
        connection.close()
