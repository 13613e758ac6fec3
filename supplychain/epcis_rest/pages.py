"""`perPage`, `nextPageToken`, and the headers that lead on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from ledger.envelope import canonical
from supplychain.epcis_rest.problems import Problem
from supplychain.repository.page_token import VALID, BadToken, Place, read_token

PER_PAGE = 30

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a list is asked for: `key` is that of the last row seen, None on the first page."""

    query: str
    size: int
    as_of: datetime
    key: Key | None


def read_cut(request: Request, identity: Any) -> Cut:
    """The page that a request asks for, of the list that `identity` (plain JSON) tells from all others."""
    query = hashlib.sha256(canonical(identity)).hexdigest()
    now = timezone.now()
    token = request.query_params.get("nextPageToken")
    if token is None:
        return Cut(query, read_size(request), now, None)
    try:
        place = read_token(token, query=query, now=now)
    except BadToken as error:
        raise Problem.of("QueryParameter", f"nextPageToken {token[:40]!r}: {error}") from None
    return Cut(query, read_size(request), place.as_of, place.key)


def read_size(request: Request) -> int:
    """`perPage` is a wish: a page may have fewer rows."""
    text = request.query_params.get("perPage")
    if text is None:
        return PER_PAGE
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise Problem.of("QueryParameter", f"perPage {text[:40]!r}: expected a whole number from 1 on")
    return min(int(text), settings.EPCIS_PER_PAGE_LIMIT)


def paged(request: Request, cut: Cut, body: Any, next_key: Sequence[Any] | None) -> Response:
    """`body` with the way to the next page, if there is one."""
    if next_key is None:
        return Response(body)
    place = Place(cut.query, cut.as_of, tuple(next_key), timezone.now() + VALID)
    link = replace_query_param(request.build_absolute_uri(), "nextPageToken", place.encode())
    expires = place.expires.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Response(body, headers={"Link": f'<{link}>; rel="next"', "GS1-Next-Page-Token-Expires": expires})
