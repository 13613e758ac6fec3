"""Serial numbers are counted like banknotes: issued = applied + destroyed + unused, and whatever is left has a name.

A stolen list of serials that were never printed makes perfect fakes. So a list that was issued to a line is closed once
the line is done: what was not commissioned by then never can be.

>>> tally = Tally(issued=4, closed=("B2", "B3", "B4"), destroyed=("B2",), unaccounted=("B4",))
>>> tally.applied, tally.unused, [one.code for one in differences_of(tally)]
(1, 1, ['UNACCOUNTED'])

Source: domain rules 1.1 (allocated is not active); field notes T3 (theft of the serial list).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from supplychain.lifecycle import Breach


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the serials of one allocation; EPCs, each in one list at the most.

    `closed` were never commissioned and never will be: those in `destroyed` were spoilt or scrapped, those in
    `unaccounted` nobody can show, and the rest was never printed. `contradicted` were said to be destroyed or unused
    but had been commissioned. `counted` is what the line counted as applied, or None if it did not count.
    """

    issued: int
    closed: tuple[str, ...]
    destroyed: tuple[str, ...] = ()
    unaccounted: tuple[str, ...] = ()
    contradicted: tuple[str, ...] = ()
    counted: int | None = None

    @property
    def applied(self) -> int:
        """How many were commissioned."""
        return self.issued - len(self.closed)

    @property
    def unused(self) -> int:
        """How many were never printed, or printed and handed back."""
        return len(self.closed) - len(self.destroyed) - len(self.unaccounted)


def count_serials(
    *,
    issued: int,
    dark: Sequence[str],
    destroyed: Collection[str],
    unused: Collection[str] | None,
    counted: int | None = None,
) -> Tally:
    """The tally of an allocation of `issued` serials, of which those in `dark` (EPCs) were never commissioned.

    `destroyed` and `unused` are as the line reports them; with `unused` None, all that is not destroyed is unused.
    """
    closed = frozenset(dark)
    scrapped = closed.intersection(destroyed)
    unaccounted = closed - scrapped - frozenset(unused) if unused is not None else frozenset()
    contradicted = frozenset((*destroyed, *(unused or ()))) - closed
    return Tally(
        issued,
        tuple(sorted(closed)),
        tuple(sorted(scrapped)),
        tuple(sorted(unaccounted)),
        tuple(sorted(contradicted)),
        counted,
    )


def differences_of(tally: Tally) -> list[Breach]:
    """What does not add up. A physical fact cannot be refused: it is accepted, and named."""
    found = [
        Breach("UNACCOUNTED", epc, "It was issued, and is neither commissioned nor destroyed nor unused")
        for epc in tally.unaccounted
    ]
    found += [
        Breach("COMMISSIONED_ALL_THE_SAME", epc, "It is reported as destroyed or unused, but a pack with it exists")
        for epc in tally.contradicted
    ]
    if tally.counted is not None and tally.counted != tally.applied:
        text = f"The line counted {tally.counted} applied, {tally.applied} were commissioned"
        found.append(Breach("APPLIED_DIFFERS", "", text))
    return found


def guard_reconcile(
    *, of_allocation: Collection[str], destroyed: Sequence[str], unused: Sequence[str] | None
) -> list[Breach]:
    """Each serial that the line reports (EPCs) is one of this allocation and is reported once."""
    issued = frozenset(of_allocation)
    reported = [*destroyed, *(unused or ())]
    seen: set[str] = set()
    breaches: list[Breach] = []
    for epc in reported:
        if epc not in issued:
            breaches.append(Breach("NOT_OF_ALLOCATION", epc, "It was not issued with this allocation"))
        elif epc in seen:
            breaches.append(Breach("NAMED_TWICE", epc, "It is reported more than once"))
        seen.add(epc)
    return breaches
