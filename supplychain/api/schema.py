"""What every operation's description has in common: the problems that it can answer with, and the header of acts."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from supplychain.api.problems import MEDIA_TYPE

IDEMPOTENCY_KEY = OpenApiParameter(
    name="Idempotency-Key",
    location=OpenApiParameter.HEADER,
    required=False,
    type={"type": "string", "minLength": 1, "maxLength": 200},
    description=(
        "Any text of yours that names this one wish. The same key again gives the first answer again (status 200, "
        "`replayed` true) and changes nothing; the same key with another wish is refused (REQUEST_REUSED)."
    ),
)

PLACE = OpenApiParameter(
    name="place",
    required=False,
    type={"type": "string", "pattern": "^[0-9]{13}$"},
    description="GLN of the site of yours where it happens; your first one unless told.",
)

DESCRIPTIONS = {
    "400": "The body cannot be read as JSON.",
    "401": "No credentials, or wrong or revoked ones.",
    "403": "Not allowed to this caller: its role, another's goods, or a missing CSRF token.",
    "404": "There is no such thing, or none that this caller may see.",
    "409": "The state of the goods, or an earlier act, stands against it.",
    "413": "The body is too large.",
    "415": "The body is not declared as application/json.",
    "422": "A value that is missing, of another type, or not what the standards allow.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "503": "Busy or out of order for a moment; nothing was stored.",
}
OF_BODIES = ("400", "409", "413", "415", "422")


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable, for programs")
    epc = serializers.CharField(allow_blank=True, help_text="The item it is about, as it is known here; may be empty")
    text = serializers.CharField(help_text="For people")


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True, help_text="Dotted path into the request; empty: the whole of it")
    code = serializers.CharField()
    text = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details."""

    type = serializers.CharField(help_text="urn:medtrail:problem:<code>")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable, for programs")
    reasons = ReasonSerializer(many=True, help_text="Why an act was refused, one for each bad item, at most 100")
    # `errors` is also what a serializer calls its own findings; this one never reads a request.
    errors = FieldErrorSerializer(many=True, help_text="What is wrong with the fields")  # type: ignore[assignment]


class ApiSchema(AutoSchema):
    """Adds the problem responses to each operation, so that no view has to repeat them."""

    problem: type[serializers.Serializer[Any]] = ProblemSerializer
    described = DESCRIPTIONS

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self.problem_statuses():
            answer = OpenApiResponse(self.problem, self.described[status])
            described = self._get_response_for_code(answer, status, [MEDIA_TYPE], direction)  # type: ignore[no-untyped-call]
            bodies.setdefault(status, described)
        for body in bodies.values():
            body["description"] = body["description"] or "Done."
        return dict(sorted(bodies.items()))

    def problem_statuses(self) -> list[str]:
        statuses = ["422", "429", "503"] if self.method == "GET" else ["404", "429", "503", *OF_BODIES]
        if "{" in self.path or "lookup" in self.path:
            statuses.append("404")
        # drf-spectacular writes {} for "also without signing in".
        if {} not in self.get_auth():
            statuses += ["401", "403"]
        return statuses


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description speaks of API keys; drf-spectacular finds this class by itself."""

    target_class = "supplychain.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "mt_<prefix>_<secret>",
            "description": "A key made by `manage.py create_api_key`; it acts for one party.",
        }
