"""Acts signed with a key that never leaves its party: draft, look, sign, hand in.

Every act takes `?draft=true`: nothing is done then, and the answer holds the statements to be signed, each with the
event and the secret from which the client can compute for itself that the statement says what the event says.
"""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response

from ledger.envelope import Signature
from supplychain.acts import Actor, Refused
from supplychain.api.acts import DoneSerializer
from supplychain.api.base import PartyView, validated
from supplychain.api.declared import answer_response
from supplychain.api.draft_body import DraftSerializer
from supplychain.api.signing_keys import SignatureSerializer
from supplychain.models import Draft
from supplychain.usecases.sign_draft import sign_draft


class SignaturesSerializer(serializers.Serializer[Any]):
    signatures = serializers.ListField(child=SignatureSerializer(), min_length=1, max_length=100)


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
