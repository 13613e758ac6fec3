"""Two events that say the same, in XML and in JSON, have one normal form here."""

from typing import Any

from supplychain.epcis import cbv
from supplychain.epcis.epc import epc_key
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.event_values import Event
from supplychain.epcis.values import Timestamp
from supplychain.epcis.write import write_event

WORDS = {
    "bizStep": cbv.BIZ_STEP,
    "disposition": cbv.DISPOSITION,
    "exception": cbv.SENSOR_ALERT,
    "component": cbv.COMPONENT,
    "type": cbv.MEASUREMENT,
}


def normal_form(event: Event) -> Any:
    """The event with full names, bare words, EPCs by their keys, moments in UTC, and scalars of others as texts."""

    def walk(value: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {event.namespaces.expand(name): walk(one, name) for name, one in value.items() if name != "@context"}
        if isinstance(value, list):
            members = [walk(one, key) for one in value]
            if ":" in key and len(members) == 1:
                return members[0]
            return set(members) if key.endswith(("EPCs", "epcList", "EPCList", "set")) else members
        if key in WORDS and isinstance(value, str):
            return WORDS[key].bare(value) or event.namespaces.expand(value)
        if ":" in key and not isinstance(value, str):
            return str(value).lower()
        if isinstance(value, str):
            try:
                return Timestamp(value).moment.timestamp()
            except EPCISError:
                return epc_key(event.namespaces.expand(value))
        return value

    return walk(write_event(event), "")
