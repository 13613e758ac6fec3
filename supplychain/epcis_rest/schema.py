"""How the description of the API speaks of EPCIS: the standard's own documents are named, not written out again."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from supplychain.api.schema import ApiSchema
from supplychain.epcis.formats import EpcFormat, WordFormat

OBJECT = {"type": "object", "additionalProperties": True}
SCHEMA_URL = "https://ref.gs1.org/standards/epcis/epcis-json-schema.json"


def _document(what: str, kind: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"{what}. Schema: {SCHEMA_URL}",
        "required": ["@context", "type"],
        "properties": {"@context": {}, "type": {"type": "string", "const": kind}},
        "additionalProperties": True,
    }


DOCUMENT = {
    "application/json": {"type": "object", "description": f"An EPCISDocument or EPCISQueryDocument. {SCHEMA_URL}"},
    "application/ld+json": OBJECT,
    "application/xml": {"type": "string", "description": "An EPCIS 2.0 or 1.2 document"},
}
EVENT = {"application/json": {"type": "object", "description": f"A bare event with its @context. {SCHEMA_URL}"}}
QUERY_DOCUMENT = _document("The events", "EPCISQueryDocument")
COLLECTION = {
    "type": "object",
    "required": ["@context", "type", "member"],
    "properties": {
        "@context": {},
        "type": {"type": "string", "const": "Collection"},
        "member": {"type": "array", "items": {"type": "string"}},
    },
}
_NAMED_QUERY = {
    "type": "object",
    "required": ["name", "query"],
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]*$"},
        "query": {"type": "object", "additionalProperties": True, "description": "The EPCIS query language as JSON"},
    },
    "additionalProperties": False,
}
NAMED_QUERY: Any = {"application/json": _NAMED_QUERY}
SUBSCRIPTION: Any = {
    "application/json": {
        "type": "object",
        "required": ["dest"],
        "properties": {
            "dest": {"type": "string", "format": "uri"},
            "signatureToken": {"type": "string", "maxLength": 200},
            "stream": {"type": "boolean"},
            "schedule": {
                "type": "object",
                "properties": {
                    name: {"type": "string"}
                    for name in ("second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek")
                },
                "additionalProperties": False,
            },
            "reportIfEmpty": {"type": "boolean"},
            "initialRecordTime": {"type": "string", "format": "date-time"},
        },
        "additionalProperties": False,
    }
}


def _header(name: str, description: str, values: list[str] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description, enum=values)


_SPELLING = _header("GS1-EPC-Format", "How EPCs are spelt in the answer", [one.value for one in EpcFormat])
CAPTURE_HEADERS = [
    _header(
        "GS1-Capture-Error-Behaviour", "All or nothing (the default), or whatever is right", ["rollback", "proceed"]
    ),
    _header("GS1-EPCIS-Version", "2.0"),
    _header("GS1-CBV-Version", "2.0"),
]
READ_HEADERS = [
    _SPELLING,
    _header("GS1-CBV-XML-Format", "How words are spelt in XML", [one.value for one in WordFormat]),
]
PAGE = [
    OpenApiParameter("perPage", OpenApiTypes.INT, description="At most so many on a page; 30 unless told"),
    OpenApiParameter("nextPageToken", OpenApiTypes.STR, description="From the `Link` header of the page before"),
]
READ_PAGE = [*PAGE, *READ_HEADERS]
_TEXTS = (
    "EQ_bizStep",
    "EQ_disposition",
    "MATCH_epc",
    "MATCH_anyEPC",
    "MATCH_epcClass",
    "EQ_readPoint",
    "EQ_bizLocation",
)
_TIMES = ("GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime")
QUERY = [
    *READ_PAGE,
    OpenApiParameter("eventType", OpenApiTypes.STR, description="One or more, with | between them"),
    *(OpenApiParameter(name, OpenApiTypes.STR, description="One or more, with | between them") for name in _TEXTS),
    *(OpenApiParameter(name, OpenApiTypes.DATETIME) for name in _TIMES),
    OpenApiParameter("orderBy", OpenApiTypes.STR, description="eventTime (the default), recordTime, or an extension"),
    OpenApiParameter("orderDirection", OpenApiTypes.STR, enum=["ASC", "DESC"]),
    OpenApiParameter("eventCountLimit", OpenApiTypes.INT),
    OpenApiParameter("maxEventCount", OpenApiTypes.INT),
]


class EpcisProblemSerializer(serializers.Serializer[Any]):
    """RFC 7807 problem details under an exception type of EPCIS 2.0."""

    type = serializers.CharField(help_text="epcisException:…")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(required=False, help_text="Of a refused act: stable, for programs")
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), required=False, help_text="path, value, expected and code of each thing"
    )


class CaptureJobSerializer(serializers.Serializer[Any]):
    captureID = serializers.UUIDField()  # noqa: N815 - the standard's names
    createdAt = serializers.DateTimeField()  # noqa: N815
    finishedAt = serializers.DateTimeField(required=False)  # noqa: N815
    running = serializers.BooleanField()
    success = serializers.BooleanField()
    captureErrorBehaviour = serializers.ChoiceField(["rollback", "proceed"])  # noqa: N815
    errors = EpcisProblemSerializer(many=True)  # type: ignore[assignment]


class SubscriptionSerializer(serializers.Serializer[Any]):
    subscriptionID = serializers.UUIDField()  # noqa: N815
    dest = serializers.CharField()
    createdAt = serializers.DateTimeField()  # noqa: N815
    lastNotifiedAt = serializers.DateTimeField(required=False)  # noqa: N815
    initialRecordTime = serializers.DateTimeField(required=False)  # noqa: N815
    stream = serializers.BooleanField(required=False)
    schedule = serializers.DictField(child=serializers.CharField(), required=False)
    reportIfEmpty = serializers.BooleanField()  # noqa: N815
    epcFormat = serializers.CharField()  # noqa: N815
    failures = serializers.IntegerField(help_text="Messages in a row that nobody took")
    lastError = serializers.CharField(allow_blank=True)  # noqa: N815


class EpcisSchema(ApiSchema):
    """The problems of this interface, and names for the operations of the six collections."""

    problem = EpcisProblemSerializer
    described = {
        "400": "The document, the event or the query is not as the standard has it.",
        "401": "No credentials, or wrong or revoked ones.",
        "403": "Not allowed to this caller.",
        "404": "There is no such thing, or none that this caller may see.",
        "406": "No form of the answer that the client accepts, or no version in common.",
        "409": "It is there already.",
        "413": "More than the announced limits, or than the query allows.",
        "414": "The address is too long.",
        "415": "Neither JSON nor XML.",
        "429": "Too many requests; `Retry-After` says when to come back.",
        "501": "Not offered here.",
        "503": "Busy or out of order for a moment; nothing was stored.",
    }

    def problem_statuses(self) -> list[str]:
        always = ["400", "401", "403", "404", "406", "413", "414", "429", "503"]
        return always if self.method == "GET" else [*always, "409", "415"]

    def get_operation_id(self) -> str:
        named: str = getattr(self.view, "operation", "")
        return named or str(super().get_operation_id())
