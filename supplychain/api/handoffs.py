"""Handoffs: what is coming, what was sent, and one of them in full to its two sides and the regulator."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.queries import proof_states
from supplychain.acts import Actor, Refused
from supplychain.api.acts import HANDOFF_STATES, EventBriefSerializer
from supplychain.api.base import PartyView
from supplychain.api.goods import LineSerializer
from supplychain.api.pagination import CUT_PARAMETERS, page_body, read_cut
from supplychain.api.parties import PartyBriefSerializer
from supplychain.api.schema import ReasonSerializer
from supplychain.lifecycle import Purpose
from supplychain.models import EventItem, Handoff, Party
from supplychain.queries import Delivery, Line, Page, incoming_page, lines_of_items, sent_page
from supplychain.visibility import visible_handoffs

CUT_PARAMETERS_OF_ITEMS = [
    OpenApiParameter(one["name"], one["schema"], description=one["description"]) for one in CUT_PARAMETERS
]


class HandoffSerializer(serializers.ModelSerializer[Handoff]):
    sender = PartyBriefSerializer()
    receiver = PartyBriefSerializer()
    purpose = serializers.ChoiceField([one.value for one in Purpose])
    state = serializers.ChoiceField(HANDOFF_STATES)
    shipped_at = serializers.DateTimeField(source="ship_event.event_time")

    class Meta:
        model = Handoff
        fields = ["id", "sender", "receiver", "purpose", "state", "shipped_at"]


class DeliverySerializer(serializers.Serializer[Delivery]):
    """A handoff in a list, and how much of it is still under way."""

    handoff = HandoffSerializer()
    items = serializers.IntegerField(help_text="Top-level items that nobody has received yet")
    packs = serializers.IntegerField(help_text="Packs that they are or hold")


class AnnouncedSerializer(LineSerializer):
    """Needs `handoff` (its key) in its context."""

    is_under_way = serializers.SerializerMethodField(help_text="Whether it has not been received yet")

    def get_is_under_way(self, line: Line) -> bool:
        assert line.item is not None
        return bool(line.item.handoff_id == self.context["handoff"])


class AnnouncedPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="This handoff with the next page of its items")
    results = AnnouncedSerializer(many=True)


class HandoffDetailSerializer(HandoffSerializer):
    """Needs `proof_states`, and `items` as a page, in its context."""

    ship_event = EventBriefSerializer()
    receipts = serializers.SerializerMethodField(help_text="The receiving statements that answered it")
    differences = ReasonSerializer(many=True, help_text="What was missing or surplus at the last receipt")
    items = serializers.SerializerMethodField(help_text="What was announced, page by page")

    class Meta(HandoffSerializer.Meta):
        fields = [*HandoffSerializer.Meta.fields, "ship_event", "receipts", "differences", "items"]

    @extend_schema_field(EventBriefSerializer(many=True))
    def get_receipts(self, handoff: Handoff) -> Any:
        events = [receipt.event for receipt in handoff.receipts.all()]
        return EventBriefSerializer(events, many=True, context=self.context).data

    @extend_schema_field(AnnouncedPageSerializer)
    def get_items(self, handoff: Handoff) -> Any:
        return self.context["items"]


class IncomingView(PartyView):
    @extend_schema(
        operation_id="handoffs_incoming", summary="What is coming to you", responses=DeliverySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """What is on its way to you, newest first. Take it in with `receipts`."""
        page = incoming_page(self.actor.party, **read_cut(request))
        return self.page_response(page, DeliverySerializer)


class OutgoingView(PartyView):
    @extend_schema(
        operation_id="handoffs_outgoing",
        summary="What you have sent",
        parameters=[OpenApiParameter("open", bool, description="true: only what is not wholly received yet")],
        responses=DeliverySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest first, received ones too unless told otherwise."""
        only_open = request.query_params.get("open", "false").lower() == "true"
        page = sent_page(self.actor.party, only_open=only_open, **read_cut(request))
        return self.page_response(page, DeliverySerializer)


class HandoffView(PartyView):
    @extend_schema(
        operation_id="handoffs_retrieve",
        summary="One handoff with its items",
        parameters=CUT_PARAMETERS_OF_ITEMS,
        responses=HandoffDetailSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """To its sender, its receiver and the regulator. `cursor` and `limit` cut the list of items."""
        handoff = visible_handoff(self.actor, pk)
        events = [handoff.ship_event, *(receipt.event for receipt in handoff.receipts.all())]
        items = announced_page(handoff, self.actor.party, **read_cut(request))
        lines = AnnouncedSerializer(items.rows, many=True, context={"handoff": handoff.pk}).data
        context = {
            "proof_states": proof_states(event.entry_id for event in events),
            "items": page_body(request, items.next, lines),
        }
        return Response(HandoffDetailSerializer(handoff, context=context).data)


def visible_handoff(actor: Actor, pk: int) -> Handoff:
    rows = visible_handoffs(actor.party).select_related("sender", "receiver", "ship_event__entry")
    rows = rows.defer("ship_event__body")
    handoff = rows.prefetch_related("receipts__event__entry").filter(pk=pk).first()
    if handoff is None:
        raise Refused.because("UNKNOWN_HANDOFF", f"There is no handoff {pk}, or none that you are a side of")
    return handoff


def announced_page(handoff: Handoff, reader: Party, *, after: int | None, size: int) -> Page[Line]:
    """The items that the shipping statement names, in the order of the statement."""
    rows = EventItem.objects.filter(event=handoff.ship_event, field="epcList", pk__gt=after or 0)
    found = list(rows.select_related("item__batch__product", "item__handoff").order_by("pk")[: size + 1])
    more = found[size - 1].pk if len(found) > size else None
    return Page(lines_of_items([row.item for row in found[:size]], reader), more)
