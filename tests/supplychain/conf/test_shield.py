"""What every answer carries, and what no request gets past."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.doors.table import TABLE
from tests.factories import Cast, make_user

pytestmark = pytest.mark.django_db
PAGES = ("/", "/sign-in", "/check", "/ledger/", "/no-such-page", "/api/v1/stock", "/api/docs/", "/healthz", "/join/x")


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_tells_the_browser_what_it_may_do_with_it(path: str) -> None:
    headers = Client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "base-uri 'none'" in policy
    scripts = policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in scripts
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "geolocation=()" in headers["Permissions-Policy"]


def test_a_body_above_the_limit_is_not_read(settings: Any) -> None:
    settings.BODY_MAX = 1024 * 1024
    for path in ("/sign-in", "/api/v1/shipments", "/no-such-page"):
        answer = Client().post(path, "x" * (1024 * 1024 + 1), content_type="application/json")
        assert (answer.status_code, answer.content) == (413, b"BODY_TOO_LARGE: at most 1 MiB\n")


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "\u0661", "1_0"])
def test_a_length_that_is_no_number_is_refused_at_once(length: str) -> None:
    assert Client().get("/healthz", CONTENT_LENGTH=length).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "x/y", ""])
def test_a_name_that_is_not_ours_is_not_answered(host: str) -> None:
    assert Client().get("/sign-in", headers={"Host": host}).status_code == 400


def test_every_form_and_every_call_by_session_needs_its_token(cast: Cast) -> None:
    """Django's own test client does not ask for it; a browser on another site could not know it."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("anna", cast.maker).user)
    plain = [door for door in TABLE if door.method == "POST" and not door.at]
    assert len(plain) > 20
    kinds = {True: "application/json", False: "application/x-www-form-urlencoded"}
    answers = {
        door.name: client.post(reverse(door.name), "{}", content_type=kinds[door.sends_json]).status_code
        for door in plain
    }
    assert {name: status for name, status in answers.items() if status != 403} == {}


def test_cookies_are_for_our_pages_only(cast: Cast) -> None:
    from tests.factories import PASSWORD

    response = Client().post("/sign-in", {"username": "maker", "password": PASSWORD})
    for name in ("sessionid", "csrftoken", "medtrail-device"):
        cookie = response.cookies[name]
        assert cookie["samesite"] == "Lax"
        assert cookie["domain"] == ""
    assert response.cookies["sessionid"]["httponly"]


def test_what_is_sent_beside_the_fields_changes_nothing(cast: Cast) -> None:
    """A form or body fills the fields that it has, and no column that happens to have the same name."""
    client = Client()
    client.force_login(make_user("anna", cast.maker).user)
    extra = {"party": cast.forger.party.pk, "keyid": "0" * 64, "brand_owner": cast.forger.party.pk, "state": "recalled"}
    new = {"gtin": "09520001000010", "name": "New", "serials_issued": 10**6} | extra
    assert client.post("/api/v1/products", new, content_type="application/json").status_code == 201
    product = cast.maker.party.products.get()
    assert (product.brand_owner, product.serials_issued) == (cast.maker.party, 0)
    client.post(reverse("invite"), {"name": "x", "duties": "operator", "secret_sha256": "0" * 64} | extra)
    assert cast.maker.party.invitations.exclude(secret_sha256="0" * 64).count() == 1
    assert not cast.forger.party.invitations.exists()
