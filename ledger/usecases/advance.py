"""Take the log one step on: seal what waits, sign it, publish what may be published."""

from ledger.models import Block, Checkpoint, Log, Pending
from ledger.usecases.check_log_state import check_log_state
from ledger.usecases.freeze import freezing
from ledger.usecases.publish import publish
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign

# No contradiction in the log: a clock that is off, a signer that is not where the settings say, a policy file under
# somebody's hands, or a log that people look at already. Freezing would only hide the reason.
PASSING = (
    "CLOCK_WENT_BACK",
    "LOG_KEY_MISSING",
    "LOG_FROZEN",
    "SIGNER_HEAD_MISSING",
    "POLICY",
    "POLICY_KEY",
    "VKEY",
    "WITNESS_POLICY",
)


def advance() -> Checkpoint | None:
    """Do all that is due and asks nobody outside. Safe to call at any time, any number of times at once, and again
    after a kill at any point. Witnesses are asked by `cosign`, beside it: nobody but readers waits for them.

    Returns the checkpoint that was published, None when nothing was due.

    Raises:
        LedgerError: the log contradicts itself or its signer. The log is frozen then, until somebody has looked.
    """
    if not Log.objects.exists():
        return None
    with freezing(but=PASSING):
        if is_due():
            # Each time and not at the start alone: a database can be exchanged under a running worker. What was sealed
            # on an old copy could not be led forward any more; what was signed there could be a second history.
            check_log_state()
            while seal():
                pass
        sign()
        return publish()


def is_due() -> bool:
    """Whether something is to be sealed or signed."""
    if Pending.objects.exists():
        return True
    newest = Block.objects.order_by("-height").values_list("tree_size", flat=True).first()
    return newest is not None and not Checkpoint.objects.filter(tree_size=newest).exists()
