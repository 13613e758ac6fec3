"""Write the envelopes of the log to standard output, one to a line: what no published file holds."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledger.models import Entry

PAGE = 1000


class Command(BaseCommand):
    help = (
        "Write every envelope to standard output, one to a line, in the order of arrival. A backup that "
        "`ledger_recover --envelopes` reads, and what a mirror needs beside the published files. It is not public."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, metavar="SEQ", help="only entries behind this one")

    def handle(self, *, after: int, **_: Any) -> None:
        count = 0
        while page := list(Entry.objects.filter(seq__gt=after).order_by("seq").values_list("seq", "envelope")[:PAGE]):
            for _seq, envelope in page:
                self.stdout.write(bytes(envelope).decode())
            after, count = page[-1][0], count + len(page)
        # To standard error: the next call's --after.
        self.stderr.write(f"{count} envelopes; the last is entry {after}")
