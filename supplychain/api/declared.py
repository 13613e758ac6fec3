"""How statements that are no events answer: what they led to, and whose signatures are still awaited."""

from typing import Any

from rest_framework import serializers, status
from rest_framework.response import Response

from ledger.models import Entry
from ledger.queries import PENDING, proof_states
from supplychain.acts import Done
from supplychain.api.acts import done_response
from supplychain.api.schema import IDEMPOTENCY_KEY
from supplychain.declaring import Declared


class StatementSerializer(serializers.Serializer[Entry]):
    """Where the statement stands in the log; null as long as it waits for signatures."""

    kind = serializers.CharField()
    entry_id = serializers.SerializerMethodField(help_text="The statement's name in the log: 64 hex digits")
    proof_state = serializers.SerializerMethodField()

    def get_entry_id(self, entry: Entry) -> str:
        return bytes(entry.entry_id).hex()

    def get_proof_state(self, entry: Entry) -> str:
        return proof_states([entry.pk]).get(entry.pk, PENDING)


class DeclaredSerializer(serializers.Serializer[Declared]):
    statement = StatementSerializer(source="entry", allow_null=True)
    proposal = serializers.IntegerField(source="proposal.pk", allow_null=True, default=None)
    recall = serializers.IntegerField(source="recall.pk", allow_null=True, default=None)
    report = serializers.IntegerField(source="report.pk", allow_null=True, default=None)
    missing = serializers.CharField(help_text="Whose signatures are awaited; empty once it is in the log")
    replayed = serializers.BooleanField(help_text="Whether this request had been done before")


def declared_response(done: Declared) -> Response:
    """201 for a new statement or signature, 200 for one that was given before."""
    return Response(
        DeclaredSerializer(done).data, status=status.HTTP_200_OK if done.replayed else status.HTTP_201_CREATED
    )


def answer_response(done: Done | Declared) -> Response:
    """Whatever a draft was for."""
    return declared_response(done) if isinstance(done, Declared) else done_response(done)


def declaration_schema(operation_id: str, summary: str, request: Any) -> dict[str, Any]:
    """The arguments of `extend_schema` for a statement that is no event."""
    return {
        "operation_id": operation_id,
        "summary": summary,
        "request": request,
        "parameters": [IDEMPOTENCY_KEY],
        "responses": {201: DeclaredSerializer, 200: DeclaredSerializer},
    }
