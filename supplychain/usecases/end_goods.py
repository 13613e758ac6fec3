"""Goods leave trade in one of the ways of `endings`: for callers that know the way only when they run."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("end_goods")
def end_goods(*, actor: Actor, request: Request, how: str, epcs: Sequence[str]) -> Done:
    """End the items `epcs`; `how` is a key of `endings.ENDINGS`."""
    return end(ENDINGS[how], actor=actor, request=request, epcs=epcs)
