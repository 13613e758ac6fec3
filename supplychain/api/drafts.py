"""Acts signed with a key that never leaves its party: draft, look, sign, hand in.

Every act takes `?draft=true`: nothing is done then, and the answer holds the statements to be signed, each with the
event and the secret from which the client can compute for itself that the statement says what the event says.
"""

from base64 import b64decode
from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response

from ledger.envelope import Signature, raw_to_der, to_low_s
from ledger.errors import VerificationError
from ledger.models import Key
from supplychain.acts import Actor, Refused
from supplychain.api.acts import DoneSerializer
from supplychain.api.base import PartyView, party_of, registered, validated
from supplychain.api.declared import answer_response
from supplychain.api.draft_body import DraftSerializer
from supplychain.models import Draft
from supplychain.usecases.admit_key import admit_key
from supplychain.usecases.sign_draft import sign_draft


class SignatureSerializer(serializers.Serializer[Any]):
    keyid = serializers.RegexField(r"^[0-9a-f]{64}$", help_text="SHA-256 of the key's SubjectPublicKeyInfo, in hex")
    sig = serializers.CharField(max_length=200, help_text="ECDSA P-256/SHA-256 in base64: DER, or 64 bytes r ‖ s")

    def validate_sig(self, text: str) -> bytes:
        return read_signature(text)


class SignaturesSerializer(serializers.Serializer[Any]):
    signatures = serializers.ListField(child=SignatureSerializer(), min_length=1, max_length=100)


class KeyRequestSerializer(SignatureSerializer):
    payload = serializers.CharField(max_length=4_000, help_text="The registration that the key signs, in base64")

    def validate_payload(self, text: str) -> bytes:
        try:
            return b64decode(text, validate=True)
        except ValueError as error:
            raise serializers.ValidationError("Expected base64") from error


class KeySerializer(serializers.ModelSerializer[Key]):
    class Meta:
        model = Key
        fields = ["keyid", "party", "custody"]


class KeysView(PartyView):
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


class DraftView(PartyView):
    @extend_schema(operation_id="drafts_retrieve", summary="A draft of yours", responses=DraftSerializer)
    def get(self, request: HttpRequest, pk: Any) -> Response:
        """What is to be signed, as long as the draft is valid."""
        return Response(DraftSerializer(find_draft(self.actor, pk)).data)

    @extend_schema(
        operation_id="drafts_sign",
        summary="Hand in the signatures of a draft",
        request=SignaturesSerializer,
        responses={
            201: OpenApiResponse(DoneSerializer, "Stored."),
            200: OpenApiResponse(DoneSerializer, "This request had been done before; here is the first answer again."),
        },
    )
    def post(self, request: HttpRequest, pk: Any) -> Response:
        """Do what was drafted. The act runs again; if anything changed since, nothing is done and you draft anew."""
        body = validated(SignaturesSerializer, request)
        signatures = [Signature(one["keyid"], one["sig"]) for one in body["signatures"]]
        return answer_response(sign_draft(actor=self.actor, draft_id=pk, signatures=signatures))


def find_draft(actor: Actor, pk: Any) -> Draft:
    draft = Draft.objects.filter(pk=pk, party=actor.party).first()
    if draft is None:
        raise Refused.because("UNKNOWN_DRAFT", f"There is no draft {pk} of yours")
    return draft


def read_signature(text: str) -> bytes:
    """A signature as clients send it, in the one form that the log takes: WebCrypto gives r ‖ s, often high-S."""
    try:
        data = b64decode(text, validate=True)
        return to_low_s(raw_to_der(data) if len(data) == 64 else data)
    except (ValueError, VerificationError) as error:
        raise serializers.ValidationError(f"Expected base64 of an ECDSA signature: {error}") from error
