"""Recalls, proposals and answers as the API shows them."""

from typing import Any

from rest_framework import serializers

from supplychain.models import Recall
from supplychain.recalls.queries import HolderRow, Pending, Task, Whereabouts
from supplychain.recalls.recall import Depth, Effectiveness


class RecallSerializer(serializers.ModelSerializer[Recall]):
    entry_id = serializers.SerializerMethodField(help_text="Its name in the log: 64 hex digits")
    gtin = serializers.CharField(source="product.gtin")
    product_name = serializers.CharField(source="product.name")
    proposed_by = serializers.CharField(source="party.gln")
    depth = serializers.SerializerMethodField()
    is_in_force = serializers.SerializerMethodField()

    class Meta:
        model = Recall
        fields = [
            *("id", "entry_id", "gtin", "product_name", "proposed_by", "action", "scope", "severity", "depth"),
            *("reason", "text", "respond_by", "in_force_at", "is_in_force", "lifted_at", "change_text"),
        ]

    def get_entry_id(self, recall: Recall) -> str:
        return bytes(recall.entry.entry_id).hex()

    def get_depth(self, recall: Recall) -> str:
        return Depth(recall.depth).name.lower()

    def get_is_in_force(self, recall: Recall) -> bool:
        return recall.lifted_at is None


class SignerSerializer(serializers.Serializer[Any]):
    gln = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    custody = serializers.SerializerMethodField(help_text="client, hsm or managed: who keeps the key")

    def get_gln(self, one: Any) -> str:
        return str(one[0].gln)

    def get_name(self, one: Any) -> str:
        return str(one[0].name)

    def get_custody(self, one: Any) -> str:
        return str(one[1])


class ProposalSerializer(serializers.Serializer[Pending]):
    id = serializers.IntegerField(source="proposal.pk")
    proposed_by = serializers.CharField(source="proposal.party.gln")
    proposed_at = serializers.DateTimeField(source="proposal.proposed_at")
    recall = serializers.IntegerField(source="proposal.recall_id", allow_null=True)
    statement = serializers.SerializerMethodField(help_text="The body that is signed, as `recall` in the statement")
    signed_by = SignerSerializer(source="signers", many=True)
    missing = serializers.SerializerMethodField(help_text="What the log's policy still asks for; empty once it is met")

    def get_statement(self, one: Pending) -> dict[str, Any]:
        return one.body.as_json()

    def get_missing(self, one: Pending) -> str:
        if one.verdict is None:
            return "the log's policy does not say who must sign a recall"
        return "" if one.verdict.is_met else one.verdict.reason


class TaskSerializer(serializers.Serializer[Task]):
    """What a recall asks of the reader."""

    packs = serializers.IntegerField(source="notice.packs", help_text="With you or on their way to you, when it began")
    dispensed = serializers.IntegerField(source="notice.dispensed", help_text="That you had given out by then")
    knows = serializers.SerializerMethodField()
    quantities = serializers.DictField(source="report.quantities", allow_null=True, default=None)

    def get_knows(self, task: Task) -> bool:
        return task.report is not None


class HolderSerializer(serializers.Serializer[HolderRow]):
    gln = serializers.CharField(source="party.gln")
    name = serializers.CharField(source="party.name")
    packs = serializers.IntegerField(source="share.packs")
    dispensed = serializers.IntegerField(source="share.dispensed")
    due = serializers.IntegerField(help_text="Packs that the recall wants back of it")
    knows = serializers.BooleanField(source="share.knows")
    quantities = serializers.DictField(source="share.quantities", allow_null=True)
    silent_since = serializers.DateTimeField(allow_null=True, help_text="null once it has answered at all")
    is_late = serializers.BooleanField(help_text="The day has passed, and it has not counted")


class EffectivenessSerializer(serializers.Serializer[Effectiveness]):
    parties = serializers.IntegerField(help_text="Addressed by the recall")
    answered = serializers.IntegerField(help_text="Of these, those that know of it")
    reported = serializers.IntegerField(help_text="Of these, those that have counted")
    wanted = serializers.IntegerField(
        help_text="Packs with them when it took effect, given out ones only if it reaches patients"
    )
    recovered = serializers.IntegerField(help_text="Of these, reported as quarantined, returned or destroyed")
    not_found = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True, help_text="recovered of wanted, rounded down")


class WhereaboutsSerializer(serializers.Serializer[Whereabouts]):
    gln = serializers.CharField(source="party.gln")
    name = serializers.CharField(source="party.name")
    packs = serializers.IntegerField(help_text="With it now, or on their way to it")
    dispensed = serializers.IntegerField(help_text="Given to patients by it")


class RecallDetailSerializer(RecallSerializer):
    envelope = serializers.CharField(help_text="The DSSE envelope that the log commits to, in base64")
    yours = TaskSerializer(allow_null=True)
    effectiveness = EffectivenessSerializer(allow_null=True, help_text="For its maker and the regulator")
    holders = HolderSerializer(
        many=True,
        allow_null=True,
        help_text="For its maker and the regulator; at most 1,000, those that have not answered first",
    )

    whereabouts = WhereaboutsSerializer(
        many=True, allow_null=True, help_text="For its maker and the regulator; at most 1,000, the largest first"
    )

    class Meta(RecallSerializer.Meta):
        fields = [*RecallSerializer.Meta.fields, "envelope", "yours", "effectiveness", "holders", "whereabouts"]
