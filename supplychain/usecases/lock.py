"""Goods are set apart until somebody has looked at them."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("lock")
def lock(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """Lock the items `epcs`: they stay where they are, and nothing but receiving and destroying happens to them."""
    return end(ENDINGS["lock"], actor=actor, request=request, epcs=epcs)
