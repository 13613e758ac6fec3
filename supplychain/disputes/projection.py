"""What effects do to the table of differences. `projection` calls these; nobody else writes that table.

A difference is found by what it is about, never by a key of ours: a replay gives its rows keys of its own.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from supplychain.disputes.rules import KINDS, Answer, Finding, Resolution, Standing
from supplychain.effects import Late, Reply, TurnUp
from supplychain.lifecycle import CLOCK_SKEW, Breach, Life
from supplychain.models import Discrepancy, Event, EventItem, Handoff, Item, Party
from supplychain.stock import chunks, epc_of, find_items


def raise_differences(
    event: Event, handoff: Handoff, exceptions: Sequence[Breach], findings: Sequence[Finding]
) -> None:
    """The receiver's claims: what a receipt found different. What is missed already is not missed a second time."""
    claims = [one for one in exceptions if one.code in KINDS]
    if not claims:
        return
    items = find_items({one.epc for one in claims})
    notes = {(one.code, one.epc): one.note for one in findings}
    missed = set(_open(handoff.discrepancies.all(), ["SHORTAGE"]).values_list("epc", flat=True))
    Discrepancy.objects.bulk_create(
        [
            Discrepancy(
                code=one.code,
                epc=one.epc,
                item=items.get(one.epc),
                handoff=handoff,
                claimant_id=handoff.receiver_id,
                respondent_id=handoff.sender_id,
                raised_by=event,
                note=notes.get((one.code, one.epc), ""),
            )
            for one in claims
            if one.code != "SHORTAGE" or one.epc not in missed
        ],
        batch_size=2000,
    )


def raise_unannounced(event: Event, effect: TurnUp, goods: Iterable[Item]) -> tuple[Breach, ...]:
    """Goods came without a notice: the sender has to say so."""
    sender = Party.objects.get(gln=effect.sender)
    items = {epc_of(item): item for item in goods}
    Discrepancy.objects.bulk_create(
        [
            Discrepancy(
                code="UNANNOUNCED",
                epc=epc,
                item=items.get(epc),
                claimant_id=event.party_id,
                respondent=sender,
                raised_by=event,
            )
            for epc in effect.epcs
        ],
        batch_size=2000,
    )
    text = f"{sender.name} has not stated yet that it shipped this to you; it counts as yours when it does"
    return tuple(Breach("UNANNOUNCED", epc, text) for epc in effect.epcs)


def raise_contradictions(event: Event, effect: Late) -> tuple[Breach, ...]:
    """A late statement stands against later ones: whoever made those has to say which it was."""
    against = Event.objects.defer("body").in_bulk({of for _, _, of in effect.against}, field_name="event_id")
    items = find_items({epc for _, epc, _ in effect.against})
    Discrepancy.objects.bulk_create(
        [
            Discrepancy(
                code=code,
                epc=epc,
                item=items.get(epc),
                claimant_id=event.party_id,
                respondent_id=against[of].party_id,
                raised_by=event,
                against=against[of],
            )
            for code, epc, of in effect.against
        ],
        batch_size=2000,
    )
    return tuple(
        Breach(
            code, epc, f"Something is known of it that happened later, at {against[of].event_time:%Y-%m-%d %H:%M} UTC"
        )
        for code, epc, of in effect.against
    )


def announce(event: Event, handoff: Handoff, goods: Sequence[Item]) -> dict[Event, list[Item]]:
    """The notice has come of goods that came before it: what has arrived by it, by the event that says so.

    An arrival from before they left stays open: clocks are wrong somewhere, and the two sides have to look.
    """
    waiting = _open(Discrepancy.objects.all(), ["UNANNOUNCED"]).select_related("raised_by", "raised_by__place")
    items = {epc_of(item): item for item in goods}
    arrived: dict[Event, list[Item]] = defaultdict(list)
    settled: list[int] = []
    taken: set[str] = set()
    for some in chunks(items):
        rows = waiting.filter(claimant=handoff.receiver_id, respondent=handoff.sender_id, epc__among=some)
        for row in rows.order_by("raised_by"):
            too_early = row.raised_by.event_time < event.event_time - CLOCK_SKEW
            if too_early or items[row.epc].life != Life.ACTIVE:
                continue
            settled.append(row.pk)
            if row.epc not in taken:  # it may have been stated twice
                arrived[row.raised_by].append(items[row.epc])
                taken.add(row.epc)
    for some_rows in chunks(settled):
        Discrepancy.objects.filter(pk__among=some_rows).update(
            standing=Standing.SETTLED, resolution=Resolution.ANNOUNCED, answered_by=event, handoff=handoff
        )
    for event_of, items_of in arrived.items():
        _name_afterwards(event_of, items_of)
    return arrived


def _name_afterwards(event: Event, items: Sequence[Item]) -> None:
    """Packs that were made after the event named them: nobody could note it then."""
    named = set(EventItem.objects.filter(event=event).values_list("item", flat=True))
    positions = {epc: position for position, epc in enumerate(sorted(json.loads(event.body)["epcList"]))}
    EventItem.objects.bulk_create(
        [
            EventItem(event=event, item=item, field="epcList", position=positions[epc_of(item)])
            for item in items
            if item.pk not in named
        ],
        batch_size=2000,
    )


def settle(event: Event, epcs: Iterable[str], resolution: Resolution, *, codes: Sequence[str]) -> None:
    """What `event` did to these codes ends what was still open about them."""
    for some in chunks(epcs):
        _open(Discrepancy.objects.filter(epc__among=some), codes).update(
            standing=Standing.SETTLED, resolution=resolution, answered_by=event
        )


def find_again(event: Event, lost: Sequence[Item], resolution: Resolution) -> None:
    """What was written off has turned up: the loss that was agreed on was none."""
    for some in chunks(item.pk for item in lost):
        agreed = Discrepancy.objects.filter(item__among=some, code="SHORTAGE", resolution=Resolution.LOST)
        agreed.update(resolution=resolution, answered_by=event)


def note_answer(event: Event, effect: Reply) -> list[Discrepancy]:
    """The rows that a side has answered, with their items and handoff."""
    rows = Discrepancy.objects.filter(raised_by__event_id=effect.about, code=effect.code, epc__among=list(effect.epcs))
    found = list(rows.select_related("item", "handoff").order_by("epc"))
    resolution = {Answer.CONFIRM: effect.resolution, Answer.WITHDRAW: Resolution.WITHDRAWN}.get(effect.answer)
    standing = Standing.CONTESTED if effect.answer is Answer.CONTEST else Standing.SETTLED
    Discrepancy.objects.filter(pk__among=[row.pk for row in found]).update(
        standing=standing, resolution=resolution or "", answered_by=event, reply=effect.note
    )
    return found


def settle_state(handoff: Handoff) -> None:
    """Where a handoff stands when nobody has counted anew. Who waits for what was written off, waits for nothing."""
    was_received = handoff.receipts.exists()
    if Item.objects.filter(handoff=handoff).exclude(life=Life.LOST).exists():
        handoff.state = "partial" if was_received else "open"
    else:
        handoff.state = "received" if was_received else "void"
    handoff.save(update_fields=["state"])


def _open(rows: QuerySet[Discrepancy], codes: Sequence[str]) -> QuerySet[Discrepancy]:
    return rows.exclude(standing=Standing.SETTLED).filter(code__in=codes)
