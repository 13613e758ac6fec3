"""`manage.py export_batch GTIN LOT FILE.zip --for GLN`: all that is known of a batch, to check with medtrail-verify."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from anticounterfeit.usecases.export_batch import PEDIGREES, export_batch
from supplychain.acts import Refused
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Gtin
from supplychain.models import Batch, Party


class Command(BaseCommand):
    help = "Write every statement about a batch, its proofs, its items and some pedigrees into one ZIP file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("gtin")
        parser.add_argument("lot")
        parser.add_argument("file", type=Path)
        parser.add_argument("--for", dest="reader", required=True, metavar="GLN", help="who will read it")
        parser.add_argument("--pedigrees", type=int, default=PEDIGREES, help="packs whose history is written out")

    def handle(self, *args: Any, gtin: str, lot: str, file: Path, reader: str, pedigrees: int, **options: Any) -> None:
        try:
            digits = Gtin.parse(gtin).digits
        except GS1Error as error:
            raise CommandError(str(error)) from error
        batches = Batch.objects.select_related("product__brand_owner")
        batch = batches.filter(product__gtin=digits, lot_number=lot).first()
        party = Party.objects.filter(gln=reader).first()
        if batch is None or party is None:
            missing = f"lot {lot} of GTIN {digits}" if batch is None else f"party {reader}"
            raise CommandError(f"There is no {missing} here")
        # Under another name until it is whole: half an archive must not lie about under the name of a whole one.
        part = file.with_name(f"{file.name}.part")
        try:
            size = write(part, export_batch(reader=party, batch=batch, pedigrees=pedigrees))
            part.replace(file)
        except Refused as refusal:
            raise CommandError(f"{refusal} ({refusal.code})") from refusal
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{file}: {size:,} bytes; check it with medtrail-verify {file} --policy POLICY-FILE")


def write(file: Path, pieces: Iterator[bytes]) -> int:
    columns = (SpinnerColumn(), TextColumn("Exporting"), DownloadColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    progress = Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())
    with file.open("wb") as sink, progress as bar:
        task = bar.add_task("", total=None)
        for piece in pieces:
            sink.write(piece)
            bar.advance(task, len(piece))
        sink.flush()
        os.fsync(sink.fileno())
        return sink.tell()
