"""A hold is lifted: somebody has looked, and the goods are sound."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from supplychain.acts import Actor, Done, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.epcis.vocabulary import CONFORMANT, lot_class
from supplychain.holds.capacity import authority_of, lock_batches
from supplychain.holds.models import Hold
from supplychain.holds.rules import Authority, Lien, guard_finding, guard_release, may_lift
from supplychain.lifecycle import guard_role
from supplychain.models import Batch, Event, Item
from supplychain.recording import enact, scene_of
from supplychain.stock import chunks, epc_of, last_events, lock_chains
from supplychain.usecases.hold import MAY_HOLD, holder_of


@act("release")
def release(
    *,
    actor: Actor,
    request: Request,
    epcs: Sequence[str] = (),
    batches: Sequence[Batch] = (),
    placed_by: str = "",
    finding: str = CONFORMANT,
) -> Done:
    """Lift holds from the items `epcs` and from `batches`: those that the event `placed_by` (its eventID) placed, or
    without it all that the party may lift. Others may remain, and the goods are in quarantine as long as one does.
    """
    check(guard_role(actor.roles, MAY_HOLD, "release goods"))
    check(guard_finding(finding))
    items, _containers = lock_chains(epcs)
    held = lock_batches(batches)
    authority = authority_of(actor, items.values(), held)
    found = _open_holds(items, held, placed_by)
    check(
        guard_release(
            {name: [lien_of(one) for one in holds] for name, holds in found.items()},
            party=actor.party.gln,
            authority=authority,
        )
    )
    placed = _liftable(found, actor, authority)
    body = epcis.releasing(
        scene_of(actor, request),
        epcs=sorted(epcs),
        lots=sorted(lot_class(one.product.gtin, one.lot_number) for one in held),
        disposition=finding,
        undoes=sorted(one.event_id for one in placed),
    )
    return enact(
        body,
        actor=actor,
        request=request,
        after=[*last_events(items.values()), *placed],
        counterparty=holder_of(items, actor),
        items=items,
    )


def lien_of(hold: Hold) -> Lien:
    return Lien(hold.event.event_id, hold.party.gln, Authority(hold.authority))


def _open_holds(items: Mapping[str, Item], batches: Iterable[Batch], placed_by: str) -> dict[str, list[Hold]]:
    """What was named (EPC, or the class of a batch) to the open holds on it that are asked for."""
    rows = Hold.objects.filter(lifted_by=None).select_related("event__entry", "party").defer("event__body")
    rows = rows.filter(event__event_id=placed_by) if placed_by else rows
    of_item: dict[int | None, list[Hold]] = defaultdict(list)
    for some in chunks([item.pk for item in items.values()]):
        for hold in rows.filter(item__among=some):
            of_item[hold.item_id].append(hold)
    found = {epc_of(item): of_item[item.pk] for item in items.values()}
    for batch in batches:
        found[lot_class(batch.product.gtin, batch.lot_number)] = list(rows.filter(batch=batch))
    return found


def _liftable(found: Mapping[str, Sequence[Hold]], actor: Actor, authority: Authority) -> list[Event]:
    events = {
        one.event_id: one.event
        for holds in found.values()
        for one in holds
        if may_lift(lien_of(one), party=actor.party.gln, authority=authority)
    }
    return list(events.values())
