"""Goods leave trade other than to a patient, come back to it, or do not leave after all."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Act
from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, validated, wish_of
from supplychain.api.fields import CodeField, CodesField
from supplychain.api.trade import PACK, PALLET, addressed_handoff
from supplychain.endings import ENDINGS
from supplychain.usecases.destroy import destroy
from supplychain.usecases.export import export
from supplychain.usecases.free_sample import free_sample
from supplychain.usecases.lock import lock
from supplychain.usecases.report_stolen import report_stolen
from supplychain.usecases.sample import sample
from supplychain.usecases.undo import undo
from supplychain.usecases.unlock import unlock
from supplychain.usecases.void import void

USE_CASES: dict[str, Act] = {
    "export": export,
    "free_sample": free_sample,
    "sample": sample,
    "destroy": destroy,
    "report_stolen": report_stolen,
    "lock": lock,
    "unlock": unlock,
}
assert USE_CASES.keys() - ENDINGS.keys() == {"unlock"}


class EndingSerializer(ActSerializer):
    act = serializers.ChoiceField(sorted(USE_CASES))
    epcs = CodesField(help_text="Packs; for export, destroy, report_stolen and lock whole units, too")


class UndoSerializer(ActSerializer):
    epc = CodeField(help_text="One pack")
    was_supplied = serializers.BooleanField(
        default=False, help_text="Whether the pack was out of your hands meanwhile; it does not come back then"
    )


class VoidSerializer(ActSerializer):
    handoff = serializers.IntegerField(min_value=1, max_value=2**63 - 1, help_text="From handoffs/outgoing")
    epcs = CodesField(required=False, allow_null=True, default=None, help_text="All that is under way, unless told")


class EndingsView(PartyView):
    @extend_schema(
        **act_schema("endings_create", "End a life, or lock", EndingSerializer, {"act": "destroy", "epcs": [PALLET]})
    )
    def post(self, request: Request) -> Response:
        """Export, destroy, give away, hand to an authority, report as stolen, lock or unlock."""
        body: dict[str, Any] = validated(EndingSerializer, request)
        wish = wish_of(request, body["event_time"])
        return done_response(USE_CASES[body["act"]](actor=self.actor, request=wish, epcs=body["epcs"]))


class UndosView(PartyView):
    @extend_schema(**act_schema("undos_create", "Undo", UndoSerializer, {"epc": PACK}))
    def post(self, request: Request) -> Response:
        """Take back what ended a pack's life: same party, same site, in time, and the pack was never handed out."""
        body = validated(UndoSerializer, request)
        wish = wish_of(request, body["event_time"])
        return done_response(undo(actor=self.actor, request=wish, epc=body["epc"], was_supplied=body["was_supplied"]))


class VoidsView(PartyView):
    @extend_schema(**act_schema("voids_create", "Void a shipment", VoidSerializer, {"handoff": 7}))
    def post(self, request: Request) -> Response:
        """Call a shipment of yours off, or a part of it, before its receiver has it."""
        body = validated(VoidSerializer, request)
        wish = wish_of(request, body["event_time"])
        handoff = addressed_handoff(body["handoff"])
        return done_response(void(actor=self.actor, request=wish, handoff=handoff, epcs=body["epcs"]))
