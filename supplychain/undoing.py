"""When the end of a pack's life may be taken back: a rule that is data, because each market has its own.

In the European Union a pack may return to stock if the same party does it, at the same place, within ten days, and the
pack was never out of its hands, is not expired, called back or stolen. Whoever undoes signs a new statement that names
what it reverses; nothing is deleted.

>>> EU.days
10

Source: Commission Delegated Regulation (EU) 2016/161, article 13; domain rules 1.3 and 1.4 (X1 to X5).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from supplychain.endings import BY_LIFE
from supplychain.lifecycle import Breach, Life, Unit, fit_for_sale


@dataclass(frozen=True, slots=True)
class UndoPolicy:
    """What a market allows: within `days` of the act, by the same party, and where it was done."""

    days: int
    same_place: bool = True


EU = UndoPolicy(days=10)
POLICIES = {"EU": EU}


@dataclass(frozen=True, slots=True)
class Done:
    """The act that is to be undone: who did it (GLN), at which site (GLN), and when."""

    party: str
    place: str
    at: datetime


def guard_undo(
    unit: Unit,
    done: Done | None,
    *,
    policy: UndoPolicy,
    party: str,
    place: str,
    now: datetime,
    today: date,
    was_supplied: bool,
) -> list[Breach]:
    """X1 to X5. `was_supplied`: the pack was out of the party's hands, as the person says who asks for the undo."""
    if unit.life is Life.ACTIVE or done is None:
        return [Breach("UNDO_NOTHING", unit.epc, "There is nothing to undo: it is active")]
    ending = BY_LIFE.get(unit.life)
    if ending is None or not ending.is_reversible:
        return [Breach("UNDO_IRREVERSIBLE", unit.epc, f"It was {_verb(unit)}, which cannot be undone")]
    breaches: list[Breach] = []
    if done.party != party:
        breaches.append(Breach("UNDO_OTHER_PARTY", unit.epc, "Another party did this; only that party can undo it"))
    elif policy.same_place and done.place != place:
        breaches.append(
            Breach("UNDO_OTHER_PLACE", unit.epc, "It was done at another site and can be undone only there")
        )
    if now - done.at > timedelta(days=policy.days):
        breaches.append(
            Breach("UNDO_TOO_LATE", unit.epc, f"It was done on {done.at:%Y-%m-%d}, more than {policy.days} days ago")
        )
    if was_supplied:
        breaches.append(Breach("UNDO_SUPPLIED", unit.epc, "It was handed out; a pack that was out does not come back"))
    return breaches + [
        Breach(f"UNDO_{one.code}", one.epc, one.text) for one in fit_for_sale(unit, today, "CALLED_BACK")
    ]


def _verb(unit: Unit) -> str:
    ending = BY_LIFE.get(unit.life)
    return ending.verb if ending else unit.life.name.lower()
