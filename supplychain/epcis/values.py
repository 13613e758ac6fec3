"""The parts of an EPCIS event as typed values that check themselves: holding one is the proof that it is one.

The names are the standard's, in snake_case; a field that is not there is None, a list that is there and empty is an
empty tuple, because what came in must come out. Texts stay as they came: a time keeps its digits and its offset, a word
its spelling. `extensions` holds what others have defined, by its name with prefix; it is opaque JSON, shared with
whoever gave it, and nobody changes it.

>>> Quantity("urn:epc:class:lgtin:4012345.012345.998877", 200, "KGM").uom
'KGM'
>>> Quantity("urn:epc:class:lgtin:4012345.012345.998877", -1)
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: quantity -1: expected a number above 0

Source: EPCIS 2.0 section 7.3 (core types).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from supplychain.epcis import cbv
from supplychain.epcis.checks import check_hex, check_text, check_uom, check_uri, check_word, parse_time
from supplychain.epcis.epc import check_epc
from supplychain.epcis.errors import EPCISError, collect, join
from supplychain.epcis.units import find_wrong_unit

Number = int | float
Extensions = Mapping[str, Any]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A date and time with offset: `text` as it was written, `moment` for comparing."""

    text: str
    moment: datetime = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "moment", parse_time(self.text))


def look(errors: list[EPCISError], key: str, check: Callable[[_T], object], value: _T | None) -> None:
    """Check one field that may be absent; what is wrong with it goes to `errors`, with the field's name in front."""
    if value is not None:
        try:
            check(value)
        except EPCISError as error:
            errors.append(error.under(key))


def look_each(errors: list[EPCISError], key: str, check: Callable[[_T], object], values: tuple[_T, ...] | None) -> None:
    """Check each member of a list that may be absent; the first bad one goes to `errors`, with its place in front."""
    at = 0
    try:
        for value in values or ():
            check(value)
            at += 1
    except EPCISError as error:
        errors.append(error.under(f"{key}[{at}]"))


def look_once(errors: list[EPCISError], key: str, values: tuple[str, ...] | None) -> None:
    """Each member of a list stands there once."""
    if values and len(set(values)) != len(values):
        seen: dict[str, int] = {}
        again = next(at for at, value in enumerate(values) if seen.setdefault(value, at) != at)
        errors.append(EPCISError("DUPLICATE", f"{key}[{again}]", values[again], "each member once"))


def settle(errors: list[EPCISError]) -> None:
    """Raise what was found, all in one, if anything was."""
    if errors:
        raise collect(errors)


def _word(vocabulary: cbv.Vocabulary) -> Callable[[str], None]:
    return lambda text: check_word(vocabulary, text)


check_biz_step = _word(cbv.BIZ_STEP)
check_disposition = _word(cbv.DISPOSITION)
_check_transaction_type = _word(cbv.BIZ_TRANSACTION)
_check_party_type = _word(cbv.SOURCE_DESTINATION)
_check_reason = _word(cbv.ERROR_REASON)
_check_component = _word(cbv.COMPONENT)
_check_alert = _word(cbv.SENSOR_ALERT)
_check_measurement = _word(cbv.MEASUREMENT)


@dataclass(frozen=True, slots=True)
class Quantity:
    """So many, or so much, of a class of things. Without `uom` it is a count; without `quantity` nobody counted."""

    epc_class: str
    quantity: Number | None = None
    uom: str | None = None

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "epcClass", check_epc, self.epc_class)
        look(errors, "uom", check_uom, self.uom)
        if self.quantity is None:
            if self.uom is not None:
                errors.append(EPCISError("QUANTITY", "uom", self.uom, "no unit where there is no quantity"))
        elif not self.quantity > 0:
            errors.append(EPCISError("QUANTITY", "quantity", self.quantity, "a number above 0"))
        elif self.uom is None and self.quantity % 1:
            errors.append(EPCISError("QUANTITY", "quantity", self.quantity, "a whole number where there is no unit"))
        settle(errors)


