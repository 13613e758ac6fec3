"""An authority takes packs to look at them."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("sample")
def sample(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """End the packs `epcs`, in the party's hands, as taken by an authority."""
    return end(ENDINGS["sample"], actor=actor, request=request, epcs=epcs)
