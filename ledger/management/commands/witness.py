"""`manage.py witness …`: the same as `medtrail-witness …`, from a checkout. It needs no database."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from ledger.witness.cli import main, parser


class Command(BaseCommand):
    help = "Witness a log that somebody else runs (C2SP tlog-witness)."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        # The options are the program's own; Django's would only stand in the way.
        sys.exit(main(argv[2:]))

    def print_help(self, prog_name: str, subcommand: str) -> None:
        parser().print_help()

    def handle(self, *arguments: str, **_: Any) -> None:
        sys.exit(main(arguments))
