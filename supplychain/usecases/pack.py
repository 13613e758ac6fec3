"""Packs go into a case, cases onto a pallet."""

from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.epcis import vocabulary as cbv
from supplychain.gs1.identifiers import Sscc
from supplychain.late import judge
from supplychain.lifecycle import MAY_TRADE, Breach, Unit, guard_pack, guard_reuse, guard_role
from supplychain.models import Item
from supplychain.recording import enact, scene_of
from supplychain.stock import key_of, last_events, lock_items

MOST_CHILDREN = 20_000


@act("pack")
def pack(*, actor: Actor, request: Request, parent: str, children: Sequence[str]) -> Done:
    """Put `children` (EPCs) into the logistic unit `parent` (the EPC of an SSCC, new or in the party's hands)."""
    check(guard_role(actor.roles, MAY_TRADE, "pack goods"))
    if len(children) > MOST_CHILDREN:
        raise Refused.because("BAD_COUNT", f"{len(children)} items in one unit: expected at most {MOST_CHILDREN}")
    gtin, digits = key_of(parent)
    if gtin:
        raise Refused.because("NOT_AN_SSCC", "Goods are packed into a unit with an SSCC; this is the code of a pack")
    # A unit among its own contents: the guard says so.
    known = lock_items([*children, *({parent} - set(children))], may_be_new={parent})
    existing, items = known.get(parent), {epc: known[epc] for epc in children if epc in known}
    party = actor.party.gln

    def guard(units: list[Unit]) -> list[Breach]:
        above = units[-1] if existing else None
        return guard_pack(units[: len(items)], parent=above, parent_epc=parent, party=party)

    against = judge(guard, items | ({parent: existing} if existing else {}), request)
    check(_guard_number(existing, parent, request) if existing else [])
    if existing is None:
        check_prefix(actor, digits)

    scene = scene_of(actor, request)
    body = epcis.packing(scene, parent=parent, children=sorted(children))
    if against:
        body = epcis.contradicting(body, against)
    return enact(body, actor=actor, request=request, after=last_events(known.values()), items=known)


def _guard_number(unit: Item, epc: str, request: Request) -> list[Breach]:
    return guard_reuse(
        epc,
        is_empty=not unit.children.exists(),
        has_travelled=unit.stays.exists() or unit.event_items.filter(event__biz_step=cbv.SHIPPING).exists(),
        last_used=unit.last_event.event_time,
        now=request.time,
    )


def check_prefix(actor: Actor, digits: str) -> None:
    """A new unit's number comes from the party's own company prefix. A foreign one would be somebody else's pallet."""
    Sscc(digits)
    if not any(digits[1:].startswith(prefix) for prefix in actor.party.company_prefixes):
        own = ", ".join(actor.party.company_prefixes) or "none on file"
        raise Refused.because("NOT_YOUR_PREFIX", f"SSCC {digits} is not under your company prefix ({own})")
