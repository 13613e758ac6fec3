"""Goods that came back, goods that become others, what sensors say of them, and events that were wrong."""

import json
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, validated, wish_of
from supplychain.api.fields import CodeField, CodesField, SerialNumbersField
from supplychain.api.trade import PACK
from supplychain.models import Batch
from supplychain.usecases.correct import correct
from supplychain.usecases.repackage import repackage
from supplychain.usecases.sensor_report import sensor_report
from supplychain.usecases.verify_return import verify_return


class LabelSerializer(serializers.Serializer[Any]):
    """What stands on the pack, as far as it was read."""

    epc = CodeField()
    lot_number = serializers.CharField(max_length=20, default="", allow_blank=True)
    expiry = serializers.DateField(default=None, allow_null=True)


class ReturnCheckSerializer(ActSerializer):
    epcs = CodesField(help_text="Items that you received under a return")
    labels = LabelSerializer(many=True, default=list)


class RepackagingSerializer(ActSerializer):
    inputs = CodesField(help_text="The packs that are used up")
    batch = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="A batch of your own product, by id")
    serial_numbers = SerialNumbersField(required=False, allow_null=True, default=None)
    count = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)


class SensorReportSerializer(ActSerializer):
    epcs = CodesField(help_text="Items in your custody, or on their way from or to you")
    sensorElementList = serializers.ListField(child=serializers.DictField(), help_text="As in EPCIS 2.0")  # noqa: N815


class CorrectionSerializer(ActSerializer):
    event_id = serializers.CharField(max_length=100, help_text="An event of yours")
    reason = serializers.CharField(max_length=20, help_text="did_not_occur or incorrect_data")
    corrective_event_ids = serializers.ListField(
        child=serializers.CharField(max_length=100), default=list, help_text="With incorrect_data: what says it right"
    )


class ReturnChecksView(PartyView):
    @extend_schema(**act_schema("return_checks_create", "Verify a return", ReturnCheckSerializer, {"epcs": [PACK]}))
    def post(self, request: Request) -> Response:
        """Hold goods that came back against their maker's record. What fails is answered in `exceptions`."""
        body = validated(ReturnCheckSerializer, request)
        labels = [
            (one["epc"], one["lot_number"], one["expiry"].isoformat() if one["expiry"] else "")
            for one in body["labels"]
        ]
        wish = wish_of(request, body["event_time"])
        return done_response(verify_return(actor=self.actor, request=wish, epcs=body["epcs"], labels=labels))


class RepackagingsView(PartyView):
    @extend_schema(
        **act_schema(
            "repackagings_create", "Repackage", RepackagingSerializer, {"inputs": [PACK], "batch": 7, "count": 4}
        )
    )
    def post(self, request: Request) -> Response:
        """Make packs of your own batch out of others. For a licensed repackager."""
        body = validated(RepackagingSerializer, request)
        batch = Batch.objects.select_related("product").filter(pk=body["batch"]).first()
        if batch is None:
            raise Refused.because("UNKNOWN_BATCH", f"There is no batch {body['batch']}")
        done = repackage(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            inputs=body["inputs"],
            batch=batch,
            serial_numbers=body["serial_numbers"],
            count=body["count"],
        )
        return done_response(done)


class SensorReportsView(PartyView):
    @extend_schema(
        **act_schema(
            "sensor_reports_create",
            "Report sensor data",
            SensorReportSerializer,
            {
                "epcs": [PACK],
                "sensorElementList": [{"sensorReport": [{"type": "Temperature", "maxValue": 7.9, "uom": "CEL"}]}],
            },
        )
    )
    def post(self, request: Request) -> Response:
        """State what a sensor measured. It changes no state; an alarm in it is shown with the goods."""
        body = validated(SensorReportSerializer, request)
        wish = wish_of(request, body["event_time"])
        elements = json.dumps(body["sensorElementList"])
        return done_response(sensor_report(actor=self.actor, request=wish, epcs=body["epcs"], elements=elements))


class CorrectionsView(PartyView):
    @extend_schema(
        **act_schema(
            "corrections_create",
            "Declare an event erroneous",
            CorrectionSerializer,
            {"event_id": "urn:uuid:0f8a4f0e-6d3c-5c1e-9b52-1c64a8f8c5b1", "reason": "did_not_occur"},
        )
    )
    def post(self, request: Request) -> Response:
        """For your own events only. What did not occur is taken back where that is still possible."""
        body = validated(CorrectionSerializer, request)
        wish = wish_of(request, body.pop("event_time"))
        return done_response(correct(actor=self.actor, request=wish, **body))
