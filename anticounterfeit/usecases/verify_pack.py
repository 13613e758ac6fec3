"""Somebody looks at a code: what is it, what is the verdict, and what is its story?

Nothing is written yet; whoever records scans does it here, so that every door does.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from anticounterfeit import queries
from anticounterfeit.code import Claim, read_code
from anticounterfeit.queries import Found, ShownStep
from anticounterfeit.verdict import Verdict, assess_pack, assess_unit, unreadable
from ledger.models import Checkpoint
from ledger.queries import PUBLISHED, latest_checkpoint
from ledger.witnesses import Witnessing, witnessing_of
from supplychain.gs1.errors import GS1Error
from supplychain.gs1.identifiers import Sscc
from supplychain.models import Party, Recall

# Under these verdicts the registered batch and story are not this box's: showing them would lend it their good name,
# and tell whoever guesses numbers what to print next time.
NOT_ITS_OWN = frozenset({"BATCH_MISMATCH", "EXPIRY_MISMATCH"})


@dataclass(frozen=True, slots=True)
class Verification:
    """What one look at one code gave. `claim` is None if it could not be read, and `reason` then says why."""

    verdict: Verdict
    claim: Claim | Sscc | None = None
    reason: str = ""
    found: Found = field(default_factory=Found)
    steps: list[ShownStep] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    recalls: list[Recall] = field(default_factory=list)

    @property
    def has_proof(self) -> bool:
        """Whether there is a pedigree to take away: at least one published step."""
        return any(step.proof.state == PUBLISHED for step in self.steps)

    @property
    def witnessing(self) -> Witnessing:
        """Who but the log's operator has signed the newest published checkpoint, and when."""
        return witnessing_of(self.checkpoint)


def verify_pack(*, code: str, viewer: Party | None = None, now: datetime | None = None) -> Verification:
    """Assess a scanned or typed `code`. `viewer` is the party that the person looking acts for, if any."""
    today = timezone.localdate(now)
    try:
        claim = read_code(code, today=today)
    except GS1Error as error:
        return Verification(unreadable(error.code), reason=str(error))
    checkpoint = latest_checkpoint()
    if isinstance(claim, Sscc):
        return _verify_unit(claim, viewer, checkpoint)
    found = queries.find_claimed(claim)
    steps = queries.story_of(found.item, viewer=viewer, checkpoint=checkpoint) if found.item else []
    recalls = queries.recalls_of(found)
    verdict = assess_pack(claim, queries.facts_of(claim, found, steps, recalls), today)
    if verdict.code in NOT_ITS_OWN:
        return Verification(verdict, claim, found=Found(found.product), checkpoint=checkpoint)
    return Verification(verdict, claim, found=found, steps=steps, checkpoint=checkpoint, recalls=recalls)


def _verify_unit(sscc: Sscc, viewer: Party | None, checkpoint: Checkpoint | None) -> Verification:
    unit = queries.find_unit(sscc)
    steps = queries.story_of(unit, viewer=viewer, checkpoint=checkpoint) if unit else []
    verdict = assess_unit(is_known=unit is not None)
    return Verification(verdict, sscc, found=Found(item=unit), steps=steps, checkpoint=checkpoint)
