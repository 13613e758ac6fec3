"""Goods leave for a country that this supply chain does not serve."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("export")
def export(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """End the items `epcs` (packs or whole units) as exported. It cannot be undone."""
    return end(ENDINGS["export"], actor=actor, request=request, epcs=epcs)
