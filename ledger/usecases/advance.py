"""Take the log one step on: seal what waits, sign it, publish it."""

from django.db import transaction

from ledger.errors import LedgerError
from ledger.models import Checkpoint, Log
from ledger.usecases.publish import publish
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign

# No contradiction in the log: a clock that is off, a signer that is not where the settings say, or a log that people
# look at already. Freezing would only hide the reason.
PASSING = ("CLOCK_WENT_BACK", "LOG_KEY_MISSING", "LOG_FROZEN", "SIGNER_HEAD_MISSING")


def advance() -> Checkpoint | None:
    """Do all that is due. Safe to call at any time, any number of times at once, and again after a kill at any point.

    Returns the checkpoint that was published, None when nothing was due.

    Raises:
        LedgerError: the log contradicts itself or its signer. The log is frozen then, until somebody has looked.
    """
    if not Log.objects.exists():
        return None
    try:
        while seal():
            pass
        sign()
        return publish()
    except LedgerError as error:
        if error.code not in PASSING:
            freeze(f"{error.code}: {error}")
        raise


def freeze(reason: str) -> None:
    with transaction.atomic():
        Log.objects.filter(pk=1, state=Log.ACTIVE).update(state=Log.FROZEN, frozen_because=reason)
