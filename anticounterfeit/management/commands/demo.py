"""`manage.py demo`: the whole of Medtrail on one machine, with a story to look at."""

import logging
import signal
import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from anticounterfeit.demo.checks import CheckFailed, Checks
from anticounterfeit.demo.client import ApiError
from anticounterfeit.demo.memory import Memory
from anticounterfeit.demo.story import PLAYERS, Story
from supplychain.conf.embedded import Embedded, PortTaken


class Command(BaseCommand):
    help = (
        "Serve Medtrail here, tell the story of 240 packs over HTTP, check it, print where to look, and go on serving."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--exit", action="store_true", help="stop after the story; exit 0 only if every check held")
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        self.console = Console(highlight=False)
        self.stop = threading.Event()
        if port != settings.PORT:
            raise CommandError(
                f"--port {port}: codes are printed with the site's address; set DEMO_PORT={port} instead"
            )
        call_command("migrate", verbosity=0)
        embedded = Embedded(host, port)
        try:
            embedded.start()
        except PortTaken as error:
            raise CommandError(f"{error}\nTry another one: make demo DEMO_PORT={port + 1}") from error
        # Not before: the worker's start sets Django, and so the handlers, up again.
        self.log_to_file(settings.MEDTRAIL_HOME / "demo" / "server.log")
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: self.stop.set())
        try:
            folder = settings.MEDTRAIL_HOME / "demo"
            held = self.tell(Story(settings.PUBLIC_URL, Memory(folder / "story.json"), folder / "codes"))
            if not options["exit"]:
                self.serve_on(embedded)
        finally:
            embedded.stop()
        if not held:
            raise CommandError("The story did not hold; the lines above say what and why.")

    def log_to_file(self, path: Path) -> None:
        """Three hundred requests in a row would bury the story; who wants to read them finds them in the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler):
                handler.setStream(path.open("a"))

    def tell(self, story: Story) -> bool:
        story.prepare()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        steps = list(story.steps())
        checks = Checks(story, settings.MEDTRAIL_HOME / "demo")
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task("The story", total=len(steps))
            for text, tell_step in steps:
                if self.stop.is_set():
                    raise CommandError("Stopped in the middle; the same command goes on from here.")
                try:
                    tell_step()
                except ApiError as error:
                    raise CommandError(f"{text}: {error}") from error
                progress.console.print(f"  {text}")
                progress.advance(task)
        held = [self.holds(text, check) for text, check in checks.all()]
        self.print_places(story, checks)
        return all(held)

    def holds(self, text: str, check: Any) -> bool:
        try:
            check()
        except (CheckFailed, ApiError) as error:
            self.console.print(f"[red]✗[/red] {text}\n    {error}")
            return False
        self.console.print(f"[green]✓[/green] {text}")
        return True

    def print_places(self, story: Story, checks: Checks) -> None:
        checkpoint = settings.LOG_PUBLIC_DIR / "checkpoint"
        names = ", ".join([*(player.name for player in PLAYERS), "regulator"])
        say = self.console.out
        say(f"\nThe pack's page    {story.pack_url}")
        say(f"Its QR code        {shown(checks.code_file)}")
        say(f"The other codes    {shown(story.codes_folder)}")
        say(f"All the labels     {story.base_url}/batches/{story.memory['batch']}/labels   (sign in as maker)")
        say(f"Sign in            {story.base_url}/sign-in   as {names}")
        say(f"Password of each   {story.memory['password']}")
        say(f"The ledger         {story.base_url}/ledger/")
        say(f"The API            {story.base_url}/api/docs/")
        say(f"The server's log   {shown(settings.MEDTRAIL_HOME / 'demo' / 'server.log')}")
        say("\nCheckpoint, as anybody may fetch and keep it:")
        say(
            "".join(f"    {line}\n" for line in checkpoint.read_text().splitlines())
            if checkpoint.is_file()
            else "    -"
        )
        say("Check the pack's pedigree without us and without a network:")
        say(f"    .venv/bin/medtrail-verify {shown(checks.pedigree_file)} --policy {shown(checks.policy_file)}\n")

    def serve_on(self, embedded: Embedded) -> None:
        self.console.print(f"Serving at {settings.PUBLIC_URL} until Ctrl-C.")
        while not self.stop.wait(0.5):
            if dead := embedded.dead():
                raise CommandError(f"{', '.join(dead)} died; the log above says why")


def shown(path: Path) -> str:
    """A path as short as it can be pasted from where the command was run."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
