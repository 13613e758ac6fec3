"""An event is declared erroneous by its author: a second statement that repeats it; the first one stays where it is."""

import json
from collections.abc import Sequence

from django.utils import timezone

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.corrections.rules import Corrective, Said, guard_correction
from supplychain.effects import PutIn, read_effect
from supplychain.epcis import event as epcis
from supplychain.lifecycle import guard_licence
from supplychain.models import Event, Item
from supplychain.projection import project
from supplychain.recording import record, scene_of
from supplychain.stock import find_items, lock_rows

MOST_CORRECTIVE = 100


@act("correct")
def correct(
    *, actor: Actor, request: Request, event_id: str, reason: str, corrective_event_ids: Sequence[str] = ()
) -> Done:
    """Declare the event `event_id` erroneous. `reason` and what it may take back: `correcting`."""
    check(guard_licence(actor.party.licence_expiry, today=timezone.localdate(), who=actor.party.name))
    event = Event.objects.select_related("party", "counterparty", "entry").filter(event_id=event_id).first()
    if len(corrective_event_ids) > MOST_CORRECTIVE:
        raise Refused.because("BAD_COUNT", f"{len(corrective_event_ids)} events: expected at most {MOST_CORRECTIVE}")
    if event is None:
        raise Refused.because(
            "UNKNOWN_EVENT", f"There is no event {event_id}, or more than {MOST_CORRECTIVE} correct it"
        )
    body = json.loads(event.body)
    items = _lock_named(body) if event.party_id == actor.party.pk else {}
    known = dict(Event.objects.filter(event_id__in=corrective_event_ids).values_list("event_id", "party__gln"))
    check(
        guard_correction(
            Said(
                event.biz_step,
                event.party.gln,
                is_declared=hasattr(event, "correction"),
                is_declaration=hasattr(event, "declares"),
                is_built_on=any(item.last_event_id != event.pk for item in items.values()),
            ),
            party=actor.party.gln,
            reason=reason,
            corrective=[Corrective(one, known.get(one, "")) for one in corrective_event_ids],
        )
    )
    scene = scene_of(actor, request)
    stated = epcis.declaring(body, at=scene.time, reason=reason, corrective=sorted(corrective_event_ids))
    row = record(
        stated,
        actor=actor,
        request=request,
        after=[event],
        counterparty=event.counterparty,
        event_id=scene.event_id,
    )
    projected = project(row, read_effect(stated), items)
    return Done(row, projected.handoff, list(projected.exceptions))


def _lock_named(body: dict[str, object]) -> dict[str, Item]:
    """The rows on which the event may be taken back, locked; those of an event that never is, are not."""
    effect = read_effect(body)
    named = list(getattr(effect, "epcs", ())) if body.get("bizStep") == "shipping" else []
    if isinstance(effect, PutIn):
        named = [effect.parent, *effect.children]
    known = {epc: item.pk for epc, item in find_items(named).items()}
    rows = lock_rows(known.values())
    return {epc: rows[pk] for epc, pk in known.items()}
