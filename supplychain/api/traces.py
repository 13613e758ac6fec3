"""Traces: where a batch is now, and which way an item came."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.base import PartyView
from supplychain.api.batches import batch_of
from supplychain.api.goods import LIVES, find_scanned
from supplychain.api.pagination import read_cut
from supplychain.api.parties import PartyBriefSerializer
from supplychain.gs1.element_string import parse_scan
from supplychain.lifecycle import Life, Role
from supplychain.models import Batch, Party
from supplychain.queries import Page, Share, shares_of, total_packs
from supplychain.scan import shown
from supplychain.stock import epc_of
from supplychain.trace_queries import Lot, Told, lots_page, story_of
from supplychain.visibility import can_name_holder, can_see_batch


class WhereSerializer(serializers.Serializer[Any]):
    """Who has goods: by name to those who may know, by roles and country to everybody else."""

    holder = PartyBriefSerializer(allow_null=True, help_text="null: not yours to know, or out of trade")
    roles = serializers.ListField(child=serializers.ChoiceField([one.value for one in Role]))
    country = serializers.CharField(help_text='ISO 3166-1; "" for what has left trade')
    is_under_way = serializers.BooleanField()
    packs = serializers.IntegerField()


class ShareSerializer(WhereSerializer):
    life = serializers.ChoiceField(LIVES)


class BatchTraceSerializer(serializers.Serializer[Any]):
    packs = serializers.IntegerField(help_text="All that were ever made")
    shares = ShareSerializer(many=True, help_text="Each pack is in exactly one of them")


class LotSerializer(WhereSerializer):
    epc = serializers.CharField(allow_null=True, help_text="The pack, or the outermost unit; null: not yours to know")


class ItemStepSerializer(serializers.Serializer[Any]):
    """A step in an item's story. Of others' steps only role, country and day."""

    biz_step = serializers.CharField()
    day = serializers.DateField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="What its author is licensed as")
    country = serializers.CharField()
    through = serializers.CharField(allow_null=True, help_text="The item itself, or the unit that it was in")
    event_id = serializers.CharField(allow_null=True)
    event_time = serializers.DateTimeField(allow_null=True)
    party = PartyBriefSerializer(allow_null=True)
    counterparty = PartyBriefSerializer(allow_null=True)


class ItemTraceSerializer(serializers.Serializer[Any]):
    epc = serializers.CharField()
    steps = ItemStepSerializer(many=True, help_text="Newest first")


class BatchTraceView(PartyView):
    @extend_schema(
        operation_id="batches_trace",
        summary="Where a batch is now (brand owner, regulator)",
        responses=BatchTraceSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Packs by holder and state: at rest, on their way, dispensed, otherwise ended. Sums, whatever the size."""
        shares = shares_of(own_batch(pk, self.actor.party))
        told = [told_share(one, self.actor.party) for one in shares]
        return Response(BatchTraceSerializer({"packs": total_packs(shares), "shares": told}).data)


class BatchUnitsView(PartyView):
    @extend_schema(
        operation_id="batches_units",
        summary="The packs and units that hold a batch (brand owner, regulator)",
        responses=LotSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """Outermost units and loose packs, page by page. Numbers of other parties' units are theirs to know."""
        reader = self.actor.party
        page = lots_page(own_batch(pk, reader), reader, **read_cut(request))
        rows = [told_lot(one) for one in page.rows]
        return self.page_response(Page(rows, page.next), LotSerializer)


class ItemTraceView(PartyView):
    @extend_schema(
        operation_id="items_trace",
        summary="Which way an item came",
        parameters=[OpenApiParameter("code", str, required=True, description="Whatever a scanner types")],
        responses=ItemTraceSerializer,
    )
    def get(self, request: Request) -> Response:
        """Its own steps and those of each unit that it was in. Signed and provable: `pedigree`."""
        code = request.query_params.get("code", "")
        if not code.strip():
            raise ValidationError({"code": ["This parameter is required."]})
        scan = parse_scan(code, today=timezone.localdate())
        item = find_scanned(scan)
        if item is None:
            raise Refused.because("UNKNOWN_ITEM", f"{shown(code)} was never registered here", scan.epc or "")
        steps = [told_step(one) for one in story_of(item, self.actor.party)]
        return Response(ItemTraceSerializer({"epc": epc_of(item), "steps": steps}).data)


def own_batch(pk: int, reader: Party) -> Batch:
    batch = batch_of(pk, Batch.objects.select_related("product__brand_owner"))
    if not can_see_batch(reader, batch):
        raise Refused.because("UNKNOWN_BATCH", f"Batch {pk} is not registered here, or not yours to see")
    return batch


def told_share(share: Share, reader: Party) -> dict[str, Any]:
    named = share.holder if share.holder is not None and can_name_holder(reader, share.holder) else None
    where = told_where(share.holder, named, is_under_way=share.is_under_way, packs=share.packs)
    return where | {"life": Life(share.life).name.lower()}


def told_lot(lot: Lot) -> dict[str, Any]:
    is_under_way = lot.root.handoff_id is not None
    return told_where(lot.root.holder, lot.holder, is_under_way=is_under_way, packs=lot.packs) | {"epc": lot.epc}


def told_where(holder: Party | None, named: Party | None, *, is_under_way: bool, packs: int) -> dict[str, Any]:
    return {
        "holder": named,
        "roles": holder.roles if holder else [],
        "country": holder.country if holder else "",
        "is_under_way": is_under_way,
        "packs": packs,
    }


def told_step(told: Told) -> dict[str, Any]:
    event, is_whole = told.step.event, told.is_whole
    return {
        "biz_step": event.biz_step,
        "day": event.event_time.date(),
        "roles": event.party.roles,
        "country": event.party.country,
        "through": epc_of(told.step.through) if is_whole else None,
        "event_id": event.event_id if is_whole else None,
        "event_time": event.event_time if is_whole else None,
        "party": event.party if is_whole else None,
        "counterparty": event.counterparty if is_whole else None,
    }
