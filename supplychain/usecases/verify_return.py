"""Goods that came back are held against their maker's record. What passes is stock again; the rest is set apart."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.epcis import vocabulary as cbv
from supplychain.history import FOREVER
from supplychain.late import refuse_before
from supplychain.lifecycle import MAX_DEPTH, MAY_TRADE, Unit, fit_for_sale, guard_licence, guard_role
from supplychain.models import Containment, EventItem, Item, Party
from supplychain.recording import enact, scene_of
from supplychain.returns.rules import SALEABLE, Label, Record, assess_return, guard_return_check
from supplychain.stock import last_events, lock_items, units_of


@act("verify_return")
def verify_return(*, actor: Actor, request: Request, epcs: Sequence[str], labels: Sequence[Sequence[str]] = ()) -> Done:
    """Verify the items `epcs`, which were received under a return. The outcome of each is stated and kept.

    `labels` are what was read on the packs: (EPC, lot number, expiry as YYYY-MM-DD), "" for what was not read. Nobody
    can put a pack back into stock by leaving them out: lot and expiry are compared where they were read, and all else
    is asked of the record.
    """
    check(guard_role(actor.roles, MAY_TRADE, "verify returned goods"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    read = {one.epc: one for one in map(_label, labels)}
    if strangers := sorted(read.keys() - set(epcs)):
        raise Refused.because("BAD_LABEL", "A label was read of something that is not to be verified", strangers[0])
    items = lock_items(epcs)
    units = dict(zip(items, units_of(list(items.values())), strict=True))
    check(guard_return_check(list(units.values()), party=actor.party.gln))
    refuse_before(items, request)
    ours = sent_before(items.values(), actor.party)
    outcomes = {epc: _outcome(items[epc], units[epc], read.get(epc), items[epc].pk in ours) for epc in items}
    failed = sorted((epc, outcome) for epc, outcome in outcomes.items() if outcome != SALEABLE)
    body = epcis.return_check(scene_of(actor, request), epcs=sorted(epcs), failed=failed)
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)


def _label(given: Sequence[str]) -> Label:
    try:
        epc, lot_number, expiry = given
        return Label(epc, lot_number, date.fromisoformat(expiry) if expiry else None)
    except (ValueError, TypeError):
        text = f"Label {list(given)!r}: expected an EPC, a lot number and an expiry such as 2028-01-31"
        raise Refused.because("BAD_LABEL", text) from None


def _outcome(item: Item, unit: Unit, label: Label | None, was_ours: bool) -> str:
    batch = item.batch
    record = Record(unit.epc, batch.lot_number if batch else "", batch.expiry if batch else None, was_ours)
    unfit = fit_for_sale(unit, timezone.localdate(), "CALLED_BACK")
    return assess_return(record, label or Label(unit.epc), [one for one in unfit if one.code != "RETURN_NOT_VERIFIED"])


def sent_before(items: Iterable[Item], party: Party) -> set[int]:
    """Which of the items (primary keys) the party shipped before, by name or inside something: two queries a level."""
    found: set[int] = set()
    # (unit, item, first event, last event): the item was in the unit, or was it, meanwhile.
    stays = [(item.pk, item.pk, 0, FOREVER) for item in items]
    for _ in range(MAX_DEPTH):
        units = list({unit for unit, *_rest in stays})
        shipped: dict[int, list[int]] = defaultdict(list)
        events = EventItem.objects.filter(item__among=units, event__party=party, event__biz_step=cbv.SHIPPING)
        for pk, event in events.values_list("item_id", "event_id"):
            shipped[pk].append(event)
        inside: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for move in Containment.objects.filter(child__among=units):
            inside[move.child_id].append((move.parent_id, move.from_event_id, move.to_event_id or FOREVER))
        found |= {item for unit, item, a, b in stays if any(a <= event <= b for event in shipped[unit])}
        stays = [
            (parent, item, max(a, start), min(b, end))
            for unit, item, a, b in stays
            for parent, start, end in inside[unit]
            if max(a, start) <= min(b, end)
        ]
    return found
