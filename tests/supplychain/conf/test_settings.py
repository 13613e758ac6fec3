"""A setting that cannot be right stops the start, and says which and why. Each case is a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import lay_out

ROOT = Path(__file__).resolve().parents[3]
LONG = "kV7nQ2xWz9RtY4uBm6CpL1sDf8GhJ3aEoN5iTq0wXvUyZrSb"
PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a" + LONG * 2,
    "MANAGED_KEY_SECRET": "b" + LONG * 2,
    "PUBLIC_URL": "https://medtrail.example",
    "LOG_ORIGIN": "medtrail.example/2026",
    "DATABASE_URL": "postgres://app@db/medtrail",
    "REDIS_URL": "redis://broker/0",
}


def load(home: Path, values: dict[str, str], show: str = "settings.DEBUG") -> "subprocess.CompletedProcess[str]":
    """Load the settings in a fresh interpreter and print `show`. Names not in `values` are not set at all."""
    environment = dict(lay_out(home, database_url="", redis_url="", environment=dict(os.environ)))
    for name in ("ENVIRONMENT", "SECRET_KEY", "MANAGED_KEY_SECRET", "DATABASE_URL", "REDIS_URL", "LOG_ORIGIN"):
        environment.pop(name)
    code = f"from django.conf import settings; print({show})"
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment | values,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_needs_to_be_set_to_try_it(tmp_path: Path) -> None:
    result = load(tmp_path, {}, "settings.SECRET_KEY, settings.MANAGED_KEY_SECRET, settings.PUBLIC_URL")
    assert result.returncode == 0, result.stderr
    assert "http://127.0.0.1:8000" in result.stdout
    # The secrets that were made stay the same, are not each other, and are nobody else's to read.
    assert (
        load(tmp_path, {}, "settings.SECRET_KEY, settings.MANAGED_KEY_SECRET, settings.PUBLIC_URL").stdout
        == result.stdout
    )
    kept = [tmp_path / "secrets" / name for name in ("secret_key", "managed_key_secret")]
    assert kept[0].read_text() != kept[1].read_text()
    assert [oct(path.stat().st_mode & 0o777) for path in kept] == ["0o600", "0o600"]


def test_production_starts_with_all_that_it_needs(tmp_path: Path) -> None:
    result = load(tmp_path, PRODUCTION, "settings.SESSION_COOKIE_SECURE, settings.DEBUG, settings.LOG_FORMAT")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "True False json\n"
    assert not (tmp_path / "secrets").exists()


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n")
    values = PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "key")}
    del values["SECRET_KEY"]
    result = load(tmp_path, values, "settings.SECRET_KEY")
    assert result.stdout.strip() == PRODUCTION["SECRET_KEY"], result.stderr


REFUSED = [
    ("ENVIRONMENT", "prod", "expected one of development, test, production"),
    ("SECRET_KEY", "", "SECRET_KEY is not set"),
    ("SECRET_KEY", "short", "looks like a development secret"),
    ("SECRET_KEY", "insecure-" + LONG * 2, "looks like a development secret"),
    ("SECRET_KEY", "x" * 80, "looks like a development secret"),
    ("MANAGED_KEY_SECRET", "", "MANAGED_KEY_SECRET is not set"),
    ("PUBLIC_URL", "http://medtrail.example", "starts with https"),
    ("PUBLIC_URL", "medtrail.example", "starts with https"),
    ("LOG_ORIGIN", "", "expected a schema-less address"),
    ("LOG_ORIGIN", "https://medtrail.example/2026", "expected a schema-less address"),
    ("LOG_ORIGIN", "medtrail example", "expected a schema-less address"),
    ("DATABASE_URL", "mysql://app@db/medtrail", "expected sqlite:// or postgres://"),
    ("DATABASE_URL", "nonsense", "DATABASE_URL"),
    ("REDIS_URL", "amqp://broker", "expected redis://"),
    ("DEBUG", "true", "DEBUG=true"),
    ("DEBUG", "perhaps", "expected true or false"),
    ("LOG_BLOCK_MAX", "0", "expected 1 to 1000000"),
    ("LOG_BLOCK_MAX", "many", "expected a whole number"),
    ("PORT", "99999", "expected 1 to 65535"),
    ("LOG_LEVEL", "LOUD", "expected one of DEBUG"),
]


@pytest.mark.parametrize(("name", "value", "reason"), REFUSED)
def test_production_refuses_aloud(tmp_path: Path, name: str, value: str, reason: str) -> None:
    result = load(tmp_path, PRODUCTION | {name: value})
    assert result.returncode != 0
    last = result.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured" in last
    assert name in last
    assert reason in last


def test_a_password_in_an_address_is_not_repeated_in_the_refusal(tmp_path: Path) -> None:
    result = load(tmp_path, PRODUCTION | {"DATABASE_URL": "mysql://app:hunter2@db/medtrail"})
    assert result.returncode != 0
    assert "hunter2" not in result.stderr


def test_production_refuses_the_secret_that_development_left_behind(tmp_path: Path) -> None:
    assert load(tmp_path, {}, "settings.SECRET_KEY").returncode == 0
    left = (tmp_path / "secrets" / "secret_key").read_text()
    result = load(tmp_path, PRODUCTION | {"SECRET_KEY": left})
    assert "is the development secret" in result.stderr


def test_a_secret_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    values = PRODUCTION | {"SECRET_KEY_FILE": str(tmp_path / "nowhere")}
    del values["SECRET_KEY"]
    result = load(tmp_path, values)
    assert result.returncode != 0
    assert "SECRET_KEY_FILE" in result.stderr.strip().splitlines()[-1]
