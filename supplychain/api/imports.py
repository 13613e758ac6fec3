"""Tables over the API: products, parties, places as CSV, with a report for each line."""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from supplychain.acts import Refused
from supplychain.api.base import PartyView
from supplychain.api.parsers import BodyTooLarge
from supplychain.imports.books import Books
from supplychain.imports.master_csv import LAYOUTS
from supplychain.imports.table_csv import UnreadableFileError, read_table
from supplychain.streams import PIECE, check_rows
from supplychain.usecases.import_products import Fate
from supplychain.usecases.import_table import import_table


class CsvParser(BaseParser):
    """The body as it comes, in pieces; never more than DATA_UPLOAD_MAX_MEMORY_SIZE of it, whatever was announced."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return bounded(stream)


def bounded(stream: IO[Any]) -> Iterator[bytes]:
    most, taken = settings.DATA_UPLOAD_MAX_MEMORY_SIZE, 0
    while piece := stream.read(PIECE):
        taken += len(piece)
        if taken > most:
            raise BodyTooLarge(f"The body is longer than {most:,} bytes: send it in parts, or use manage.py import_csv")
        yield piece


class LineReportSerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="As an editor counts, the header included")
    value = serializers.CharField(help_text="What is wrong, or what the line is about")
    code = serializers.CharField()
    reason = serializers.CharField()


class ImportReportSerializer(serializers.Serializer[Any]):
    lines = serializers.IntegerField()
    imported = serializers.IntegerField()
    already_there = serializers.IntegerField()
    refused = serializers.IntegerField()
    reasons = LineReportSerializer(many=True, help_text="Of refused lines, the first thousand")


class ImportsView(PartyView):
    parser_classes = (CsvParser,)

    @extend_schema(
        operation_id="imports_create",
        summary="Bring in a table",
        parameters=[
            OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(LAYOUTS)),
            OpenApiParameter("dry_run", bool, description="true: say what would happen, and store nothing"),
        ],
        request={"text/csv": OpenApiTypes.STR},
        responses={200: ImportReportSerializer},
    )
    def post(self, request: Request, kind: str) -> Response:
        """CSV in UTF-8 with a header. A line is stored wholly or not at all; the same file again changes nothing."""
        if kind not in LAYOUTS:
            raise Refused.because("UNKNOWN_KIND", f"{kind[:40]!r}: expected one of {', '.join(LAYOUTS)}")
        dry_run = request.query_params.get("dry_run", "false").lower() == "true"
        books = Books()
        try:
            pieces = pieces_of_body(request)
            check_rows(pieces)
            rows = read_table(pieces, LAYOUTS[kind])
            for accounts in import_table(actor=self.actor, kind=kind, rows=rows, dry_run=dry_run):
                books.enter(accounts)
        except UnreadableFileError as error:
            raise ValidationError({"file": [f"{error} ({error.code})"]}) from error
        return Response(ImportReportSerializer(report_of(books)).data)


def pieces_of_body(request: Request) -> list[bytes]:
    pieces = request.data
    # Without a body the framework never asks the parser.
    return [] if isinstance(pieces, Mapping) else list(pieces)


def report_of(books: Books) -> dict[str, Any]:
    counts = {fate.value: books.fates[fate] for fate in Fate}
    return {"lines": books.lines, **counts, "reasons": books.refused}
