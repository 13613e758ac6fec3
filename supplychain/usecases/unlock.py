"""A lock is taken off: somebody has looked, and the goods are sound."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act, check
from supplychain.effects import UNLOCK
from supplychain.endings import ENDINGS, guard_unlock
from supplychain.epcis import event as epcis
from supplychain.late import refuse_before
from supplychain.lifecycle import guard_role
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import last_events, lock_items, units_of
from supplychain.visibility import is_regulator


@act("unlock")
def unlock(*, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """Take the lock off the items `epcs`, which one event locked: they live on where they stand."""
    check(guard_role(actor.roles, ENDINGS["lock"].roles, "unlock goods"))
    items = lock_items(epcs)
    refuse_before(items, request)
    locks = {
        epc: item.ended_by
        for epc, item in Item.objects.select_related("ended_by__party")
        .in_bulk([item.pk for item in items.values()])
        .items()
    }
    locked_by = {epc: lock.party.gln for epc, item in items.items() if (lock := locks[item.pk]) is not None}
    check(
        guard_unlock(
            units_of(list(items.values())),
            locked_by=locked_by,
            party=actor.party.gln,
            is_regulator=is_regulator(actor.party),
        )
    )
    undone = sorted({lock.event_id for lock in locks.values() if lock is not None})
    body = epcis.reviving(scene_of(actor, request), UNLOCK, epcs=sorted(epcs), undoes=undone)
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)
