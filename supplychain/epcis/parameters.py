"""The parameters of the query language: which there are, what each may say, and what it asks.

Fixed parameters stand in a table by their names. The others are families with a part that the asker chooses: a unit
(`GE_value_CEL`), a type (`EQ_bizTransaction_po`) or the name of a field of others (`EQ_ILMD_ext:grade`). Two names that
GS1's own artefacts spell in two ways are known in both: errorDeclarationTime and errorDeclaration_Time,
EXISTS_sensorElement and EXISTS_sensorElementList.

>>> read_parameter("GE_value_CEL", 25, GS1_NAMESPACES)
NumberCompare(field='value', operator='GE', values=(298.15,), dimension='temperature')

Values are those of a JSON query body; `query` turns the texts of a URL into the same.

Source: EPCIS 2.0 section 8.2.7.1; GS1's query-schema.json and openapi.json; TCR-53 (deviceMetadata, rawData).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from supplychain.epcis import cbv, facts
from supplychain.epcis.checks import check_action, check_hex, check_text, check_uri, check_word, parse_time
from supplychain.epcis.epc_pattern import parse_pattern
from supplychain.epcis.errors import EPCISError
from supplychain.epcis.errors import name as as_step
from supplychain.epcis.namespaces import GS1_NAMESPACES, Namespaces
from supplychain.epcis.predicates import (
    Among,
    AttributeAmong,
    Exists,
    ExtensionCompare,
    ExtensionExists,
    HasAttribute,
    Match,
    NumberCompare,
    Predicate,
    Scalar,
    TimeCompare,
    Within,
)
from supplychain.epcis.units import to_base

__all__ = ["GS1_NAMESPACES", "MOST_VALUES", "is_list", "read_parameter"]

MOST_VALUES = 1_000

Maker = Callable[[Any, Namespaces], Predicate | None]

# A name with prefix, or the URI of a name.
_FIELD = r"(?P<field>[A-Za-z][A-Za-z0-9+.\-]*:[^\s|]+)"
_PLACE = r"(?:(?P<place>ILMD|ERROR_DECLARATION|SENSORELEMENT|SENSORMETADATA|SENSORREPORT|readPoint|bizLocation)_)?"
_EXTENSION = re.compile(rf"(?P<operator>EQ|GT|GE|LT|LE|EXISTS)_(?P<inner>INNER_)?{_PLACE}{_FIELD}")
_TYPED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
_MEASURED = re.compile(
    r"(?P<operator>EQ|GT|GE|LT|LE)_(?P<field>quantity|value|minValue|maxValue|meanValue|sDev|percValue)_"
    r"(?P<uom>[A-Z0-9]{2,4})"
)
_COMPARED = re.compile(r"(?P<operator>EQ|GT|GE|LT|LE)_(?P<field>quantity|percRank|percValue|sDev)")
_TIMED = re.compile(
    r"(?P<operator>GE|LT|EQ)_(?P<field>eventTime|recordTime|errorDeclarationTime|errorDeclaration_Time|time|startTime"
    r"|endTime)"
)
_HAS_ATTRIBUTE = re.compile(r"HASATTR_(?P<field>[^\s|]+)")
_ATTRIBUTE = re.compile(r"EQ_ATTR_(?P<field>[^\s_]+)_(?P<attribute>[^\s|]+)")


def read_parameter(name: str, value: Any, namespaces: Namespaces) -> Predicate | None:
    """What one parameter asks; None if it asks nothing (EXISTS_… with the value false).

    Raises:
        EPCISError: no such parameter (PARAMETER), or a value that it may not have; the path is the parameter's name.
    """
    make = _maker(name)
    if make is None:
        raise EPCISError("PARAMETER", as_step(name), value, "a parameter of the EPCIS 2.0 query language")
    try:
        return make(value, namespaces)
    except EPCISError as error:
        raise error.under(as_step(name)) from None


def is_list(name: str) -> bool:
    """Whether a parameter takes several values, which in a URL stand in one text with bars between them."""
    if name in _FIXED:
        return _FIXED[name] not in _SINGLES
    return name != "EQ_time" and name.startswith(("EQ_", "HASATTR_"))


def _maker(name: str) -> Maker | None:
    """What reads the value of this parameter."""
    if (fixed := _FIXED.get(name)) is not None:
        return fixed
    if (found := _TIMED.fullmatch(name)) is not None and (found["operator"] != "EQ" or found["field"] == "time"):
        return partial(_time, found["field"].replace("_Time", "Time"), found["operator"])
    if (found := _MEASURED.fullmatch(name)) is not None:
        return partial(_number, found["field"], found["operator"], found["uom"])
    if (found := _COMPARED.fullmatch(name)) is not None:
        return partial(_number, found["field"], found["operator"], None)
    if (found := _TYPED.fullmatch(name)) is not None:
        return partial(_typed, found[1], found[2])
    if (found := _ATTRIBUTE.fullmatch(name)) is not None:
        return partial(_attribute, found["field"], found["attribute"])
    if (found := _HAS_ATTRIBUTE.fullmatch(name)) is not None:
        return partial(_has_attribute, found["field"])
    if (found := _EXTENSION.fullmatch(name)) is not None:
        return partial(_extension, found["operator"], bool(found["inner"]), found["place"] or "", found["field"])
    return None


# --- Makers -----------------------------------------------------------------------------------------------------------


def _values(value: Any) -> list[Any]:
    """The values of a list, of which there has to be one; a single value is a list of one."""
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= MOST_VALUES:
        raise EPCISError("SIZE", "", value, f"1 to {MOST_VALUES} values")
    return values


def _texts(value: Any, check: Callable[[str], object]) -> list[str]:
    """The values of a list, all texts that pass the check."""
    values = _values(value)
    for at, one in enumerate(values):
        if not isinstance(one, str):
            raise EPCISError("TYPE", f"[{at}]", one, "a text")
        try:
            check_text(one)
            check(one)
        except EPCISError as error:
            raise error.under(f"[{at}]") from None
    return values


def _words(field: str, vocabulary: cbv.Vocabulary, value: Any, namespaces: Namespaces) -> Predicate:
    words = _texts(value, partial(check_word, vocabulary))
    return Among(field, frozenset(facts.word_key(vocabulary, word, namespaces) for word in words))


def _names(field: str, value: Any, namespaces: Namespaces) -> Predicate:
    return Among(field, frozenset(facts.name_key(uri, namespaces) for uri in _texts(value, check_uri)))


def _plain(field: str, check: Callable[[str], object], value: Any, _: Namespaces) -> Predicate:
    return Among(field, frozenset(_texts(value, check)))


def _hexadecimal(value: Any, _: Namespaces) -> Predicate:
    return Among("hexBinaryValue", frozenset(text.upper() for text in _texts(value, check_hex)))


def _event_types(value: Any, namespaces: Namespaces) -> Predicate:
    def check(text: str) -> None:
        if text not in cbv.EVENT_TYPES:
            check_uri(text)

    return Among("eventType", frozenset(namespaces.expand(text) for text in _texts(value, check)))


def _within(field: str, value: Any, namespaces: Namespaces) -> Predicate:
    return Within(field, frozenset(facts.name_key(uri, namespaces) for uri in _texts(value, check_uri)))


def _match(field: str, value: Any, namespaces: Namespaces) -> Predicate:
    is_class = field in facts.CLASS_FIELDS
    uris = [namespaces.expand(uri) for uri in _texts(value, check_text)]
    patterns = []
    for at, uri in enumerate(uris):
        try:
            patterns.append(parse_pattern(uri, is_class=is_class))
        except EPCISError as error:
            raise error.under(f"[{at}]") from None
    return Match(field, tuple(patterns))


def _exists(field: str, value: Any, _: Namespaces) -> Predicate | None:
    return Exists(field) if _is_asked(value) else None


def _is_asked(value: Any) -> bool:
    """Whether an EXISTS parameter, whose value says nothing, is meant: also empty, 1 or true."""
    if value not in (None, "", True, False, 0, 1):
        raise EPCISError("TYPE", "", value, "no value, true or false")
    return value is None or value == "" or bool(value)


def _boolean(value: Any, _: Namespaces) -> Predicate:
    if not isinstance(value, bool):
        raise EPCISError("TYPE", "", value, "true or false")
    return Among("booleanValue", frozenset({"true" if value else "false"}))


def _time(field: str, operator: Any, value: Any, _: Namespaces) -> Predicate:
    if not isinstance(value, str):
        raise EPCISError("TYPE", "", value, "a date and time with offset")
    return TimeCompare(field, operator, parse_time(value))


def _number(field: str, operator: Any, uom: str | None, value: Any, _: Namespaces) -> Predicate:
    values = _values(value) if operator == "EQ" else [value]
    for one in values:
        if isinstance(one, bool) or not isinstance(one, (int, float)):
            raise EPCISError("TYPE", "", one, "a number")
    if uom is None:
        return NumberCompare(field, operator, tuple(map(float, values)))
    bases = [to_base(one, uom, is_difference=field == "sDev") for one in values]
    return NumberCompare(field, operator, tuple(base for _, base in bases), bases[0][0])


def _typed(family: str, kind: str, value: Any, namespaces: Namespaces) -> Predicate:
    vocabulary = cbv.BIZ_TRANSACTION if family == "bizTransaction" else cbv.SOURCE_DESTINATION
    return _names(f"{family}_{facts.word_key(vocabulary, kind, namespaces)}", value, namespaces)


def _attribute_name(text: str, namespaces: Namespaces) -> str:
    return namespaces.expand(text)


def _named_field(text: str, namespaces: Namespaces) -> str:
    return namespaces.expand(text) if ":" in text else text


def _has_attribute(field: str, value: Any, namespaces: Namespaces) -> Predicate:
    attributes = frozenset(_attribute_name(text, namespaces) for text in _texts(value, check_text))
    return HasAttribute(_named_field(field, namespaces), attributes)


def _attribute(field: str, attribute: str, value: Any, namespaces: Namespaces) -> Predicate:
    values = frozenset(_texts(value, check_text))
    return AttributeAmong(_named_field(field, namespaces), _attribute_name(attribute, namespaces), values)


def _extension(
    operator: Any, is_inner: bool, place: Any, field: str, value: Any, namespaces: Namespaces
) -> Predicate | None:
    name = namespaces.expand(field)
    if operator == "EXISTS":
        return ExtensionExists(place, is_inner, name) if _is_asked(value) else None
    if operator == "EQ":
        return ExtensionCompare(place, is_inner, name, operator, tuple(map(_scalar, _values(value))))
    return ExtensionCompare(place, is_inner, name, operator, (_ordered(value),))


def _scalar(value: Any) -> Scalar:
    """A text or a number that a field may equal."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise EPCISError("TYPE", "", value, "a text or a number")
    if isinstance(value, str):
        check_text(value)
        return value
    return float(value)


