"""Odd serial numbers through the web servers that we ship, byte by byte on the wire."""

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import pytest
from cheroot.wsgi import Server
from django.core.wsgi import get_wsgi_application
from django.db import connections

from supplychain.acts import Request
from supplychain.usecases.commission import commission
from tests.factories import GTIN, Cast, make_batch

SERIALS = ["A/B", "%2F", "a+b", '"<&>"', "100%", "21/7"]


@pytest.fixture
def cheroot_url(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The embedded default's server."""
    # Its threads end with the test; a connection that they kept for later would stay open.
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    server = Server(("127.0.0.1", 0), get_wsgi_application(), numthreads=2)
    server.prepare()
    thread = threading.Thread(target=server.serve)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}"
    server.stop()
    thread.join()


@pytest.mark.parametrize("server", ["cheroot_url", "live_server"])
def test_every_serial_number_arrives_as_it_was_printed(request, server, transactional_db, cast: Cast, settings):
    address = str(request.getfixturevalue(server))
    settings.PUBLIC_URL = address
    batch = make_batch(cast.maker, lot_number="L/1")
    commission(actor=cast.maker, request=Request(), batch=batch, serial_numbers=SERIALS)
    for serial in SERIALS:
        # http.client sends the path as it is; a library that cleans it up would hide what is tested here.
        connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
        path = f"/01/{GTIN}/10/L%2F1/21/{quote(serial, safe='')}?17={batch.expiry:%y%m%d}"
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = json.loads(connection.getresponse().read())
        assert (answer["claim"]["serial_number"], answer["verdict"]["code"]) == (serial, "MATCHES")
        image = HTTPConnection(urlsplit(address).netloc, timeout=30)
        image.request("GET", f"/codes/{GTIN}/{quote(serial, safe='')}.svg")
        assert image.getresponse().status == 200
        connection.close()
        image.close()
