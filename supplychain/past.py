"""How an item stood at a moment in the past: for acts that are stated late.

An offline scanner comes back with what happened this morning. Whether it could have happened is judged by how things
stood then; whether it still changes anything, by what is known of the time since (`late`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from supplychain.effects import (
    Arrive,
    CallOff,
    Effect,
    End,
    Late,
    Make,
    PutIn,
    Revive,
    Send,
    TakeOut,
    read_effect,
)
from supplychain.history import Step, history_of
from supplychain.lifecycle import CLOCK_SKEW, Life, Unit
from supplychain.models import Event, Item
from supplychain.stock import epc_of


def unit_at(item: Item, now: Unit, moment: datetime) -> Unit | None:
    """`item`, which is `now` as it is, as it was at `moment`; None if it was not made yet.

    Its batch and its expiry are those of today: what is called back is called back, also for whoever comes late.
    """
    steps = [step for step in history_of(item) if step.event.event_time <= moment + CLOCK_SKEW]
    if item.made_by.event_time > moment + CLOCK_SKEW:
        return None
    bodies = _bodies(step for step in steps if step.event.pk != item.made_by_id)
    unit = replace(now, life=Life.ACTIVE, holder=item.made_by.party.gln, in_transit=False, addressee=None, parent=None)
    for step in steps:
        if step.event.pk in bodies:
            unit = _after(unit, step, bodies[step.event.pk])
    return unit


def _bodies(steps: Iterable[Step]) -> dict[int, dict[str, Any]]:
    """Those events in full. An item's own making is none of them: it may list a hundred thousand packs."""
    wanted = [step.event.pk for step in steps]
    return {pk: json.loads(body) for pk, body in Event.objects.filter(pk__in=wanted).values_list("pk", "body")}


@dataclass(frozen=True, slots=True)
class _Seen:
    """An event from the item's side: who stated it, and the EPC of the item or of what it stood in."""

    author: str
    through: str
    itself: str


def _after(unit: Unit, step: Step, body: dict[str, Any]) -> Unit:
    seen = _Seen(step.event.party.gln, epc_of(step.through), unit.epc)
    return _changed(unit, read_effect(body), seen)


def _changed(unit: Unit, effect: Effect, seen: _Seen) -> Unit:
    match effect:
        case Late() | Make():
            return unit
        case Send(receiver=receiver):
            return replace(unit, in_transit=True, addressee=receiver)
        case Arrive(epcs=epcs) if seen.through in epcs:
            return replace(unit, in_transit=False, addressee=None, holder=seen.author, life=Life.ACTIVE)
        case CallOff():
            return replace(unit, in_transit=False, addressee=None)
        case End(life=life):
            ended = replace(unit, life=life)
            return ended if life is Life.LOCKED else replace(ended, holder=None, in_transit=False)
        case Revive(was_locked=was_locked):
            return (
                replace(unit, life=Life.ACTIVE) if was_locked else replace(unit, life=Life.ACTIVE, holder=seen.author)
            )
        case PutIn(parent=parent, children=children) if seen.itself in children:
            return replace(unit, parent=parent)
        case TakeOut(children=children) if seen.itself in children:
            return replace(unit, parent=None)
    return unit
