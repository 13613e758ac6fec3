"""Every error of the EPCIS interface as an answer; the bodies are made in `repository.faults`."""

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ledger.errors import LedgerError
from supplychain.acts import Refused
from supplychain.epcis.errors import EPCISError
from supplychain.gs1.errors import GS1Error
from supplychain.repository.faults import problem, problem_of

MEDIA_TYPE = "application/problem+json"
log = structlog.get_logger(__name__)


class Problem(Exception):
    """An answer that is an error: the body is at hand. Raise it from anywhere inside a view."""

    def __init__(self, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(body["detail"])
        self.body = body
        self.status = int(body["status"])
        self.headers = headers or {}

    @classmethod
    def of(cls, kind: str, detail: str, *, status: int | None = None, **more: Any) -> "Problem":
        return cls(problem(kind, detail, status=status, **more))


# --- REST framework ---------------------------------------------------------------------------------------------------


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of these views. None: a fault of ours becomes a 500, with its trace logged."""
    found = as_problem(exc)
    if found is None:
        log.exception("epcis_fault", error=type(exc).__name__)
        found = Problem.of("Implementation", "Something went wrong here; the operator has been told")
    set_rollback()
    return Response(found.body, status=found.status, headers=found.headers, content_type=MEDIA_TYPE)


def as_problem(exc: Exception) -> Problem | None:
    match exc:
        case Problem():
            return exc
        case EPCISError() | Refused() | GS1Error() | LedgerError():
            return Problem(problem_of(exc))
        case exceptions.APIException():
            return _of_framework(exc)
        case Http404():
            return Problem.of("NoSuchResource", str(exc) or "There is nothing at this address")
        case PermissionDenied():
            return Problem.of("Security", str(exc) or "You may not do this", status=HTTPStatus.FORBIDDEN)
        case SuspiciousOperation():
            return Problem.of("Validation", str(exc))
        case OperationalError() | InterfaceError():
            busy = problem(
                "Implementation",
                "The database is busy; nothing was stored, try again",
                status=HTTPStatus.SERVICE_UNAVAILABLE,
            )
            return Problem(busy, {"Retry-After": "1"})
    return None


_OF_FRAMEWORK: dict[type[exceptions.APIException], str] = {
    exceptions.AuthenticationFailed: "Security",
    exceptions.NotAuthenticated: "Security",
    exceptions.PermissionDenied: "Security",
    exceptions.NotFound: "NoSuchResource",
    exceptions.MethodNotAllowed: "MethodNotAllowed",
    exceptions.NotAcceptable: "NotAcceptable",
    exceptions.UnsupportedMediaType: "UnsupportedMediaType",
    exceptions.Throttled: "TooManyRequests",
}


def _of_framework(exc: exceptions.APIException) -> Problem:
    kind = _OF_FRAMEWORK.get(type(exc), "Validation")
    headers = {}
    if challenge := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(max(1, int(wait + 0.999)))
    return Problem(problem(kind, str(exc.detail), status=exc.status_code), headers)


def unknown_address(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """What no view of the interface answers to."""
    body = problem("NoSuchResource", f"There is nothing at {request.path[:200]}")
    return JsonResponse(body, status=HTTPStatus.NOT_FOUND, content_type=MEDIA_TYPE)
