"""Signing keys over HTTP: what a party has, and what it brings in, replaces and ends."""

from base64 import b64decode
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response

from ledger.envelope import Signature, raw_to_der, to_low_s
from ledger.errors import VerificationError
from ledger.models import Key
from supplychain.api.base import PartyView, party_of, registered, validated
from supplychain.key_queries import KeyLine, keys_of
from supplychain.usecases.admit_key import admit_key
from supplychain.usecases.revoke_key import revoke_key
from supplychain.usecases.rotate_key import Rotation, rotate_key

KEYID = r"^[0-9a-f]{64}$"


class SignatureSerializer(serializers.Serializer[Any]):
    keyid = serializers.RegexField(KEYID, help_text="SHA-256 of the key's SubjectPublicKeyInfo, in hex")
    sig = serializers.CharField(max_length=200, help_text="ECDSA P-256/SHA-256 in base64: DER, or 64 bytes r ‖ s")

    def validate_sig(self, text: str) -> bytes:
        return read_signature(text)


class PayloadField(serializers.CharField):
    """The bytes of a key statement, in base64."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=4_000, **more)

    def to_internal_value(self, data: Any) -> Any:
        try:
            return b64decode(super().to_internal_value(data), validate=True)
        except ValueError as error:
            raise serializers.ValidationError("Expected base64") from error


class KeyRequestSerializer(SignatureSerializer):
    payload = PayloadField(help_text="The registration that the key signs, in base64")


class SignedStatementSerializer(serializers.Serializer[Any]):
    payload = PayloadField(help_text="The statement as `medtrail-sign` made it, in base64")
    signatures = serializers.ListField(child=SignatureSerializer(), min_length=1, max_length=2)


class RotationSerializer(serializers.Serializer[Any]):
    keyid = serializers.RegexField(KEYID, help_text="The key to replace")
    signed = SignedStatementSerializer(
        required=False,
        allow_null=True,
        default=None,
        help_text="Signed by the new key and, unless it is managed, the old one; null: both are managed",
    )


class RevocationSerializer(serializers.Serializer[Any]):
    keyid = serializers.RegexField(KEYID, help_text="The key that ends")
    reason = serializers.CharField(max_length=200, help_text="For everybody to read, for ever")
    invalid_from = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=0,
        max_value=2**53 - 1,
        help_text="Log index since when somebody else may have used it",
    )
    signed = SignedStatementSerializer(
        required=False, allow_null=True, default=None, help_text="null: a managed key of yours signs"
    )


class KeySerializer(serializers.ModelSerializer[Key]):
    class Meta:
        model = Key
        fields = ["keyid", "party", "custody"]


class KeyLineSerializer(serializers.Serializer[KeyLine]):
    keyid = serializers.CharField(source="key.keyid")
    custody = serializers.CharField(source="key.custody")
    state = serializers.ChoiceField(["waiting", "active", "revoked"])
    signs = serializers.BooleanField(help_text="Whether the party signs with it by default")
    index = serializers.IntegerField(allow_null=True, help_text="From here in the log on it counts")
    ended_at = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(source="key.reason")
    invalid_from = serializers.IntegerField(source="key.invalid_from", allow_null=True)


class KeyLinesSerializer(serializers.Serializer[Any]):
    keys = KeyLineSerializer(many=True)


class KeysView(PartyView):
    @extend_schema(operation_id="keys_list", summary="A party's signing keys", responses=KeyLinesSerializer)
    def get(self, request: HttpRequest, gln: str) -> Response:
        """Every key it ever had, newest first. Keys are public: whoever verifies a statement needs them."""
        return Response(KeyLinesSerializer({"keys": keys_of(party_of(gln))}).data)

    @extend_schema(
        operation_id="keys_create",
        summary="Admit a party's own key",
        request=KeyRequestSerializer,
        responses={201: KeySerializer},
    )
    def post(self, request: HttpRequest, gln: str) -> Response:
        """For authorities: what the party made with `medtrail-sign request-key`. Check first who gave it to you."""
        body = validated(KeyRequestSerializer, request)
        signature = Signature(body["keyid"], body["sig"])
        key = admit_key(actor=self.actor, party=party_of(gln), payload=body["payload"], signature=signature)
        return registered(KeySerializer(key).data, is_new=True)


class RotationsView(PartyView):
    @extend_schema(
        operation_id="keys_rotate",
        summary="Replace a signing key of yours",
        request=RotationSerializer,
        responses={201: KeySerializer},
    )
    def post(self, request: HttpRequest) -> Response:
        """The new key signs for you from now on, the old one has ended. `medtrail-sign rotate-key` makes `signed`."""
        body = validated(RotationSerializer, request)
        key = rotate_key(actor=self.actor, keyid=body["keyid"], rotation=rotation_of(body["signed"]))
        return registered(KeySerializer(key).data, is_new=True)


class RevocationsView(PartyView):
    @extend_schema(
        operation_id="keys_revoke",
        summary="End a signing key",
        request=RevocationSerializer,
        responses={201: KeySerializer},
    )
    def post(self, request: HttpRequest) -> Response:
        """One of yours; for authorities any. It never comes back."""
        body = validated(RevocationSerializer, request)
        key = revoke_key(
            actor=self.actor,
            keyid=body["keyid"],
            reason=body["reason"],
            invalid_from=body["invalid_from"],
            signed=rotation_of(body["signed"]),
        )
        return registered(KeySerializer(key).data, is_new=True)


def rotation_of(signed: dict[str, Any] | None) -> Rotation | None:
    if signed is None:
        return None
    return Rotation(signed["payload"], [Signature(one["keyid"], one["sig"]) for one in signed["signatures"]])


def read_signature(text: str) -> bytes:
    """A signature as clients send it, in the one form that the log takes: WebCrypto gives r ‖ s, often high-S."""
    try:
        data = b64decode(text, validate=True)
        return to_low_s(raw_to_der(data) if len(data) == 64 else data)
    except (ValueError, VerificationError) as error:
        raise serializers.ValidationError(f"Expected base64 of an ECDSA signature: {error}") from error
