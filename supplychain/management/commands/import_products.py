"""`manage.py import_products FILE`: packages of a national register become products, their labelers parties.

Every line of the file is accounted for. Exit status: 0 nothing was refused, 1 some lines were, 2 unreadable file.
"""

import csv
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from supplychain.imports.labelers import Labeler, find_labelers
from supplychain.imports.product_csv import ProductRow, RefusedRow, Settled, parse_products, settle
from supplychain.imports.table_csv import UnreadableFileError
from supplychain.streams import as_text, pieces_of
from supplychain.usecases.import_products import Fate, Outcome, Owners, import_products

SHOWN_REFUSALS = 20
UNREADABLE = 2
INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one line of the file."""

    line: int
    fate: Fate
    code: str
    gtin: str
    ndc: str
    reason: str


@dataclass(slots=True)
class Books:
    """The accounts of all lines, and of the labelers behind them."""

    labelers: list[Labeler]
    accounts: list[Account] = field(default_factory=list)
    new_parties: int = 0

    def count(self, fate: Fate) -> int:
        return sum(account.fate is fate for account in self.accounts)


class Command(BaseCommand):
    help = "Import products and their labelers from a CSV file (gtin14, package_ndc, brand, labeler, …)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write what became of every line")
        parser.add_argument("--country", default="US", help="of the labelers, until they are admitted (ISO 3166-1)")

    def handle(self, *args: Any, file: Path, dry_run: bool, report: Path | None, country: str, **options: Any) -> None:
        settled, unreadable = read(file)
        books = Books(find_labelers(settled.rows), accounts_of_file(settled, unreadable))
        with opened(report) as sink:
            try:
                for accounts in worked_off(settled, books, country=country, dry_run=dry_run):
                    books.accounts += accounts
            except KeyboardInterrupt:
                done = f"Interrupted after {len(books.accounts)} lines; they are stored. Run it again to go on"
                raise CommandError(done, returncode=INTERRUPTED) from None
            finally:
                books.accounts.sort(key=lambda account: account.line)
                write_report(sink, books.accounts)
        self.stdout.write(summary(books, settled, dry_run=dry_run))
        if refused := books.count(Fate.REFUSED):
            raise CommandError(f"{refused} of {len(books.accounts)} lines were refused", returncode=1)


def read(file: Path) -> tuple[Settled, list[RefusedRow]]:
    """The file's rows sorted out, and the lines that are no rows. Raises CommandError for what is no such file."""
    try:
        lines = list(parse_products(pieces_of(file)))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=UNREADABLE) from error
    except UnreadableFileError as error:
        raise CommandError(f"{file}: {error} ({error.code})", returncode=UNREADABLE) from error
    rows = [line for line in lines if isinstance(line, ProductRow)]
    return settle(rows), [line for line in lines if isinstance(line, RefusedRow)]


def accounts_of_file(settled: Settled, unreadable: Iterable[RefusedRow]) -> list[Account]:
    """The lines about which the file alone decides."""
    refused = [*unreadable, *settled.refused]
    accounts = [Account(one.line, Fate.REFUSED, one.code, one.gtin, one.ndc, one.reason) for one in refused]
    for repeat in settled.repeats:
        row = repeat.row
        reason = f"Line {repeat.speaker} says the same of this GTIN"
        accounts.append(Account(row.line, Fate.ALREADY_THERE, "REPEATED", row.gtin, row.ndc, reason))
    return accounts


def worked_off(settled: Settled, books: Books, *, country: str, dry_run: bool) -> Iterator[list[Account]]:
    """Import the rest, chunk by chunk, under a progress bar that is there only while somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=len(settled.rows))
        steps = import_products(rows=settled.rows, labelers=books.labelers, country=country, dry_run=dry_run)
        for step in steps:
            if isinstance(step, Owners):
                books.new_parties = step.new
                continue
            progress.advance(task, len(step))
            yield [account_of(outcome) for outcome in step]


def account_of(outcome: Outcome) -> Account:
    row = outcome.row
    return Account(row.line, outcome.fate, outcome.code, row.gtin, row.ndc, outcome.reason)


# --- What people see --------------------------------------------------------------------------------------------------


def summary(books: Books, settled: Settled, *, dry_run: bool) -> str:
    """The counts as a table, the first refusals below it."""
    repeats = len(settled.repeats)
    names = sum(1 + len(labeler.other_names) for labeler in books.labelers)
    table = Table(title="Dry run: nothing was written" if dry_run else None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_row("Lines", f"{len(books.accounts):,}", "")
    table.add_row("imported", f"{books.count(Fate.IMPORTED):,}", "products with their national codes")
    note = f"{repeats:,} of them repeat another line of this file" if repeats else ""
    table.add_row("already there", f"{books.count(Fate.ALREADY_THERE):,}", note)
    table.add_row("refused", f"{books.count(Fate.REFUSED):,}", refusals_by_code(books))
    table.add_section()
    note = f"{len(books.labelers):,} companies by labeler code, {books.new_parties:,} of them new here"
    table.add_row("Labelers", f"{names:,}", note)
    console = Console(width=100, no_color=True)
    with console.capture() as captured:
        console.print(table)
        refused = [account for account in books.accounts if account.fate is Fate.REFUSED]
        for account in refused[:SHOWN_REFUSALS]:
            said = f"line {account.line}: {escape(account.reason)} ({account.code})"
            console.print(said, highlight=False, soft_wrap=True)
        if (more := len(refused) - SHOWN_REFUSALS) > 0:
            console.print(f"… and {more:,} more: --report FILE.csv lists every line")
    return captured.get()


def refusals_by_code(books: Books) -> str:
    codes = Counter(account.code for account in books.accounts if account.fate is Fate.REFUSED)
    return ", ".join(f"{code} {count:,}" for code, count in codes.most_common())


def opened(report: Path | None) -> Any:
    """The report's file, before anything is done: a path that cannot be written is no surprise for the end."""
    if report is None:
        return nullcontext()
    try:
        return report.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{report} cannot be written: {error.strerror}", returncode=UNREADABLE) from error


def write_report(sink: TextIO | None, accounts: Iterable[Account]) -> None:
    if sink is None:
        return
    writer = csv.writer(sink)
    writer.writerow(["line", "outcome", "code", "gtin", "ndc", "reason"])
    for one in accounts:
        cells = [one.code, as_text(one.gtin), as_text(one.ndc), as_text(one.reason)]
        writer.writerow([one.line, one.fate.value, *cells])
