"""The end of a pack's life is taken back: it was dispensed on paper only, the sample came back unopened."""

from django.conf import settings
from django.utils import timezone

from supplychain.acts import Actor, Request, act, check
from supplychain.acts import Done as Answer
from supplychain.effects import UNDO
from supplychain.epcis import event as epcis
from supplychain.late import refuse_before
from supplychain.lifecycle import MAY_TRADE, guard_licence, guard_role
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import last_events, lock_items, units_of
from supplychain.undoing import POLICIES, Done, guard_undo


@act("undo")
def undo(*, actor: Actor, request: Request, epc: str, was_supplied: bool = False) -> Answer:
    """Take back what ended the pack `epc`. `was_supplied`: it was out of the party's hands meanwhile.

    The undo is a statement of its own that names what it reverses; both stay in the log.
    """
    check(guard_role(actor.roles, MAY_TRADE, "undo"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    items = lock_items([epc])
    refuse_before(items, request)
    (unit,) = units_of(list(items.values()))
    check(
        guard_undo(
            unit,
            _ended(items[epc]),
            policy=POLICIES[settings.UNDO_POLICY],
            party=actor.party.gln,
            place=actor.place.gln,
            now=timezone.now(),  # not the time that the request claims: that would be a way around the ten days
            today=timezone.localdate(),
            was_supplied=was_supplied,
        )
    )
    ended_by = items[epc].ended_by
    assert ended_by is not None
    body = epcis.reviving(scene_of(actor, request), UNDO, epcs=[epc], undoes=[ended_by.event_id])
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)


def _ended(item: Item) -> Done | None:
    event = item.ended_by
    if event is None:
        return None
    return Done(event.party.gln, event.place.gln if event.place else "", event.event_time)
