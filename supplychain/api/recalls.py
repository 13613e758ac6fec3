"""Recalls over HTTP: propose, approve, narrow, lift; see whom one reaches; answer it."""

from base64 import b64encode
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.queries import acts_in_force
from supplychain.acts import Actor, Refused
from supplychain.api.acts import ActSerializer
from supplychain.api.base import PartyView, party_of, validated, wish_of
from supplychain.api.declared import declaration_schema, declared_response
from supplychain.api.fields import CodesField
from supplychain.api.pagination import read_cut
from supplychain.api.recall_bodies import (
    EffectivenessSerializer,
    HolderSerializer,
    ProposalSerializer,
    RecallDetailSerializer,
    RecallSerializer,
    TaskSerializer,
    WhereaboutsSerializer,
)
from supplychain.models import Product, Proposal, Recall
from supplychain.recalls.queries import (
    find_task,
    oversees,
    pending,
    progress_of,
    proposals_page,
    recalls_page,
    visible_proposals,
    whereabouts_of,
)
from supplychain.recalls.recall import QUANTITIES, Action, Depth
from supplychain.recalls.statement import MOST_LOTS, MOST_MARKETS, MOST_RANGES, MOST_TEXT, REASONS, RECALL
from supplychain.usecases.approve_recall import approve_recall
from supplychain.usecases.drop_proposal import drop_proposal
from supplychain.usecases.lift_recall import lift_recall
from supplychain.usecases.narrow_recall import narrow_recall
from supplychain.usecases.propose_recall import propose_recall
from supplychain.usecases.report_recall import report_recall
from supplychain.usecases.set_approvals import set_approvals

MOST_HOLDERS = 1000  # those that have not answered come first


class RangeSerializer(serializers.Serializer[Any]):
    """Serials of one length, from the first to the last, byte by byte."""

    def get_fields(self) -> dict[str, Any]:
        # "from" is no name in Python.
        return {"from": serializers.CharField(max_length=20), "to": serializers.CharField(max_length=20)}


class ScopeSerializer(ActSerializer):
    lots = serializers.ListField(
        child=serializers.CharField(max_length=20),
        allow_null=True,
        min_length=1,
        max_length=MOST_LOTS,
        help_text="Lot numbers; null for the whole product, also for batches to come",
    )
    serials = RangeSerializer(many=True, required=False, default=list, help_text=f"At most {MOST_RANGES} ranges")
    markets = serializers.ListField(
        child=serializers.CharField(max_length=2),
        required=False,
        default=list,
        max_length=MOST_MARKETS,
        help_text="Only goods in these countries (ISO 3166-1 alpha-2)",
    )
    text = serializers.CharField(max_length=MOST_TEXT, help_text="For the public")


class ProposeSerializer(ScopeSerializer):
    gtin = serializers.CharField(max_length=14)
    action = serializers.CharField(default=Action.RECALL.value, help_text=f"One of {', '.join(Action)}")
    severity = serializers.IntegerField(help_text="1 (life-threatening) to 3: FDA class I to III, EU class 1 to 3")
    depth = serializers.CharField(help_text=f"One of {', '.join(one.name.lower() for one in Depth)}")
    reason = serializers.CharField(help_text=f"One of {', '.join(REASONS)}")
    respond_by = serializers.CharField(help_text="YYYY-MM-DD, by which those who hold the goods answer")


class LiftSerializer(ActSerializer):
    text = serializers.CharField(max_length=MOST_TEXT, help_text="For the public")


class QuantitiesSerializer(serializers.Serializer[Any]):
    """Packs, all five; a report takes the place of the one before."""

    quarantined = serializers.IntegerField(min_value=0)
    returned = serializers.IntegerField(min_value=0)
    destroyed = serializers.IntegerField(min_value=0)
    dispensed = serializers.IntegerField(min_value=0, help_text="Given to patients before you knew")
    not_found = serializers.IntegerField(min_value=0)


class ReportSerializer(ActSerializer):
    quantities = QuantitiesSerializer(
        required=False, allow_null=True, default=None, help_text="Left out: you know of the recall, no more"
    )
    scanned = CodesField(
        required=False, default=list, help_text="Packs and units set apart; counted, and added to quarantined"
    )


