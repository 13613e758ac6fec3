"""What an event says, in the form in which a query asks: per field, the texts, names, times and numbers in it.

Two spellings of one thing give one fact: `urn:epcglobal:cbv:bizstep:shipping` and `shipping`, a URN and a Digital Link
of one pack, 25 CEL and 298.15 KEL. Whoever stores these facts can answer every query of `predicates` without reading
the event again, except for extension fields.

>>> from supplychain.epcis.read import read_event
>>> event = read_event({"type": "ObjectEvent", "eventTime": "2026-11-23T08:30:00Z", "eventTimeZoneOffset": "+00:00",
...     "action": "OBSERVE", "epcList": ["urn:epc:id:sgtin:0614141.712345.2017"], "bizStep": "receiving"})
>>> texts(event, "bizStep"), epcs(event, "epc")
(['receiving'], ['https://id.gs1.org/01/70614141123451/21/2017'])

Source: EPCIS 2.0 section 8.2.7.1.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from supplychain.epcis import cbv
from supplychain.epcis.epc import epc_key
from supplychain.epcis.event_values import Event
from supplychain.epcis.namespaces import Namespaces
from supplychain.epcis.units import to_base
from supplychain.epcis.values import Quantity, SensorMetadata, SensorReport, Timestamp

Measure = tuple[str | None, float, float]


def word_key(vocabulary: cbv.Vocabulary, text: str, namespaces: Namespaces) -> str:
    """A word by which its spellings are one: bare if it is the standard's, else its full URI."""
    bare = vocabulary.bare(text)
    return bare if bare is not None else namespaces.expand(text)


def name_key(text: str, namespaces: Namespaces) -> str:
    """A URI by which its spellings are one."""
    return epc_key(namespaces.expand(text))


def texts(event: Event, field: str) -> list[str]:
    """The texts of a field that `TEXT_FIELDS` names, or of `bizTransaction_<type>`, `source_…`, `destination_…`."""
    read = _TEXTS.get(field)
    if read is not None:
        return [text for text in read(event) if text is not None]
    family, _, kind = field.partition("_")
    return [key for word, key in _TYPED[family](event) if word == kind]


def epcs(event: Event, field: str) -> list[str]:
    """The keys (`epc.epc_key`) of the EPCs or classes of a field that `EPC_FIELDS` names."""
    return [epc_key(event.namespaces.expand(uri)) for uri in _EPCS[field](event)]


def times(event: Event, field: str) -> list[datetime]:
    """The moments of a field that `TIME_FIELDS` names."""
    return [time.moment for time in _TIMES[field](event) if time is not None]


def numbers(event: Event, field: str) -> list[Measure]:
    """The numbers of a field that `NUMBER_FIELDS` names: dimension, value in its base unit, value as it was told.

    The dimension is None where no unit was told.
    """
    if field == "quantity":
        return [_measure(one.quantity, one.uom) for one in event.quantities if one.quantity is not None]
    attribute = NUMBER_ATTRIBUTES[field]
    return [
        _measure(value, report.uom, is_difference=field == "sDev")
        for report in _reports(event)
        if (value := getattr(report, attribute)) is not None
    ]


def _measure(value: float, uom: str | None, *, is_difference: bool = False) -> Measure:
    """One number with what it measures."""
    if uom is None:
        return None, float(value), float(value)
    dimension, base = to_base(value, uom, is_difference=is_difference)
    return dimension, base, float(value)


def _reports(event: Event) -> Iterable[SensorReport]:
    """All reports of all sensor elements."""
    for element in event.sensor_element_list or ():
        yield from element.sensor_report


def _metadata(event: Event) -> Iterable[SensorMetadata]:
    """The metadata of all sensor elements that have some."""
    for element in event.sensor_element_list or ():
        if element.sensor_metadata is not None:
            yield element.sensor_metadata


def _sensed(attribute: str) -> Callable[[Event], Iterable[Any]]:
    """A field that stands in sensorMetadata or in a report, read from both."""

    def read(event: Event) -> Iterable[Any]:
        for part in (*_metadata(event), *_reports(event)):
            value = getattr(part, attribute)
            yield name_key(value, event.namespaces) if isinstance(value, str) else value

    return read


def _reported(attribute: str, key: Callable[[Any, Namespaces], str]) -> Callable[[Event], Iterable[str | None]]:
    """A field of the reports."""

    def read(event: Event) -> Iterable[str | None]:
        for report in _reports(event):
            value = getattr(report, attribute)
            yield None if value is None else key(value, event.namespaces)

    return read


def _in_metadata(attribute: str) -> Callable[[Event], Iterable[Timestamp | None]]:
    """A time of the metadata."""
    return lambda event: (getattr(one, attribute) for one in _metadata(event))


def _word(vocabulary: cbv.Vocabulary, attribute: str) -> Callable[[Event], Iterable[str]]:
    """A word of the event itself."""

    def read(event: Event) -> Iterable[str]:
        value = getattr(event, attribute)
        return () if value is None else (word_key(vocabulary, value, event.namespaces),)

    return read


