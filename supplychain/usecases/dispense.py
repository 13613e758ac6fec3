"""A pack goes to a patient: the end of its life in trade."""

from datetime import date

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.endings import ENDINGS
from supplychain.leaving import end
from supplychain.lifecycle import Breach, guard_label
from supplychain.models import Item
from supplychain.stock import find_items


@act("dispense")
def dispense(*, actor: Actor, request: Request, epc: str, lot_number: str = "", expiry: str = "") -> Done:
    """Dispense one pack (EPC). A pack that still stands in a case is unpacked first, under a statement of its own.

    `lot_number` and `expiry` (YYYY-MM-DD) are what was read with the code, "" for what was not: a label that says
    something else than its maker registered is not given to a patient.
    """
    if lot_number or expiry:
        check(_guard_label(epc, lot_number, expiry))
    return end(ENDINGS["dispense"], actor=actor, request=request, epcs=[epc])


def _guard_label(epc: str, lot_number: str, expiry: str) -> list[Breach]:
    try:
        day = date.fromisoformat(expiry) if expiry else None
    except ValueError:
        raise Refused.because("DATE", f"Expiry {expiry!r}: expected a date such as 2028-01-31") from None
    item = find_items([epc], rows=Item.objects.select_related("batch")).get(epc)
    if item is None or item.batch is None:
        return []  # which is for the act to say
    return guard_label(epc, read=(lot_number, day), registered=(item.batch.lot_number, item.batch.expiry))
