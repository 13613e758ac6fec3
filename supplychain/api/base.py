"""What the views share: read a body, read who asks and what for, page a list, answer an act."""

import re
from datetime import datetime
from typing import Any, NoReturn

from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request as HttpRequest
from rest_framework.response import Response

from supplychain.acts import Actor, Refused, Rehearsed, Request, rehearsal_of
from supplychain.api.draft_body import DraftSerializer
from supplychain.api.pagination import KeysetPagination, page_body
from supplychain.api.permissions import actor_of
from supplychain.models import Party
from supplychain.queries import Page
from supplychain.usecases.keep_draft import keep_draft

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,198}[\x21-\x7e])?")


# No docstring: the description of the API would repeat it at every operation that has none of its own.
class PartyView(GenericAPIView[Any]):
    pagination_class = KeysetPagination

    def permission_denied(self, request: HttpRequest, message: str | None = None, code: str | None = None) -> NoReturn:
        # REST framework throttles only whom it lets in; a stranger who knocks all day is counted, too.
        if not request.user.is_authenticated:
            self.check_throttles(request)
        super().permission_denied(request, message, code)

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Rehearsed):
            draft = keep_draft(actor=self.actor, rehearsed=exc)
            return Response(DraftSerializer(draft).data, status=status.HTTP_202_ACCEPTED)
        return super().handle_exception(exc)

    def page_response(self, page: Page[Any], serializer: type[serializers.BaseSerializer[Any]]) -> Response:
        return Response(page_body(self.request, page.next, serializer(page.rows, many=True).data))


def validated(serializer: type[serializers.Serializer[Any]], request: HttpRequest) -> dict[str, Any]:
    """The body's fields, checked. Raises ValidationError, or Refused for codes that name nothing."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def wish_of(request: HttpRequest, event_time: datetime | None = None) -> Request:
    """The request as acts know it: called by the client's own key, or new."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": ["Expected 1 to 200 printable ASCII characters"]})
    wish = Request(event_time=event_time) if key is None else Request.for_key(key, event_time)
    draft = request.query_params.get("draft", "false").lower()
    if draft not in ("true", "false"):
        raise ValidationError({"draft": ["Expected true or false"]})
    return rehearsal_of(wish) if draft == "true" else wish


def party_of(gln: str) -> Party:
    """The party that a body names."""
    # A NUL would not reach PostgreSQL.
    party = Party.objects.filter(gln=gln).first() if gln.isprintable() else None
    if party is None:
        raise Refused.because("UNKNOWN_PARTY", f"GLN {gln!r} is not registered here")
    return party


def registered(data: Any, *, is_new: bool) -> Response:
    return Response(data, status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK)