def _persistent(attribute: str) -> Callable[[Event], Iterable[str]]:
    """The words that a persistentDisposition sets or unsets."""

    def read(event: Event) -> Iterable[str]:
        words = getattr(event.persistent_disposition, attribute, None) or ()
        return (word_key(cbv.DISPOSITION, word, event.namespaces) for word in words)

    return read


def _declared(event: Event) -> tuple[Any, ...]:
    """The error declaration, if there is one."""
    return () if event.error_declaration is None else (event.error_declaration,)


_TEXTS: Mapping[str, Callable[[Event], Iterable[str | None]]] = {
    "eventType": lambda event: (event.namespaces.expand(event.type),),
    "eventID": lambda event: (event.event_id,),
    "action": lambda event: (event.action,),
    "bizStep": _word(cbv.BIZ_STEP, "biz_step"),
    "disposition": _word(cbv.DISPOSITION, "disposition"),
    "persistentDisposition_set": _persistent("set"),
    "persistentDisposition_unset": _persistent("unset"),
    "readPoint": lambda event: [name_key(event.read_point.id, event.namespaces)] if event.read_point else [],
    "bizLocation": lambda event: [name_key(event.biz_location.id, event.namespaces)] if event.biz_location else [],
    "transformationID": lambda event: (
        [name_key(event.transformation_id, event.namespaces)] if event.transformation_id else []
    ),
    "errorReason": lambda event: (
        word_key(cbv.ERROR_REASON, one.reason, event.namespaces) for one in _declared(event) if one.reason
    ),
    "correctiveEventID": lambda event: (name for one in _declared(event) for name in one.corrective_event_ids or ()),
    "type": _reported("type", lambda value, spaces: word_key(cbv.MEASUREMENT, value, spaces)),
    "deviceID": _sensed("device_id"),
    "deviceMetadata": _sensed("device_metadata"),
    "rawData": _sensed("raw_data"),
    "dataProcessingMethod": _sensed("data_processing_method"),
    "bizRules": _sensed("biz_rules"),
    "microorganism": _reported("microorganism", name_key),
    "chemicalSubstance": _reported("chemical_substance", name_key),
    "stringValue": _reported("string_value", lambda value, _: str(value)),
    "booleanValue": _reported("boolean_value", lambda value, _: "true" if value else "false"),
    "hexBinaryValue": _reported("hex_binary_value", lambda value, _: str(value).upper()),
    "uriValue": _reported("uri_value", name_key),
}
_TYPED: Mapping[str, Callable[[Event], Iterable[tuple[str | None, str]]]] = {
    "bizTransaction": lambda event: (
        (
            one.type and word_key(cbv.BIZ_TRANSACTION, one.type, event.namespaces),
            name_key(one.biz_transaction, event.namespaces),
        )
        for one in event.biz_transaction_list or ()
    ),
    "source": lambda event: (
        (word_key(cbv.SOURCE_DESTINATION, one.type, event.namespaces), name_key(one.source, event.namespaces))
        for one in event.source_list or ()
    ),
    "destination": lambda event: (
        (word_key(cbv.SOURCE_DESTINATION, one.type, event.namespaces), name_key(one.destination, event.namespaces))
        for one in event.destination_list or ()
    ),
}


def _parent(event: Event) -> tuple[str, ...]:
    return () if event.parent_id is None else (event.parent_id,)


def _classes(quantities: tuple[Quantity, ...] | None) -> list[str]:
    return [one.epc_class for one in quantities or ()]


_EPCS: Mapping[str, Callable[[Event], Iterable[str]]] = {
    "epc": lambda event: (event.epc_list or ()) + (event.child_epcs or ()),
    "parentID": _parent,
    "inputEPC": lambda event: event.input_epc_list or (),
    "outputEPC": lambda event: event.output_epc_list or (),
    "anyEPC": lambda event: event.epcs + _parent(event),
    "epcClass": lambda event: _classes(event.quantity_list) + _classes(event.child_quantity_list),
    "inputEPCClass": lambda event: _classes(event.input_quantity_list),
    "outputEPCClass": lambda event: _classes(event.output_quantity_list),
    "anyEPCClass": lambda event: _classes(event.quantities),
}
_TIMES: Mapping[str, Callable[[Event], Iterable[Timestamp | None]]] = {
    "eventTime": lambda event: (event.event_time,),
    "recordTime": lambda event: (event.record_time,),
    "errorDeclarationTime": lambda event: (one.declaration_time for one in _declared(event)),
    "time": _sensed("time"),
    "startTime": _in_metadata("start_time"),
    "endTime": _in_metadata("end_time"),
}
NUMBER_ATTRIBUTES: Mapping[str, str] = {
    "value": "value",
    "minValue": "min_value",
    "maxValue": "max_value",
    "meanValue": "mean_value",
    "sDev": "s_dev",
    "percRank": "perc_rank",
    "percValue": "perc_value",
}

TEXT_FIELDS = tuple(_TEXTS)
TYPED_FIELDS = tuple(_TYPED)
EPC_FIELDS = tuple(_EPCS)
CLASS_FIELDS = tuple(name for name in _EPCS if name.endswith("Class"))
TIME_FIELDS = tuple(_TIMES)
NUMBER_FIELDS = ("quantity", *NUMBER_ATTRIBUTES)
