"""One event comes in and is captured at once."""

from dataclasses import dataclass

from django.db import transaction

from supplychain.acts import Actor, Refused, Request, refuse
from supplychain.epcis.document import parse_document
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.namespaces import parse_context
from supplychain.epcis.xml import read_xml
from supplychain.models import Event
from supplychain.repository.captor import Captor, read_incoming
from supplychain.repository.index import keep_context
from supplychain.usecases.accept_document import CAPTURE, limits_of_settings, may_capture


class _Failed(Exception):
    pass


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """The event as it is stored; `is_new` is False for one that was there already, word for word."""

    event: Event
    event_id: str
    is_new: bool


def capture_event(*, actor: Actor, data: bytes, is_xml: bool = False) -> CapturedEvent:
    """Capture a bare event, in JSON-LD with its own @context or in XML.

    Raises:
        EPCISError, Refused, LedgerError, GS1Error: what is wrong with it; nothing is stored.
    """
    may_capture(actor)
    limits = limits_of_settings()
    document = parse_document(read_xml(data, limits) if is_xml else data, limits)
    if document.kind != "event":
        raise EPCISError("WORD", "type", document.kind, "the type of an event; POST documents to /capture")
    spaces = parse_context(document.context)
    captor = Captor(actor)
    try:
        with transaction.atomic():
            context = keep_context(document.context)
            one = read_incoming(document.events[0], spaces, context, Request().nonce, limits)
            outcome = captor.take([one])
            if outcome.failures:
                raise _Failed
    except _Failed:
        fault = captor.outcome.failures[0].fault
        if isinstance(fault, Refused):
            refuse(CAPTURE, actor, fault)
        raise fault from None
    (event,) = {**outcome.stored, **outcome.known}.values()
    return CapturedEvent(event, one.captured.body["eventID"], is_new=bool(outcome.stored))
