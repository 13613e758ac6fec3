"""Acts that are stated late: by a scanner that was offline, or a system that uploads at night.

Three cases, by what is known of the goods already:

* nothing later than the act itself: it is an act like any other;
* something later, and the act was not possible even then: it is refused, like any other;
* something later, and the act was possible then: it is a fact that cannot be refused, and it contradicts
  what is known. It is signed and kept, it changes nothing, and it opens a difference that its two sides settle. The
  last upload never wins for being the last.
"""

from collections.abc import Callable, Mapping, Sequence

from django.utils import timezone

from supplychain.acts import Request, check
from supplychain.lifecycle import CLOCK_SKEW, Breach, Unit
from supplychain.models import Event, Item
from supplychain.past import unit_at
from supplychain.stock import chunks, roots_of, units_of

Against = list[tuple[str, str, str]]  # a code, an EPC, the eventID of what is known already


def is_past(request: Request) -> bool:
    """Whether the request tells of something that happened before now."""
    return request.event_time is not None and request.event_time < timezone.now() - CLOCK_SKEW


def find_later(items: Mapping[str, Item], request: Request) -> dict[str, Event]:
    """What is known of each item, or of what it stands in, that happened after the time of `request`."""
    if not is_past(request):
        return {}
    roots = roots_of(items.values())
    newest = {epc: {item.last_event_id, roots[item.pk].last_event_id} for epc, item in items.items()}
    wanted = {pk for pks in newest.values() for pk in pks}
    since = request.time + CLOCK_SKEW
    rows = Event.objects.defer("body").filter(event_time__gt=since)
    later = {event.pk: event for some in chunks(wanted) for event in rows.filter(pk__among=some)}
    found = {epc: [later[pk] for pk in pks if pk in later] for epc, pks in newest.items()}
    return {epc: max(events, key=_time) for epc, events in found.items() if events}


def refuse_before(items: Mapping[str, Item], request: Request) -> None:
    """For acts that take back or lift what happened before: they cannot have happened before it. Raises Refused."""
    text = f"Something that happened to it after {request.time:%Y-%m-%d %H:%M} UTC is known already"
    check([Breach("TIME_TRAVEL", epc, text) for epc in find_later(items, request)])


def _time(event: Event) -> tuple[object, int]:
    return event.event_time, event.pk


def judge(guard: Callable[[list[Unit]], Sequence[Breach]], items: Mapping[str, Item], request: Request) -> Against:
    """Ask `guard` about the items as they are, or, where something later is known, as they were.

    Returns what the act stands against: nothing, for an act that takes effect. Raises Refused with the guard's
    breaches.
    """
    units = dict(zip(items, units_of(list(items.values())), strict=True))
    later = find_later(items, request)
    missing: list[Breach] = []
    for epc in later:
        then = unit_at(items[epc], units[epc], request.time)
        if then is None:
            missing.append(Breach("TIME_TRAVEL", epc, f"It did not exist yet at {request.time:%Y-%m-%d %H:%M} UTC"))
        else:
            units[epc] = then
    check(missing)
    check(list(guard(list(units.values()))))
    return [("LATE", epc, event.event_id) for epc, event in later.items()]
