"""`medtrail-sign` as a party runs it: a process of its own, a key file, a server on real HTTP."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from supplychain.models import Event, Item
from supplychain.usecases.issue_api_key import issue_api_key
from tests.factories import Cast, make_batch

SIGN = [sys.executable, "-m", "supplychain.client"]


def run(*arguments: str | Path, answer: str = "", folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    command = [*SIGN, *map(str, arguments)]
    return subprocess.run(
        command, input=answer, capture_output=True, text=True, timeout=60, cwd=folder, env=environment
    )


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "maker.pem"
    made = run("new-key", path)
    assert made.returncode == 0, made.stderr
    assert "BEGIN PUBLIC KEY" in made.stdout
    assert "PRIVATE" not in made.stdout
    return path


def test_a_new_key_is_for_its_owner_only_and_never_overwrites(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    again = run("new-key", key)
    assert (again.returncode, key.read_bytes()) == (2, before)
    assert "expected a new file" in again.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "expected a private key"), (b"-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----\n", "expected")],
)
def test_a_file_that_is_no_key_is_said_to_be_none(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.pem"
    path.write_bytes(content)
    failed = run("request-key", path, "--party", "9520001000003", "--log", "example.org/log")
    assert failed.returncode == 2
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr


def test_a_key_of_another_curve_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    path = tmp_path / "p384.pem"
    pem = ec.generate_private_key(ec.SECP384R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pem)
    assert "expected a P-256 key" in run("request-key", path, "--party", "1", "--log", "l").stderr


@pytest.fixture
def maker(live_server: Any, cast: Cast, key: Path, tmp_path: Path, settings: Any) -> list[str | Path]:
    """The options of every call; the maker's own key is admitted by the regulator over the API."""
    settings.PUBLIC_URL = live_server.url
    asked = run("request-key", key, "--party", cast.maker.party.gln, "--log", settings.LOG_ORIGIN)
    assert asked.returncode == 0, asked.stderr
    secret = issue_api_key(party=cast.regulator.party, name="tests")[1]
    admitted = Client().post(
        f"/api/v1/parties/{cast.maker.party.gln}/keys",
        asked.stdout,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert admitted.status_code == 201
    api_key = tmp_path / "api.key"
    api_key.write_text(issue_api_key(party=cast.maker.party, name="line 1")[1] + "\n")
    return ["--server", live_server.url, "--api-key-file", api_key, "--key", key]


def body(folder: Path, content: Any) -> Path:
    path = folder / "body.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_made_with_a_key_that_stays_at_home(cast: Cast, maker: list[str | Path], tmp_path: Path) -> None:
    door = f"batches/{make_batch(cast.maker).pk}/commission"
    done = run("act", door, body(tmp_path, {"count": 12}), *maker, answer="y\n")
    assert done.returncode == 0, done.stderr
    assert "commissioning" in done.stdout
    assert "epcList (12)" in done.stdout
    assert "… and 2 more" in done.stdout
    assert Item.objects.count() == 12
    assert bytes(Event.objects.get().entry.entry_id).hex() in done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("answer", ["", "n\n", "\n", "no\n", "yy\n"])
def test_whoever_does_not_say_yes_signs_nothing(
    cast: Cast, maker: list[str | Path], tmp_path: Path, answer: str
) -> None:
    door = f"batches/{make_batch(cast.maker).pk}/commission"
    declined = run("act", door, body(tmp_path, {"count": 2}), *maker, answer=answer)
    assert declined.returncode == 1
    assert "nothing was done" in declined.stderr
    assert Item.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_told_in_the_servers_words(cast: Cast, maker: list[str | Path], tmp_path: Path) -> None:
    wish = {"epcs": ["https://id.gs1.org/01/09520001000010/21/NONE"], "receiver": cast.wholesaler.party.gln}
    refused = run("act", "shipments", body(tmp_path, wish), *maker, "--yes")
    assert refused.returncode == 1
    assert "UNKNOWN_ITEM" in refused.stderr


@pytest.mark.django_db(transaction=True)
def test_the_same_wish_again_says_that_it_was_done(cast: Cast, maker: list[str | Path], tmp_path: Path) -> None:
    wish = (f"batches/{make_batch(cast.maker).pk}/commission", body(tmp_path, {"count": 2}), *maker, "--yes")
    assert run("act", *wish, "--request-id", "night shift 7").returncode == 0
    again = run("act", *wish, "--request-id", "night shift 7")
    assert "done already" in again.stdout
    assert Item.objects.count() == 2


def test_an_api_key_is_not_sent_over_an_open_line(tmp_path: Path, key: Path) -> None:
    api_key = tmp_path / "api.key"
    api_key.write_text("mt_secret")
    options = ("--server", "http://medtrail.example", "--api-key-file", api_key, "--key", key)
    refused = run("act", "shipments", body(tmp_path, {}), *options)
    assert refused.returncode == 2
    assert "https://" in refused.stderr
    assert "mt_secret" not in refused.stderr


def test_a_server_that_is_not_there_is_said_to_be_not_there(tmp_path: Path, key: Path) -> None:
    api_key = tmp_path / "api.key"
    api_key.write_text("mt_secret")
    options = ("--server", "http://127.0.0.1:9", "--api-key-file", api_key, "--key", key)
    failed = run("act", "shipments", body(tmp_path, {}), *options)
    assert failed.returncode == 1
    assert "127.0.0.1:9" in failed.stderr


def test_without_a_key_it_says_which_options_there_are(tmp_path: Path) -> None:
    api_key = tmp_path / "api.key"
    api_key.write_text("mt_secret")
    assert "--pkcs11" in run("act", "shipments", body(tmp_path, {}), "--api-key-file", api_key).stderr


@pytest.mark.parametrize(
    "server",
    [
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://",
        "x",
    ],
)
def test_an_address_that_only_looks_like_this_machine_gets_no_api_key(tmp_path: Path, key: Path, server: str) -> None:
    api_key = tmp_path / "api.key"
    api_key.write_text("mt_secret")
    options = ("--server", server, "--api-key-file", api_key, "--key", key)
    refused = run("act", "shipments", body(tmp_path, {}), *options)
    assert (refused.returncode, "expected https://" in refused.stderr) == (2, True)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_signed_in_another_name_or_for_another_log(
    cast: Cast, maker: list[str | Path], tmp_path: Path
) -> None:
    door = f"batches/{make_batch(cast.maker).pk}/commission"
    for option, code in ((("--party", "9520002000002"), "9520002000002"), (("--log", "other/log"), "other/log")):
        refused = run("act", door, body(tmp_path, {"count": 2}), *maker, *option, "--yes")
        assert refused.returncode == 1
        assert f"expected {code}" in refused.stderr
    assert Item.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_key_gives_way_to_a_new_one_and_then_ends(
    cast: Cast, maker: list[str | Path], key: Path, tmp_path: Path, settings: Any
) -> None:
    def hand_in(door: str, text: str) -> Any:
        token = {"Authorization": f"Bearer {Path(maker[3]).read_text().strip()}"}
        return Client().post(f"/api/v1/keys/{door}", text, content_type="application/json", headers=token)

    about = ("--party", cast.maker.party.gln, "--log", settings.LOG_ORIGIN)
    new = tmp_path / "new.pem"
    run("new-key", new)
    rotated = run("rotate-key", key, new, *about)
    assert rotated.returncode == 0, rotated.stderr
    assert hand_in("rotations", rotated.stdout).status_code == 201

    door = f"batches/{make_batch(cast.maker).pk}/commission"
    with_old = run("act", door, body(tmp_path, {"count": 2}), *maker, "--yes")
    assert (with_old.returncode, Item.objects.count()) == (1, 0)
    with_new = run("act", door, body(tmp_path, {"count": 2}), *maker[:4], "--key", new, "--yes")
    assert (with_new.returncode, Item.objects.count()) == (0, 2), with_new.stderr

    ended = run("revoke-key", new, *about, "--reason", "laptop stolen", "--invalid-from", "0")
    assert hand_in("revocations", ended.stdout).status_code == 201
    again = run("act", door, body(tmp_path, {"count": 2}), *maker[:4], "--key", new, "--yes")
    assert (again.returncode, Item.objects.count()) == (1, 2)
