"""Goods that came back: before they are sold again, each is held against its maker's record, and the outcome is kept.

A pack that a customer sends back may have stood in the sun, or may be a copy of one that was sold long ago. So what is
received under a return is set apart until its holder has verified it: code, lot and expiry as they stand on the pack
against what its maker registered; fit for sale; and sold by this very party before. What fails stays set apart, and may
only go further back, to destruction or to the regulator. What was dispensed never comes back: a pack that was in a
patient's hands is nobody's stock.

>>> record = Record(epc="urn:a", lot_number="L1", expiry=date(2028, 1, 31), was_ours=True)
>>> assess_return(record, Label("urn:a", "L1", date(2028, 1, 31)), [])
'saleable'
>>> assess_return(record, Label("urn:a", "L2"), [])
'lot_mismatch'

Source: domain rules 1.6 (DSCSA saleable returns, reasons of the lightweight messaging standard), 4.1 (laundering).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from supplychain.lifecycle import Breach, Unit, already_ended, held_at_rest

SALEABLE = "saleable"


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody read on the pack. An empty lot or no expiry: it was not read."""

    epc: str
    lot_number: str = ""
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the log knows of it: its batch ("" and None for a unit), and whether this party sold it before."""

    epc: str
    lot_number: str
    expiry: date | None
    was_ours: bool


def assess_return(record: Record, label: Label, unfit: Sequence[Breach]) -> str:
    """The outcome for one item: "saleable", or what speaks against it. `unfit` is what a sale would be refused for."""
    if label.lot_number and record.lot_number and label.lot_number != record.lot_number:
        return "lot_mismatch"
    if label.expiry is not None and record.expiry is not None and label.expiry != record.expiry:
        return "expiry_mismatch"
    if not record.was_ours:
        return "not_sold_by_us"
    return unfit[0].code.lower() if unfit else SALEABLE


def guard_return_check(units: Sequence[Unit], *, party: str) -> list[Breach]:
    """Only what was received under a return, and stands with this party on top of everything, is verified."""
    if not units:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one item")]
    breaches: list[Breach] = []
    for unit in units:
        stands_in = f"It stands inside {unit.parent}; unpack that first"
        breaches += (
            ([Breach("DISAGGREGATE_FIRST", unit.epc, stands_in)] if unit.parent is not None else [])
            or already_ended(unit, "verified")
            or held_at_rest(unit, party)
            or ([] if unit.is_returned else [Breach("NOT_RETURNED", unit.epc, "It was not received under a return")])
        )
    return breaches
