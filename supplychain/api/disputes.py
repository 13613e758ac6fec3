"""What two parties see differently: the list of differences, answers, and goods that came without a notice."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.api.acts import ActSerializer, act_schema, done_response
from supplychain.api.base import PartyView, party_of, validated, wish_of
from supplychain.api.fields import CodesField
from supplychain.api.pagination import read_cut
from supplychain.api.trade import PALLET
from supplychain.disputes.queries import disputes_page, due_of
from supplychain.disputes.rules import KINDS, Answer, Resolution, Standing
from supplychain.models import Discrepancy
from supplychain.usecases.answer_dispute import answer_dispute
from supplychain.usecases.receive_unannounced import receive_unannounced

MOST_ANSWERED = 1_000


class DiscrepancySerializer(serializers.ModelSerializer[Discrepancy]):
    code = serializers.CharField(help_text=f"One of {', '.join(KINDS)}")
    category = serializers.SerializerMethodField(help_text="PDG's word for it")
    handoff = serializers.IntegerField(source="handoff_id", allow_null=True)
    claimant = serializers.CharField(source="claimant.gln", help_text="Who says so")
    respondent = serializers.CharField(source="respondent.gln", help_text="Who has to answer")
    raised_by = serializers.CharField(source="raised_by.event_id")
    against = serializers.CharField(
        source="against.event_id", default=None, allow_null=True, help_text="The statement that it contradicts"
    )
    answered_by = serializers.CharField(source="answered_by.event_id", default=None, allow_null=True)
    standing = serializers.CharField(help_text=f"One of {', '.join(Standing)}")
    resolution = serializers.CharField(help_text=f"Empty, or one of {', '.join(Resolution)}")
    resolutions = serializers.SerializerMethodField(help_text="What a confirmation may say")
    due = serializers.SerializerMethodField(help_text="The last day to answer")
    is_overdue = serializers.SerializerMethodField()

    class Meta:
        model = Discrepancy
        fields = [
            *("id", "code", "category", "epc", "handoff", "claimant", "respondent", "raised_by", "against", "note"),
            *("standing", "resolution", "answered_by", "reply", "resolutions", "due", "is_overdue"),
        ]

    def get_category(self, row: Discrepancy) -> str:
        return KINDS[row.code].category

    def get_resolutions(self, row: Discrepancy) -> list[str]:
        return sorted(KINDS[row.code].resolutions)

    def get_due(self, row: Discrepancy) -> str:
        return due_of(row).isoformat()

    def get_is_overdue(self, row: Discrepancy) -> bool:
        return row.standing != Standing.SETTLED and timezone.localdate() > due_of(row)


class AnswerSerializer(ActSerializer):
    discrepancies = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_ANSWERED,
        help_text="Differences by id, of one kind, raised by one statement",
    )
    answer = serializers.CharField(max_length=20, help_text=f"One of {', '.join(Answer)}")
    resolution = serializers.CharField(
        max_length=20,
        default="",
        allow_blank=True,
        help_text="With a confirmation: one of its resolutions",
    )
    note = serializers.CharField(max_length=1000, default="", allow_blank=True, help_text="For the other side")


class ArrivalSerializer(ActSerializer):
    sender = serializers.CharField(max_length=20, help_text="GLN of the party that the goods came from")
    epcs = CodesField(help_text="What was scanned, also what is not known here yet")


class DisputesView(PartyView):
    @extend_schema(
        operation_id="disputes_list",
        summary="What is different",
        parameters=[OpenApiParameter("all", bool, description="true: settled ones, too")],
        responses=DiscrepancySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Differences between you and others, newest first; to the regulator, everybody's."""
        only_open = request.query_params.get("all", "false").lower() != "true"
        page = disputes_page(self.actor.party, only_open=only_open, **read_cut(request))
        return self.page_response(page, DiscrepancySerializer)


class DisputeAnswersView(PartyView):
    @extend_schema(
        **act_schema(
            "disputes_answer",
            "Answer a difference",
            AnswerSerializer,
            {"discrepancies": [7], "answer": "confirm", "resolution": "back_to_sender"},
        )
    )
    def post(self, request: Request) -> Response:
        """Confirm what the other side claims and say what becomes of the goods, contest it, or take your claim back."""
        body = validated(AnswerSerializer, request)
        wish = wish_of(request, body.pop("event_time"))
        return done_response(answer_dispute(actor=self.actor, request=wish, **body))


class ArrivalsView(PartyView):
    @extend_schema(
        **act_schema(
            "arrivals_create",
            "Goods without a notice",
            ArrivalSerializer,
            {"sender": "9520001000003", "epcs": [PALLET]},
        )
    )
    def post(self, request: Request) -> Response:
        """State that goods came whose sender has not stated yet that it shipped them. They are yours when it does."""
        body: dict[str, Any] = validated(ArrivalSerializer, request)
        wish = wish_of(request, body["event_time"])
        done = receive_unannounced(actor=self.actor, request=wish, sender=party_of(body["sender"]), epcs=body["epcs"])
        return done_response(done)
