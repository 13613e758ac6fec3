"""`manage.py import_csv KIND FILE --party GLN`: a table of products, parties, places or serial numbers.

Every line of the file is accounted for. Exit status: 0 nothing was refused, 1 some lines were, 2 unreadable file,
130 interrupted; what was done by then is stored, and the same command goes on.
"""

import hashlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from supplychain.acts import Actor, Refused, Request
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.imports.books import Books
from supplychain.imports.master_csv import LAYOUTS
from supplychain.imports.table_csv import UnreadableFileError, read_table
from supplychain.models import Allocation, Party, Product
from supplychain.serials.queries import note_used
from supplychain.serials.serial_csv import SerialList, parse_serials
from supplychain.streams import pieces_of
from supplychain.usecases.allocate import allocate
from supplychain.usecases.import_products import Fate
from supplychain.usecases.import_table import import_table

SERIALS = "serials"
SHOWN_REFUSALS = 20
UNREADABLE = 2
INTERRUPTED = 130


class Command(BaseCommand):
    help = "Import a CSV table in the name of a party: products, parties, places, or serial numbers of a product."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=[*LAYOUTS, SERIALS])
        parser.add_argument("file", type=Path)
        parser.add_argument("--party", required=True, metavar="GLN", help="in whose name")
        parser.add_argument("--gtin", help="whose serial numbers they are")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write what became of every line")

    def handle(self, *args: Any, kind: str, file: Path, party: str, **options: Any) -> None:
        actor = actor_of(party)
        try:
            if kind == SERIALS:
                self.stdout.write(import_serials(actor, file, gtin=options["gtin"], dry_run=options["dry_run"]))
            else:
                self.import_rows(actor, kind, file, dry_run=options["dry_run"], report=options["report"])
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be opened: {error.strerror}", returncode=UNREADABLE) from error
        except UnreadableFileError as error:
            raise CommandError(f"{file}: {error} ({error.code})", returncode=UNREADABLE) from error

    def import_rows(self, actor: Actor, kind: str, file: Path, *, dry_run: bool, report: Path | None) -> None:
        with ExitStack() as stack:
            # Opened before anything is done: a path that cannot be written is no surprise for the end.
            sink = stack.enter_context(report.open("w", encoding="utf-8", newline="")) if report else None
            books = Books(sink)
            rows = read_table(watched(file, stack), LAYOUTS[kind])
            try:
                for accounts in import_table(actor=actor, kind=kind, rows=rows, dry_run=dry_run):
                    books.enter(accounts)
            except KeyboardInterrupt:
                done = f"Interrupted after {books.lines} lines; they are stored. Run it again to go on"
                raise CommandError(done, returncode=INTERRUPTED) from None
        self.stdout.write(summary(books, dry_run=dry_run))
        if refused := books.fates[Fate.REFUSED]:
            raise CommandError(f"{refused} of {books.lines} lines were refused", returncode=1)


def actor_of(gln: str) -> Actor:
    found = Party.objects.filter(gln=gln).first()
    if found is None:
        raise CommandError(f"GLN {gln}: no such party here")
    return Actor(found)


def watched(file: Path, stack: ExitStack) -> Iterator[bytes]:
    """The file's pieces, under a progress bar that is there only while somebody watches."""
    columns = (TextColumn("Importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    bar = stack.enter_context(Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()))
    task = bar.add_task("", total=file.stat().st_size)
    for piece in pieces_of(file):
        yield piece
        bar.advance(task, len(piece))


def summary(books: Books, *, dry_run: bool) -> str:
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        if dry_run:
            console.print("Dry run: nothing was written")
        told = ", ".join(f"{books.fates[fate]:,} {fate.value.replace('_', ' ')}" for fate in Fate)
        console.print(f"{books.lines:,} lines: {told}", highlight=False)
        for one in books.refused[:SHOWN_REFUSALS]:
            console.print(f"line {one.line}: {escape(one.reason)} ({one.code})", highlight=False, soft_wrap=True)
        if (more := books.fates[Fate.REFUSED] - SHOWN_REFUSALS) > 0:
            console.print(f"… and {more:,} more: --report FILE.csv lists every line", highlight=False)
    return captured.get()


def import_serials(actor: Actor, file: Path, *, gtin: str | None, dry_run: bool) -> str:
    """All serials of the file are issued, or none. The same file again is the same request."""
    try:
        product = Product.objects.filter(gtin=Gtin.parse(gtin or "").digits).first()
    except GS1Error as error:
        raise CommandError(f"--gtin: {error}") from error
    if product is None:
        raise CommandError(f"GTIN {gtin}: no such product here")
    data = b"".join(pieces_of(file))
    found = parse_serials(data)
    if found.errors:
        raise refused_lines(found)
    if dry_run:
        return f"Dry run: {len(found.serial_numbers):,} serial numbers would be issued"
    key = f"import {product.gtin} {hashlib.sha256(data).hexdigest()}"
    try:
        done = allocate(actor=actor, request=Request.for_key(key), product=product, serial_numbers=found.serial_numbers)
    except Refused as refusal:
        if refusal.code == "SERIAL_REUSED":
            note_used(found, product, may_be_dark=False)
            raise refused_lines(found) from refusal
        raise CommandError(f"Nothing was stored: {refusal} ({refusal.code})", returncode=1) from refusal
    allocation = Allocation.objects.get(event=done.event)
    told = "were issued from this file before" if done.replayed else "issued"
    return f"{allocation.quantity:,} serial numbers {told}: allocation {allocation.pk}"


def refused_lines(found: SerialList) -> CommandError:
    lines = "\n".join(f"line {one.line}: {one.value!r} {one.reason}" for one in found.errors[:SHOWN_REFUSALS])
    count = len(found.errors) + found.more_errors
    return CommandError(f"Nothing was stored; {count} lines were refused:\n{lines}", returncode=1)
