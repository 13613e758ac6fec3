"""`manage.py create_api_key GLN NAME`: a key with which a machine acts for a party. Shown once, kept nowhere."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from supplychain.acts import Refused
from supplychain.models import Party
from supplychain.usecases.issue_api_key import EVERYTHING, issue_api_key


class Command(BaseCommand):
    help = "Make an API key for a party and print it: once, and only here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gln", help="the party's GLN, 13 digits")
        parser.add_argument("name", help="what the key is for, such as 'packaging line 2'")
        parser.add_argument(
            "--scope",
            action="append",
            help="read, a kind of act, or one act such as ship; may be given several times (default: "
            f"{', '.join(EVERYTHING)})",
        )

    def handle(self, *args: Any, gln: str, name: str, **options: Any) -> None:
        party = Party.objects.filter(gln=gln).first()
        if party is None:
            raise CommandError(f"GLN {gln!r} is not registered here")
        try:
            key, text = issue_api_key(party=party, name=name, scopes=options["scope"] or EVERYTHING)
        except Refused as refused:
            raise CommandError(f"{refused} ({refused.code})") from refused
        self.stderr.write(f"API key {key.name!r} for {party}. It is shown this once; keep it like a password.")
        # Alone on its line, so that a script can take it: KEY=$(manage.py create_api_key …)
        self.stdout.write(text)
