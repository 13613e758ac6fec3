"""Sends subscribers the events that they wait for: at least once, in the order of the log, signed with their token.

A subscription's row is its state: how far in the log it is, and when it is due. Whoever sends first moves the due time
ahead as a lease, so that no second worker sends the same at once; if he dies, the lease runs out and the next look
sends it again. No transaction is open while a stranger's server takes its time.
"""

import hashlib
import hmac
import http.client
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F
from django.utils import timezone

from supplychain.epcis.formats import EpcFormat
from supplychain.epcis.query import parse_query_body
from supplychain.epcis.schedule import next_moment, parse_schedule
from supplychain.models import EventIndex, Subscription
from supplychain.repository.destination import ForbiddenDestination, post
from supplychain.repository.query import condition_of, visible_index
from supplychain.repository.results import query_document
from supplychain.usecases.subscribe import newest_index, unwrap

LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
BATCH = 100  # events in one message
MOST_MESSAGES = 20  # of one subscription in one look
ACCEPTED = range(200, 300)

log = structlog.get_logger(__name__)


class _Undelivered(Exception):
    """The subscriber did not take it; the message is for its owner."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events to be sent in one message, and the log index that the subscription is at afterwards."""

    rows: list[EventIndex]
    cursor: int
    is_last: bool


def notify_subscribers() -> int:
    """Send whatever is due; returns the number of messages that were taken."""
    due = Subscription.objects.filter(due_at__lte=timezone.now()).order_by("due_at").values_list("pk", flat=True)
    return sum(notify(pk) for pk in list(due[:1000]))


def notify(pk: UUID) -> int:
    """Bring one subscription up to date. Returns the messages sent."""
    subscription = Subscription.objects.select_related("query__party").filter(pk=pk).first()
    if subscription is None or is_up_to_date(subscription):
        return 0
    now = timezone.now()
    if not Subscription.objects.filter(pk=pk, due_at=subscription.due_at).update(due_at=now + LEASE):
        return 0  # another worker was quicker
    sent = 0
    try:
        for _ in range(MOST_MESSAGES):
            batch = next_batch(subscription)
            if batch.rows or (batch.is_last and not sent and wants_empty(subscription)):
                send(subscription, batch.rows)
                sent += 1
            subscription.cursor = batch.cursor
            Subscription.objects.filter(pk=pk).update(cursor=batch.cursor, failures=0, last_error="")
            if batch.is_last:
                break
    except _Undelivered as error:
        put_off(subscription, str(error))
    else:
        Subscription.objects.filter(pk=pk).update(due_at=next_due(subscription, timezone.now()))
    if sent:
        Subscription.objects.filter(pk=pk).update(last_notified_at=timezone.now())
    return sent


def is_up_to_date(subscription: Subscription) -> bool:
    """A stream is due always; as long as the log has not grown, nobody has to look."""
    return subscription.schedule is None and subscription.cursor >= newest_index()


def wants_empty(subscription: Subscription) -> bool:
    return subscription.schedule is not None and subscription.report_if_empty


def next_due(subscription: Subscription, now: datetime) -> datetime:
    return now if subscription.schedule is None else next_moment(parse_schedule(subscription.schedule), now)


def next_batch(subscription: Subscription) -> Batch:
    """The next events of the log that the query asks for and its party may see."""
    party = subscription.query.party
    condition = condition_of(parse_query_body(subscription.query.query).predicates, party)
    head = newest_index()
    # A subscriber that could not take a hundred may take fewer.
    size = max(1, BATCH >> min(subscription.failures, 6))
    found: list[EventIndex] = []
    for part in visible_index(party):
        rows = part.annotate(at=F("event__entry__leaf__index")).select_related("event", "context").order_by("at")
        rows = rows.filter(condition, record_time__gte=subscription.initial_record_time)
        found += rows.filter(at__gt=subscription.cursor, at__lte=head)[: size + 1]
    found.sort(key=index_of)
    batch = found[:size]
    if len(found) <= size:
        return Batch(batch, head, is_last=True)
    return Batch(batch, index_of(batch[-1]), is_last=False)


def index_of(row: EventIndex) -> int:
    """Where the event stands in the log, as `next_batch` has annotated it."""
    return int(vars(row)["at"])


def send(subscription: Subscription, rows: list[EventIndex]) -> None:
    """One message. Raises _Undelivered if nobody took it."""
    document = query_document(
        rows,
        spelling=EpcFormat(subscription.epc_format),
        now=timezone.now(),
        query_name=subscription.query.name,
        subscription=str(subscription.pk),
    )
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        status = post(subscription.dest, body, message_headers(subscription, body))
    except ForbiddenDestination as error:
        raise _Undelivered(f"nothing may be sent there: {error}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _Undelivered(f"no answer: {type(error).__name__}") from None
    if status not in ACCEPTED:
        raise _Undelivered(f"answered {status}")


def message_headers(subscription: Subscription, body: bytes) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "medtrail",
        "GS1-EPCIS-Version": "2.0",
        "GS1-CBV-Version": "2.0",
        "GS1-EPC-Format": subscription.epc_format,
    }
    if secret := unwrap(subscription):
        headers["GS1-Signature"] = signature_of(secret, body)
    return headers


def signature_of(secret: str, body: bytes) -> str:
    """`sha256=` and the HMAC-SHA256 of the body's bytes under the client's token, in hex."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def put_off(subscription: Subscription, reason: str) -> None:
    """Try again later, each time twice as late."""
    failures = subscription.failures + 1
    wait = min(timedelta(seconds=2 ** min(failures, 12)), LONGEST_WAIT)
    Subscription.objects.filter(pk=subscription.pk).update(
        failures=failures, last_error=reason[:200], due_at=timezone.now() + wait
    )
    log.warning("subscriber_not_reached", subscription=str(subscription.pk), failures=failures, reason=reason)
