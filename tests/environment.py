"""The environment of a test run, the same on every machine: what a developer has exported must not leak in."""

import os
from collections.abc import MutableMapping
from pathlib import Path

# Not set below: the tests want the defaults of supplychain/conf/settings.py, and programs that start fast.
NOT_OURS = (
    "ALLOWED_HOSTS",
    "API_KEY_RATE",
    "BEHIND_TLS_PROXY",
    "BODY_MAX_MB",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "DEMO_PORT",
    "EPCIS_CAPTURE_FILE_SIZE_LIMIT",
    "EPCIS_CAPTURE_LIMIT",
    "EPCIS_DEPTH_LIMIT",
    "EPCIS_EPCS_PER_EVENT_LIMIT",
    "EPCIS_PER_PAGE_LIMIT",
    "EPCIS_SENSOR_FIELDS_ONCE",
    "EPCIS_WEBHOOK_TEST_HOSTS",
    "IMPORT_MAX_BYTES",
    "LOG_BLOCK_MAX",
    "LOG_BUCKET",
    "LOG_BUCKET_ENDPOINT",
    "LOG_BUCKET_PREFIX",
    "LOG_DIR",
    "LOG_FILE_RATE",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "LOG_PUBLIC_DIR",
    "METRICS_TOKEN",
    "PAGE_RATE",
    "PORT",
    "PUBLIC_PEDIGREE",
    "PUBLIC_URL",
    "PYTHONDONTWRITEBYTECODE",
    "SEAL_INTERVAL_S",
    "SIGN_IN_NAME_RATE",
    "SIGN_IN_RATE",
    "SSL_REDIRECT",
    "STATIC_ROOT",
    "THROTTLE_ANON",
    "THROTTLE_USER",
    "UNDO_POLICY",
    "WITNESS_POLICY",
    "WITNESS_REFRESH_S",
    "WITNESS_TIMEOUT_S",
)


def lay_out(
    home: Path, *, database_url: str, redis_url: str, environment: MutableMapping[str, str] = os.environ
) -> MutableMapping[str, str]:
    """Set `environment` for tests that keep all their state under `home`. Must run before Django reads its settings."""
    ours = {
        "DJANGO_SETTINGS_MODULE": "supplychain.conf.settings",
        "ENVIRONMENT": "test",
        "MEDTRAIL_HOME": str(home),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "LOG_ORIGIN": "localhost/medtrail-test",
        "SECRET_KEY": "for-tests-only-" + "0123456789abcdef" * 4,
        "MANAGED_KEY_SECRET": "for-tests-only-" + "fedcba9876543210" * 4,
        # Playwright's own event loop runs in the thread of the test.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
    }
    for name in (*NOT_OURS, *ours):
        environment.pop(name, None)
        environment.pop(f"{name}_FILE", None)
    environment.update(ours)
    return environment


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def with_database(url: str, name: str) -> str:
    """The same server, another database (or another numbered space of Valkey)."""
    address, mark, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}{mark}{query}"
