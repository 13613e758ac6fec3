"""What the views of the EPCIS interface share: headers, bodies, problems, and who asks."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http import HttpRequest
from rest_framework import status
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from supplychain.acts import Actor
from supplychain.api.permissions import actor_of
from supplychain.epcis_rest import headers
from supplychain.epcis_rest.problems import Problem, problem_response
from supplychain.epcis_rest.schema import EpcisSchema

LONGEST_URI = 16_000


class RawParser(BaseParser):
    """The body as bytes, up to the size that is announced. What it says is the EPCIS room's business."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = settings.EPCIS_CAPTURE_FILE_SIZE_LIMIT
        body: bytes = stream.read(most + 1)
        if len(body) > most:
            raise Problem.of("CaptureLimitExceeded", f"The body is longer than {most:,} bytes: send it in parts")
        return body


class RawLinkedDataParser(RawParser):
    media_type = "application/ld+json"


class RawXmlParser(RawParser):
    media_type = "application/xml"


class RawTextXmlParser(RawParser):
    media_type = "text/xml"


EITHER_FORM: list[type[BaseParser]] = [RawParser, RawLinkedDataParser, RawXmlParser, RawTextXmlParser]


def is_xml(request: Request) -> bool:
    return (request.content_type or "").partition(";")[0].strip().endswith("/xml")


class LinkedDataRenderer(JSONRenderer):
    media_type = "application/ld+json"


class XmlRenderer(BaseRenderer):
    """Documents are written in XML by the EPCIS room; a problem stays what it is."""

    media_type = "application/xml"
    format = "xml"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        if isinstance(data, str):
            return data.encode()
        rendered: bytes = JSONRenderer().render(data)
        return rendered


class Negotiation(DefaultContentNegotiation):
    """By the Accept header alone: the query string belongs to the query language."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        return renderers

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> tuple[Any, str]:
        chosen: BaseRenderer
        chosen, media_type = super().select_renderer(request, renderers, None)
        return chosen, media_type


class EpcisView(APIView):
    """Errors are problems under the standard's types, and every answer announces what is spoken here."""

    content_negotiation_class = Negotiation
    schema = EpcisSchema()
    renderer_classes = [JSONRenderer, LinkedDataRenderer]
    parser_classes = [RawParser, RawLinkedDataParser]
    # What OPTIONS tells beside `headers.announced`.
    announces_capture: ClassVar[bool] = False

    def get_exception_handler(self) -> Any:
        return problem_response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if len(request.get_full_path()) > LONGEST_URI:
            raise Problem.of("URITooLong", f"The address is longer than {LONGEST_URI:,} characters")
        super().initial(request, *args, **kwargs)
        headers.check_versions(request)

    @property
    def default_response_headers(self) -> dict[str, str]:
        found: dict[str, str] = super().default_response_headers
        found |= headers.announced()
        return found | headers.announced_by_capture() if self.announces_capture else found

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Discovery: what is spoken here, in headers."""
        return Response(status=status.HTTP_204_NO_CONTENT)

    @property
    def body(self) -> bytes:
        """What came in, unread. A request without any body has none in any media type."""
        data: Any = self.request.data
        return data if isinstance(data, bytes) else b""

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)


def named_in_path(request: HttpRequest, decoded: str, *, before: str, after: str = "") -> str:
    """The part of the path between `before` and `after`, with its percent signs decoded once.

    EPCs and eventIDs are URIs with slashes of their own, some of them percent-encoded. A web server that keeps the
    request line tells those apart; from others we take `decoded`, what the URL pattern found.
    """
    target = request.META.get("REQUEST_URI") or request.META.get("RAW_URI") or ""
    path = target.partition("?")[0] if target.startswith("/") else urlsplit(target).path
    _, found, rest = path.partition(before)
    if not found or not rest.endswith(after):
        return decoded
    return unquote(rest.removesuffix(after) if after else rest)
