"""What is wrong with an event, a document or a query, as RFC 7807 problem details under the standard's exception types.

    {"type": "epcisException:ValidationException", "title": "EPCIS validation exception", "status": 400,
     "detail": "epcisBody.eventList[3].bizStep 'transforming': expected a business step of CBV 2.0 or a URI",
     "errors": [{"path": "epcisBody.eventList[3].bizStep", "value": "'transforming'", "expected": "…", "code": "WORD"}]}

`type` and `title` are the standard's; `errors` is ours, one member for each thing that is wrong, at most 100. What an
act refuses comes with the refusal's stable code.

Source: EPCIS 2.0 section 12.6; RFC 7807.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from ledger.errors import LedgerError
from supplychain.acts import Refused
from supplychain.epcis.errors import EPCISError, show
from supplychain.gs1.errors import GS1Error

SHOWN_ERRORS = 100

# The standard's exceptions: status and title.
KINDS: dict[str, tuple[HTTPStatus, str]] = {
    "Validation": (HTTPStatus.BAD_REQUEST, "EPCIS validation exception"),
    "QueryValidation": (HTTPStatus.BAD_REQUEST, "EPCIS query exception"),
    "QueryParameter": (HTTPStatus.BAD_REQUEST, "EPCIS query parameter exception"),
    "SubscriptionControls": (HTTPStatus.BAD_REQUEST, "Subscription controls exception"),
    "Security": (HTTPStatus.UNAUTHORIZED, "Unauthorised request"),
    "NoSuchResource": (HTTPStatus.NOT_FOUND, "Resource not found"),
    "NoSuchName": (HTTPStatus.NOT_FOUND, "No such name"),
    "MethodNotAllowed": (HTTPStatus.METHOD_NOT_ALLOWED, "Method not allowed"),
    "NotAcceptable": (HTTPStatus.NOT_ACCEPTABLE, "Conflicting request and response headers"),
    "ResourceAlreadyExists": (HTTPStatus.CONFLICT, "Resource already exists"),
    "CaptureLimitExceeded": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Capture payload too large"),
    "QueryTooLarge": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Query result too large"),
    "QueryTooComplex": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Query too complex"),
    "URITooLong": (HTTPStatus.REQUEST_URI_TOO_LONG, "URI too long"),
    "UnsupportedMediaType": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Unsupported media type"),
    "TooManyRequests": (HTTPStatus.TOO_MANY_REQUESTS, "Too many requests"),
    "Implementation": (HTTPStatus.INTERNAL_SERVER_ERROR, "A server-side error occurred"),
}
# Codes of refusals that are no matter of what the event says.
_KIND_OF_CODE = {"EVENT_EXISTS": "ResourceAlreadyExists"}
_FORBIDDEN = frozenset(
    {"DUTY_MISSING", "SCOPE_MISSING", "NOT_ADMITTED", "NOT_AUTHOR", "KEY_NOT_MANAGED", "KEY_REVOKED"}
)


def problem(kind: str, detail: str, *, status: int | None = None, **more: Any) -> dict[str, Any]:
    """The body for an exception of the standard; `kind` is a key of KINDS."""
    usual, title = KINDS[kind]
    return {
        "type": f"epcisException:{kind}Exception",
        "title": title,
        "status": int(status or usual),
        "detail": detail,
        **more,
    }


def problem_of(fault: Exception, path: str = "") -> dict[str, Any]:
    """The problem with the event at `path`."""
    match fault:
        case EPCISError():
            return invalid(fault.under(path).all if path and not fault.path.startswith(path) else fault.all)
        case Refused():
            return refused(fault, path)
        case GS1Error() | LedgerError():
            text = f"{path}: {fault}" if path else str(fault)
            error = {"path": path, "value": "", "expected": str(fault), "code": fault.code}
            kind, status = ("Security", HTTPStatus.FORBIDDEN) if fault.code in _FORBIDDEN else ("Validation", None)
            return problem(kind, text, status=status, code=fault.code, errors=[error])
    raise TypeError(f"{fault!r}: expected what a guard or a reader raises")


def invalid(errors: Iterable[EPCISError], kind: str = "Validation") -> dict[str, Any]:
    """What is wrong with a document, an event or a query, in one problem."""
    found = list(errors)
    detail = str(found[0])
    if len(found) > 1:
        detail += f" (and {len(found) - 1} more)"
    too_large = found[0].code == "SIZE" and kind == "Validation"
    shown = [
        {"path": one.path, "value": show(one.value), "expected": one.expected, "code": one.code}
        for one in found[:SHOWN_ERRORS]
    ]
    return problem("CaptureLimitExceeded" if too_large else kind, detail, errors=shown)


def refused(refusal: Refused, path: str = "") -> dict[str, Any]:
    """An act that its guards refuse, as an error of the event at `path`."""
    errors = [
        {"path": path, "value": one.epc, "expected": one.text, "code": one.code}
        for one in refusal.breaches[:SHOWN_ERRORS]
    ]
    text = f"{path}: {refusal.breaches[0].text}" if path else refusal.breaches[0].text
    if refusal.code in _FORBIDDEN:
        return problem("Security", text, status=HTTPStatus.FORBIDDEN, code=refusal.code, errors=errors)
    return problem(_KIND_OF_CODE.get(refusal.code, "Validation"), text, code=refusal.code, errors=errors)
