"""What test_kill_points has killed: a step of the log, what is laid out before it, and what must hold after a kill."""

import os
from pathlib import Path

from django.conf import settings
from django.db import transaction

from ledger import custody
from ledger.models import Key
from ledger.usecases.advance import advance as advance_log
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.recover import recover as recover_log
from ledger.usecases.submit import submit
from tests.check_log import CheckedLog, check_log
from tests.ledger.cast import MAKER, event
from tests.ledger.restore import restore_to

_seen: CheckedLog | None = None


def advance() -> None:
    advance_log()


def recover() -> None:
    list(recover_log(folder=Path(settings.LOG_PUBLIC_DIR), envelopes=Path(os.environ["ENVELOPES_FILE"])))


def prepare(what: str) -> None:
    if what == "advance":
        put_two()
    elif what == "recover":
        restore_to(1)


def put_two() -> None:
    key = custody.managed_key(Key.objects.get(party=MAKER).keyid)
    for _ in range(2):
        with transaction.atomic():
            submit(envelope=custody.sign_statement(event(), [key]))


def check_after(what: str, at: int) -> None:
    """What an outsider sees after the kill is whole and extends what he saw; the next who comes finishes the work."""
    global _seen  # noqa: PLW0603 - one log, one outsider
    folder = Path(settings.LOG_PUBLIC_DIR)
    if what == "recover":
        recover()
        check_log_state()
        return
    if (folder / "checkpoint").exists():
        _seen = check_log(folder, earlier=_seen, is_moving=True)
    # Every third is left as it is: the next process finds the pieces of two.
    if at % 3:
        advance_log()
        check_log_state()
        _seen = check_log(folder, earlier=_seen)
