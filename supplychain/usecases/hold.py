"""Goods are put into quarantine: packs, whole units, or a batch."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.epcis.vocabulary import lot_class
from supplychain.holds.capacity import authority_of, lock_batches
from supplychain.holds.rules import REASONS, guard_hold, guard_reason
from supplychain.lifecycle import MAY_ADMIT, MAY_TRADE, guard_role
from supplychain.models import Batch, Item, Party
from supplychain.recording import enact, scene_of
from supplychain.stock import last_events, lock_chains, units_of

MAY_HOLD = MAY_TRADE | MAY_ADMIT


@act("hold")
def hold(
    *,
    actor: Actor,
    request: Request,
    epcs: Sequence[str] = (),
    batches: Sequence[Batch] = (),
    reason: str = "inspection",
) -> Done:
    """Put a hold on the items `epcs` and on whole `batches`. `reason` is one of `holding.REASONS`.

    They stay where they are and may be moved aside, returned or destroyed; sold, dispensed or exported they may not be.
    What is in a unit is held with it, and stays so when it is taken out. A licence that has run out keeps nobody from
    setting goods apart.
    """
    check(guard_role(actor.roles, MAY_HOLD, "put goods on hold"))
    check(guard_reason(reason))
    items, _containers = lock_chains(epcs)
    held = lock_batches(batches)
    authority = authority_of(actor, items.values(), held)
    units = units_of(list(items.values()))
    check(guard_hold(units, party=actor.party.gln, authority=authority) if units or not held else [])
    body = epcis.holding(
        scene_of(actor, request),
        epcs=sorted(epcs),
        lots=sorted(lot_class(one.product.gtin, one.lot_number) for one in held),
        reason=reason,
        disposition=REASONS[reason],
        authority=authority.name.lower(),
    )
    return enact(
        body,
        actor=actor,
        request=request,
        after=last_events(items.values()),
        counterparty=holder_of(items, actor),
        items=items,
    )


def holder_of(items: dict[str, Item], actor: Actor) -> Party | None:
    """The one party that holds these items, if it is not the actor: it may see the event whole."""
    holders = {item.holder_id: item.holder for item in items.values() if item.holder is not None}
    (holder,) = holders.values() if len(holders) == 1 else (None,)
    return holder if holder is not None and holder.pk != actor.party.pk else None