@dataclass(frozen=True, slots=True)
class BizTransaction:
    """A business document that the event belongs to. `type` is None where nobody said of which kind it is."""

    biz_transaction: str
    type: str | None = None

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "type", _check_transaction_type, self.type)
        look(errors, "bizTransaction", check_uri, self.biz_transaction)
        settle(errors)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a transfer starts: an owner, a possessor or a place."""

    type: str
    source: str

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "type", _check_party_type, self.type)
        look(errors, "source", check_epc, self.source)
        settle(errors)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a transfer is to end."""

    type: str
    destination: str

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "type", _check_party_type, self.type)
        look(errors, "destination", check_epc, self.destination)
        settle(errors)


@dataclass(frozen=True, slots=True)
class PersistentDisposition:
    """Conditions that hold from now on (`set`) or no longer (`unset`), until another event says otherwise."""

    set: tuple[str, ...] | None = None
    unset: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        if not (self.set or self.unset):
            errors.append(EPCISError("MISSING", "", self.set or self.unset, "set or unset, with at least one word"))
        for key, words in (("set", self.set), ("unset", self.unset)):
            look_each(errors, key, check_disposition, words)
            look_once(errors, key, words)
        if both := [word for word in self.unset or () if word in (self.set or ())]:
            errors.append(EPCISError("RULE", "unset", both[0], "no word that is in set as well"))
        settle(errors)


@dataclass(frozen=True, slots=True)
class Place:
    """A read point or a business location."""

    id: str
    extensions: Extensions = field(default_factory=dict)

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "id", check_epc, self.id)
        settle(errors)


@dataclass(frozen=True, slots=True)
class ErrorDeclaration:
    """That an event is wrong, since when one knows, why, and which events tell it right."""

    declaration_time: Timestamp
    reason: str | None = None
    corrective_event_ids: tuple[str, ...] | None = None
    extensions: Extensions = field(default_factory=dict)

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "reason", _check_reason, self.reason)
        look_each(errors, "correctiveEventIDs", check_uri, self.corrective_event_ids)
        look_once(errors, "correctiveEventIDs", self.corrective_event_ids)
        if self.corrective_event_ids and self.reason and cbv.ERROR_REASON.bare(self.reason) == "did_not_occur":
            what = "none where nothing happened that could be told right"
            errors.append(EPCISError("RULE", "correctiveEventIDs", self.corrective_event_ids, what))
        settle(errors)


@dataclass(frozen=True, slots=True)
class SensorMetadata:
    """What holds for all reports of a sensor element."""

    time: Timestamp | None = None
    start_time: Timestamp | None = None
    end_time: Timestamp | None = None
    device_id: str | None = None
    device_metadata: str | None = None
    raw_data: str | None = None
    data_processing_method: str | None = None
    biz_rules: str | None = None
    extensions: Extensions = field(default_factory=dict)

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "deviceID", check_uri, self.device_id)
        look(errors, "deviceMetadata", check_uri, self.device_metadata)
        look(errors, "rawData", check_uri, self.raw_data)
        look(errors, "dataProcessingMethod", check_uri, self.data_processing_method)
        look(errors, "bizRules", check_uri, self.biz_rules)
        start, end = self.start_time, self.end_time
        if start is not None and end is not None and end.moment < start.moment:
            errors.append(EPCISError("RULE", "endTime", end.text, f"a time not before startTime {start.text}"))
        settle(errors)


