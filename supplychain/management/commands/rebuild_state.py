"""`manage.py rebuild_state --check`: does the stored state follow from the log?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from supplychain.usecases.rebuild_state import Rebuilt, rebuild_state


class Command(BaseCommand):
    help = "Replay all signed statements into empty tables and compare every row with the stored state."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", required=True, help="compare only; nothing is changed")

    def handle(self, *_args: Any, **_options: Any) -> None:
        rebuilt = Rebuilt(0)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns) as progress:
            bar = progress.add_task("Replaying", total=None)
            for rebuilt in rebuild_state():
                progress.update(bar, completed=rebuilt.done, total=rebuilt.total)
        if rebuilt.reason:
            raise CommandError(rebuilt.reason)
        for one in rebuilt.differences:
            self.stderr.write(str(one))
        if rebuilt.differences:
            raise CommandError("The stored state is not what the log says. Nothing was changed.")
        self.stdout.write(self.style.SUCCESS(f"Equal: {rebuilt.done} statements give the state that is stored."))
