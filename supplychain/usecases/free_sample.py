"""A maker or wholesaler gives packs away."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("free_sample")
def free_sample(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """End the packs `epcs` as free samples."""
    return end(ENDINGS["free_sample"], actor=actor, request=request, epcs=epcs)
