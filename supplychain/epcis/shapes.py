"""How the parts of an event are read: which fields an object may have, and which JSON type each of them is.

A reader here raises `EPCISError` with the path from its own top. `READERS` has one for every field of an event.

>>> READERS["readPoint"]({"id": "https://id.gs1.org/414/9506000140445"}).id
'https://id.gs1.org/414/9506000140445'
>>> READERS["readPoint"]({"id": 7, "floor": 2})
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: id 7: expected a text

Source: EPCIS 2.0 sections 7.3 and 10.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeVar

from supplychain.epcis.errors import EPCISError, collect, name
from supplychain.epcis.limits import DEFAULT_LIMITS
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

_T = TypeVar("_T")
Reader = Callable[[Any], Any]
LONGEST_NAME = 1_000  # characters of a field's name


class Reading:
    """The fields of one object, read one after the other; what is wrong is gathered."""

    __slots__ = ("errors", "extensions", "found")

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self.extensions: dict[str, Any] = {}
        self.errors: list[EPCISError] = []

    def field(self, key: str, attribute: str, reader: Reader, value: Any) -> None:
        """Read one field of the standard."""
        try:
            self.found[attribute] = reader(value)
        except EPCISError as error:
            self.errors.append(error.under(key))

    def attempt(self, key: str, make: Callable[[], Any], attribute: str) -> None:
        """Keep what `make` gives."""
        self.field(key, attribute, lambda _: make(), None)

    def extension(self, key: str, value: Any, depth: int, expected: str) -> None:
        """Keep a field that has a prefix."""
        if not is_extension(key):
            self.errors.append(EPCISError("UNKNOWN_FIELD", name(key), value, expected))
        else:
            self.anything(key, value, depth)

    def anything(self, key: str, value: Any, depth: int) -> None:
        """Keep a field as it is, if it is not nested too deep."""
        if is_deeper(value, depth):
            self.errors.append(EPCISError("DEPTH", name(key), value, f"at most {depth} levels"))
        self.extensions[key] = value

    def require(self, key: str, raw: Mapping[str, Any]) -> None:
        """Note a field that is not there."""
        if key not in raw:
            self.errors.append(EPCISError("MISSING", key, None, f"{key}, which is required"))

    def build(self, kind: Callable[..., _T]) -> _T:
        """The value, unless something is wrong."""
        if self.errors:
            raise collect(self.errors)
        if self.extensions:
            return kind(**self.found, extensions=self.extensions)
        return kind(**self.found)


def _text(value: Any) -> str:
    if value.__class__ is not str:
        raise EPCISError("TYPE", "", value, "a text")
    return value


def _number(value: Any) -> int | float:
    if value.__class__ is not int and value.__class__ is not float:
        raise EPCISError("TYPE", "", value, "a number")
    return value


def _boolean(value: Any) -> bool:
    if value.__class__ is not bool:
        raise EPCISError("TYPE", "", value, "true or false")
    return value


def _time(value: Any) -> Timestamp:
    return Timestamp(_text(value))


def _texts(value: Any) -> tuple[str, ...]:
    if value.__class__ is not list:
        raise EPCISError("TYPE", "", value, "a list of texts")
    for at, one in enumerate(value):
        if one.__class__ is not str:
            raise EPCISError("TYPE", f"[{at}]", one, "a text")
    return tuple(value)


def _text_or_texts(value: Any) -> str | tuple[str, ...]:
    return value if value.__class__ is str else _texts(value)


def _opaque(value: Any) -> Any:
    return value


def _ilmd(value: Any) -> dict[str, Any]:
    """Master data of instances and lots: nothing but fields with a prefix."""
    if not isinstance(value, dict):
        raise EPCISError("TYPE", "", value, "an object")
    for key, member in value.items():
        if not is_extension(key):
            raise EPCISError("UNKNOWN_FIELD", name(key), member, "a field with a prefix")
        if is_deeper(member, DEFAULT_LIMITS.depth):
            raise EPCISError("DEPTH", name(key), member, f"at most {DEFAULT_LIMITS.depth} levels")
    return value


def _list_of(reader: Callable[[Any], _T], value: Any) -> tuple[_T, ...]:
    """Each member of a list, read; the first bad one says where it stands."""
    if not isinstance(value, list):
        raise EPCISError("TYPE", "", value, "a list")
    found = []
    for at, one in enumerate(value):
        try:
            found.append(reader(one))
        except EPCISError as error:
            raise error.under(f"[{at}]") from None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an object inside an event is read: its fields by key, and whether it may have others with a prefix."""

    kind: Callable[..., Any]
    fields: Mapping[str, tuple[str, Reader]]
    required: tuple[str, ...]
    is_open: bool = True

    def __call__(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            raise EPCISError("TYPE", "", raw, "an object")
        read = Reading()
        for key, value in raw.items():
            if (one := self.fields.get(key)) is not None:
                read.field(key, *one, value)
            elif self.is_open:
                read.extension(key, value, DEFAULT_LIMITS.depth, "a field of the standard, or one with a prefix")
            else:
                expected = f"nothing but {', '.join(self.fields)}"
                read.errors.append(EPCISError("UNKNOWN_FIELD", name(key), value, expected))
        for key in self.required:
            read.require(key, raw)
        return read.build(self.kind)


_SENSED: dict[str, tuple[str, Reader]] = {
    "time": ("time", _time),
    "deviceID": ("device_id", _text),
    "deviceMetadata": ("device_metadata", _text),
    "rawData": ("raw_data", _text),
    "dataProcessingMethod": ("data_processing_method", _text),
    "bizRules": ("biz_rules", _text),
}
_METADATA = _Shape(
    SensorMetadata, {**_SENSED, "startTime": ("start_time", _time), "endTime": ("end_time", _time)}, required=()
)
_REPORT = _Shape(
    SensorReport,
    {
        "type": ("type", _text),
        "exception": ("exception", _text),
        **_SENSED,
        "microorganism": ("microorganism", _text),
        "chemicalSubstance": ("chemical_substance", _text),
        "coordinateReferenceSystem": ("coordinate_reference_system", _text),
        "component": ("component", _text),
        "value": ("value", _number),
        "stringValue": ("string_value", _text),
        "booleanValue": ("boolean_value", _boolean),
        "hexBinaryValue": ("hex_binary_value", _text),
        "uriValue": ("uri_value", _text),
        "minValue": ("min_value", _number),
        "maxValue": ("max_value", _number),
        "meanValue": ("mean_value", _number),
        "sDev": ("s_dev", _number),
        "percRank": ("perc_rank", _number),
        "percValue": ("perc_value", _number),
        "uom": ("uom", _text),
    },
    required=("type",),
)
_ELEMENT = _Shape(
    SensorElement,
    {
        "sensorMetadata": ("sensor_metadata", _METADATA),
        "sensorReport": ("sensor_report", partial(_list_of, _REPORT)),
    },
    required=("sensorReport",),
)
_QUANTITY = _Shape(
    Quantity,
    {"epcClass": ("epc_class", _text), "quantity": ("quantity", _number), "uom": ("uom", _text)},
    required=("epcClass",),
    is_open=False,
)
_PLACE = _Shape(Place, {"id": ("id", _text)}, required=("id",))
_DECLARATION = _Shape(
    ErrorDeclaration,
    {
        "declarationTime": ("declaration_time", _time),
        "reason": ("reason", _text),
        "correctiveEventIDs": ("corrective_event_ids", _texts),
    },
    required=("declarationTime",),
)
_PERSISTENT = _Shape(
    PersistentDisposition, {"set": ("set", _texts), "unset": ("unset", _texts)}, required=(), is_open=False
)
_TRANSACTION = _Shape(
    BizTransaction,
    {"type": ("type", _text), "bizTransaction": ("biz_transaction", _text)},
    required=("bizTransaction",),
    is_open=False,
)
_SOURCE = _Shape(
    Source, {"type": ("type", _text), "source": ("source", _text)}, required=("type", "source"), is_open=False
)
_DESTINATION = _Shape(
    Destination,
    {"type": ("type", _text), "destination": ("destination", _text)},
    required=("type", "destination"),
    is_open=False,
)

READERS: Mapping[str, Reader] = {
    **dict.fromkeys(("type", "eventID", "eventTimeZoneOffset", "parentID", "action", "transformationID"), _text),
    **dict.fromkeys(("bizStep", "disposition"), _text),
    **dict.fromkeys(("eventTime", "recordTime"), _time),
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), _texts),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), partial(_list_of, _QUANTITY)
    ),
    **dict.fromkeys(("readPoint", "bizLocation"), _PLACE),
    "@context": _opaque,
    "persistentDisposition": _PERSISTENT,
    "bizTransactionList": partial(_list_of, _TRANSACTION),
    "sourceList": partial(_list_of, _SOURCE),
    "destinationList": partial(_list_of, _DESTINATION),
    "sensorElementList": partial(_list_of, _ELEMENT),
    "ilmd": _ilmd,
    "errorDeclaration": _DECLARATION,
    "certificationInfo": _text_or_texts,
}


def is_extension(key: str) -> bool:
    """Whether a name has a prefix: `example:field`, or a URI."""
    return len(key) <= LONGEST_NAME and _has_prefix(key)


@lru_cache(maxsize=4096)
def _has_prefix(key: str) -> bool:
    """Remembered, because few names come often; bounded in length by who asks, or the memory would not be bounded."""
    prefix, colon, local = key.partition(":")
    return bool(colon and prefix and local) and key.isprintable() and " " not in key


def is_deeper(value: Any, depth: int) -> bool:
    """Whether objects and lists stand in each other more than `depth` times."""
    level = [value]
    for _ in range(depth + 1):
        level = [
            member
            for one in level
            if isinstance(one, (dict, list))
            for member in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
