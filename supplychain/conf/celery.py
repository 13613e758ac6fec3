"""The Celery application. The broker is a doorbell: what must happen is found by queries on durable rows."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supplychain.conf.settings")

app = Celery("medtrail")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery installs no handlers of its own: ours are already in place."""


@worker_init.connect
def look_at_the_log(**_: Any) -> None:
    """Before the first task: whoever started the worker sees at once how the log stands."""
    from ledger.startup import check_at_start

    check_at_start()