@dataclass(frozen=True, slots=True)
class SensorReport:
    """One observation: its `type` is what was observed; what was found is one or more of the value fields."""

    type: str
    exception: str | None = None
    time: Timestamp | None = None
    device_id: str | None = None
    device_metadata: str | None = None
    raw_data: str | None = None
    data_processing_method: str | None = None
    biz_rules: str | None = None
    microorganism: str | None = None
    chemical_substance: str | None = None
    coordinate_reference_system: str | None = None
    component: str | None = None
    value: Number | None = None
    string_value: str | None = None
    boolean_value: bool | None = None
    hex_binary_value: str | None = None
    uri_value: str | None = None
    min_value: Number | None = None
    max_value: Number | None = None
    mean_value: Number | None = None
    s_dev: Number | None = None
    perc_rank: Number | None = None
    perc_value: Number | None = None
    uom: str | None = None
    extensions: Extensions = field(default_factory=dict)

    def __post_init__(self) -> None:
        errors: list[EPCISError] = []
        look(errors, "type", _check_measurement, self.type)
        look(errors, "exception", _check_alert, self.exception)
        look(errors, "deviceID", check_uri, self.device_id)
        look(errors, "deviceMetadata", check_uri, self.device_metadata)
        look(errors, "rawData", check_uri, self.raw_data)
        look(errors, "dataProcessingMethod", check_uri, self.data_processing_method)
        look(errors, "bizRules", check_uri, self.biz_rules)
        look(errors, "microorganism", check_uri, self.microorganism)
        look(errors, "chemicalSubstance", check_uri, self.chemical_substance)
        look(errors, "coordinateReferenceSystem", check_uri, self.coordinate_reference_system)
        look(errors, "component", _check_component, self.component)
        look(errors, "stringValue", check_text, self.string_value)
        look(errors, "hexBinaryValue", check_hex, self.hex_binary_value)
        look(errors, "uriValue", check_uri, self.uri_value)
        look(errors, "uom", check_text, self.uom)
        numbers = (self.value, self.min_value, self.max_value, self.mean_value, self.perc_value)
        if any(number is not None for number in numbers):
            expected = find_wrong_unit(cbv.MEASUREMENT.bare(self.type) or self.type, self.uom)
            if expected is not None:
                errors.append(EPCISError("QUANTITY", "uom", self.uom, expected))
        low, high = self.min_value, self.max_value
        if low is not None and high is not None and high < low:
            errors.append(EPCISError("RULE", "maxValue", high, f"a number not below minValue {low}"))
        settle(errors)


@dataclass(frozen=True, slots=True)
class SensorElement:
    """One or more reports of one measurement, with what they have in common."""

    sensor_report: tuple[SensorReport, ...]
    sensor_metadata: SensorMetadata | None = None
    extensions: Extensions = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.sensor_report:
            raise EPCISError("MISSING", "sensorReport", self.sensor_report, "at least one report")


# The fields that stand in the metadata or in the reports, and say the same there and there.
SHARED_SENSOR_FIELDS = {
    "time": "time",
    "device_id": "deviceID",
    "device_metadata": "deviceMetadata",
    "raw_data": "rawData",
    "data_processing_method": "dataProcessingMethod",
    "biz_rules": "bizRules",
}


def find_field_in_both(element: SensorElement, *, even_alike: bool = True) -> EPCISError | None:
    """The first field of a sensor element that its metadata and one of its reports both have, or None.

    The conformance requirement lets a field stand in one of the two only; GS1's own "all possible fields" examples have
    each in both, with the same value but for the time. Without `even_alike` they pass, and what is found is a
    contradiction: a device, raw data or method in a report that is not the metadata's. A report's own time is only more
    exact than the metadata's. Who reads decides (`read.read_event`).

    Source: GS1 EPCIS 2.0 conformance requirements, TCR-53 step 29.
    """
    metadata = element.sensor_metadata
    for attribute, key in SHARED_SENSOR_FIELDS.items() if metadata is not None else ():
        common = getattr(metadata, attribute)
        if common is None or (attribute == "time" and not even_alike):
            continue
        for at, report in enumerate(element.sensor_report):
            value = getattr(report, attribute)
            if value is not None and (even_alike or value != common):
                expected = (
                    "a field that sensorMetadata does not have as well" if even_alike else f"{common!r}, as there"
                )
                return EPCISError("RULE", join(f"sensorReport[{at}]", key), getattr(value, "text", value), expected)
    return None
