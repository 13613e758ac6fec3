"""Open this installation's log."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from ledger import custody
from ledger.errors import LedgerError
from ledger.queries import find_log
from ledger.usecases.open_log import open_log


class Command(BaseCommand):
    help = (
        "Open the log of LOG_ORIGIN: make its key, and name the authority that may admit parties. Once; again is safe."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--authority", required=True, metavar="PARTY", help="the party that may admit others (a GLN)"
        )

    def handle(self, *, authority: str, **_: Any) -> None:
        is_new = find_log() is None
        try:
            with transaction.atomic():
                handles = [(authority, custody.create_managed_key().keyid)] if is_new else []
                log = open_log(origin=settings.LOG_ORIGIN, authorities=handles)
        except LedgerError as error:
            raise CommandError(f"{error.code}: {error}") from error
        self.stdout.write(f"{'Opened' if is_new else 'Open since before'}: log {log.origin}")
        self.stdout.write(f"Public key for verifiers: {log.vkey}")
        self.stdout.write(
            f"Private key and head register: {settings.LOG_DIR} (back up both, and never restore an old head)"
        )
