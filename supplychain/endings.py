"""How a pack leaves trade, or is set apart from it: one row for each act that ends a life.

======================  ==========================  ============================  =====================================
act                     life afterwards             who                           what may be ended
======================  ==========================  ============================  =====================================
dispense                dispensed                   pharmacy                      a pack in one's own hands, fit for use
export                  exported, for good          maker, wholesaler             goods in one's own hands, fit for use
free_sample             given away                  maker, wholesaler             packs in one's own hands, fit for use
sample                  taken by an authority       anybody in trade, regulator   packs in one's own hands, in any state
destroy                 destroyed, for good         anybody in trade              goods in one's own hands, in any state
report_stolen           stolen, for good            holder, sender or addressee   goods in any state; theft asks nobody
                                                    on the way, maker, regulator
lock                    locked, until unlocked      holder, maker, regulator      goods in any state that still live
======================  ==========================  ============================  =====================================

>>> ENDINGS["export"].life.name, ENDINGS["export"].is_reversible
('EXPORTED', False)

Source: domain rules 1.2 (events), 1.3 (who may), 1.4 (guards D1 to D4).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from supplychain.epcis import vocabulary as cbv
from supplychain.lifecycle import (
    MAY_ADMIT,
    MAY_DISPENSE,
    MAY_TRADE,
    Breach,
    Kind,
    Life,
    Role,
    Unit,
    already_ended,
    fit_for_sale,
    held_at_rest,
)

_MAKERS_AND_WHOLESALERS = frozenset({Role.MANUFACTURER, Role.WHOLESALER})


@dataclass(frozen=True, slots=True)
class Ending:
    """An act that ends a life, and its EPCIS event: business step, action and disposition in CBV's words.

    `verb` completes "it cannot be …"; `takes_units`: whole cases and pallets, too; `must_be_fit`: not expired, not
    called back; `needs_custody`: only whoever holds the goods may do it.
    """

    act: str
    verb: str
    life: Life
    biz_step: str
    action: str
    disposition: str
    roles: frozenset[Role]
    takes_units: bool = False
    must_be_fit: bool = False
    needs_custody: bool = True
    is_reversible: bool = False


ENDINGS = {
    one.act: one
    for one in (
        Ending(
            *("dispense", "dispensed", Life.DISPENSED, cbv.DISPENSING, cbv.DELETE, cbv.DISPENSED, MAY_DISPENSE),
            must_be_fit=True,
            is_reversible=True,
        ),
        Ending(
            *("export", "exported", Life.EXPORTED, cbv.DECOMMISSIONING, cbv.DELETE, cbv.INACTIVE),
            roles=_MAKERS_AND_WHOLESALERS,
            takes_units=True,
            must_be_fit=True,
        ),
        Ending(
            *("free_sample", "given away", Life.FREE_SAMPLE, cbv.DECOMMISSIONING, cbv.DELETE, cbv.INACTIVE),
            roles=_MAKERS_AND_WHOLESALERS,
            must_be_fit=True,
            is_reversible=True,
        ),
        Ending(
            *("sample", "taken as a sample", Life.SAMPLED, cbv.SAMPLING, cbv.DELETE, cbv.INACTIVE),
            roles=MAY_TRADE | MAY_ADMIT,
            is_reversible=True,
        ),
        Ending(
            *("destroy", "destroyed", Life.DESTROYED, cbv.DESTROYING, cbv.DELETE, cbv.DESTROYED),
            roles=MAY_TRADE,
            takes_units=True,
        ),
        Ending(
            *("report_stolen", "reported stolen", Life.STOLEN, cbv.OTHER, cbv.OBSERVE, cbv.STOLEN),
            roles=MAY_TRADE | MAY_ADMIT,
            takes_units=True,
            needs_custody=False,
        ),
        Ending(
            *("lock", "locked", Life.LOCKED, cbv.HOLDING, cbv.OBSERVE, cbv.NON_SELLABLE_OTHER),
            roles=MAY_TRADE | MAY_ADMIT,
            takes_units=True,
            needs_custody=False,
            is_reversible=True,
        ),
    )
}
BY_LIFE = {one.life: one for one in ENDINGS.values()}


def guard_end(
    ending: Ending, units: Sequence[Unit], *, party: str, roles: Collection[Role], makes: Collection[str], today: date
) -> list[Breach]:
    """D1 to D4: alive, of a kind that can end so, in the party's reach, and fit if the act asks for it.

    `makes` are the EPCs among `units` whose product is the party's own.
    """
    if not units:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one item")]
    breaches: list[Breach] = []
    for unit in units:
        breaches += (
            _guard_kind(ending, unit)
            or already_ended(unit, ending.verb, even_locked=not ending.must_be_fit and ending.life is not Life.LOCKED)
            or _guard_reach(ending, unit, party, roles, is_maker=unit.epc in makes)
            or (fit_for_sale(unit, today, "BATCH_CALLED_BACK") if ending.must_be_fit else [])
        )
    return breaches


def guard_unlock(units: Sequence[Unit], *, locked_by: dict[str, str], party: str, is_regulator: bool) -> list[Breach]:
    """A lock is taken off by whoever put it on, or by the regulator. `locked_by`: EPC to the GLN of that party."""
    breaches: list[Breach] = []
    for unit in units:
        if unit.life is not Life.LOCKED:
            breaches.append(Breach("NOT_LOCKED", unit.epc, "It is not locked"))
        elif locked_by.get(unit.epc) != party and not is_regulator:
            breaches.append(Breach("LOCK_OWNER", unit.epc, "Another party locked it; that party or the regulator may"))
    return breaches


def _guard_kind(ending: Ending, unit: Unit) -> list[Breach]:
    if unit.kind is Kind.PACK or ending.takes_units:
        return []
    return [Breach("NOT_A_PACK", unit.epc, f"Only a pack can be {ending.verb}; this is a logistic unit")]


def _guard_reach(ending: Ending, unit: Unit, party: str, roles: Collection[Role], *, is_maker: bool) -> list[Breach]:
    if ending.needs_custody:
        return held_at_rest(unit, party)
    if is_maker or Role.REGULATOR in roles or party in (unit.holder, unit.addressee):
        return []
    return [Breach("NOT_HOLDER", unit.epc, "It is not in your custody, not on its way to you, and not your product")]
