"""`manage.py simulate_trade FILE`: real deliveries happen again, as signed handoffs in this system.

The file is USAID's SCMS delivery history, as CSV or gzipped. Sites, vendors, countries, projects, products and dates
are the file's; the number of packs of a delivery is cut to `--most-packs`, because some of them have 600,000.

Every row is accounted for: done, there already, or skipped with its line number and the reason. Cut off anywhere, the
same command goes on where it stopped.
"""

import gzip
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from supplychain.acts import Actor, Refused
from supplychain.imports.books import Books
from supplychain.imports.shipment_csv import Shipment, parse_shipments
from supplychain.imports.table_csv import BadRow, UnreadableFileError
from supplychain.imports.trade_cast import TradeCast
from supplychain.lifecycle import Role
from supplychain.models import Party
from supplychain.stock import chunks
from supplychain.streams import PIECE, pieces_of, pieces_within_limit
from supplychain.usecases.import_products import Fate
from supplychain.usecases.import_table import Account
from supplychain.usecases.replay_shipment import find_replayed, replay_shipment

CHUNK = 500
UNREADABLE = 2
INTERRUPTED = 130
SHOWN_REFUSALS = 20


class Command(BaseCommand):
    help = "Replay a file of real deliveries as handoffs: made, packed, shipped, received, with the file's dates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--limit", type=int, metavar="N", help="only the first N rows")
        parser.add_argument("--most-packs", type=int, default=10, metavar="N", help="packs of one delivery")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write what became of every line")

    def handle(self, *args: Any, file: Path, limit: int | None, most_packs: int, report: Path | None, **_: Any) -> None:
        if most_packs < 1 or (limit is not None and limit < 1):
            raise CommandError("--limit and --most-packs: expected a number from 1")
        cast = TradeCast(find_regulator())
        try:
            rows = read_rows(file, cast)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error}", returncode=UNREADABLE) from error
        except UnreadableFileError as error:
            raise CommandError(f"{file}: {error} ({error.code})", returncode=UNREADABLE) from error
        with ExitStack() as stack:
            sink = stack.enter_context(report.open("w", encoding="utf-8", newline="")) if report else None
            books, started = Books(sink), time.monotonic()
            try:
                for accounts in worked_off(list(islice(rows, limit)), cast, most_packs, stack):
                    books.enter(accounts)
            except KeyboardInterrupt:
                done = f"Interrupted after {books.lines} rows; they are stored. Run it again to go on"
                raise CommandError(done, returncode=INTERRUPTED) from None
        self.stdout.write(summary(books, time.monotonic() - started))
        if books.refused:
            raise CommandError(f"{books.fates[Fate.REFUSED]} of {books.lines} rows were skipped", returncode=1)


def find_regulator() -> Actor:
    """Who admits the file's parties: an authority of this log."""
    admitted: QuerySet[Party] = Party.objects.exclude(keyid="").order_by("pk")
    for party in admitted:
        if Role.REGULATOR in party.roles:
            return Actor(party)
    raise CommandError("There is no regulator here: found the log first (manage.py found_log)")


def read_rows(file: Path, cast: TradeCast) -> list[Shipment | BadRow]:
    """All rows. Every one is named before the first is replayed: numbers must not depend on --limit."""
    rows = list(parse_shipments(unpacked(file) if file.suffix == ".gz" else pieces_of(file)))
    for row in rows:
        if isinstance(row, Shipment):
            cast.name(row)
    return rows


def unpacked(file: Path) -> Iterator[bytes]:
    """The pieces of a gzipped file, counted as they come out: a small file may unpack to a very large one."""
    with gzip.open(file, "rb") as source:
        try:
            yield from pieces_within_limit(iter(lambda: source.read(PIECE), b""))
        except EOFError as error:
            raise UnreadableFileError(f"The archive ends too early: {error}", code="NOT_TEXT") from error


def worked_off(
    rows: list[Shipment | BadRow], cast: TradeCast, most_packs: int, stack: ExitStack
) -> Iterator[list[Account]]:
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    bar = stack.enter_context(Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()))
    task = bar.add_task("", total=len(rows))
    for some in chunks(rows, CHUNK):
        before = find_replayed([row for row in some if isinstance(row, Shipment)])
        for row in some:
            yield [account_of(row, cast, most_packs, before)]
            bar.advance(task)


def account_of(row: Shipment | BadRow, cast: TradeCast, most_packs: int, before: set[str]) -> Account:
    if isinstance(row, BadRow):
        return Account(row.line, Fate.REFUSED, row.value, row.code, row.reason)
    if row.number in before:
        return Account(row.line, Fate.ALREADY_THERE, row.number)
    try:
        replay_shipment(cast=cast, shipment=row, most_packs=most_packs)
    except Refused as refusal:
        return Account(row.line, Fate.REFUSED, row.number, refusal.code, str(refusal))
    return Account(row.line, Fate.IMPORTED, row.number)


def summary(books: Books, seconds: float) -> str:
    done, there, skipped = (books.fates[fate] for fate in (Fate.IMPORTED, Fate.ALREADY_THERE, Fate.REFUSED))
    rate = done / seconds if seconds else 0.0
    lines = [
        f"{books.lines:,} rows: {done:,} done, {there:,} there already, {skipped:,} skipped",
        f"{seconds:.1f} s, {rate:.1f} deliveries a second (each made, packed, and handed over once or twice)",
    ]
    lines += [f"line {one.line}: {one.reason} ({one.code})" for one in books.refused[:SHOWN_REFUSALS]]
    if (more := skipped - SHOWN_REFUSALS) > 0:
        lines.append(f"… and {more:,} more: --report FILE.csv lists every line")
    return "\n".join(lines)
