"""Rebuild the log's tables from its published files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import Progress

from ledger.errors import LedgerError
from ledger.management.commands.ledger_audit import COLUMNS, show
from ledger.queries import find_log
from ledger.usecases.recover import recover


class Command(BaseCommand):
    help = (
        "Rebuild the log's tables forward from published files, up to the newest signed head. Writes nothing before "
        "all is checked; killed, it goes on where it was. Stop the workers first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, required=True, metavar="DIR", help="the published files, or a mirror"
        )
        parser.add_argument(
            "--envelopes",
            type=Path,
            metavar="PATH",
            help="envelopes that the database lacks: a file or folder as of ledger_envelopes, proof files, pedigrees",
        )

    def handle(self, *, folder: Path, envelopes: Path | None, **_: Any) -> None:
        if not folder.is_dir() or (envelopes is not None and not envelopes.exists()):
            raise CommandError(f"{envelopes if folder.is_dir() else folder}: expected published files, found nothing")
        try:
            with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as progress:
                bars: dict[str, Any] = {}
                for step in recover(folder=folder, envelopes=envelopes):
                    show(progress, bars, step)
        except LedgerError as error:
            raise CommandError(f"{error.code}: {error}") from error
        log = find_log()
        self.stdout.write(self.style.SUCCESS(f"The log stands at {log.tree_size if log else 0} leaves."))
        self.stdout.write(
            "Next: ledger_audit, which checks every signature; then ledger_unfreeze, if the log is frozen."
        )
