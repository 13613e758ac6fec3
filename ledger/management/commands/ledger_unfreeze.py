"""`manage.py ledger_unfreeze --because …`: the log goes on, by the word of an operator who has looked."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.errors import LedgerError
from ledger.queries import find_log
from ledger.usecases.unfreeze import unfreeze


class Command(BaseCommand):
    help = "Let a frozen log go on. Refused as long as database, signer and published files contradict each other."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--because", required=True, metavar="TEXT", help="what you found and did; it is kept")

    def handle(self, *, because: str, **_: Any) -> None:
        log = find_log()
        if log is not None and log.frozen_because:
            self.stdout.write(f"It stood still because: {log.frozen_because}")
        try:
            incident = unfreeze(because=because)
        except LedgerError as error:
            raise CommandError(f"{error.code}: {error}") from error
        self.stdout.write(f"The log goes on since {incident.at:%Y-%m-%d %H:%M:%S} UTC, because: {incident.because}")
