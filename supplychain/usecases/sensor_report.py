"""What a sensor measured about goods: signed, kept, visible; it changes nobody's custody and no pack's life."""

import json
from collections.abc import Sequence

from supplychain.acts import Actor, Done, Refused, Request, act, check
from supplychain.epcis import event as epcis
from supplychain.epcis.errors import EPCISError
from supplychain.lifecycle import MAY_ADMIT, MAY_TRADE, Breach, Role, Unit, guard_role
from supplychain.recording import enact, scene_of
from supplychain.repository.index import read_own
from supplychain.sensing import guard_elements
from supplychain.stock import last_events, lock_items, units_of

MOST_BYTES = 64 * 1024


@act("sensor_report")
def sensor_report(*, actor: Actor, request: Request, epcs: Sequence[str], elements: str) -> Done:
    """State sensor data about `epcs`. `elements` is the JSON text of an EPCIS sensorElementList.

    Whoever holds the goods may report, and both sides while they are under way, and the regulator. Aggregates belong
    here; the raw series stays where it is, named by `rawData` in the sensor metadata.
    """
    check(guard_role(actor.roles, MAY_TRADE | MAY_ADMIT, "report sensor data"))
    parsed = _parse(elements)
    if not epcs:
        raise Refused.because("NOTHING_TO_DO", "Nothing was named: expected at least one item")
    items = lock_items(epcs)
    check([breach for unit in units_of(list(items.values())) for breach in _reach(actor, unit)])
    body = epcis.sensing(scene_of(actor, request), epcs=sorted(epcs), elements=parsed)
    try:
        read_own(body)
    except EPCISError as error:
        raise Refused.because("BAD_SENSOR_DATA", f"Sensor data: {error}") from error
    return enact(body, actor=actor, request=request, after=last_events(items.values()), items=items)


def _parse(text: str) -> list[dict[str, object]]:
    if len(text) > MOST_BYTES:
        raise Refused.because(
            "BAD_SENSOR_DATA", f"{len(text)} characters of sensor data: expected at most {MOST_BYTES}"
        )
    try:
        elements = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused.because("BAD_SENSOR_DATA", "The sensor data is not JSON") from None
    check(guard_elements(elements))
    return list(elements)


def _reach(actor: Actor, unit: Unit) -> list[Breach]:
    if Role.REGULATOR in actor.roles or actor.party.gln in (unit.holder, unit.addressee):
        return []
    return [Breach("NOT_HOLDER", unit.epc, "It is not in your custody and not on its way to you")]
