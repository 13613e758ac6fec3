"""JSON as every reader reads it alike: what one parser would repair or drop in silence is refused, with its place.

Beside the grammar (RFC 8259) the rules of I-JSON (RFC 7493) hold, because canonical JSON can carry no more:

* one key once: of two `"bizStep"` one reader takes the first, another the last;
* whole numbers up to 2^53 - 1, and other numbers within a double's range; no `NaN`, no `Infinity`;
* texts without control characters (tab and line ends may stand) and without half surrogate pairs;
* UTF-8, with or without a byte order mark.

The good document is read once, by the standard library's C parser. Only when that finds trouble is the text read a
second time, slowly, to say where.

>>> read_json(b'{"a": [1, 2.5]}')
{'a': [1, 2.5]}
>>> read_json('{"a": {"b": 1, "b": 2}}')
Traceback (most recent call last):
    ...
supplychain.epcis.errors.EPCISError: a.b 2: expected each key once

Source: RFC 8259; RFC 7493 sections 2.1 to 2.3; RFC 8785 section 3.2.2.
"""

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

from supplychain.epcis.errors import EPCISError, join, name
from supplychain.epcis.limits import DEFAULT_LIMITS, Limits

LARGEST_INTEGER = 2**53 - 1

_LONGEST_NUMBER = 64  # characters; Python's own guard against quadratic reading begins at 4,300
# What can only come into a text by an escape: the parser itself refuses naked control characters.
_SUSPICIOUS = re.compile(r"\\u(?:00[01]|[dD][89a-fA-F])")
_FOREIGN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class _Trouble(Exception):
    """The quick reading met something that the slow one will find again, with its place."""


class _Pairs(list[tuple[str, Any]]):
    """An object of the slow reading: its pairs as they stand."""


class _Number(str):
    """A number of the slow reading that nobody else would keep."""

    __slots__ = ()


