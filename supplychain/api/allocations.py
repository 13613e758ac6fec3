"""Serial numbers for a line: issued, fetched as a file, counted in the end."""

from typing import Any

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Actor, Refused, permit
from supplychain.api.acts import ActSerializer, DoneSerializer, act_schema, done_response
from supplychain.api.base import PartyView, validated, wish_of
from supplychain.api.batches import batch_of
from supplychain.api.fields import MOST_SERIALS, SerialNumbersField
from supplychain.api.pagination import LARGEST_KEY, read_cut, read_number
from supplychain.api.products import product_of
from supplychain.api.schema import ReasonSerializer
from supplychain.gs1.serial import DEFAULT_LENGTH
from supplychain.models import Allocation, Batch
from supplychain.serials.queries import HEADER, allocations_page, count_allocation, serial_rows, visible_allocations
from supplychain.streams import csv_response
from supplychain.usecases.allocate import allocate
from supplychain.usecases.reconcile import reconcile


class AllocationSerializer(serializers.ModelSerializer[Allocation]):
    gtin = serializers.CharField(source="product.gtin")
    is_open = serializers.SerializerMethodField(help_text="Whether packs can still be commissioned with its serials")

    class Meta:
        model = Allocation
        fields = ["id", "gtin", "quantity", "is_minted", "is_open"]

    def get_is_open(self, allocation: Allocation) -> bool:
        return allocation.reconciled_by_id is None


class AllocationDetailSerializer(AllocationSerializer):
    applied = serializers.SerializerMethodField(help_text="Serials that packs were commissioned with")
    dark = serializers.SerializerMethodField(help_text="Serials that nobody can verify yet")
    destroyed = serializers.IntegerField(allow_null=True, help_text="Spoilt on the line, once counted")
    unused = serializers.IntegerField(allow_null=True, help_text="Never printed, once counted")
    differences = ReasonSerializer(many=True, help_text="What did not add up, the first thousand")

    class Meta(AllocationSerializer.Meta):
        fields = [*AllocationSerializer.Meta.fields, "applied", "dark", "destroyed", "unused", "differences"]

    def get_applied(self, allocation: Allocation) -> int:
        return int(self.context["fates"].applied)

    def get_dark(self, allocation: Allocation) -> int:
        return int(self.context["fates"].dark)


class NewAllocationSerializer(ActSerializer):
    """Exactly one of `serial_numbers` and `count`."""

    gtin = serializers.CharField(max_length=20)
    serial_numbers = SerialNumbersField(required=False)
    count = serializers.IntegerField(required=False, min_value=1, max_value=MOST_SERIALS, help_text="Mint so many here")
    length = serializers.IntegerField(
        required=False, min_value=1, max_value=20, default=DEFAULT_LENGTH, help_text="Characters of a minted serial"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("serial_numbers" in attrs) == ("count" in attrs):
            raise serializers.ValidationError("Expected either serial_numbers or count, one of the two")
        return attrs


class IssuedSerializer(DoneSerializer):
    allocation = AllocationSerializer()


class ReconciliationSerializer(ActSerializer):
    destroyed = SerialNumbersField(
        required=False, default=list, allow_empty=True, help_text="Serials whose codes were spoilt"
    )
    unused = SerialNumbersField(
        required=False,
        allow_null=True,
        allow_empty=True,
        default=None,
        help_text="Serials that came back unprinted; null: all that are left",
    )
    applied = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=MOST_SERIALS,
        help_text="What the line counted",
    )


class AllocationsView(PartyView):
    @extend_schema(operation_id="allocations_list", summary="Serials issued", responses=AllocationSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Of your products (regulator: of all), newest first."""
        return self.page_response(allocations_page(self.actor, **read_cut(request)), AllocationSerializer)

    @extend_schema(
        **act_schema(
            "allocations_create",
            "Issue serial numbers (brand owner)",
            NewAllocationSerializer,
            {"gtin": "09520001000010", "count": 10000},
            IssuedSerializer,
        )
    )
    def post(self, request: Request) -> Response:
        """Reserved for packs to come. They are dark: until packs are commissioned, they verify as unknown."""
        body = validated(NewAllocationSerializer, request)
        done = allocate(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            product=product_of(body["gtin"]),
            serial_numbers=body.get("serial_numbers"),
            count=body.get("count"),
            length=body["length"],
        )
        allocation = Allocation.objects.select_related("product").get(event=done.event)
        return done_response(done, allocation=AllocationSerializer(allocation).data)


class AllocationDetailView(PartyView):
    @extend_schema(
        operation_id="allocations_retrieve",
        summary="What became of issued serials",
        responses=AllocationDetailSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """To the maker and the regulator. The serials themselves are in the file."""
        allocation = allocation_of(pk, self.actor)
        context = {"fates": count_allocation(allocation)}
        return Response(AllocationDetailSerializer(allocation, context=context).data)


class AllocationFileView(PartyView):
    @extend_schema(
        operation_id="allocations_file",
        summary="The file for the line",
        parameters=[
            OpenApiParameter("batch", int, description="The batch to print: its lot and expiry go into the links")
        ],
        responses={
            (200, "text/csv"): OpenApiResponse(str, "serial_number, epc, digital_link; one serial on each line")
        },
    )
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """CSV in UTF-8, streamed. To the maker only: who has this file can print codes that will be believed."""
        allocation = allocation_of(pk, self.actor, only_own=True)
        permit("allocate", self.actor)  # looking is not enough
        number = read_number(request, "batch", None, most=LARGEST_KEY)
        batch = batch_of(number, Batch.objects.filter(product=allocation.product)) if number is not None else None
        rows = serial_rows(allocation, base_url=settings.PUBLIC_URL, batch=batch)
        return csv_response(f"serials-{allocation.product.gtin}-{pk}.csv", HEADER, rows)


class ReconciliationView(PartyView):
    @extend_schema(
        **act_schema(
            "allocations_reconcile",
            "Count issued serials and close the list",
            ReconciliationSerializer,
            {"destroyed": ["B7K0N4R2C9TX"], "unused": None, "applied": 9999},
        )
    )
    def post(self, request: Request, pk: int) -> Response:
        """issued = applied + destroyed + unused. What is left is named; nothing can be commissioned afterwards."""
        body = validated(ReconciliationSerializer, request)
        done = reconcile(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            allocation=find_allocation(pk),
            destroyed=body["destroyed"],
            unused=body["unused"],
            applied=body["applied"],
        )
        return done_response(done)


def find_allocation(pk: int) -> Allocation:
    """Anybody's: the act refuses a stranger, and keeps the evidence."""
    allocation = Allocation.objects.select_related("product").filter(pk=pk).first()
    if allocation is None:
        raise _unknown(pk)
    return allocation


def allocation_of(pk: int, actor: Actor, *, only_own: bool = False) -> Allocation:
    allocation = visible_allocations(actor).filter(pk=pk).first()
    if allocation is None or (only_own and allocation.product.brand_owner_id != actor.party.pk):
        raise _unknown(pk)
    return allocation


def _unknown(pk: int) -> Refused:
    return Refused.because("UNKNOWN_ALLOCATION", f"There is no allocation {pk} of yours")
