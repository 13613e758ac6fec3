"""`manage.py print_codes GTIN LOT FOLDER`: a batch's QR codes as files, for printers that take images."""

import os
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from anticounterfeit.labels import FORMATS, code_of
from anticounterfeit.queries import packs_of_batch
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.models import Batch, Item

CHUNK = 500


class Command(BaseCommand):
    help = "Write the QR code of every pack of a batch into a folder. Files that are there already are not made again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gtin", help="the product: 8, 12, 13 or 14 digits")
        parser.add_argument("lot_number", help="the batch")
        parser.add_argument("folder", type=Path, help="where to write; it is made if it is missing")
        parser.add_argument("--format", choices=[*FORMATS, "both"], default="both")

    def handle(self, *args: Any, gtin: str, lot_number: str, folder: Path, **options: Any) -> None:
        batch = self._find_batch(gtin, lot_number)
        kinds = list(FORMATS) if options["format"] == "both" else [options["format"]]
        folder.mkdir(parents=True, exist_ok=True)
        packs = packs_of_batch(batch)
        written = 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(f"Lot {lot_number}", total=packs.count())
            for item in packs.iterator(chunk_size=CHUNK):
                written += sum(_write(item, folder, kind) for kind in kinds)
                progress.advance(task)
        self.stdout.write(f"{folder}: {written} new files for {progress.tasks[0].total:g} packs of lot {lot_number}")

    def _find_batch(self, gtin: str, lot_number: str) -> Batch:
        try:
            digits = Gtin.parse(gtin).digits
        except GS1Error as error:
            raise CommandError(str(error)) from error
        batch = Batch.objects.filter(product__gtin=digits, lot_number=lot_number).first()
        if batch is None:
            raise CommandError(f"No lot {lot_number!r} of GTIN {digits} is registered here")
        return batch


def file_name(item: Item, kind: str) -> str:
    """The row's number first: files sort as packs were made, and `b7` and `B7` do not meet where case is ignored."""
    return f"{item.pk:010d}-{item.gtin}-{quote(item.serial_number, safe='')}.{kind}"


def _write(item: Item, folder: Path, kind: str) -> bool:
    """Write one file, whole or not at all. False if it was there."""
    path = folder / file_name(item, kind)
    if path.exists():
        return False
    draw: Callable[[str], bytes] = FORMATS[kind][1]
    draft = path.with_suffix(".draft")
    draft.write_bytes(draw(code_of(item).url(settings.PUBLIC_URL)))
    os.replace(draft, path)
    return True
