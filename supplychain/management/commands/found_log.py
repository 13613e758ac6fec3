"""`manage.py found_log GLN NAME --country XX`: the first thing an operator does."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from supplychain.acts import Refused
from supplychain.gs1.errors import GS1Error
from supplychain.usecases.found_log import found_log


class Command(BaseCommand):
    help = "Open the log: make its keys, and let its first entry name the authority that may admit parties."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gln", help="the authority's GLN, 13 digits")
        parser.add_argument("name", help="the authority's name")
        parser.add_argument("--country", required=True, help="two letters, ISO 3166-1")

    def handle(self, *args: Any, gln: str, name: str, country: str, **options: Any) -> None:
        try:
            party = found_log(gln=gln, name=name, country=country)
        except (Refused, GS1Error) as error:
            raise CommandError(f"{error} ({error.code})") from error
        self.stdout.write(f"The log is open; {party} admits parties to it.")
