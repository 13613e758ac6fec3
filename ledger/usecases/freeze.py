"""Stop the log, aloud: it seals, signs and publishes nothing until somebody has looked."""

import contextlib
from collections.abc import Collection, Iterator

import structlog
from django.db import transaction
from django.utils import timezone
from prometheus_client import Counter

from ledger.errors import LedgerError
from ledger.models import Log
from ledger.witness_models import Incident

logger = structlog.get_logger(__name__)

FREEZES = Counter("medtrail_ledger_freezes", "Times that the log stopped because of a contradiction")


def freeze(*, because: str, evidence: str = "") -> bool:
    """Freeze the active log and write down why; False when it stands still already.

    `evidence` is what another party signed or said, word for word: it must survive the witness that showed it.
    """
    with transaction.atomic():
        if not Log.objects.filter(pk=1, state=Log.ACTIVE).update(state=Log.FROZEN, frozen_because=because):
            return False
        Incident.objects.create(what=Incident.FROZEN, at=timezone.now(), because=because, evidence=evidence)
    FREEZES.inc()
    logger.critical("ledger_frozen", reason=because, evidence=evidence)
    return True


@contextlib.contextmanager
def freezing(*, but: Collection[str]) -> Iterator[None]:
    """Freeze the log on a contradiction inside; errors whose code is among `but` pass without."""
    try:
        yield
    except LedgerError as error:
        if error.code not in but:
            freeze(because=f"{error.code}: {error}")
        raise
