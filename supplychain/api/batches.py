"""Batches: registered by the brand owner; commissioning makes their packs, a hundred thousand in one call."""

from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.acts import ActSerializer, DoneSerializer, act_schema, done_response
from supplychain.api.base import PartyView, registered, validated, wish_of
from supplychain.api.fields import MOST_SERIALS, SerialNumbersField
from supplychain.api.pagination import read_cut, read_search
from supplychain.api.products import product_of
from supplychain.lifecycle import BatchState, Life
from supplychain.models import Batch, Item
from supplychain.queries import batches_page
from supplychain.usecases.commission import commission
from supplychain.usecases.register_batch import register_batch
from supplychain.visibility import visible_batches

BATCH_STATES = [one.value for one in BatchState]


class BatchBriefSerializer(serializers.ModelSerializer[Batch]):
    state = serializers.ChoiceField(BATCH_STATES)

    class Meta:
        model = Batch
        fields = ["id", "lot_number", "expiry", "state"]


class BatchSerializer(BatchBriefSerializer):
    gtin = serializers.CharField(source="product.gtin")
    product_name = serializers.CharField(source="product.name")

    class Meta(BatchBriefSerializer.Meta):
        fields = ["id", "gtin", "product_name", "lot_number", "expiry", "state", "created_at"]


class BatchDetailSerializer(BatchSerializer):
    packs = serializers.SerializerMethodField(help_text="How many packs stand where in their life")

    class Meta(BatchSerializer.Meta):
        fields = [*BatchSerializer.Meta.fields, "packs"]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}, "example": {"active": 240}})
    def get_packs(self, batch: Batch) -> dict[str, int]:
        counted = batch.items.values_list("life").annotate(packs=Count("pk")).order_by("life")
        return {Life(life).name.lower(): packs for life, packs in counted}


class NewBatchSerializer(serializers.Serializer[Any]):
    gtin = serializers.CharField(max_length=20)
    lot_number = serializers.CharField(max_length=40, trim_whitespace=False, help_text="1 to 20 characters of set 82")
    expiry = serializers.DateField(help_text="The last good day")


class CommissionSerializer(ActSerializer):
    """Exactly one of the two."""

    serial_numbers = SerialNumbersField(required=False)
    count = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_SERIALS, help_text="Mint this many serial numbers here"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("serial_numbers" in attrs) == ("count" in attrs):
            raise ValidationError("Expected either serial_numbers or count, one of the two")
        return attrs


class CommissionedSerializer(DoneSerializer):
    serial_numbers = serializers.ListField(
        child=serializers.CharField(), help_text="Those that were minted here, in EPC order; [] when you sent your own"
    )


class BatchesView(PartyView):
    @extend_schema(
        operation_id="batches_list",
        summary="Your batches (regulator: all)",
        parameters=[OpenApiParameter("search", str, description="A lot number, a GTIN, or part of a product's name")],
        responses=BatchSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        page = batches_page(self.actor, search=read_search(request), **read_cut(request))
        return self.page_response(page, BatchSerializer)

    @extend_schema(
        operation_id="batches_register",
        summary="Register a batch (brand owner)",
        request=NewBatchSerializer,
        responses={201: BatchSerializer, 200: BatchSerializer},
        examples=[
            OpenApiExample(
                "A batch",
                {"gtin": "09520001000010", "lot_number": "L2611A", "expiry": "2028-11-30"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The same again answers 200 with the batch that is there; another expiry for a known lot is refused."""
        body = validated(NewBatchSerializer, request)
        began = timezone.now()
        batch = register_batch(
            actor=self.actor, product=product_of(body["gtin"]), lot_number=body["lot_number"], expiry=body["expiry"]
        )
        return registered(BatchSerializer(batch).data, is_new=batch.created_at >= began)


class BatchDetailView(PartyView):
    @extend_schema(operation_id="batches_retrieve", summary="One batch", responses=BatchDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """To its brand owner, to the regulator, and to whoever holds goods of it."""
        return Response(BatchDetailSerializer(batch_of(pk, visible_batches(self.actor.party))).data)


class CommissionView(PartyView):
    @extend_schema(
        **act_schema(
            "batches_commission",
            "Commission packs of a batch",
            CommissionSerializer,
            {"count": 240},
            CommissionedSerializer,
        )
    )
    def post(self, request: Request, pk: int) -> Response:
        """One signed statement for all packs, with your serial numbers or with as many minted here as you ask for."""
        body = validated(CommissionSerializer, request)
        serial_numbers, count = body.get("serial_numbers"), body.get("count")
        done = commission(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            batch=batch_of(pk, Batch.objects.all()),  # another party's batch: the act refuses, and keeps the evidence
            serial_numbers=serial_numbers,
            count=count,
        )
        made = Item.objects.filter(made_by=done.event).order_by("position") if count else Item.objects.none()
        return done_response(done, serial_numbers=list(made.values_list("serial_number", flat=True)))


def batch_of(pk: int, rows: QuerySet[Batch]) -> Batch:
    batch = rows.select_related("product").filter(pk=pk).first()
    if batch is None:
        raise Refused.because("UNKNOWN_BATCH", f"Batch {pk} is not registered here, or not yours to see")
    return batch
