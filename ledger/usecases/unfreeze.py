"""Let a frozen log go on, by the word of somebody who has looked."""

import structlog
from django.db import transaction
from django.utils import timezone

from ledger.errors import VerificationError
from ledger.models import Log
from ledger.usecases.check_log_state import check_log_state
from ledger.witness_models import Incident, Witness

logger = structlog.get_logger(__name__)

SHORTEST_REASON = 10


@transaction.atomic
def unfreeze(*, because: str) -> Incident:
    """Open the log again, if database, signer and published files tell one story, and write down who says so and why.

    A fork that a witness has shown stays shown: if it is not settled, the next round with that witness freezes the log
    again. This only says that somebody looked.

    Raises:
        VerificationError: no reason worth reading (UNFREEZE_REASON), or the log is not frozen (LOG_NOT_FROZEN).
        ForkError: the log still contradicts itself; what stopped it is not gone.
    """
    if len(because.strip()) < SHORTEST_REASON:
        raise VerificationError(
            f"reason {because!r}: expected what was found and done, in {SHORTEST_REASON} characters or more",
            code="UNFREEZE_REASON",
        )
    log = Log.objects.select_for_update().filter(pk=1).first()
    if log is None or log.state != Log.FROZEN:
        raise VerificationError("the log is not frozen: nothing to do", code="LOG_NOT_FROZEN")
    check_log_state(even_if_frozen=True)
    incident = Incident.objects.create(
        what=Incident.UNFROZEN, at=timezone.now(), because=because.strip(), evidence=log.frozen_because
    )
    Log.objects.filter(pk=1).update(state=Log.ACTIVE, frozen_because="")
    # Each is heard anew: what it said before was what somebody has looked at.
    Witness.objects.filter(contradicts=True).update(contradicts=False, failures=0, busy_until=timezone.now())
    logger.critical("ledger_unfrozen", because=incident.because, was=log.frozen_because)
    return incident
