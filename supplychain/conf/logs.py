"""Structured logs: one JSON object a line in production, readable lines at a terminal."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# The one address that is a secret itself: whoever reads it before the invited person does could join instead.
SECRET_ADDRESS = re.compile(r"(/join/)[^\s?'\"]+")


def hide_secret_addresses(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: log lines keep the address's form and lose its secret."""
    for key in ("request", "event"):
        if isinstance(text := event.get(key), str):
            event[key] = SECRET_ADDRESS.sub(r"\1…", text)
    return event


SHARED: list[Any] = [
    hide_secret_addresses,
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configure(*, level: str, style: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING. `style` is "json" or "console"."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json"
        # Plain: the default prints every local variable, private keys and passwords among them, and takes seconds.
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Beat rings each second: say nothing about calls that did nothing.
            "celery.beat": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.worker.consumer": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "django_structlog.celery": {"level": "WARNING"},
            # "No hostname was supplied. Reverting to default 'localhost'" is said of the in-memory broker each time.
            "kombu": {"level": "ERROR"},
            "django.db.backends": {"level": "INFO"},
        },
    }
