"""Goods have come, and nobody has stated that they were sent: what was scanned waits for its notice."""

from collections.abc import Sequence

from django.db.models import Q

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.lifecycle import MAY_TRADE, Breach, guard_role
from supplychain.models import Item, Party
from supplychain.recording import enact, scene_of
from supplychain.stock import find_items, last_events, lock_rows, refuse_repeated, roots_of

MOST_EPCS = 20_000


@act("receive_unannounced")
def receive_unannounced(*, actor: Actor, request: Request, sender: Party, epcs: Sequence[str]) -> Done:
    """State that `epcs` came from `sender`, whose shipping statement is not here yet. Accepted with an exception.

    Custody changes when the sender states that it shipped them to this party: with that statement, at once. Until then
    it is an open difference between the two, and a stranger who claims other people's goods gains nothing by it.
    """
    check(guard_role(actor.roles, MAY_TRADE, "receive goods"))
    if sender.pk == actor.party.pk:
        raise Refused.because("SHIP_TO_SELF", "Sender and receiver are the same party")
    if not 0 < len(epcs) <= MOST_EPCS:
        raise Refused.because("BAD_COUNT", f"{len(epcs)} items: expected 1 to {MOST_EPCS:,}")
    refuse_repeated(epcs)
    known = find_items(epcs)
    rows = lock_rows(item.pk for item in known.values())
    items = {epc: rows[item.pk] for epc, item in known.items()}
    check(_guard(actor.party, sender, items))
    body = epcis.unannounced(scene_of(actor, request), epcs=sorted(epcs), sender=sender.gln, receiver=actor.party.gln)
    # What became of others' goods is not ours to tell from here: it builds on our own statements only.
    own = [event for event in last_events(items.values()) if event.party_id == actor.party.pk]
    return enact(body, actor=actor, request=request, after=own, counterparty=sender, items=items)


def _guard(party: Party, sender: Party, items: dict[str, Item]) -> list[Breach]:
    """What has been announced is received under its notice; what one holds already has not come."""
    roots = roots_of(items.values())
    breaches: list[Breach] = []
    for epc, item in items.items():
        root = roots[item.pk]
        if root.handoff is not None and root.handoff.sender_id == sender.pk and root.handoff.receiver_id == party.pk:
            text = "It was announced: receive it with its delivery"
            breaches.append(Breach("ANNOUNCED", epc, text))
        elif root.handoff is None and root.holder_id == party.pk:
            breaches.append(Breach("DOUBLE_RECEIPT", epc, "It is in your custody already"))
    if breaches:
        return breaches
    waiting = party.claims.filter(~Q(standing="settled"), code="UNANNOUNCED", respondent=sender, epc__among=list(items))
    text = "You have stated already that it came; it waits for its notice"
    return [Breach("DOUBLE_RECEIPT", epc, text) for epc in waiting.values_list("epc", flat=True)]
