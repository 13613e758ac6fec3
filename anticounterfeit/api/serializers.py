"""The shape of a verification, for the OpenAPI description. `answers.answer_of` makes it."""

from typing import Any

from rest_framework import serializers

from anticounterfeit.queries import Concern
from anticounterfeit.verdict import Severity


class VerdictSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable; see the table in anticounterfeit/verdict.py")
    severity = serializers.ChoiceField([one.value for one in Severity])
    alert = serializers.CharField(allow_null=True, help_text="EMVS alert code: A2, A3, A52, A68")
    title = serializers.CharField()
    sentence = serializers.CharField()
    action = serializers.CharField()
    reason = serializers.CharField(allow_null=True, help_text="Which part of the code could not be read")


class ClaimSerializer(serializers.Serializer[Any]):
    gtin = serializers.CharField(required=False)
    lot_number = serializers.CharField(allow_null=True, required=False)
    serial_number = serializers.CharField(allow_null=True, required=False)
    expiry = serializers.DateField(allow_null=True, required=False)
    sscc = serializers.CharField(required=False, help_text="Instead of all others, for a logistic unit")


class VerifiedProductSerializer(serializers.Serializer[Any]):
    gtin = serializers.CharField()
    name = serializers.CharField()
    generic_name = serializers.CharField()
    strength = serializers.CharField()
    form = serializers.CharField()
    manufacturer = serializers.CharField()


class VerifiedBatchSerializer(serializers.Serializer[Any]):
    lot_number = serializers.CharField()
    expiry = serializers.DateField()
    state = serializers.CharField()


class VerifiedRecallSerializer(serializers.Serializer[Any]):
    action = serializers.CharField(help_text="recall or withdrawal")
    severity = serializers.IntegerField(help_text="1 to 3, 1 the worst")
    depth = serializers.CharField(help_text="wholesale, pharmacy or consumer")
    reason = serializers.CharField()
    text = serializers.CharField(help_text="The words of whoever called it back")
    in_force_at = serializers.DateTimeField()
    entry = serializers.URLField()


class StepPartySerializer(serializers.Serializer[Any]):
    role = serializers.CharField()
    country = serializers.CharField()
    name = serializers.CharField(required=False, help_text="Only for the parties of the step and the regulator")


class ProofSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(["pending", "sealed", "published"])
    block = serializers.IntegerField(allow_null=True)
    entry = serializers.URLField()


class StepSerializer(serializers.Serializer[Any]):
    biz_step = serializers.CharField(help_text="CBV 2.0 business step")
    text = serializers.CharField()
    day = serializers.DateField()
    concerns = serializers.ChoiceField(
        [one.value for one in Concern], help_text="The pack or unit itself, its contents, or a unit around it"
    )
    by = StepPartySerializer()
    to = StepPartySerializer(allow_null=True)
    is_answered = serializers.BooleanField(allow_null=True, help_text="Shipments: the addressee stated the receipt")
    proof = ProofSerializer()


class CheckpointSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    signed_at = serializers.DateTimeField()
    cosigners = serializers.ListField(child=serializers.CharField(), help_text="Witnesses; empty: unwitnessed")
    witnessed = serializers.BooleanField(help_text="Somebody besides the log's operator has signed it")
    quorum = serializers.CharField(help_text="The group of witnesses that the log's policy asks for, or none")
    cosigned_at = serializers.DateTimeField(allow_null=True, help_text="Newest cosignature: current as of then")


class VerificationSerializer(serializers.Serializer[Any]):
    verdict = VerdictSerializer()
    claim = ClaimSerializer(allow_null=True)
    product = VerifiedProductSerializer(allow_null=True)
    batch = VerifiedBatchSerializer(allow_null=True)
    recalls = VerifiedRecallSerializer(many=True, help_text="In force, and concerning this pack")
    steps = StepSerializer(many=True)
    checkpoint = CheckpointSerializer(allow_null=True)
    pedigree = serializers.URLField(allow_null=True)
