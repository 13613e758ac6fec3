"""The environment, read once: typed, checked, and refused aloud where it is odd.

Every secret may also come from a file named by `<NAME>_FILE`. Outside production a missing secret is made on first
use and kept under `MEDTRAIL_HOME/secrets`, so that two commands are enough to try it; production never makes one.
"""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError, FileAwareEnv

env = FileAwareEnv()

MODES = ("development", "test", "production")
SHORTEST_SECRET = 50


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.str(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r}: expected one of {', '.join(allowed)}")
    return str(value)


def number(name: str, default: int, *, least: int, most: int) -> int:
    try:
        value = env.int(name, default)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}={os.environ.get(name)!r}: expected a whole number") from error
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={value}: expected {least} to {most}")
    return int(value)


def flag(name: str, default: bool) -> bool:
    try:
        return bool(env.bool(name, default))
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}={os.environ.get(name)!r}: expected true or false") from error


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    value = str(env.str(name, default)).rstrip("/")
    scheme, found, rest = value.partition("://")
    if not found or scheme not in schemes or not rest:
        raise ImproperlyConfigured(f"{name}={value!r}: expected an address that starts with {' or '.join(schemes)}")
    return value


def secret(name: str, *, mode: str, home: Path) -> str:
    """The secret `name`, from the environment or from its file; made and kept outside production when there is none."""
    try:
        value = str(env.str(name, "")).strip()
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"{name}_FILE={os.environ.get(name + '_FILE')!r}: {error}") from error
    if mode == "production":
        if not value:
            raise ImproperlyConfigured(f"{name} is not set: production needs {name} or {name}_FILE")
        if len(value) < SHORTEST_SECRET or value.startswith("insecure") or len(set(value)) < 10:
            raise ImproperlyConfigured(
                f"{name} looks like a development secret: expected {SHORTEST_SECRET} or more random characters"
            )
        if value == kept_secret(home / "secrets" / name.lower()):
            raise ImproperlyConfigured(f"{name} is the development secret kept under {home}/secrets: make a new one")
    return value or make_secret(home / "secrets" / name.lower())


def kept_secret(path: Path) -> str | None:
    return path.read_text().strip() if path.is_file() else None


def make_secret(path: Path) -> str:
    """Read the secret kept at `path`, or make one that only its owner may read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        # O_EXCL: two processes that start together must agree on one secret. The loser reads the winner's.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return wait_for_secret(path)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text()


def wait_for_secret(path: Path) -> str:
    for _ in range(1000):
        if value := kept_secret(path):
            return value
    raise ImproperlyConfigured(f"{path} is empty: expected a secret; delete the file to have a new one made")
