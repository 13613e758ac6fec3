"""A document of events comes in: it is read and checked at once, and waits for a worker to capture it."""

import json
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ledger.models import ManagedKey
from supplychain.acts import NAMES, Actor, Refused, permit, refuse
from supplychain.epcis.document import Document, RawEvent, parse_document, read_events
from supplychain.epcis.errors import EPCISError, collect
from supplychain.epcis.limits import Limits
from supplychain.epcis.master_data import read_master_data
from supplychain.epcis.xml import read_xml
from supplychain.models import CaptureJob
from supplychain.people.duties import Grants, machine, person
from supplychain.tasks import ring_capture

ROLLBACK, PROCEED = "rollback", "proceed"
CAPTURE = "capture"  # of events that are no act: the name under which it is granted and refused
NAMES.add(CAPTURE)


def accept_document(*, actor: Actor, data: bytes, is_xml: bool, behaviour: str) -> CaptureJob:
    """Take a document in, in JSON-LD or XML. `behaviour` is rollback or proceed.

    Nothing is stored of a document that is wrong as a whole, nor, with rollback, of one with a wrong event.

    Raises:
        EPCISError: what is wrong, each thing with its path.
        Refused: the party cannot state anything on this log yet.
    """
    may_capture(actor)
    limits = limits_of_settings()
    document = read_document(data, limits, is_xml=is_xml)
    try:
        read_master_data(document.header)
    except EPCISError as error:
        raise error.under("epcisHeader") from None
    reading = read_events(document, limits, sensor_fields_once=settings.EPCIS_SENSOR_FIELDS_ONCE)
    if reading.errors and behaviour == ROLLBACK:
        raise collect(list(reading.errors))
    with transaction.atomic():
        job = CaptureJob.objects.create(
            party=actor.party,
            user=actor.user,
            grants=pack_grants(actor.granted),
            behaviour=behaviour,
            document=pack_document(document),
            total=len(document.events),
            created_at=timezone.now(),
        )
        ring_capture()
    return job


def may_capture(actor: Actor) -> None:
    """The caller may state events in the party's name, and the party has a key of which we keep the private half."""
    try:
        permit(CAPTURE, actor)
        if not actor.party.keyid:
            text = f"{actor.party.name} has no key on this log: the regulator must admit it first"
            raise Refused.because("NOT_ADMITTED", text)
        if not ManagedKey.objects.filter(keyid=actor.party.keyid).exists():
            text = "Your party signs with a key of its own: events can be captured with a key in our custody only"
            raise Refused.because("KEY_NOT_MANAGED", text)
    except Refused as refusal:
        raise refuse(CAPTURE, actor, refusal) from refusal


def pack_grants(grants: Grants | None) -> Any:
    """What the caller may do, for the worker that will do it."""
    if grants is None:
        return None
    scopes = None if grants.scopes is None else sorted(grants.scopes)
    return {"duties": sorted(grants.duties), "scopes": scopes}


def unpack_grants(kept: Any) -> Grants | None:
    if kept is None:
        return None
    return person(kept["duties"]) if kept["scopes"] is None else machine(kept["scopes"])


def limits_of_settings() -> Limits:
    return Limits(
        size=settings.EPCIS_CAPTURE_FILE_SIZE_LIMIT,
        events=settings.EPCIS_CAPTURE_LIMIT,
        epcs=settings.EPCIS_EPCS_PER_EVENT_LIMIT,
        depth=settings.EPCIS_DEPTH_LIMIT,
    )


def read_document(data: bytes, limits: Limits, *, is_xml: bool) -> Document:
    """The document in JSON-LD or XML; a bare event is none."""
    document = parse_document(read_xml(data, limits) if is_xml else data, limits)
    if document.kind == "event":
        raise EPCISError("WORD", "type", "a bare event", "EPCISDocument or EPCISQueryDocument; POST events to /events")
    return document


def pack_document(document: Document) -> str:
    """What the worker needs of a document, as JSON text."""
    events = [[raw.path, raw.body] for raw in document.events]
    return json.dumps([document.context, document.header, events], ensure_ascii=False, separators=(",", ":"))


def unpack_document(text: str) -> tuple[Any, Any, list[RawEvent]]:
    """@context, header and events of a document that was kept."""
    context, header, events = json.loads(text)
    return context, header, [RawEvent(body, path) for path, body in events]
