"""The sites of a party: where its goods stand and where its people act."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.api.base import PartyView, registered, validated
from supplychain.api.pagination import read_cut
from supplychain.models import Place
from supplychain.queries import places_page
from supplychain.usecases.register_place import register_place


class PlaceSerializer(serializers.ModelSerializer[Place]):
    class Meta:
        model = Place
        fields = ["gln", "name", "city", "country"]


class NewPlaceSerializer(serializers.Serializer[Any]):
    gln = serializers.CharField(max_length=20, help_text="13 digits, of this site alone")
    name = serializers.CharField(max_length=200)
    city = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    country = serializers.CharField(max_length=10, help_text="Two capital letters, ISO 3166-1")


class PlacesView(PartyView):
    @extend_schema(operation_id="places_list", summary="Your sites", responses=PlaceSerializer(many=True))
    def get(self, request: Request) -> Response:
        """In the order of their registration. Acts take `?place=` with one of these GLNs."""
        return self.page_response(places_page(self.actor.party, **read_cut(request)), PlaceSerializer)

    @extend_schema(
        operation_id="places_register",
        summary="Register a site of yours",
        request=NewPlaceSerializer,
        responses={201: PlaceSerializer, 200: PlaceSerializer},
        examples=[
            OpenApiExample(
                "A warehouse",
                {"gln": "9520002000019", "name": "Warehouse North", "city": "Basel", "country": "CH"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The same again answers 200 with the place that is there; a GLN is never given to another site."""
        before, body = timezone.now(), validated(NewPlaceSerializer, request)
        place = register_place(actor=self.actor, **body)
        return registered(PlaceSerializer(place).data, is_new=place.created_at >= before)
