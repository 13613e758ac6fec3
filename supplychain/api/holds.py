"""Quarantine over HTTP: put goods on hold, release them, and see what of yours is held, and what you hold of others."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, validated, wish_of
from supplychain.api.fields import CodesField
from supplychain.api.pagination import read_cut
from supplychain.epcis.vocabulary import CONFORMANT
from supplychain.holds.models import Hold
from supplychain.holds.queries import holds_page
from supplychain.holds.rules import FINDINGS, REASONS, Authority
from supplychain.models import Batch
from supplychain.stock import epc_of
from supplychain.usecases.hold import hold
from supplychain.usecases.release import release

PALLET = "https://id.gs1.org/00/095200010000000010"
MOST_BATCHES = 100
AUTHORITIES = [one.name.lower() for one in Authority]


class HoldGoodsSerializer(ActSerializer):
    """What is named; both kinds at once are one statement."""

    epcs = CodesField(required=False, default=list, help_text="Packs or whole units; what is in a unit is held with it")
    batches = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        required=False,
        default=list,
        max_length=MOST_BATCHES,
        help_text="Batches by id: all their packs for their maker and the regulator, your own stock for anybody else",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["epcs"] and not attrs["batches"]:
            raise ValidationError({"epcs": ["Name at least one item, or a batch."]})
        return attrs


class HoldSerializer(HoldGoodsSerializer):
    reason = serializers.CharField(max_length=40, default="inspection", help_text=f"One of {', '.join(REASONS)}")


class ReleaseSerializer(HoldGoodsSerializer):
    placed_by = serializers.CharField(
        max_length=100,
        default="",
        allow_blank=True,
        help_text="event_id of the hold; all that you may lift, unless told",
    )
    finding = serializers.CharField(max_length=40, default=CONFORMANT, help_text=f"One of {', '.join(FINDINGS)}")


class OpenHoldSerializer(serializers.ModelSerializer[Hold]):
    placed_by = serializers.CharField(source="event.event_id")
    party = serializers.CharField(source="party.gln")
    at = serializers.DateTimeField(source="event.event_time")
    authority = serializers.SerializerMethodField(help_text=f"One of {', '.join(AUTHORITIES)}")
    epc = serializers.SerializerMethodField(help_text="The pack or unit; null for a whole batch")
    batch = serializers.IntegerField(source="batch_id", allow_null=True)

    class Meta:
        model = Hold
        fields = ["id", "placed_by", "party", "at", "authority", "reason", "epc", "batch"]

    def get_authority(self, one: Hold) -> str:
        return Authority(one.authority).name.lower()

    def get_epc(self, one: Hold) -> str | None:
        return epc_of(one.item) if one.item is not None else None


class HoldsView(PartyView):
    @extend_schema(operation_id="holds_list", summary="Open holds", responses=OpenHoldSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Holds that you placed, and those that others placed on goods in your custody, newest first."""
        return self.page_response(holds_page(self.actor.party, **read_cut(request)), OpenHoldSerializer)

    @extend_schema(**act_schema("holds_create", "Put on hold", HoldSerializer, {"epcs": [PALLET], "reason": "damage"}))
    def post(self, request: Request) -> Response:
        """Set goods apart. They may be moved, returned and destroyed meanwhile, not sold, dispensed or exported."""
        body = validated(HoldSerializer, request)
        wish, batches = wish_of(request, body["event_time"]), batches_of(body["batches"])
        done = hold(actor=self.actor, request=wish, epcs=body["epcs"], batches=batches, reason=body["reason"])
        return done_response(done)


class ReleasesView(PartyView):
    @extend_schema(**act_schema("releases_create", "Release", ReleaseSerializer, {"epcs": [PALLET]}))
    def post(self, request: Request) -> Response:
        """Lift holds: your own, and those that a lower authority placed."""
        body = validated(ReleaseSerializer, request)
        done = release(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            epcs=body["epcs"],
            batches=batches_of(body["batches"]),
            placed_by=body["placed_by"],
            finding=body["finding"],
        )
        return done_response(done)


def batches_of(keys: list[int]) -> list[Batch]:
    """The batches of a body, each once."""
    rows = Batch.objects.select_related("product").in_bulk(keys)
    if missing := [one for one in keys if one not in rows]:
        raise Refused.because("UNKNOWN_BATCH", f"There is no batch {missing[0]}")
    return [rows[one] for one in dict.fromkeys(keys)]
