"""Packs become other packs: what goes in ends, what comes out begins, and the way leads from one to the other.

>>> guard_repackage([], new_expiry=date(2028, 1, 31), today=date(2026, 11, 25), party="9506000140445")[0].code
'NOTHING_TO_DO'

Source: domain rules 1.2 (TransformationEvent, licensed repackager); CBV 2.0, repackaging.
"""

from collections.abc import Sequence
from datetime import date

from supplychain.lifecycle import Breach, Kind, Unit, already_ended, fit_for_sale, held_at_rest


def guard_repackage(inputs: Sequence[Unit], *, new_expiry: date, today: date, party: str) -> list[Breach]:
    """The inputs are packs in the party's hands, fit for sale, and the new packs do not outlive the oldest of them."""
    if not inputs:
        return [Breach("NOTHING_TO_DO", "", "Repackaging needs at least one pack to start from; the list is empty")]
    breaches: list[Breach] = []
    for unit in inputs:
        if unit.kind is not Kind.PACK:
            breaches.append(Breach("NOT_A_PACK", unit.epc, "Only packs are repackaged; this is a logistic unit"))
            continue
        if unit.parent is not None:
            breaches.append(Breach("DISAGGREGATE_FIRST", unit.epc, f"It stands inside {unit.parent}; unpack it first"))
            continue
        breaches += (
            already_ended(unit, "repackaged")
            or held_at_rest(unit, party)
            or fit_for_sale(unit, today, "BATCH_CALLED_BACK")
        )
        if unit.expiry is not None and new_expiry > unit.expiry:
            text = f"It expires on {unit.expiry}; what is made of it cannot last until {new_expiry}"
            breaches.append(Breach("EXPIRY_EXTENDED", unit.epc, text))
    return breaches
