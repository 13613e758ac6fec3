"""One event: whole to its author, its counterparty and the regulator; to everybody else what its author signed."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.queries import proof_states
from supplychain.acts import Refused
from supplychain.api.acts import EventBriefSerializer
from supplychain.api.base import PartyView
from supplychain.api.parties import PartyBriefSerializer
from supplychain.models import Event
from supplychain.openings import statement_of
from supplychain.visibility import can_see_event

OBJECT = {"type": "object", "additionalProperties": True}


class EventSerializer(EventBriefSerializer):
    """Needs `is_visible` in its context, beside `proof_states`."""

    party = PartyBriefSerializer(help_text="Who stated it")
    statement = serializers.SerializerMethodField(help_text="What was signed: clear fields, commitments to the rest")
    event = serializers.SerializerMethodField(help_text="The whole EPCIS event; null if it is not yours to see")
    secret = serializers.SerializerMethodField(
        help_text="64 hex digits. With it you recompute every commitment of the statement from the event"
    )

    class Meta(EventBriefSerializer.Meta):
        fields = [
            *EventBriefSerializer.Meta.fields,
            "type",
            "action",
            "disposition",
            "record_time",
            "party",
            "statement",
            "event",
            "secret",
        ]

    @extend_schema_field(OBJECT)
    def get_statement(self, event: Event) -> dict[str, Any]:
        return statement_of(event)

    @extend_schema_field({"type": ["object", "null"], "additionalProperties": True})
    def get_event(self, event: Event) -> dict[str, Any] | None:
        return dict(json.loads(event.body)) if self.context["is_visible"] else None

    @extend_schema_field({"type": ["string", "null"]})
    def get_secret(self, event: Event) -> str | None:
        return bytes(event.secret).hex() if self.context["is_visible"] else None


class EventView(PartyView):
    @extend_schema(operation_id="events_retrieve", summary="One event", responses=EventSerializer)
    def get(self, request: Request, event_id: str) -> Response:
        """By eventID (`urn:uuid:…`). Its statement is for everybody; the event and the secret for those concerned."""
        event = event_of(event_id)
        context = {
            "proof_states": proof_states([event.entry_id]),
            "is_visible": can_see_event(self.actor.party, event),
        }
        return Response(EventSerializer(event, context=context).data)


def event_of(event_id: str) -> Event:
    event = None
    if event_id.isprintable():  # a NUL would not reach PostgreSQL
        event = Event.objects.select_related("entry", "party").filter(event_id=event_id).first()
    if event is None:
        raise Refused.because("UNKNOWN_EVENT", f"There is no event {event_id[:100]!r}")
    return event
