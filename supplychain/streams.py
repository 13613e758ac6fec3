"""Answers of any length from little memory: rows are written as they are read, and go out in pieces."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.http import StreamingHttpResponse

from supplychain.imports.table_csv import UnreadableFileError

MOST_ROWS_AT_ONCE = 5_000
PIECE = 64 * 1024  # characters that are collected before they are sent
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def pieces_of(file: Path) -> Iterator[bytes]:
    """The bytes of a file, piece by piece. Raises OSError, and UnreadableFileError for one beyond the limit."""
    with file.open("rb") as source:
        yield from pieces_within_limit(iter(lambda: source.read(PIECE), b""))


def pieces_within_limit(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces as long as they are no more than IMPORT_MAX_BYTES together: counted, whatever anybody announced."""
    most, taken = settings.IMPORT_MAX_BYTES, 0
    for piece in pieces:
        taken += len(piece)
        if taken > most:
            raise UnreadableFileError(
                f"The file is larger than {most:,} bytes: split it, or raise IMPORT_MAX_BYTES", code="TOO_LARGE"
            )
        yield piece


def check_rows(pieces: Iterable[bytes]) -> None:
    """Refuse a table with so many lines that somebody would wait for minutes before a page, before any is stored."""
    ends = [(piece.count(b"\n"), piece.count(b"\r")) for piece in pieces]
    lines = max(sum(lf for lf, _ in ends), sum(cr for _, cr in ends))
    if lines > MOST_ROWS_AT_ONCE:
        raise UnreadableFileError(
            f"The file has {lines:,} lines: expected at most {MOST_ROWS_AT_ONCE:,} at once; split it, or have it "
            "imported by command (import_csv)",
            code="TOO_MANY_ROWS",
        )


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A CSV file as RFC 4180 has it, in UTF-8, piece by piece."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        if buffer.tell() >= PIECE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def as_text(value: str) -> str:
    """A name that somebody else chose, for a file that will be opened in a spreadsheet: never a formula there."""
    value = value.encode("utf-8", "replace").decode()  # a byte that was no UTF-8 where it came from
    return f"'{value}" if value.startswith(_FORMULA) else value


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """A CSV file to keep. Nobody in between may keep it, too."""
    response = StreamingHttpResponse(csv_lines(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
