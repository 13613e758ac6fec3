"""Goods are destroyed: expired, called back, damaged."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("destroy")
def destroy(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """End the items `epcs` (packs or whole units) as destroyed. It cannot be undone, and no serial comes back."""
    return end(ENDINGS["destroy"], actor=actor, request=request, epcs=epcs)
