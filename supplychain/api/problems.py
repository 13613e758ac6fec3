"""Every error of the API as RFC 9457 problem details: `application/problem+json` with a stable `code`.

    {"type": "urn:medtrail:problem:NOT_HOLDER", "title": "Not holder", "status": 409, "code": "NOT_HOLDER",
     "detail": "It is not in your custody",
     "reasons": [{"code": "NOT_HOLDER", "epc": "https://id.gs1.org/01/…", "text": "It is not in your custody"}],
     "errors": [{"field": "receiver", "code": "required", "text": "This field is required."}]}

`reasons` are those of a refused act, one for each bad item; `errors` are those of the request's fields.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from ledger.errors import LedgerError
from supplychain.acts import SHOWN_REASONS, Refused
from supplychain.api.refusals import status_of
from supplychain.gs1.errors import GS1Error

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:medtrail:problem:"
RETRY_SECONDS = 1

log = structlog.get_logger(__name__)


def problem_response(exc: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. None: a fault of ours becomes a 500, with its trace logged."""
    body, headers = problem_of(exc)
    if body is None:
        return None
    set_rollback()
    if body["status"] >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        log.error("problem", code=body["code"], error=str(exc))
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def problem_of(exc: Exception) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """The body of the answer and its extra headers; (None, {}) for what is a fault of ours."""
    match exc:
        case Refused():
            return refusal(exc), retry_after(status_of(exc.code))
        case GS1Error() | LedgerError():
            return problem(status_of(exc.code), exc.code, str(exc)), {}
        case exceptions.ValidationError():
            return invalid_fields(exc), {}
        case exceptions.APIException():
            return of_framework(exc), headers_of(exc)
        case Http404():
            return problem(HTTPStatus.NOT_FOUND, "NOT_FOUND", str(exc) or "There is nothing at this address"), {}
        case PermissionDenied():
            return problem(HTTPStatus.FORBIDDEN, "FORBIDDEN", str(exc) or "You may not do this"), {}
        case SuspiciousOperation():
            # RequestDataTooBig, TooManyFieldsSent and their like: the client's doing.
            return problem(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", str(exc)), {}
        case OperationalError() | InterfaceError():
            text = "The database is busy; nothing was stored, try again"
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, "BUSY", text), retry_after(HTTPStatus.SERVICE_UNAVAILABLE)
    return None, {}


def problem(status_code: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": TYPE_PREFIX + code,
        "title": code.replace("_", " ").capitalize(),
        "status": int(status_code),
        "detail": detail,
        "code": code,
        "reasons": [],
        "errors": [],
        **more,
    }


def refusal(refused: Refused) -> dict[str, Any]:
    reasons = [{"code": one.code, "epc": one.epc, "text": one.text} for one in refused.breaches[:SHOWN_REASONS]]
    detail = refused.breaches[0].text
    if (others := len(refused.breaches) - 1) > 0:
        detail += f" (and {others} more reason{'s' if others > 1 else ''})"
    return problem(status_of(refused.code), refused.code, detail, reasons=reasons)


def invalid_fields(exc: exceptions.ValidationError) -> dict[str, Any]:
    errors = list(flat_errors(exc.get_full_details()))
    # "receiver: This field is required." and not the sentence alone.
    detail = "; ".join(f"{one['field']}: {one['text']}" if one["field"] else one["text"] for one in errors[:3])
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "INVALID_FIELDS", detail, errors=errors[:SHOWN_REASONS])


def flat_errors(details: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """REST framework's nest of dictionaries and lists as one line for each error, the field as a dotted path."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {"field": ".".join(path), "code": str(details["code"]), "text": str(details["message"])}
    elif isinstance(details, dict):
        for key, inner in details.items():
            yield from flat_errors(inner, path if key == "non_field_errors" else (*path, str(key)))
    elif isinstance(details, list):
        for inner in details:
            yield from flat_errors(inner, path)


CODES = {
    exceptions.ParseError: "MALFORMED_BODY",
    exceptions.NotAuthenticated: "NOT_AUTHENTICATED",
    exceptions.UnsupportedMediaType: "UNSUPPORTED_MEDIA_TYPE",
    exceptions.MethodNotAllowed: "METHOD_NOT_ALLOWED",
    exceptions.NotAcceptable: "NOT_ACCEPTABLE",
    exceptions.NotFound: "NOT_FOUND",
    exceptions.PermissionDenied: "FORBIDDEN",
    exceptions.Throttled: "TOO_MANY_REQUESTS",
}


def of_framework(exc: exceptions.APIException) -> dict[str, Any]:
    given = getattr(exc.detail, "code", "")
    # Codes of our own are in capitals; the framework's are words like "permission_denied".
    code = given if given.isupper() else CODES.get(type(exc), str(exc.default_code).upper())
    return problem(exc.status_code, code, str(exc.detail))


def headers_of(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if auth_header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(exc, "wait", None):
        headers["Retry-After"] = str(max(1, int(wait + 0.999)))
    return headers


def retry_after(status_code: int) -> dict[str, str]:
    return {"Retry-After": str(RETRY_SECONDS)} if status_code == HTTPStatus.SERVICE_UNAVAILABLE else {}


def unknown_address(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """What no view of the API answers to: the same problem details instead of a page for people."""
    body = problem(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"There is nothing at {request.path}")
    return JsonResponse(body, status=HTTPStatus.NOT_FOUND, content_type=MEDIA_TYPE)
