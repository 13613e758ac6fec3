"""JSON in its canonical spelling, taken apart and written again without a thought about what its fractions are worth.

An event may hold fractions (a sensor's reading), and a digest covers their spelling. A number with a fraction or an
exponent is therefore kept as the text that it came as: written again, it is the same.

>>> value = parse_spelled(b'{"a":[1,0.5,1e-7],"b":"\\xc3\\xa9"}')
>>> value["a"][2], spell(value)
(Number('1e-7'), b'{"a":[1,0.5,1e-7],"b":"\\xc3\\xa9"}')

Source: RFC 8785 section 3.2.
"""

import json
from typing import Any

from ledger.errors import MalformedError

MAX_DEPTH = 32


class Number(str):
    """A number with a fraction or an exponent, as it was spelled."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Number({str(self)!r})"


def parse_spelled(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`; fractions stay text.

    Raises:
        MalformedError: not JSON, not an object, a key twice, no finite number, or nested too deep (JSON).
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not JSON: {error}", code="JSON") from error
    if not isinstance(value, dict):
        raise MalformedError(f"JSON {type(value).__name__}: expected an object", code="JSON")
    return value


def spell(value: Any) -> bytes:
    """The canonical spelling of a value that `parse_spelled` gave.

    Raises:
        MalformedError: nested deeper than any event is (TOO_DEEP), or half of a surrogate pair (SURROGATE).
    """
    try:
        return _write(value, MAX_DEPTH).encode()
    except UnicodeEncodeError as error:
        raise MalformedError("text with half of a surrogate pair: it has no UTF-8 form", code="SURROGATE") from error


def _write(value: Any, depth: int) -> str:
    if depth == 0:
        raise MalformedError(f"nested too deep: expected at most {MAX_DEPTH} levels", code="TOO_DEEP")
    if isinstance(value, dict):
        ordered = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_write(key, depth - 1)}:{_write(value[key], depth - 1)}" for key in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_write(one, depth - 1) for one in value) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
