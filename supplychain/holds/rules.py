"""Goods in quarantine: who may put a hold on them, why, and who may lift it.

A hold is a dimension of its own. It moves nothing and ends nothing; several can lie on one pack at once, and only when
the last is lifted may the pack be sold again. A hold on a unit is a hold on all that is in it. One on a batch is one
row, however many packs the batch has: on all packs if its maker or the regulator places it, else on those that the
placing party has in custody.

A hold is lifted by whoever placed it, or by a higher authority; the regulator's by the regulator alone.

>>> lien = Lien("urn:uuid:1", party="9520003000001", authority=Authority.HOLDER)
>>> [may_lift(lien, party="9520003000001", authority=Authority.HOLDER),
...  may_lift(lien, party="9520002000002", authority=Authority.HOLDER),
...  may_lift(lien, party="9520001000003", authority=Authority.MAKER)]
[True, False, True]

Source: domain rules 1.2 (quarantine / release) and 1.4 (Q1); CBV 2.0 sections 7.1 (holding, inspecting) and 7.2.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from supplychain.epcis import vocabulary as cbv
from supplychain.lifecycle import Breach, Life, Role, Unit

HOLD, RELEASE = "hold", "release"


class Authority(IntEnum):
    """In which capacity a hold is placed; the higher may lift what the lower placed. Stored, never renumbered."""

    HOLDER = 1
    MAKER = 2
    REGULATOR = 3


# Why goods are held, and the disposition that CBV has for it.
REASONS: Mapping[str, str] = {
    "inspection": cbv.NON_SELLABLE_OTHER,
    "temperature": cbv.NON_SELLABLE_OTHER,
    "damage": cbv.NON_SELLABLE_OTHER,
    "suspected_falsification": cbv.NON_SELLABLE_OTHER,
    "no_pedigree_match": cbv.NO_PEDIGREE_MATCH,
    "recalled": cbv.RECALLED,
}
# What is found when a hold is lifted.
FINDINGS = (cbv.CONFORMANT, cbv.SELLABLE_NOT_ACCESSIBLE)


@dataclass(frozen=True, slots=True)
class Lien:
    """An open hold as a guard sees it: the eventID that placed it, by whom (GLN-13), and in which capacity."""

    event: str
    party: str
    authority: Authority


def authority_over(roles: Collection[Role], *, is_maker: bool) -> Authority:
    """The highest capacity in which a party with `roles` acts on goods. `is_maker`: all of them are its products."""
    if Role.REGULATOR in roles:
        return Authority.REGULATOR
    return Authority.MAKER if is_maker else Authority.HOLDER


def guard_reason(reason: str) -> list[Breach]:
    """The reason is one that a disposition stands for."""
    if reason in REASONS:
        return []
    return [Breach("BAD_REASON", "", f"Reason {reason!r}: expected one of {', '.join(REASONS)}")]


def guard_finding(finding: str) -> list[Breach]:
    """What was found is one of the two dispositions after which goods go on."""
    if finding in FINDINGS:
        return []
    return [Breach("BAD_REASON", "", f"Finding {finding!r}: expected one of {', '.join(FINDINGS)}")]


def guard_hold(units: Sequence[Unit], *, party: str, authority: Authority) -> list[Breach]:
    """What lives can be held: by its holder, by whoever it is on its way to, by its maker, by the regulator.

    An end of life is not held up: what was dispensed, destroyed or stolen is in nobody's hands.
    """
    if not units:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one item, or a batch")]
    breaches: list[Breach] = []
    for unit in units:
        if unit.life not in (Life.ACTIVE, Life.LOCKED):
            breaches.append(Breach("NOT_HOLDABLE", unit.epc, "It is not in trade; there is nothing to hold"))
        elif authority is Authority.HOLDER and party not in (unit.holder, unit.addressee):
            breaches.append(
                Breach("NOT_HOLDER", unit.epc, "It is not in your custody, not on its way to you, and not your product")
            )
    return breaches


def guard_release(liens: Mapping[str, Sequence[Lien]], *, party: str, authority: Authority) -> list[Breach]:
    """Q1. `liens`: what was named (an EPC or a batch's class) to the open holds that are asked to be lifted on it."""
    if not liens:
        return [Breach("NOTHING_TO_DO", "", "Nothing was named: expected at least one item, or a batch")]
    breaches: list[Breach] = []
    for name, found in liens.items():
        if not found:
            breaches.append(Breach("NOT_HELD", name, "No such hold lies on it"))
        elif not any(may_lift(one, party=party, authority=authority) for one in found):
            breaches.append(
                Breach("HOLD_OWNER", name, "Another party holds it; that party, or a higher authority, may release it")
            )
    return breaches


def may_lift(lien: Lien, *, party: str, authority: Authority) -> bool:
    """Whether `party`, acting as `authority`, may lift this hold. The regulator's is lifted in that capacity only."""
    if lien.authority is Authority.REGULATOR:
        return authority is Authority.REGULATOR
    return lien.party == party or authority > lien.authority