class RecallsView(PartyView):
    @extend_schema(operation_id="recalls_list", summary="Recalls", responses=RecallSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All of them, newest first: that goods are called back is for everybody to know."""
        return self.page_response(recalls_page(**read_cut(request)), RecallSerializer)

    @extend_schema(**declaration_schema("recalls_propose", "Propose a recall", ProposeSerializer))
    def post(self, request: Request) -> Response:
        """For the product's maker and authorities. It is in force once the parties of the log's policy have signed."""
        body = validated(ProposeSerializer, request)
        product = product_of(body.pop("gtin"))
        wish, scope = wish_of(request, body.pop("event_time")), scope_of(body)
        return declared_response(propose_recall(actor=self.actor, request=wish, product=product, **body | scope))


class RecallView(PartyView):
    @extend_schema(operation_id="recalls_retrieve", summary="One recall", responses=RecallDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What is called back and why, what is asked of you, and for its maker and the regulator how well it works.

        The envelope holds the statement with all its signatures, for whoever checks them without us.
        """
        recall = recall_of(pk)
        return Response({**RecallSerializer(recall).data, **_for_reader(self.actor, recall)})


class PolicySerializer(serializers.Serializer[Any]):
    k = serializers.IntegerField(min_value=1, max_value=100, help_text="How many of the parties must sign")
    parties = serializers.ListField(child=serializers.CharField(max_length=20), min_length=1, max_length=100)


class PolicyView(PartyView):
    @extend_schema(operation_id="recall_policy_retrieve", summary="Who signs recalls", responses=PolicySerializer)
    def get(self, request: Request) -> Response:
        """By the log's policy. Of these, the product's maker and authorities count; k is 0 as long as none is set."""
        return Response(acts_in_force().get(RECALL, {"k": 0, "parties": []}))

    @extend_schema(
        operation_id="recall_policy_set",
        summary="Say who signs recalls",
        request=PolicySerializer,
        responses={201: PolicySerializer},
    )
    def post(self, request: Request) -> Response:
        """For the authority: a new policy goes into the log. Have the parties' own keys admitted before."""
        body = validated(PolicySerializer, request)
        set_approvals(actor=self.actor, k=body["k"], parties=[party_of(one) for one in body["parties"]])
        return Response(acts_in_force()[RECALL], status=201)


class NarrowingsView(PartyView):
    @extend_schema(**declaration_schema("recalls_narrow", "Propose to narrow a recall", ScopeSerializer))
    def post(self, request: Request, pk: int) -> Response:
        """The new scope must be a part of the present one."""
        body = validated(ScopeSerializer, request)
        wish, scope = wish_of(request, body.pop("event_time")), scope_of(body)
        return declared_response(narrow_recall(actor=self.actor, request=wish, recall=recall_of(pk), **body | scope))


class LiftingsView(PartyView):
    @extend_schema(**declaration_schema("recalls_lift", "Propose to lift a recall", LiftSerializer))
    def post(self, request: Request, pk: int) -> Response:
        """Its goods may be sold again once as many have signed as called them back."""
        body = validated(LiftSerializer, request)
        wish = wish_of(request, body["event_time"])
        return declared_response(lift_recall(actor=self.actor, request=wish, recall=recall_of(pk), text=body["text"]))


class ReportsView(PartyView):
    @extend_schema(**declaration_schema("recalls_report", "Answer a recall", ReportSerializer))
    def post(self, request: Request, pk: int) -> Response:
        """Say that you know of it, or how many packs you have set apart, sent back, destroyed, given out, not found."""
        body = validated(ReportSerializer, request)
        counted = body["quantities"]
        done = report_recall(
            actor=self.actor,
            request=wish_of(request, body["event_time"]),
            recall=recall_of(pk),
            quantities=None if counted is None else [counted[name] for name in QUANTITIES],
            scanned=body["scanned"],
        )
        return declared_response(done)


class ProposalsView(PartyView):
    @extend_schema(
        operation_id="recall_proposals_list", summary="Proposals to sign", responses=ProposalSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """What waits for signatures: of your own products; authorities see all."""
        return self.page_response(proposals_page(self.actor.party, **read_cut(request)), ProposalSerializer)


class ProposalView(PartyView):
    @extend_schema(operation_id="recall_proposals_retrieve", summary="One proposal", responses=ProposalSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """What it says, and who has signed it."""
        found = visible_proposals(self.actor.party).filter(pk=pk).first()
        if found is None:
            raise unknown_proposal(pk)
        return Response(ProposalSerializer(pending(found)).data)

    @extend_schema(
        operation_id="recall_proposals_drop", summary="Take a proposal back", responses={200: ProposalSerializer}
    )
    def delete(self, request: Request, pk: int) -> Response:
        """By whoever proposed it, as long as it is not in force."""
        dropped = drop_proposal(actor=self.actor, proposal=proposal_of(pk))
        return Response(ProposalSerializer(pending(dropped)).data)


class ApprovalsView(PartyView):
    @extend_schema(**declaration_schema("recall_proposals_approve", "Sign a proposal", ActSerializer))
    def post(self, request: Request, pk: int) -> Response:
        """Word for word as it stands. Managed keys alone never suffice: draft it, and sign with a key of your own."""
        body = validated(ActSerializer, request)
        wish = wish_of(request, body["event_time"])
        return declared_response(approve_recall(actor=self.actor, request=wish, proposal=proposal_of(pk)))


def scope_of(body: dict[str, Any]) -> dict[str, Any]:
    return {"serials": [[one["from"], one["to"]] for one in body["serials"]]}


def product_of(gtin: str) -> Product:
    product = Product.objects.filter(gtin=gtin).first()
    if product is None:
        raise Refused.because("UNKNOWN_PRODUCT", f"GTIN {gtin!r} is not registered here")
    return product


def recall_of(pk: int) -> Recall:
    recall = Recall.objects.select_related("product__brand_owner", "party", "entry").filter(pk=pk).first()
    if recall is None:
        raise Refused.because("UNKNOWN_RECALL", f"There is no recall {pk}")
    return recall


def proposal_of(pk: int) -> Proposal:
    """Also one that is none of the caller's business: the act refuses that, and keeps the evidence."""
    proposal = Proposal.objects.filter(pk=pk).first()
    if proposal is None:
        raise unknown_proposal(pk)
    return proposal


def unknown_proposal(pk: int) -> Refused:
    return Refused.because("UNKNOWN_PROPOSAL", f"There is no proposal {pk} that you may see")


def _for_reader(actor: Actor, recall: Recall) -> dict[str, Any]:
    task = find_task(actor.party, recall)
    envelope = b64encode(bytes(recall.entry.envelope)).decode()
    seen: dict[str, Any] = {
        "envelope": envelope,
        "yours": TaskSerializer(task).data if task else None,
        "effectiveness": None,
        "holders": None,
        "whereabouts": None,
    }
    if oversees(actor.party, recall.product):
        progress = progress_of(recall, timezone.localdate())
        seen["effectiveness"] = EffectivenessSerializer(progress.effectiveness).data
        seen["holders"] = [HolderSerializer(one).data for one in progress.rows[:MOST_HOLDERS]]
        seen["whereabouts"] = [WhereaboutsSerializer(one).data for one in whereabouts_of(recall)[:MOST_HOLDERS]]
    return seen
