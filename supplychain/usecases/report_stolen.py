"""Goods were stolen, from a shelf or on their way."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("report_stolen")
def report_stolen(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """End the items `epcs` as stolen: whoever scans one of them from now on is warned. It cannot be undone."""
    return end(ENDINGS["report_stolen"], actor=actor, request=request, epcs=epcs)
