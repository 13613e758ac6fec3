"""What a supervisor, a load balancer and Prometheus ask: does the process live, can it work, how does it do?"""

import hmac
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from kombu import Connection
from prometheus_client import Gauge

from ledger.errors import LedgerError
from ledger.models import Checkpoint, Log, Pending
from ledger.usecases.check_log_state import check_log_state
from ledger.witness_models import Cosignature, Witness

logger = structlog.get_logger(__name__)

LOG_CHECK_SECONDS = (
    15  # the self-check reads tiles and hashes; a balancer that asks ten times a second gets the last answer
)
PENDING = Gauge("medtrail_ledger_pending_entries", "Signed entries that wait for their block")
TREE_SIZE = Gauge("medtrail_ledger_tree_size", "Leaves of the log, committed")
PUBLISHED_SIZE = Gauge("medtrail_ledger_published_size", "Leaves under the published checkpoint")
FROZEN = Gauge("medtrail_ledger_frozen", "1 while the log stands still because of a contradiction")
CONTRADICTING = Gauge("medtrail_ledger_witnesses_contradicting", "Witnesses whose last word does not go with ours")
COSIGNED_AT = Gauge("medtrail_ledger_cosigned_timestamp_seconds", "Time of the newest cosignature; 0 without one")

# Threads that must live for the process to be healthy; `manage.py serve` puts its worker and beat here.
watched: dict[str, Callable[[], bool]] = {}


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as this process and the threads that it stands for are alive. Asks nothing of anybody else."""
    parts = {name: is_alive() for name, is_alive in watched.items()}
    return JsonResponse({"ok": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503)


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, broker and log can all do their work; else 503 with the part that cannot."""
    parts = {"database": database_state(), "broker": broker_state(), "log": log_state()}
    ok = all(state == "ok" for state in parts.values())
    return JsonResponse({"ok": ok, "parts": parts}, status=200 if ok else 503)


def database_state() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.exception("readyz: database", error=str(error))
        return "unreachable"
    return "ok"


def broker_state() -> str:
    if not settings.REDIS_URL:
        return "ok"  # in memory, inside this process
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except Exception as error:
        logger.exception("readyz: broker", error=str(error))
        return "unreachable"
    return "ok"


def log_state() -> str:
    """The log's self-check: tree, signer and published files agree. Remembered for a few seconds."""
    known = cache.get("readyz/log")
    if known is not None:
        return str(known)
    try:
        check_log_state()
        state = "ok"
    except LedgerError as error:
        logger.critical("readyz: log", code=error.code, error=str(error))
        state = error.code
    except DatabaseError:
        return "unreachable"
    cache.set("readyz/log", state, LOG_CHECK_SECONDS)
    return state


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics: open in development; behind METRICS_TOKEN, if there is one, in production."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if settings.METRICS_TOKEN:
        if not hmac.compare_digest(given.encode(), settings.METRICS_TOKEN.encode()):
            return HttpResponseNotFound()
    elif settings.PRODUCTION:
        return HttpResponseNotFound()
    PENDING.set(Pending.objects.count())
    TREE_SIZE.set(Log.objects.values_list("tree_size", flat=True).first() or 0)
    published = Checkpoint.objects.filter(state=Checkpoint.PUBLISHED).order_by("-tree_size")
    PUBLISHED_SIZE.set(published.values_list("tree_size", flat=True).first() or 0)
    FROZEN.set(Log.objects.filter(state=Log.FROZEN).count())
    # One that nobody asks any more, because the policy names it no longer, says nothing about today.
    lately = timezone.now() - timedelta(minutes=10)
    CONTRADICTING.set(Witness.objects.filter(contradicts=True, busy_until__gt=lately).count())
    COSIGNED_AT.set(Cosignature.objects.order_by("-checkpoint", "-time").values_list("time", flat=True).first() or 0)
    response: HttpResponse = ExportToDjangoView(request)
    return response
