"""Products: what one GTIN stands for, registered by its brand owner."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.base import PartyView, registered, validated
from supplychain.api.pagination import read_cut, read_search
from supplychain.api.parties import PartyBriefSerializer
from supplychain.gs1.identifiers import Gtin
from supplychain.models import NationalCode, Product
from supplychain.queries import products_page
from supplychain.usecases.register_product import register_product


class NationalCodeSerializer(serializers.ModelSerializer[NationalCode]):
    class Meta:
        model = NationalCode
        fields = ["scheme", "value", "source_value"]
        validators: list[Any] = []


class ProductSerializer(serializers.ModelSerializer[Product]):
    brand_owner = PartyBriefSerializer()
    markets = serializers.ListField(child=serializers.CharField())
    national_codes = NationalCodeSerializer(many=True)

    class Meta:
        model = Product
        fields = [
            "gtin",
            "name",
            "generic_name",
            "strength",
            "form",
            "markets",
            "brand_owner",
            "national_codes",
            "created_at",
        ]


class NationalCodesField(serializers.DictField):
    """Scheme to value. REST framework checks the values of a dictionary and lets any key through."""

    child = serializers.CharField(max_length=40)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        checked: dict[str, Any] = super().to_internal_value(data)
        scheme = serializers.CharField(max_length=20)
        return {scheme.run_validation(key): value for key, value in checked.items()}


class NewProductSerializer(serializers.Serializer[Any]):
    gtin = serializers.CharField(max_length=20, help_text="8, 12, 13 or 14 digits")
    name = serializers.CharField(max_length=300)
    generic_name = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    strength = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    form = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    markets = serializers.ListField(
        child=serializers.CharField(min_length=2, max_length=2), max_length=300, required=False, default=list
    )
    national_codes = NationalCodesField(required=False, default=dict, help_text='Such as {"NDC": "57687-242-07"}')


class ProductsView(PartyView):
    @extend_schema(
        operation_id="products_list",
        summary="Your products (regulator: all)",
        parameters=[OpenApiParameter("search", str, description="Part of the name, the generic name or the GTIN")],
        responses=ProductSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """By name, with their national codes."""
        page = products_page(self.actor, search=read_search(request), **read_cut(request))
        prefetch_related_objects(page.rows, "national_codes")
        return self.page_response(page, ProductSerializer)

    @extend_schema(
        operation_id="products_register",
        summary="Register a product (brand owner)",
        request=NewProductSerializer,
        responses={201: ProductSerializer, 200: ProductSerializer},
        examples=[
            OpenApiExample(
                "A product",
                {
                    "gtin": "09520001000010",
                    "name": "Amoxil 500 mg",
                    "generic_name": "Amoxicillin",
                    "strength": "500 mg",
                    "form": "capsule",
                    "markets": ["CH"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """The same again answers 200 with the product that is there; another name for a known GTIN is refused."""
        began = timezone.now()
        product = register_product(actor=self.actor, **validated(NewProductSerializer, request))
        return registered(ProductSerializer(product).data, is_new=product.created_at >= began)


def product_of(gtin: str) -> Product:
    """The product that a body names. Raises Refused (UNKNOWN_PRODUCT), GS1Error."""
    digits = Gtin.parse(gtin).digits
    product = Product.objects.filter(gtin=digits).first()
    if product is None:
        raise Refused.because("UNKNOWN_PRODUCT", f"GTIN {digits} is not registered here")
    return product
