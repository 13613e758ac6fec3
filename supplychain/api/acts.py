"""How an act answers: the event with its place in the log, and what was accepted although it should not be so."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema_field
from rest_framework import serializers, status
from rest_framework.response import Response
from rest_framework.reverse import reverse

from ledger.queries import PENDING, PUBLISHED, SEALED, proof_states
from supplychain.acts import Done
from supplychain.api.fields import OffsetDateTimeField
from supplychain.api.schema import IDEMPOTENCY_KEY, PLACE, ReasonSerializer
from supplychain.lifecycle import Outcome
from supplychain.models import Event, Handoff

PROOF_HELP = "Signed and waiting for its block; in a block; or under a checkpoint that outsiders can check"

HANDOFF_STATES = ["open", "partial", "received", "void"]
PROOF_STATES = [PENDING, SEALED, PUBLISHED]

EVENT_EXAMPLE = {
    "id": 42,
    "event_id": "urn:uuid:0f8a4f0e-6d3c-5c1e-9b52-1c64a8f8c5b1",
    "biz_step": "shipping",
    "event_time": "2026-11-23T08:30:00Z",
    "entry_id": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "proof_state": "pending",
}


class ActSerializer(serializers.Serializer[Any]):
    """What every act may say of itself."""

    event_time = OffsetDateTimeField(
        required=False, allow_null=True, default=None, help_text="When it happened, with an offset; now unless told"
    )


class EventBriefSerializer(serializers.ModelSerializer[Event]):
    """Needs `proof_states` (entry seq -> state) in its context."""

    entry_id = serializers.SerializerMethodField(help_text="The statement's name in the log: 64 hex digits")
    proof_state = serializers.SerializerMethodField(help_text=PROOF_HELP)

    class Meta:
        model = Event
        fields = ["id", "event_id", "biz_step", "event_time", "entry_id", "proof_state"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"event_id": {"validators": []}}

    def get_entry_id(self, event: Event) -> str:
        return bytes(event.entry.entry_id).hex()

    @extend_schema_field(serializers.ChoiceField(PROOF_STATES))
    def get_proof_state(self, event: Event) -> str:
        return str(self.context["proof_states"].get(event.entry.pk, PENDING))


class HandoffBriefSerializer(serializers.ModelSerializer[Handoff]):
    state = serializers.ChoiceField(HANDOFF_STATES)

    class Meta:
        model = Handoff
        fields = ["id", "state"]


class DoneSerializer(serializers.Serializer[Done]):
    event = EventBriefSerializer()
    outcome = serializers.ChoiceField([Outcome.ACCEPT.value, Outcome.ACCEPT_WITH_EXCEPTION.value])
    exceptions = ReasonSerializer(many=True, help_text="Facts that were accepted and written down as differences")
    handoff = HandoffBriefSerializer(allow_null=True)
    replayed = serializers.BooleanField(help_text="Whether this request had been done before")


def done_response(done: Done, **more: Any) -> Response:
    """201 for a new act, 200 for one that was done before; with the address of its event."""
    context = {"proof_states": proof_states([done.event.entry_id])}
    body = {**DoneSerializer(done, context=context).data, **more}
    return Response(
        body,
        status=status.HTTP_200_OK if done.replayed else status.HTTP_201_CREATED,
        headers={"Location": reverse("api:event", args=[done.event.event_id])},
    )


def act_schema(
    operation_id: str, summary: str, request: Any, example: dict[str, Any], response: Any = DoneSerializer
) -> dict[str, Any]:
    """The arguments of `extend_schema` for an act."""
    answer: dict[str, Any] = {
        "event": EVENT_EXAMPLE,
        "outcome": "accept",
        "exceptions": [],
        "handoff": None,
        "replayed": False,
    }
    return {
        "operation_id": operation_id,
        "summary": summary,
        "request": request,
        "parameters": [IDEMPOTENCY_KEY, PLACE],
        "responses": {
            201: OpenApiResponse(response, "Signed and stored."),
            200: OpenApiResponse(response, "This request had been done before; here is the first answer again."),
        },
        "examples": [
            OpenApiExample("Request", example, request_only=True),
            OpenApiExample("Answer", answer, response_only=True, status_codes=["201"]),
        ],
    }
