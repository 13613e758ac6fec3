"""Fixtures that every test may use. Servers and environment are laid out earlier, by tests/services.py."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest

from tests import browsers, workers
from tests.append_only import flush_past_the_triggers  # noqa: F401
from tests.processes import Process

if TYPE_CHECKING:
    from tests.factories import Cast

# A busy machine is no bug of ours: how long one example took says nothing on two shared cores.
hypothesis.settings.register_profile("medtrail", deadline=None)
hypothesis.settings.load_profile("medtrail")

ROOT = Path(__file__).resolve().parent.parent
DB_FIXTURES = {"db", "transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}
ON_POSTGRES = os.environ.get("MEDTRAIL_TEST_DB", "sqlite") == "postgres"


# --- What runs where --------------------------------------------------------------------------------------------------


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(ROOT / "tests").parts[0] if item.path.is_relative_to(ROOT / "tests") else ""
    if folder in {"browser", "faults", "conformance"}:
        item.add_marker(folder)
    if item.get_closest_marker("django_db") or DB_FIXTURES & set(getattr(item, "fixturenames", ())):
        item.add_marker("uses_db")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    chrome = browsers.find_chrome()
    for item in items:
        if item.get_closest_marker("postgres") and not ON_POSTGRES:
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: MEDTRAIL_TEST_DB=postgres"))
        if item.get_closest_marker("sqlite") and ON_POSTGRES:
            item.add_marker(pytest.mark.skip(reason="needs SQLite: MEDTRAIL_TEST_DB=sqlite"))
        if item.get_closest_marker("browser") and chrome is None:
            item.add_marker(pytest.mark.skip(reason=browsers.why_missing()))


# --- Databases, log folders, caches -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file: a database in memory could not be seen by a worker process or a live server.

    No connection outlives its request: a browser's idle one would leave a thread of the live server holding its
    connection, and PostgreSQL drops no database that somebody is connected to.
    """
    from django.conf import settings

    default = settings.DATABASES["default"]
    default["CONN_MAX_AGE"] = 0
    if default["ENGINE"] == "django.db.backends.sqlite3":
        default.setdefault("TEST", {})["NAME"] = str(Path(settings.MEDTRAIL_HOME) / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """At the end nobody else is connected, so that the database can be dropped.

    PostgreSQL notices some time after a kill -9 that a worker is gone, and it drops no database with a session on it.
    """
    yield
    with django_db_blocker.unblock():
        from django.db import connection

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()


@pytest.fixture(autouse=True)
def own_log_folders(request: pytest.FixtureRequest) -> None:
    """Every test that has a database writes a log of its own, and meets no throttle that an earlier one filled."""
    if request.node.get_closest_marker("uses_db") is None:
        return
    from django.core.cache import cache

    settings = request.getfixturevalue("settings")
    folder: Path = request.getfixturevalue("tmp_path")
    settings.LOG_DIR = folder / "log"
    settings.LOG_PUBLIC_DIR = folder / "public"
    cache.clear()


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The vectors and real data that lie beside the project; tests that read them skip where there are none."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no folder `shared` beside the project: third-party vectors and real data are not here")
    return folder


@pytest.fixture
def cast(db: None) -> "Cast":
    """Everybody who plays, admitted to a log of this test's own."""
    from tests.factories import make_cast

    return make_cast()


# --- Real processes ---------------------------------------------------------------------------------------------------


@pytest.fixture
def celery_worker_process(transactional_db: None, own_log_folders: None, tmp_path: Path) -> Iterator[Process]:
    """A real Celery worker with beat on this test's database and broker: it seals, signs and publishes meanwhile."""
    process = workers.start_celery(tmp_path, workers.environment_of_this_database())
    yield process
    process.stop()


@pytest.fixture
def live_site(live_server: Any, celery_worker_process: Process, settings: Any) -> str:
    """The address of the whole system: pages and API on real HTTP, a real worker behind them."""
    settings.PUBLIC_URL = live_server.url
    return str(live_server.url)


# --- The browser ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chrome = browsers.find_chrome()
    if chrome is None:
        pytest.skip(browsers.why_missing())
    args = [*browser_type_launch_args.get("args", []), *browsers.LAUNCH_ARGS]
    return {**browser_type_launch_args, "executable_path": str(chrome), "args": args}
