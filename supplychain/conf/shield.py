"""What every answer carries and no request gets past, whichever app it is for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

# The camera reads codes on our own pages; nothing here ever asks for the rest.
PERMISSIONS = (
    "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), payment=(), usb=()"
)


class Shield:
    """Refuses bodies above `settings.BODY_MAX`, and says what browsers may do with our pages.

    Django's own limit does not count files, and a file is read whole by whoever parses it. A body without a
    Content-Length is none: Django reads as many bytes as the header says.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = _refusal(request.META.get("CONTENT_LENGTH") or "0") or self.get_response(request)
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer


def _refusal(length: str) -> HttpResponse | None:
    """Short and plain: whoever sends this much, or a length that is none, is a program."""
    if not (length.isascii() and length.isdigit()):
        return HttpResponse("BAD_LENGTH: Content-Length is no number\n", status=400, content_type="text/plain")
    if int(length[:20]) > settings.BODY_MAX:
        most = settings.BODY_MAX // 1024**2
        return HttpResponse(f"BODY_TOO_LARGE: at most {most} MiB\n", status=413, content_type="text/plain")
    return None
