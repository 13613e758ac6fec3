"""A pack goes to a patient: the end of its life in trade."""

from supplychain.acts import Actor, Done, Request, act
from supplychain.endings import ENDINGS
from supplychain.leaving import end


@act("dispense")
def dispense(*, actor: Actor, request: Request, epc: str) -> Done:
    """Dispense one pack (EPC). A pack that still stands in a case is unpacked first, under a statement of its own."""
    return end(ENDINGS["dispense"], actor=actor, request=request, epcs=[epc])
