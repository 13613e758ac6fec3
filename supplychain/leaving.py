"""Goods leave trade: the steps that every ending shares. The use cases beside it say which ending, and for what."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from django.utils import timezone

from supplychain.acts import Actor, Done, Request, check
from supplychain.endings import Ending, guard_end
from supplychain.epcis import event as epcis
from supplychain.late import Against, is_past, judge
from supplychain.lifecycle import Life, guard_licence, guard_role
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import chunks, epc_of, last_events, lock_chains
from supplychain.usecases.unpack import take_out


def end(ending: Ending, *, actor: Actor, request: Request, epcs: Sequence[str]) -> Done:
    """Guard, state and store the ending of `epcs`. What still stands in a unit is taken out of it first, under
    statements of their own: custody and place of what stays inside must not change with what leaves.
    """
    check(guard_role(actor.roles, ending.roles, f"{ending.act.replace('_', ' ')} goods"))
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    items, containers = lock_chains(epcs)
    scene = scene_of(actor, request)
    body = epcis.ending(scene, ending, epcs=sorted(epcs))
    against = dispensed_before(ending, actor, request, items) or judge(
        partial(
            guard_end,
            ending,
            party=actor.party.gln,
            roles=actor.roles,
            makes=own_products(actor, items.values()),
            today=timezone.localdate(),
        ),
        items,
        request,
    )
    if against:
        body = epcis.contradicting(body, against)
        return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)
    for epc, above in containers.items():
        _take_out_of(actor, request, items[epc], above)
    _refresh(items)
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)


def dispensed_before(ending: Ending, actor: Actor, request: Request, items: Mapping[str, Item]) -> Against:
    """Two scanners of one pharmacy were offline, and both say that they gave out this pack: a fact, and a question.

    A pack that is scanned twice while everybody is online is refused: then nobody has handed out anything yet.
    """
    if ending.act != "dispense" or not is_past(request):
        return []
    ended = Item.objects.select_related("ended_by").defer("ended_by__body")
    rows = ended.filter(pk__in=[item.pk for item in items.values()], life=Life.DISPENSED, ended_by__party=actor.party)
    return [("DOUBLE_DISPENSE", epc_of(row), row.ended_by.event_id) for row in rows if row.ended_by is not None]


def own_products(actor: Actor, items: Iterable[Item]) -> set[str]:
    """The EPCs among `items` whose product the party makes."""
    prefixes = tuple(actor.party.company_prefixes)
    owned: set[str] = set()
    for item in items:
        number = item.gtin[1:] if item.gtin else item.serial_number[1:]
        if prefixes and number.startswith(prefixes):
            owned.add(epc_of(item))
    return owned


def _take_out_of(actor: Actor, request: Request, item: Item, containers: list[Item]) -> None:
    """From the outside in: the case off the pallet, then the pack out of the case."""
    inside_out = [item, *containers]
    for depth in range(len(containers), 0, -1):
        unit, child = inside_out[depth], inside_out[depth - 1]
        unit.refresh_from_db()
        child.refresh_from_db()
        if child.parent_id != unit.pk:
            continue  # another of the named items has taken this level apart already
        take_out(actor, request.step(f"unpack-{child.pk}"), unit, {epc_of(child): child})


def _refresh(items: dict[str, Item]) -> None:
    by_key = {item.pk: epc for epc, item in items.items()}
    for some in chunks(by_key):
        for item in Item.objects.filter(pk__among=some).select_related("batch", "holder"):
            items[by_key[item.pk]] = item