def read_json(data: bytes | str, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The value of a JSON text: dict, list, str, int, float, bool or None.

    Raises:
        EPCISError: too long (SIZE), no JSON or not UTF-8 (SYNTAX), nested too deep for any reader (DEPTH), a key twice
            (DUPLICATE_KEY), a number (NUMBER) or character (CHARACTER) that not every reader keeps.
    """
    if len(data) > limits.size:
        raise EPCISError("SIZE", "", f"{len(data)} bytes", f"at most {limits.size} bytes")
    text = data if isinstance(data, str) else _decode(data)
    try:
        value = _decode_json(_QUICK, text)
    except _Trouble:
        raise next(find_troubles(text)) from None
    if _SUSPICIOUS.search(text):
        _check_texts(value)
    return value


def _decode_json(decoder: json.JSONDecoder, text: str) -> Any:
    """The value that a decoder gives; its own errors become ours."""
    try:
        return decoder.decode(text)
    except json.JSONDecodeError as error:
        raise EPCISError("SYNTAX", "", f"line {error.lineno}, column {error.colno}", f"JSON; {error.msg}") from None
    except RecursionError:
        raise EPCISError("DEPTH", "", "document", "fewer levels") from None


def check_value(value: Any) -> None:
    """Refuse what `read_json` would not have given, in a value that another reader made.

    Raises:
        EPCISError: a number (NUMBER) or character (CHARACTER) that not every reader keeps, or what is no JSON (TYPE).
    """
    if _is_clean(value):
        return
    for path, found in _walk(value):
        if isinstance(found, float):
            if not isfinite(found):
                raise EPCISError("NUMBER", path, found, "a number that a double keeps")
        elif isinstance(found, int):
            if abs(found) > LARGEST_INTEGER:
                raise EPCISError("NUMBER", path, found, f"a whole number up to {LARGEST_INTEGER}")
        elif not isinstance(found, (str, dict, list, type(None))):
            raise EPCISError("TYPE", path, type(found).__name__, "a JSON value")
    _check_texts(value)


def _is_clean(value: Any) -> bool:
    """Whether there is nothing to refuse: the same question without places, which cost more than the answer."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        kind = found.__class__
        if kind is str:
            if _FOREIGN.search(found):
                return False
        elif kind is dict:
            waiting += found.values()
            if _FOREIGN.search("".join(found)):
                return False
        elif kind is list:
            waiting += found
        elif kind is int or kind is float:
            if not -LARGEST_INTEGER <= found <= LARGEST_INTEGER and not (kind is float and isfinite(found)):
                return False
        elif found is not None and kind is not bool:
            return False
    return True


def find_foreign(text: str) -> str | None:
    """The first control character or half surrogate pair of `text`, or None. Tab and line ends are none."""
    found = _FOREIGN.search(text)
    return found.group() if found else None


def _decode(data: bytes) -> str:
    """The text of UTF-8 bytes; a byte order mark at the beginning is none of it."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EPCISError("SYNTAX", "", f"byte {error.start}", "UTF-8") from None


def _quick_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are all different."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Trouble
    return value


def _quick_integer(digits: str) -> int:
    """A whole number that a double keeps."""
    if len(digits) > 17 or abs(value := int(digits)) > LARGEST_INTEGER:
        raise _Trouble
    return value


def _quick_float(digits: str) -> float:
    """A number within a double's range."""
    if len(digits) > _LONGEST_NUMBER or not isfinite(value := float(digits)):
        raise _Trouble
    return value


def _quick_constant(word: str) -> Any:
    """NaN, Infinity and -Infinity are no JSON."""
    raise _Trouble


_QUICK = json.JSONDecoder(
    object_pairs_hook=_quick_object,
    parse_int=_quick_integer,
    parse_float=_quick_float,
    parse_constant=_quick_constant,
)


def _slow_number(digits: str) -> Any:
    """The number, or its digits as a marker if nobody else would keep it."""
    try:
        return _quick_float(digits) if set(digits) & set(".eE") else _quick_integer(digits)
    except _Trouble:
        return _Number(digits)


_SLOW = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=_slow_number,
    parse_float=_slow_number,
    parse_constant=_Number,
)


def find_troubles(text: str) -> Iterator[EPCISError]:
    """Every key that comes twice and every number that not every reader keeps, in the order of the text.

    >>> [error.path for error in find_troubles('{"a": NaN, "b": {"c": 1, "c": 2}}')]
    ['a', 'b.c']
    """
    for path, found in _walk(_decode_json(_SLOW, text)):
        if isinstance(found, _Number):
            expected = f"a number that a double keeps, whole ones up to {LARGEST_INTEGER}"
            yield EPCISError("NUMBER", path, str(found), expected)
        if isinstance(found, _Pairs):
            seen = set()
            for key, member in found:
                if key in seen:
                    yield EPCISError("DUPLICATE_KEY", join(path, name(key)), member, "each key once")
                seen.add(key)


def _check_texts(value: Any) -> None:
    """Refuse control characters and half surrogate pairs in any key or text."""
    for path, found in _walk(value):
        texts = [found] if isinstance(found, str) else found if isinstance(found, dict) else ()
        for text in texts:
            if (foreign := find_foreign(text)) is not None:
                code = f"U+{ord(foreign):04X}"
                raise EPCISError("CHARACTER", path, code, "text without control characters and half surrogate pairs")


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value inside `value` with its path, outer ones and earlier ones first."""
    waiting = [("", value)]
    while waiting:
        path, found = waiting.pop()
        yield path, found
        if isinstance(found, _Pairs):
            waiting += [(join(path, name(key)), member) for key, member in reversed(found)]
        elif isinstance(found, dict):
            waiting += [(join(path, name(key)), member) for key, member in reversed(found.items())]
        elif isinstance(found, list):
            waiting += [(f"{path}[{at}]", member) for at, member in reversed(list(enumerate(found)))]
