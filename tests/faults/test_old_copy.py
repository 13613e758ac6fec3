"""A database older than what was signed comes into service: a restored copy, a replica that had fallen behind."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from ledger.models import Log
from ledger.signer import Signer
from ledger.usecases.advance import advance
from tests import workers
from tests.check_log import check_log
from tests.environment import with_database
from tests.ledger.cast import open_cast, put_events

pytestmark = [pytest.mark.faults, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
ADVANCE = "import django; django.setup(); from ledger.usecases.advance import advance; advance()"


@pytest.fixture
def copies() -> Iterator[list[str]]:
    """Names of databases to drop in the end."""
    names: list[str] = []
    yield names
    for name in names:
        administrate(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def administrate(sql: str) -> None:
    with psycopg.connect(with_database(settings.DATABASE_URL, "postgres"), autocommit=True) as administration:
        administration.execute(sql)


def copy_of_the_database(copies: list[str]) -> dict[str, str]:
    """The environment of a process that works with a copy of the database as it is now."""
    source = str(connection.settings_dict["NAME"])
    copies.append(f"{source}_copy{len(copies)}")
    connection.close()
    administrate(f'CREATE DATABASE "{copies[-1]}" TEMPLATE "{source}"')
    environment = workers.environment_of_this_database()
    return {**environment, "DATABASE_URL": with_database(environment["DATABASE_URL"], copies[-1])}


def run(environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=workers.ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


def stands_at(environment: Mapping[str, str]) -> tuple[Any, ...]:
    with psycopg.connect(environment["DATABASE_URL"]) as copy:
        row = copy.execute("SELECT tree_size, height, state FROM ledger_log").fetchone()
    assert row is not None
    return row


def test_an_old_copy_in_service_signs_no_second_history_and_is_led_forward(
    own_log_folders: None, copies: list[str], tmp_path: Path
) -> None:
    cast = open_cast()
    advance()
    put_events(cast, 3)  # they wait in the copy, too
    old = copy_of_the_database(copies)
    advance()
    put_events(cast, 3)
    advance()
    public, signer = Path(settings.LOG_PUBLIC_DIR), Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN)
    with (tmp_path / "envelopes").open("w") as file:
        call_command("ledger_envelopes", stdout=file)
    seen, head, before = check_log(public), signer.head(), stands_at(old)

    done = run(old, "-c", ADVANCE)
    assert "the database only 4: it has lost leaves" in done.stderr
    assert stands_at(old) == (*before[:2], Log.FROZEN)
    assert (signer.head(), check_log(public)) == (head, seen)

    # Without its envelopes it says which; nothing is written.
    done = run(old, "manage.py", "ledger_recover", "--from", str(public))
    assert done.returncode == 1
    assert "ENVELOPE_LOST: lost: leaf 8 (envelope " in done.stderr
    assert stands_at(old)[:2] == before[:2]

    done = run(old, "manage.py", "ledger_recover", "--from", str(public), "--envelopes", str(tmp_path / "envelopes"))
    assert (done.returncode, "The log stands at 12 leaves." in done.stdout) == (0, True), done.stderr
    done = run(old, "manage.py", "ledger_unfreeze", "--because", "restored from a copy, led forward from its files")
    assert done.returncode == 0, done.stderr
    done = run(old, "-c", ADVANCE)
    assert done.returncode == 0, done.stderr
    done = run(old, "manage.py", "ledger_audit")
    assert "The log is whole: 12 leaves" in done.stdout, done.stderr
    assert signer.head() == head


def test_two_databases_in_service_make_one_history(own_log_folders: None, copies: list[str]) -> None:
    """A replica was promoted while the old primary lives on: whoever comes second is refused, whichever it is."""
    cast = open_cast()
    put_events(cast, 2)
    advance()
    replica = copy_of_the_database(copies)
    put_events(cast, 1)
    with psycopg.connect(replica["DATABASE_URL"], autocommit=True) as other:
        # Something of its own waits there.
        other.execute(
            "INSERT INTO ledger_entry (entry_id, envelope_sha256, envelope, kind, party, keyid, received_at) "
            "VALUES (sha256('a'), sha256('b'), 'b', 'event', 'x', 'y', now())"
        )
        other.execute("INSERT INTO ledger_pending SELECT max(seq) FROM ledger_entry")
    done = run(replica, "-c", ADVANCE)
    assert done.returncode == 0, done.stderr
    signed = Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN).head()
    seen = check_log(Path(settings.LOG_PUBLIC_DIR))
    done = run(workers.environment_of_this_database(), "-c", ADVANCE)
    assert done.returncode == 1
    assert "it has lost leaves" in done.stderr
    assert Log.objects.get().tree_size < signed.size
    assert Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN).head() == signed
    assert check_log(Path(settings.LOG_PUBLIC_DIR)) == seen
