"""What a party holds, what is on its way, and what one scanned code names."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.base import PartyView
from supplychain.api.batches import BatchBriefSerializer
from supplychain.api.pagination import read_cut, read_search
from supplychain.api.parties import PartyBriefSerializer
from supplychain.gs1.element_string import Scan, parse_scan
from supplychain.lifecycle import Kind, Life
from supplychain.models import Content, Item, Party, Product
from supplychain.queries import Line, stock_page
from supplychain.scan import shown
from supplychain.standing import is_held, state_on
from supplychain.stock import effective_life, epc_of, find_items, root_of
from supplychain.visibility import can_name_holder, can_see_contents

KINDS = {Kind.PACK: "pack", Kind.LOGISTIC_UNIT: "logistic_unit"}
LIVES = [life.name.lower() for life in Life]


class ProductBriefSerializer(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = ["gtin", "name", "generic_name", "strength", "form"]


class ContentSerializer(serializers.ModelSerializer[Content]):
    gtin = serializers.CharField(source="batch.product.gtin")
    product_name = serializers.CharField(source="batch.product.name")
    batch = BatchBriefSerializer()

    class Meta:
        model = Content
        fields = ["gtin", "product_name", "batch", "packs"]


class LineSerializer(serializers.Serializer[Any]):
    """One item of a list, with what is inside it."""

    epc = serializers.CharField()
    kind = serializers.SerializerMethodField()
    life = serializers.SerializerMethodField()
    product = ProductBriefSerializer(source="item.batch.product", allow_null=True, default=None)
    batch = BatchBriefSerializer(source="item.batch", allow_null=True, default=None)
    contents = ContentSerializer(many=True, help_text="Batch by batch, however deep; [] for a pack")
    is_open = serializers.BooleanField(help_text="false: what is in this unit is not yours to know (any more)")
    packs = serializers.SerializerMethodField(help_text="1 for a pack, for a unit the packs inside; null if not open")

    def get_packs(self, line: Line) -> int | None:
        return line.packs if line.is_open else None

    @extend_schema_field(serializers.ChoiceField(list(KINDS.values())))
    def get_kind(self, line: Line) -> str:
        assert line.item is not None
        return KINDS[Kind(line.item.kind)]

    @extend_schema_field(serializers.ChoiceField(LIVES))
    def get_life(self, line: Line) -> str:
        assert line.item is not None
        return Life(line.item.life).name.lower()


class StockView(PartyView):
    @extend_schema(
        operation_id="stock_list",
        summary="What you hold",
        parameters=[OpenApiParameter("search", str, description="A lot number or a GTIN")],
        responses=LineSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Top-level items at rest in your custody, newest first. What is under way is in handoffs/outgoing."""
        page = stock_page(self.actor.party, search=read_search(request), **read_cut(request))
        return self.page_response(page, LineSerializer)


class ScanSerializer(serializers.Serializer[Scan]):
    """What the code itself says; nobody has vouched for it."""

    kind = serializers.CharField(help_text="In which form the code came")
    epc = serializers.CharField(allow_null=True)
    gtin = serializers.CharField(allow_null=True)
    lot_number = serializers.CharField(allow_null=True)
    expiry = serializers.DateField(allow_null=True)


class CustodySerializer(serializers.Serializer[Any]):
    """Where it is. Who holds it is named to the holder and the regulator only, the handoff to its two sides."""

    is_yours = serializers.BooleanField()
    is_under_way = serializers.BooleanField()
    holder = PartyBriefSerializer(allow_null=True)
    handoff = serializers.IntegerField(allow_null=True)
    parent = serializers.CharField(  # type: ignore[assignment]
        allow_null=True, help_text="EPC of the unit that it is packed in, if you may know"
    )


class FoundItemSerializer(serializers.Serializer[Any]):
    epc = serializers.CharField()
    kind = serializers.ChoiceField(list(KINDS.values()))
    life = serializers.ChoiceField(LIVES)
    is_expired = serializers.BooleanField(allow_null=True, help_text="null for a logistic unit")
    is_held = serializers.BooleanField(help_text="In quarantine: itself, what it is in, something in it, or its batch")
    recall_state = serializers.ChoiceField(
        ["released", "recalled", "withdrawn"], help_text="What the recalls in force make of it, or of something in it"
    )
    batch = BatchBriefSerializer(allow_null=True)
    custody = CustodySerializer()


class LookupSerializer(serializers.Serializer[Any]):
    scan = ScanSerializer()
    product = ProductBriefSerializer(allow_null=True)
    item = FoundItemSerializer(allow_null=True, help_text="null if the code names no single item")


class ItemLookupView(PartyView):
    @extend_schema(
        operation_id="items_lookup",
        summary="What a code names",
        parameters=[
            OpenApiParameter(
                "code",
                str,
                required=True,
                description="Whatever a scanner types or a phone reads",
                examples=[OpenApiExample("Element string", "(01)09520001000010(21)B7K0N4R2C9TX")],
            )
        ],
        responses=LookupSerializer,
    )
    def get(self, request: Request) -> Response:
        """State and custody as you may see them. Not a verdict on a pack in your hand: that is `verify`."""
        code = request.query_params.get("code", "")
        if not code.strip():
            raise ValidationError({"code": ["This parameter is required."]})
        scan = parse_scan(code, today=timezone.localdate())
        item = find_scanned(scan)
        product = Product.objects.filter(gtin=scan.gtin.digits).first() if scan.gtin else None
        if item is None and (scan.epc is not None or product is None):
            raise Refused.because("UNKNOWN_ITEM", f"{shown(code)} was never registered here", scan.epc or "")
        body = {"scan": scanned(scan), "product": product, "item": found(item, self.actor.party) if item else None}
        return Response(LookupSerializer(body).data)


def find_scanned(scan: Scan) -> Item | None:
    if scan.epc is None:
        return None
    # A serial that was issued and has no pack yet is nobody's to find.
    rows = Item.objects.select_related("batch", "parent", "holder", "handoff").exclude(kind=Kind.PACK, batch=None)
    return find_items([scan.epc], rows=rows).get(scan.epc)


def scanned(scan: Scan) -> dict[str, Any]:
    return {
        "kind": scan.kind.value,
        "epc": scan.epc,
        "gtin": scan.gtin.digits if scan.gtin else None,
        "lot_number": scan.lot_number.text if scan.lot_number else None,
        "expiry": scan.expiry,
    }


def found(item: Item, viewer: Party) -> dict[str, Any]:
    return {
        "epc": epc_of(item),
        "kind": KINDS[Kind(item.kind)],
        "life": effective_life(item, root_of(item)).name.lower(),
        "is_expired": timezone.localdate() > item.batch.expiry if item.batch else None,
        "is_held": is_held(item),
        "recall_state": state_on(item).value,
        "batch": item.batch,
        "custody": custody_of(item, viewer),
    }


def custody_of(item: Item, viewer: Party) -> dict[str, Any]:
    root = root_of(item)
    handoff = root.handoff
    may_know = can_see_contents(viewer, root)  # the holder, the addressee, the regulator
    return {
        "is_yours": root.holder_id == viewer.pk,
        "is_under_way": handoff is not None,
        "holder": root.holder if root.holder and can_name_holder(viewer, root.holder) else None,
        "handoff": handoff.pk if handoff and may_know else None,
        "parent": epc_of(item.parent) if item.parent and may_know else None,
    }
