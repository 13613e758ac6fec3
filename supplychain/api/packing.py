"""Numbers for cases and pallets, and what goes into them and comes out."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, registered, validated, wish_of
from supplychain.api.fields import CodeField, CodesField
from supplychain.gs1.digital_link import canonical_epc
from supplychain.gs1.identifiers import Sscc
from supplychain.usecases.allocate_sscc import MOST, allocate_sscc
from supplychain.usecases.pack import pack
from supplychain.usecases.unpack import unpack

PALLET = "https://id.gs1.org/00/095200010000000010"
CASE = "https://id.gs1.org/00/095200010000000027"


class SsccCountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(min_value=1, max_value=MOST, default=1)


class SsccsSerializer(serializers.Serializer[Any]):
    ssccs = serializers.ListField(child=serializers.CharField(), help_text="18 digits each")
    epcs = serializers.ListField(child=serializers.CharField(), help_text="The same as canonical EPCs")


class PackingSerializer(ActSerializer):
    parent = CodeField(help_text="The unit: an SSCC of yours, new or in your hands")  # type: ignore[assignment]
    children = CodesField(help_text="What goes in: packs or units")


class UnpackingSerializer(ActSerializer):
    parent = CodeField()  # type: ignore[assignment]
    children = CodesField(
        required=False, allow_null=True, default=None, help_text="What comes out; everything unless told"
    )


class SsccsView(PartyView):
    @extend_schema(
        operation_id="ssccs_allocate",
        summary="New numbers for cases and pallets",
        request=SsccCountSerializer,
        responses={201: SsccsSerializer},
        examples=[OpenApiExample("Ten", {"count": 10}, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Under your company prefix, never given before. Numbers that you do not use are lost, and that is no harm."""
        digits = allocate_sscc(actor=self.actor, count=validated(SsccCountSerializer, request)["count"])
        return registered({"ssccs": digits, "epcs": [canonical_epc(Sscc(one)) for one in digits]}, is_new=True)


class PackingsView(PartyView):
    @extend_schema(**act_schema("packings_create", "Pack", PackingSerializer, {"parent": PALLET, "children": [CASE]}))
    def post(self, request: Request) -> Response:
        """Put packs into a case, or cases onto a pallet. From then on they go where it goes."""
        body = validated(PackingSerializer, request)
        wish = wish_of(request, body["event_time"])
        return done_response(pack(actor=self.actor, request=wish, parent=body["parent"], children=body["children"]))


class UnpackingsView(PartyView):
    @extend_schema(
        **act_schema("unpackings_create", "Unpack", UnpackingSerializer, {"parent": PALLET, "children": [CASE]})
    )
    def post(self, request: Request) -> Response:
        """Take the named items, or all, out of a unit that you hold."""
        body = validated(UnpackingSerializer, request)
        wish = wish_of(request, body["event_time"])
        return done_response(unpack(actor=self.actor, request=wish, parent=body["parent"], children=body["children"]))
