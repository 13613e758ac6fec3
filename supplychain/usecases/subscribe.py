"""A party wants the results of a named query sent to a server of its own, as they come or by a schedule."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from ledger.custody import NONCE_SIZE, wrapping_cipher
from ledger.models import Leaf
from supplychain.acts import Actor, Refused, registration
from supplychain.epcis.checks import parse_time
from supplychain.epcis.errors import EPCISError, name
from supplychain.epcis.schedule import next_moment, parse_schedule
from supplychain.models import NamedQuery, Subscription
from supplychain.repository.destination import ForbiddenDestination, check_destination

MOST_SUBSCRIPTIONS = 100  # of a party
LONGEST_TOKEN = 200
FIELDS = frozenset({"dest", "signatureToken", "stream", "schedule", "reportIfEmpty", "initialRecordTime"})


@registration("subscribe")
def subscribe(*, actor: Actor, query: NamedQuery, wish: Any, epc_format: str) -> Subscription:
    """Subscribe to `query`. `wish` is the JSON object of the standard: dest, stream or schedule, and the rest.

    Raises:
        EPCISError: names the field.
        Refused: nothing may be sent to that address (FORBIDDEN_DESTINATION), or too many subscriptions.
    """
    if not isinstance(wish, dict):
        raise EPCISError("TYPE", "", wish, "an object with dest and stream or schedule")
    for field, value in wish.items():
        if field not in FIELDS:
            raise EPCISError("UNKNOWN_FIELD", name(field), value, f"one of {', '.join(sorted(FIELDS))}")
    now = timezone.now()
    schedule = _schedule(wish)
    initial = _initial(wish)
    dest = _text(wish, "dest", longest=2000)
    if not dest:
        raise EPCISError("MISSING", "dest", None, "the address that results are sent to")
    _check(dest)
    if Subscription.objects.filter(query__party=actor.party).count() >= MOST_SUBSCRIPTIONS:
        raise Refused.because("TOO_MANY", f"A party has at most {MOST_SUBSCRIPTIONS} subscriptions: end one first")
    subscription = Subscription(
        pk=uuid4(),
        query=query,
        dest=dest,
        schedule=wish.get("schedule"),
        report_if_empty=_boolean(wish, "reportIfEmpty"),
        initial_record_time=initial or now,
        epc_format=epc_format,
        created_at=now,
        # What is in the log already is of interest only to whoever asks for an earlier time.
        cursor=-1 if initial else newest_index(),
        due_at=now if schedule is None else next_moment(schedule, now),
    )
    subscription.wrapped_secret = wrap(_text(wish, "signatureToken", longest=LONGEST_TOKEN), subscription)
    subscription.save(force_insert=True)
    return subscription


def newest_index() -> int:
    newest = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return -1 if newest is None else newest


def _schedule(wish: Mapping[str, Any]) -> Any:
    is_stream = _boolean(wish, "stream")
    if is_stream == ("schedule" in wish):
        raise EPCISError("RULE", "stream", wish.get("stream"), "true, or a schedule, and not both")
    if is_stream:
        return None
    try:
        return parse_schedule(wish["schedule"])
    except EPCISError as error:
        raise error.under("schedule") from None


def _initial(wish: Mapping[str, Any]) -> datetime | None:
    if "initialRecordTime" not in wish:
        return None
    try:
        return parse_time(_text(wish, "initialRecordTime", longest=40))
    except EPCISError as error:
        raise error.under("initialRecordTime") from None


def _text(wish: Mapping[str, Any], field: str, *, longest: int) -> str:
    value = wish.get(field, "")
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise EPCISError("TYPE", field, value, f"a text of at most {longest} printable characters")
    return value


def _boolean(wish: Mapping[str, Any], field: str) -> bool:
    value = wish.get(field, False)
    if not isinstance(value, bool):
        raise EPCISError("TYPE", field, value, "true or false")
    return value


def _check(dest: str) -> None:
    try:
        check_destination(dest)
    except ForbiddenDestination as error:
        raise Refused.because("FORBIDDEN_DESTINATION", f"dest {dest[:80]!r}: {error}") from None


# --- The shared secret ------------------------------------------------------------------------------------------------


def wrap(secret: str, subscription: Subscription) -> bytes:
    """The client's token, encrypted for this subscription; b"" for none."""
    if not secret:
        return b""
    nonce = os.urandom(NONCE_SIZE)
    cipher = wrapping_cipher(settings.MANAGED_KEY_SECRET)
    return nonce + cipher.encrypt(nonce, secret.encode(), f"subscription {subscription.pk}".encode())


def unwrap(subscription: Subscription) -> str:
    wrapped = bytes(subscription.wrapped_secret)
    if not wrapped:
        return ""
    cipher = wrapping_cipher(settings.MANAGED_KEY_SECRET)
    bound_to = f"subscription {subscription.pk}".encode()
    return cipher.decrypt(wrapped[:NONCE_SIZE], wrapped[NONCE_SIZE:], bound_to).decode()
