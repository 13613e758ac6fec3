"""From the typed value of an event back to its JSON object: what came in goes out.

>>> from supplychain.epcis.read import read_event
>>> raw = {"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:epc:id:sscc:0614141.1234567890"], "a:b": {"c": [1]}}
>>> write_event(read_event(raw)) == raw
True

Source: EPCIS 2.0 section 10.
"""

from collections.abc import Callable, Mapping
from typing import Any

from supplychain.epcis.event_values import ATTRIBUTES, Event
from supplychain.epcis.values import (
    BizTransaction,
    Destination,
    ErrorDeclaration,
    PersistentDisposition,
    Place,
    Quantity,
    SensorElement,
    SensorMetadata,
    SensorReport,
    Source,
    Timestamp,
)

_KEYS: Mapping[type, Mapping[str, str]] = {
    Quantity: {"epc_class": "epcClass", "quantity": "quantity", "uom": "uom"},
    BizTransaction: {"type": "type", "biz_transaction": "bizTransaction"},
    Source: {"type": "type", "source": "source"},
    Destination: {"type": "type", "destination": "destination"},
    PersistentDisposition: {"set": "set", "unset": "unset"},
    Place: {"id": "id"},
    ErrorDeclaration: {
        "declaration_time": "declarationTime",
        "reason": "reason",
        "corrective_event_ids": "correctiveEventIDs",
    },
    SensorElement: {"sensor_metadata": "sensorMetadata", "sensor_report": "sensorReport"},
    SensorMetadata: {
        "time": "time",
        "start_time": "startTime",
        "end_time": "endTime",
        "device_id": "deviceID",
        "device_metadata": "deviceMetadata",
        "raw_data": "rawData",
        "data_processing_method": "dataProcessingMethod",
        "biz_rules": "bizRules",
    },
    SensorReport: {
        "type": "type",
        "exception": "exception",
        "time": "time",
        "device_id": "deviceID",
        "device_metadata": "deviceMetadata",
        "raw_data": "rawData",
        "data_processing_method": "dataProcessingMethod",
        "biz_rules": "bizRules",
        "microorganism": "microorganism",
        "chemical_substance": "chemicalSubstance",
        "coordinate_reference_system": "coordinateReferenceSystem",
        "component": "component",
        "value": "value",
        "string_value": "stringValue",
        "boolean_value": "booleanValue",
        "hex_binary_value": "hexBinaryValue",
        "uri_value": "uriValue",
        "min_value": "minValue",
        "max_value": "maxValue",
        "mean_value": "meanValue",
        "s_dev": "sDev",
        "perc_rank": "percRank",
        "perc_value": "percValue",
        "uom": "uom",
    },
    Event: {attribute: key for key, attribute in ATTRIBUTES.items()},
}
_OPEN = frozenset((Event, Place, ErrorDeclaration, SensorElement, SensorMetadata, SensorReport))
_PLAIN = frozenset((str, int, float, bool, dict, list))


def write_event(event: Event) -> dict[str, Any]:
    """The JSON object of an event: the standard's fields in one order, then the extensions.

    Extensions, ilmd and @context are the very objects that the event holds.
    """
    return _write_object(event)


def _write_object(value: Any) -> dict[str, Any]:
    """One value as an object, without the fields that it does not have."""
    kind = value.__class__
    written: dict[str, Any] = {}
    for attribute, key in _KEYS[kind].items():
        if (found := getattr(value, attribute)) is not None:
            if found.__class__ not in _PLAIN:
                writer: Callable[[Any], Any] = _WRITERS.get(found.__class__, _write_object)
                found = writer(found)
            written[key] = found
    if kind in _OPEN and value.extensions:
        written.update(value.extensions)
    return written


def _write_tuple(values: tuple[Any, ...]) -> list[Any]:
    """A list, its members written if they are no texts."""
    if values and values[0].__class__ is not str:
        return [_write_object(value) for value in values]
    return list(values)


def _write_time(time: Timestamp) -> str:
    """A time as it was written."""
    return time.text


_WRITERS: Mapping[type, Callable[[Any], Any]] = {tuple: _write_tuple, Timestamp: _write_time}
