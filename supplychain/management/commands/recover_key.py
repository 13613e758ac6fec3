"""`manage.py recover_key FILE --authority GLN`: a party's lost key is replaced, as enough others have signed."""

import base64
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.envelope import Signature
from supplychain.acts import Actor, Refused
from supplychain.models import Party
from supplychain.usecases.recover_key import recover_key


class Command(BaseCommand):
    help = "Hand in the recovery of a lost key, made by `medtrail-sign recover-key` and signed by who may help."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the JSON that `medtrail-sign` has printed")
        parser.add_argument("--authority", required=True, metavar="GLN", help="the authority that hands it in")

    def handle(self, *args: Any, file: Path, authority: str, **options: Any) -> None:
        party = Party.objects.filter(gln=authority).first()
        if party is None:
            raise CommandError(f"GLN {authority!r} is not registered here")
        try:
            signed = json.loads(file.read_text())["signed"]
            payload = base64.b64decode(signed["payload"], validate=True)
            signatures = [
                Signature(one["keyid"], base64.b64decode(one["sig"], validate=True)) for one in signed["signatures"]
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{file}: expected what medtrail-sign has printed: {error!r}") from error
        try:
            key = recover_key(actor=Actor(party), payload=payload, signatures=signatures)
        except Refused as refused:
            raise CommandError(f"{refused} ({refused.code})") from refused
        self.stdout.write(f"{key.party} signs with key {key.keyid} from now on; its lost key has ended.")
