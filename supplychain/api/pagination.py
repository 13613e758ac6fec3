"""Long lists page by page, by key: page 10,000 costs what page 1 costs, and new rows move nothing."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

LARGEST_KEY = 2**63 - 1


class KeysetPagination(BasePagination):
    """Newest first. `cursor` is the key of the last row that the client has seen; it need not know that."""

    page_size = 100
    largest_page = 1000

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: APIView | None = None) -> list[Any]:
        self.request = request
        limit = read_number(request, "limit", self.page_size, most=self.largest_page)
        cursor = read_number(request, "cursor", None, most=LARGEST_KEY)
        rows = queryset.order_by("-pk")
        if cursor is not None:
            rows = rows.filter(pk__lt=cursor)
        # One row more than asked for tells whether there is a next page.
        found = list(rows[: limit + 1])
        self.page = found[:limit]
        self.last_seen = self.page[-1] if len(found) > limit else None
        return self.page

    def get_next_link(self) -> str | None:
        if self.last_seen is None:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "cursor", key_of_row(self.last_seen))

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.page_of(data))

    def page_of(self, data: Any) -> dict[str, Any]:
        return {"next": self.get_next_link(), "results": data}

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {
                    "type": ["string", "null"],
                    "format": "uri",
                    "description": "Where the next page is; null on the last one.",
                },
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
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
                "description": f"Rows on a page; {self.page_size} unless told.",
                "schema": {"type": "integer", "minimum": 1, "maximum": self.largest_page},
            },
        ]


def read_number(request: Request, name: str, default: Any, *, most: int) -> Any:
    """A query parameter from 1 to `most`, or `default` when it is absent."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and 1 <= int(text) <= most):
        raise ValidationError({name: [f"{text[:40]!r}: expected a number from 1 to {most}"]})
    return int(text)


def key_of_row(row: Model) -> int:
    return int(row.pk)
