"""`manage.py create_member USERNAME GLN`: a person who signs in and acts for a party."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from supplychain.models import Membership, Party
from supplychain.people.duties import Duty, guard_duties


class Command(BaseCommand):
    help = "Make a user who acts for a party. The password is asked for, or read from --password-file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("gln", help="the party's GLN, 13 digits")
        parser.add_argument(
            "--duty",
            action="append",
            choices=list(Duty),
            help="may be given several times; the first member of a party gets all but auditor, others daily work",
        )
        parser.add_argument(
            "--password-file", type=Path, help="its first line is the password; '-' reads standard input"
        )

    def handle(self, *args: Any, username: str, gln: str, password_file: Path | None, **options: Any) -> None:
        party = Party.objects.filter(gln=gln).first()
        if party is None:
            raise CommandError(f"GLN {gln!r} is not registered here")
        users = get_user_model().objects
        if users.filter(username=username).exists():
            raise CommandError(f"There is a user {username!r} already; memberships are changed in the admin")
        duties = duties_for(party, options["duty"])
        user = users.model(username=username)
        password = read_password(password_file)
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            user.save()
            Membership.objects.create(user=user, party=party, duties=duties)
        self.stdout.write(f"{username} can sign in and acts for {party} as {', '.join(duties)}.")


def duties_for(party: Party, asked: list[str] | None) -> list[str]:
    """As asked; else the first member answers for the party, so that it can let the others in itself."""
    if asked is None:
        return [Duty.OPERATOR] if party.members.exists() else [Duty.OPERATOR, Duty.RESPONSIBLE, Duty.KEY_HOLDER]
    if breaches := guard_duties(asked):
        raise CommandError(breaches[0].text)
    return [one for one in Duty if one in asked]


def read_password(file: Path | None) -> str:
    """Never from the command line: other users of the machine can read that."""
    if file is not None:
        try:
            text = sys.stdin.read() if str(file) == "-" else file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        return text.split("\n", 1)[0].rstrip("\r")
    if not sys.stdin.isatty():
        raise CommandError("There is nobody to ask for a password: use --password-file")
    password = getpass()
    if getpass("Password (again): ") != password:
        raise CommandError("The two passwords differ")
    return password
