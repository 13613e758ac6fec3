"""`manage.py write_pedigree CODE FILE`: a pack's pedigree, to check with medtrail-verify."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils import timezone

from anticounterfeit.code import Claim, read_code
from anticounterfeit.queries import find_pack
from anticounterfeit.usecases.build_pedigree import NotYetProven, build_pedigree
from supplychain.gs1.errors import GS1Error
from supplychain.sight import Reader

OPERATOR = Reader(None, is_regulator=True)  # whoever reads the database reads all of it


class Command(BaseCommand):
    help = "Write the pedigree of one pack: every published statement about it, with the proof of each."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="the pack's code in any spelling: Digital Link, element string, (01)…(21)…")
        parser.add_argument("file", type=Path, help="where to write it")

    def handle(self, *args: Any, code: str, file: Path, **options: Any) -> None:
        try:
            claim = read_code(code, today=timezone.localdate())
        except GS1Error as error:
            raise CommandError(str(error)) from error
        if not isinstance(claim, Claim) or claim.serial_number is None:
            raise CommandError(
                f"{code!r} names no single pack: expected a product number (01) and a serial number (21)"
            )
        item = find_pack(claim.gtin.digits, claim.serial_number.text)
        if item is None:
            raise CommandError(f"No pack {claim.serial_number} of GTIN {claim.gtin} is registered here")
        try:
            pedigree = build_pedigree(item, reader=OPERATOR)
        except NotYetProven as error:
            raise CommandError(f"{error}: is the worker running?") from error
        file.write_text(json.dumps(pedigree.document, indent=1) + "\n")
        waiting = f"; {pedigree.pending} newer ones wait for their block" if pedigree.pending else ""
        self.stdout.write(f"{file}: {len(pedigree.document['items'])} statements{waiting}")
