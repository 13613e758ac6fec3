"""Goods leave, arrive, and reach the patient."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, party_of, validated, wish_of
from supplychain.api.fields import CodeField, CodesField
from supplychain.disputes.rules import FINDINGS
from supplychain.lifecycle import Purpose
from supplychain.models import Handoff
from supplychain.scan import label_of_code
from supplychain.usecases.dispense import dispense
from supplychain.usecases.receive import receive
from supplychain.usecases.ship import ship

PALLET = "https://id.gs1.org/00/095200010000000010"
PACK = "https://id.gs1.org/01/09520001000010/21/B7K0N4R2C9TX"


class ShipmentSerializer(ActSerializer):
    epcs = CodesField(help_text="Top-level items; what is packed in them goes along")
    receiver = serializers.CharField(max_length=20, help_text="GLN of an admitted party")
    purpose = serializers.CharField(max_length=20, default=Purpose.SALE.value, help_text=f"One of {', '.join(Purpose)}")
    rma = serializers.CharField(
        max_length=60, default="", allow_blank=True, help_text="The number under which the supplier agreed to a return"
    )


class ReceiptSerializer(ActSerializer):
    handoff = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="From handoffs/incoming")
    epcs = CodesField(
        required=False,
        allow_null=True,
        default=None,
        help_text="What was scanned; all that was announced, unopened and uncounted, unless told",
    )


class FindingSerializer(serializers.Serializer[Any]):
    """Something that is wrong with one item of a delivery."""

    code = serializers.CharField(max_length=24, help_text=f"One of {', '.join(sorted(FINDINGS))}")
    epc = CodeField()
    note = serializers.CharField(max_length=1000, default="", allow_blank=True)


class ReceiptWithFindingsSerializer(ReceiptSerializer):
    findings = FindingSerializer(many=True, default=list, help_text="Damage, wrong lots and the like, item by item")


class DispensingSerializer(ActSerializer):
    epc = CodeField(help_text="One pack. Lot and expiry that the code carries must be those of the pack")


class ShipmentsView(PartyView):
    @extend_schema(
        **act_schema("shipments_create", "Ship", ShipmentSerializer, {"epcs": [PALLET], "receiver": "9520002000002"})
    )
    def post(self, request: Request) -> Response:
        """Hand top-level items on to an admitted party. They stay yours until it receives them."""
        body = validated(ShipmentSerializer, request)
        done = ship(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            epcs=body["epcs"],
            receiver=party_of(body["receiver"]),
            purpose=body["purpose"],
            **({"rma": body["rma"]} if body["rma"] else {}),
        )
        return done_response(done)


class ReceiptsView(PartyView):
    @extend_schema(
        **act_schema("receipts_create", "Receive", ReceiptWithFindingsSerializer, {"handoff": 7, "epcs": [PALLET]})
    )
    def post(self, request: Request) -> Response:
        """Take a delivery in. What is missing or surplus is accepted as it is, and answered in `exceptions`."""
        body = validated(ReceiptWithFindingsSerializer, request)
        # Left out of the request altogether where there are none: it is the same wish as it always was.
        found = [[one["code"], one["epc"], one["note"]] for one in body["findings"]]
        done = receive(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            handoff=addressed_handoff(body["handoff"]),
            epcs=body["epcs"],
            **({"findings": found} if found else {}),
        )
        return done_response(done)


class DispensingsView(PartyView):
    @extend_schema(**act_schema("dispensings_create", "Dispense", DispensingSerializer, {"epc": PACK}))
    def post(self, request: Request) -> Response:
        """Give one pack to a patient: the end of its life in trade. Nothing about the patient is stored."""
        body = validated(DispensingSerializer, request)
        wish = wish_of(request, body["event_time"])
        label = label_of_code(dict(request.data).get("epc"), timezone.localdate())
        return done_response(dispense(actor=self.actor, request=wish, epc=body["epc"], **label))


def addressed_handoff(pk: int) -> Handoff:
    """Also one that is addressed to somebody else: the act refuses that, and keeps the evidence."""
    handoff = Handoff.objects.select_related("sender", "receiver").filter(pk=pk).first()
    if handoff is None:
        raise Refused.because("UNKNOWN_HANDOFF", f"There is no handoff {pk}")
    return handoff
