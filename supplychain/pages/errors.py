"""Pages for what went wrong, in the person's words. Programs that speak JSON get a problem document instead."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django_ratelimit.exceptions import Ratelimited


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, HTTPStatus.NOT_FOUND, "NOT_FOUND", _reason(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, Ratelimited):
        response = _answer(request, HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "")
        response["Retry-After"] = "60"
        return response
    return _answer(request, HTTPStatus.FORBIDDEN, "FORBIDDEN", _reason(exception))


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request's context: whatever broke, the database perhaps, must not break this page too."""
    if _speaks_json(request):
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "SERVER_ERROR", _("Something broke on our side."))
    return HttpResponse(render_to_string("500.html"), status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(request: HttpRequest, status: HTTPStatus, code: str, reason: str) -> HttpResponse:
    if _speaks_json(request):
        return _problem(status, code, reason)
    return render(request, f"{status.value}.html", {"reason": reason}, status=status.value)


def _reason(exception: Exception) -> str:
    """The sentence that our own code raised with; Django's own texts name patterns and classes and stay inside."""
    told = exception.args[0] if exception.args else ""
    is_ours = isinstance(told, str) and "object matches" not in told and "matches the given" not in told
    return told if is_ours or isinstance(exception, PermissionDenied) else ""


def _speaks_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or not request.accepts("text/html")


def _problem(status: HTTPStatus, code: str, detail: str) -> HttpResponse:
    problem = {"title": status.phrase, "status": status.value, "code": code, "detail": detail or status.phrase}
    return JsonResponse(problem, status=status.value, content_type="application/problem+json")
