"""Long lists page by page, by key: page 10,000 costs what page 1 costs, and new rows move nothing.

`supplychain.queries` cuts the pages; this reads `cursor` and `limit` and writes the link to the next page.
"""

from collections.abc import Sequence
from typing import Any, TypedDict

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

PAGE_SIZE = 100
LARGEST_PAGE = 1000
LARGEST_KEY = 2**63 - 1
LONGEST_SEARCH = 100


class Cut(TypedDict):
    """Where a page begins (the key of the last row seen) and how many rows it has."""

    after: int | None
    size: int


def read_cut(request: Request) -> Cut:
    return {
        "after": read_number(request, "cursor", None, most=LARGEST_KEY),
        "size": read_number(request, "limit", PAGE_SIZE, most=LARGEST_PAGE),
    }


def page_body(request: Request, next_key: int | None, results: Any) -> dict[str, Any]:
    link = None if next_key is None else replace_query_param(request.build_absolute_uri(), "cursor", next_key)
    return {"next": link, "results": results}


def read_number(request: Request, name: str, default: Any, *, most: int) -> Any:
    """A query parameter from 1 to `most`, or `default` when it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= most):
        raise ValidationError({name: [f"{text[:40]!r}: expected a number from 1 to {most}"]})
    return int(text)


def read_search(request: Request) -> str:
    text = request.query_params.get("search", "").strip()
    if len(text) > LONGEST_SEARCH or not text.isprintable():
        raise ValidationError({"search": [f"Expected at most {LONGEST_SEARCH} printable characters"]})
    return text


def page_schema(results: dict[str, Any]) -> dict[str, Any]:
    described = "Where the next page is; null on the last one."
    return {
        "type": "object",
        "required": ["next", "results"],
        "properties": {
            "next": {"type": ["string", "null"], "format": "uri", "description": described},
            "results": results,
        },
    }


class KeysetPagination(BasePagination):
    """How drf-spectacular learns of the parameters and the frame of a page."""

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        return list(queryset[: read_cut(request)["size"]])

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return page_schema(schema)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return CUT_PARAMETERS


CUT_PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "cursor",
        "in": "query",
        "required": False,
        "description": "From the `next` link of the page before.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_KEY},
    },
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": f"Rows on a page; {PAGE_SIZE} unless told.",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
    },
]