def _ordered(value: Any) -> float | datetime:
    """A number or a moment, with which a field can be compared; also where a URL has only texts."""
    scalar = _scalar(value)
    if not isinstance(scalar, str):
        return float(scalar)  # type: ignore[arg-type]
    try:
        return float(scalar)
    except ValueError:
        return parse_time(scalar)


_NAME_FIELDS = [
    "readPoint",
    "bizLocation",
    "transformationID",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
    "microorganism",
    "chemicalSubstance",
    "uriValue",
]
_FIXED: Mapping[str, Maker] = {
    "eventType": _event_types,
    "EQ_action": partial(_plain, "action", check_action),
    "EQ_bizStep": partial(_words, "bizStep", cbv.BIZ_STEP),
    "EQ_disposition": partial(_words, "disposition", cbv.DISPOSITION),
    "EQ_persistentDisposition_set": partial(_words, "persistentDisposition_set", cbv.DISPOSITION),
    "EQ_persistentDisposition_unset": partial(_words, "persistentDisposition_unset", cbv.DISPOSITION),
    "EQ_errorReason": partial(_words, "errorReason", cbv.ERROR_REASON),
    "EQ_type": partial(_words, "type", cbv.MEASUREMENT),
    "EQ_eventID": partial(_plain, "eventID", check_uri),
    "EQ_correctiveEventID": partial(_plain, "correctiveEventID", check_uri),
    "EQ_stringValue": partial(_plain, "stringValue", check_text),
    "EQ_hexBinaryValue": _hexadecimal,
    "EQ_booleanValue": _boolean,
    "EXISTS_errorDeclaration": partial(_exists, "errorDeclaration"),
    "EXISTS_sensorElementList": partial(_exists, "sensorElementList"),
    "EXISTS_sensorElement": partial(_exists, "sensorElementList"),
    "WD_readPoint": partial(_within, "readPoint"),
    "WD_bizLocation": partial(_within, "bizLocation"),
    **{f"MATCH_{field}": partial(_match, field) for field in facts.EPC_FIELDS},
    **{f"EQ_{field}": partial(_names, field) for field in _NAME_FIELDS},
}
_SINGLES = [_FIXED[name] for name in _FIXED if name.startswith("EXISTS_") or name == "EQ_booleanValue"]
