"""Compute the whole log again, and name the first thing that is wrong."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ledger.errors import LedgerError
from ledger.usecases.audit import Step, audit

COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


class Command(BaseCommand):
    help = "Compute the whole log again from its entries and compare all that is stored, signed and published."

    def handle(self, **_: Any) -> None:
        done: dict[str, int] = {}
        try:
            # The bar goes to standard error: the result alone may be piped on.
            with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as progress:
                bars: dict[str, Any] = {}
                for step in audit():
                    done[step.what] = step.done
                    show(progress, bars, step)
        except LedgerError as error:
            raise CommandError(f"{error.code}: {error}") from error
        checked = ", ".join(f"{count} {what}" for what, count in done.items()) or "an empty log"
        self.stdout.write(self.style.SUCCESS(f"The log is whole: {checked}."))


def show(progress: Progress, bars: dict[str, Any], step: Step) -> None:
    if step.what not in bars:
        bars[step.what] = progress.add_task(step.what, total=step.total)
    progress.update(bars[step.what], completed=step.done, total=step.total)
