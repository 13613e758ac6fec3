"""What a browser asked for, before the web server decoded it.

WSGI hands over the path with its percent signs decoded, and `%2F` in a serial number has become a slash. Servers that
keep the request line say what it was; for the others the structure of a Digital Link gives it back.
"""

from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest

from anticounterfeit.code import escape_path


def asked_code(request: HttpRequest) -> str:
    """The Digital Link at whose address we were asked, as it was printed."""
    path = raw_path(request) or escape_path(request.path_info)
    query = request.META.get("QUERY_STRING", "")
    return f"{settings.PUBLIC_URL}{path}" + (f"?{query}" if query else "")


def asked_serial(request: HttpRequest, decoded: str) -> str:
    """The last but one part of the path /<room>/<gtin>/<serial>.<kind>; `decoded` is what the URL pattern found."""
    path = raw_path(request)
    if path is None:
        return decoded
    return unquote(path.split("/", 3)[3].rpartition(".")[0])


def raw_path(request: HttpRequest) -> str | None:
    """The path as it stood in the request line, or None if the web server does not say."""
    target = request.META.get("REQUEST_URI") or request.META.get("RAW_URI")
    if not target:
        return None
    # A proxy may send the absolute form.
    path = target.partition("?")[0] if target.startswith("/") else urlsplit(target).path
    # Behind a path prefix the server's name for us is not ours.
    return path.removeprefix(request.META.get("SCRIPT_NAME", "")) or None
