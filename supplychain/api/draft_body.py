"""A draft as the API shows it."""

from typing import Any

from rest_framework import serializers

from supplychain.models import Draft


class DraftStatementSerializer(serializers.Serializer[Any]):
    payload = serializers.CharField(help_text="The bytes to sign, in base64: sign DSSE's PAE over them")
    event = serializers.DictField(help_text="The event that the statement commits to")
    secret = serializers.CharField(help_text="The event's 32-byte secret, in hex; with it the client can check that")


class DraftSerializer(serializers.ModelSerializer[Draft]):
    statements = DraftStatementSerializer(many=True)

    class Meta:
        model = Draft
        fields = ["id", "act", "event_time", "expires_at", "statements"]
