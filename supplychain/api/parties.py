"""Parties: everybody may look up whom they trade with; the regulator admits."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.base import PartyView, party_of, registered, validated
from supplychain.api.pagination import read_cut, read_search
from supplychain.lifecycle import Role
from supplychain.models import Party
from supplychain.queries import parties_page
from supplychain.usecases.register_party import register_party


class PartyBriefSerializer(serializers.ModelSerializer[Party]):
    class Meta:
        model = Party
        fields = ["gln", "name"]
        # A brief is part of an answer: unique checks are for forms.
        extra_kwargs: ClassVar[dict[str, Any]] = {"gln": {"validators": []}}


class PartySerializer(serializers.ModelSerializer[Party]):
    roles = serializers.ListField(child=serializers.ChoiceField([one.value for one in Role]))
    company_prefixes = serializers.ListField(child=serializers.CharField())
    is_admitted = serializers.SerializerMethodField(help_text="Whether it has a key on the log and may sign")

    class Meta:
        model = Party
        fields = [
            "gln",
            "name",
            "roles",
            "country",
            "licence_number",
            "licence_expiry",
            "company_prefixes",
            "keyid",
            "is_admitted",
            "created_at",
        ]

    def get_is_admitted(self, party: Party) -> bool:
        return bool(party.keyid)


class NewPartySerializer(serializers.Serializer[Any]):
    gln = serializers.CharField(max_length=20, help_text="13 digits")
    name = serializers.CharField(max_length=200)
    roles = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=10, help_text=f"Of {', '.join(Role)}"
    )
    country = serializers.CharField(max_length=10, help_text="Two capital letters, ISO 3166-1")
    licence_number = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    licence_expiry = serializers.DateField(required=False, allow_null=True, default=None)
    company_prefixes = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=100, required=False, default=list
    )
    city = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class PartiesView(PartyView):
    @extend_schema(
        operation_id="parties_list",
        summary="All parties",
        parameters=[OpenApiParameter("search", str, description="Part of the name, or the beginning of the GLN")],
        responses=PartySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """By name: whom you may trade with, and whom the platform knows of without having admitted them yet."""
        page = parties_page(search=read_search(request), **read_cut(request))
        return self.page_response(page, PartySerializer)

    @extend_schema(
        operation_id="parties_admit",
        summary="Admit a party (regulator)",
        request=NewPartySerializer,
        responses={201: PartySerializer},
        examples=[
            OpenApiExample(
                "A pharmacy",
                {"gln": "9520003000001", "name": "Corner Pharmacy", "roles": ["pharmacy"], "country": "CH"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The party gets a managed key, and the key goes onto the log under its own and your signature."""
        party = register_party(actor=self.actor, **validated(NewPartySerializer, request))
        return registered(PartySerializer(party).data, is_new=True)


class PartyDetailView(PartyView):
    @extend_schema(operation_id="parties_retrieve", summary="One party by GLN", responses=PartySerializer)
    def get(self, request: Request, gln: str) -> Response:
        """Whether it is admitted, what it is licensed to be, and until when."""
        if not (gln.isascii() and gln.isdigit()):
            raise Refused.because("UNKNOWN_PARTY", f"GLN {gln!r}: expected 13 digits")
        return Response(PartySerializer(party_of(gln)).data)
