"""Recalls and withdrawals: which packs are called back, what that makes of a batch, and how well it works.

How a recall is stated, signed and answered: `recalls.statement`. Several can be in force on one batch at once.

>>> whole = Scope("09520001000010")
>>> part = Scope("09520001000010", lots=("L1",), serials=(("B1", "B9"),))
>>> whole.contains(part), part.contains(whole), part.concerns("L1", "B7"), part.concerns("L1", "B77")
(True, False, True, False)

Source: 21 CFR part 7 (depth, effectiveness checks); EU compilation of procedures, "Rapid alerts".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from supplychain.lifecycle import BatchState


class Action(StrEnum):
    """Why goods come back: a defect, or the end of the permission to sell them."""

    RECALL = "recall"
    WITHDRAWAL = "withdrawal"


class Depth(IntEnum):
    """How far down the chain a recall reaches; each level includes those before it."""

    WHOLESALE = 1
    PHARMACY = 2
    CONSUMER = 3


QUANTITIES = ("quarantined", "returned", "destroyed", "dispensed", "not_found")
RECOVERED = ("quarantined", "returned", "destroyed")
Range = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is called back. `lots` None: every batch of the product; empty `serials` or `markets`: all of them."""

    gtin: str
    lots: tuple[str, ...] | None = None
    serials: tuple[Range, ...] = ()
    markets: tuple[str, ...] = ()

    @property
    def takes_whole_batches(self) -> bool:
        """Whether of a batch that it concerns every pack is meant, wherever it is."""
        return not self.serials and not self.markets

    def concerns(self, lot_number: str, serial_number: str | None = None, country: str | None = None) -> bool:
        """Whether a pack is meant. What is not known, None, speaks for it: a pallet's packs are not looked through.

        `country` is where the pack is, ISO 3166-1 alpha-2.
        """
        if self.lots is not None and lot_number not in self.lots:
            return False
        if self.markets and country is not None and country not in self.markets:
            return False
        return serial_number is None or not self.serials or any(is_within(serial_number, one) for one in self.serials)

    def contains(self, other: "Scope") -> bool:
        """Whether `other` is the same or narrower. Each of its ranges has to lie within one of ours."""
        if other.gtin != self.gtin:
            return False
        if self.lots is not None and (other.lots is None or not set(other.lots) <= set(self.lots)):
            return False
        if self.markets and not (other.markets and set(other.markets) <= set(self.markets)):
            return False
        if not self.serials:
            return True
        return bool(other.serials) and all(
            any(is_within(first, one) and is_within(last, one) for one in self.serials) for first, last in other.serials
        )

    def as_json(self) -> dict[str, Any]:
        """The member `scope` of a statement."""
        found: dict[str, Any] = {"gtin": self.gtin}
        if self.lots is not None:
            found["lots"] = list(self.lots)
        if self.serials:
            found["serials"] = [{"from": first, "to": last} for first, last in self.serials]
        if self.markets:
            found["markets"] = list(self.markets)
        return found


def is_within(serial_number: str, bounds: Range) -> bool:
    """Whether a serial number lies in a range: as long as its ends, and between them byte by byte."""
    first, last = bounds
    return len(serial_number) == len(first) and first.encode() <= serial_number.encode() <= last.encode()


# --- What follows of it -----------------------------------------------------------------------------------------------

Standing = tuple[Action, Scope]


def state_of_batch(lot_number: str, recalls: Iterable[Standing]) -> BatchState:
    """What the recalls in force make of a batch as a whole. `PARTLY`: it depends on the pack, or on where it is."""
    found = {(action if scope.takes_whole_batches else None) for action, scope in recalls if scope.concerns(lot_number)}
    if Action.WITHDRAWAL in found:
        return BatchState.WITHDRAWN
    if Action.RECALL in found:
        return BatchState.RECALLED
    return BatchState.PARTLY if found else BatchState.RELEASED


def state_of_pack(
    lot_number: str, serial_number: str | None, country: str | None, recalls: Iterable[Standing]
) -> BatchState:
    """The same for one pack: never `PARTLY`. `serial_number` None: somewhere in a unit, so perhaps one of them."""
    found = {action for action, scope in recalls if scope.concerns(lot_number, serial_number, country)}
    if Action.WITHDRAWAL in found:
        return BatchState.WITHDRAWN
    return BatchState.RECALLED if found else BatchState.RELEASED


# --- How well it works ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Share:
    """What a recall means for one party that is addressed: `packs` with it or on their way to it, `dispensed` by it,
    when the recall came into force; `knows`: it has answered at all; `quantities` of its newest report.
    """

    packs: int
    dispensed: int
    knows: bool = False
    quantities: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Effectiveness:
    """How much of what is called back has been set apart, taken back or destroyed, by signed reports.

    `wanted` packs are those with the parties that are addressed; packs that patients have count only in a recall that
    reaches them. `recovered` never counts more of a party than its share. `percent` is rounded down: 100 means all.
    """

    parties: int
    answered: int
    reported: int
    wanted: int
    recovered: int
    not_found: int

    @property
    def percent(self) -> int | None:
        """None: nothing is to be had back, so there is nothing to measure."""
        return 100 * self.recovered // self.wanted if self.wanted else None


def measure(shares: Sequence[Share], depth: Depth) -> Effectiveness:
    """The effectiveness of a recall of this depth, over the parties that it addresses."""
    wanted = recovered = not_found = 0
    for one in shares:
        due = due_of(one, depth)
        wanted += due
        if one.quantities is not None:
            recovered += min(due, sum(one.quantities[name] for name in RECOVERED))
            not_found += one.quantities["not_found"]
    answered = sum(1 for one in shares if one.knows)
    reported = sum(1 for one in shares if one.quantities is not None)
    return Effectiveness(len(shares), answered, reported, wanted, recovered, not_found)


def due_of(share: Share, depth: Depth) -> int:
    """How many packs a recall wants back of one party."""
    return share.packs + (share.dispensed if depth is Depth.CONSUMER else 0)
