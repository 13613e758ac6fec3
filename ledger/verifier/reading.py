"""Taking JSON apart without believing in its types: each function gives a value of one type or refuses.

Values come from whoever wrote the file. A refusal shows text and numbers shortened, and of everything else its type
only: the text of a list nested a thousand deep is an attack of its own.

>>> number(True, "index")
Traceback (most recent call last):
    ...
ledger.errors.MalformedError: index: True, expected a whole number from 0
"""

import base64 as base64_codec
import binascii
from collections.abc import Collection
from typing import Any

from ledger.errors import MalformedError

_HEX_DIGITS = frozenset("0123456789abcdef")
MOST_SHOWN = 60


def show(value: Any) -> str:
    """A value for a message: at most `MOST_SHOWN` characters of it."""
    if value is None or isinstance(value, bool | int | str):
        text = repr(value)
        return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "…"
    return f"a {type(value).__name__}"


def bad(message: str) -> MalformedError:
    """The refusal of a file whose parts are not what they must be, code BUNDLE."""
    return MalformedError(message, code="BUNDLE")


def members(
    value: Any, label: str, required: Collection[str], optional: Collection[str] = frozenset()
) -> dict[str, Any]:
    """An object with all of `required`, perhaps some of `optional`, and no other member."""
    found = an_object(value, label)
    missing = sorted(set(required) - set(found))
    strange = sorted(set(found) - set(required) - set(optional))
    if missing:
        raise bad(f"{label}: without {', '.join(missing)}")
    if strange:
        raise bad(f"{label}: member {show(strange[0])}, expected only {', '.join(sorted({*required, *optional}))}")
    return found


def an_object(value: Any, label: str) -> dict[str, Any]:
    """An object with any members."""
    if not isinstance(value, dict):
        raise bad(f"{label}: {show(value)}, expected an object")
    return value


def object_or_nothing(value: Any) -> dict[str, Any]:
    """The object that `value` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def text_or_nothing(value: Any) -> str:
    """The text that `value` is, or none."""
    return value if isinstance(value, str) else ""


def a_list(value: Any, label: str, most: int) -> list[Any]:
    """A list of at most `most`."""
    if not isinstance(value, list):
        raise bad(f"{label}: {show(value)}, expected a list")
    if len(value) > most:
        raise bad(f"{label}: {len(value)}, expected at most {most}")
    return value


def number(value: Any, label: str) -> int:
    """A whole number from 0. `true` is none, although Python would count with it."""
    if type(value) is not int or value < 0:
        raise bad(f"{label}: {show(value)}, expected a whole number from 0")
    return value


def text(value: Any, label: str) -> str:
    """Text that has bytes: half of a surrogate pair has none, and could not be hashed."""
    if not isinstance(value, str):
        raise bad(f"{label}: {show(value)}, expected text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise bad(f"{label}: {show(value)}, half of a surrogate pair in it") from error
    return value


def hexadecimal(value: Any, label: str) -> bytes:
    """Up to 32 bytes as lower-case hex."""
    digits = text(value, label)
    if len(digits) > 64 or len(digits) % 2 or not _HEX_DIGITS.issuperset(digits):
        raise bad(f"{label}: {show(digits)}, expected lower-case hex")
    return bytes.fromhex(digits)


def base64(value: Any, label: str) -> bytes:
    """Bytes as base64 in its one canonical spelling: with padding, without stray bits at the end."""
    spelling = text(value, label)
    try:
        data = base64_codec.b64decode(spelling, validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad(f"{label}: {show(spelling)}, expected base64") from error
    if base64_codec.b64encode(data).decode() != spelling:
        raise bad(f"{label}: base64 with stray bits at its end")
    return data
