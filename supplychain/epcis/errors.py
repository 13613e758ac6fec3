"""What the EPCIS room raises: one error class that says where, what and what was expected, told apart by a code.

The path is written as a person would point at the place: `epcisBody.eventList[3].bizStep`; a name with a dot or a
bracket in it stands in quotes. Readers raise with the path from where they stand, and whoever called them puts his own
part in front: on the way through a good document no path is ever built.

>>> error = EPCISError("WORD", "bizStep", "transforming", "a business step of CBV 2.0 or a URI")
>>> print(error.under("eventList[3]"))
eventList[3].bizStep 'transforming': expected a business step of CBV 2.0 or a URI

==============  ======================================================================================
SYNTAX          no JSON or XML at all, or a form of it that two readers read differently
DUPLICATE_KEY   the same key twice in one JSON object
NUMBER          a number that not every reader keeps: too large, not finite, too precise
CHARACTER       a character that may not stand in a text
SIZE            more bytes, events, EPCs or characters than the limits allow
DEPTH           nested deeper than the limits allow
TYPE            another JSON type
MISSING         a field that has to be there is not
UNKNOWN_FIELD   a field without a prefix that the standard does not know
URI             no URI, or one that must not be followed
EPC             an EPC URN or a Digital Link that breaks the rules of its key
TIME            no date with time and offset, or an offset outside -14:00 to +14:00
WORD            no word of the vocabulary
QUANTITY        a quantity or unit that cannot be
DUPLICATE       the same member twice in a list
RULE            the fields are good one by one and break a rule of the standard together
VERSION         a schemaVersion that is not EPCIS 2
PARAMETER       a query parameter that is unknown, comes twice or does not go with another
==============  ======================================================================================
"""

import re
from itertools import islice
from typing import Any, Literal

Code = Literal[
    "SYNTAX",
    "DUPLICATE_KEY",
    "NUMBER",
    "CHARACTER",
    "SIZE",
    "DEPTH",
    "TYPE",
    "MISSING",
    "UNKNOWN_FIELD",
    "URI",
    "EPC",
    "TIME",
    "WORD",
    "QUANTITY",
    "DUPLICATE",
    "RULE",
    "VERSION",
    "PARAMETER",
]

LONGEST_SHOWN = 80
MOST_ERRORS = 100  # that one thing carries
_PLAIN_NAME = re.compile(r"[^.\[\]\"\s\x00-\x1f]{1,80}")


def show(value: object) -> str:
    """A value as it goes into a message: one line, cut after 80 characters; of objects and lists only the kind.

    >>> show("x" * 100)[-3:], show({"a": 1}), show([1, 2])
    ("x'…", 'an object', 'a list of 2')
    """
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return repr(value) if len(value) <= LONGEST_SHOWN else repr(value[:LONGEST_SHOWN]) + "…"
    if isinstance(value, (bool, type(None))):
        return {True: "true", False: "false", None: "null"}[value]
    text = str(value)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def join(prefix: str, path: str) -> str:
    """The path of `path` as seen from outside of `prefix`.

    >>> join("epcisBody", "eventList[3]"), join("eventList", "[3]"), join("", "type")
    ('epcisBody.eventList[3]', 'eventList[3]', 'type')
    """
    if not prefix or not path:
        return prefix or path
    return prefix + path if path.startswith("[") else f"{prefix}.{path}"


def name(key: str) -> str:
    """A key as a step of a path: as it is, or in brackets and quotes where it would be read as something else.

    >>> name("bizStep"), name("example:myField"), name("https://example.com/x")
    ('bizStep', 'example:myField', '["https://example.com/x"]')
    """
    if _PLAIN_NAME.fullmatch(key):
        return key
    shown = key if len(key) <= LONGEST_SHOWN else key[:LONGEST_SHOWN] + "…"
    return '["' + repr(shown)[1:-1].replace('"', '\\"') + '"]'


class EPCISError(ValueError):
    """A document, event or query that the standard does not allow.

    `code` is one of the table above, `path` where it stands, `value` what stands there, `expected` what should.
    `others` are further errors found in the same thing; `all` gives this one and those.
    """

    def __init__(
        self, code: Code, path: str, value: Any, expected: str, *, others: tuple["EPCISError", ...] = ()
    ) -> None:
        where = f"{path} " if path else ""
        super().__init__(f"{where}{show(value)}: expected {expected}")
        self.code: Code = code
        self.path = path
        self.value = value
        self.expected = expected
        self.others = others

    @property
    def all(self) -> tuple["EPCISError", ...]:
        """This error and the others of the same thing, each without others of its own."""
        return (self, *self.others)

    def under(self, prefix: str) -> "EPCISError":
        """The same error, seen from further outside; `prefix` comes in front of every path."""
        others = tuple(other.under(prefix) for other in self.others)
        return EPCISError(self.code, join(prefix, self.path), self.value, self.expected, others=others)

    def __reduce__(self) -> tuple[object, tuple[Any, ...]]:
        """Survive the way through a task queue: exceptions are pickled by their arguments, and ours has a keyword."""
        return _rebuild, (self.code, self.path, self.value, self.expected, self.others)


def collect(errors: "list[EPCISError]") -> EPCISError:
    """The first of one or more errors, carrying the others, as many as a person would read."""
    first, *rest = islice((one for error in errors for one in error.all), MOST_ERRORS)
    return EPCISError(first.code, first.path, first.value, first.expected, others=tuple(map(_alone, rest)))


def _alone(error: EPCISError) -> EPCISError:
    """The error without what it carries."""
    return EPCISError(error.code, error.path, error.value, error.expected) if error.others else error


def _rebuild(code: Code, path: str, value: Any, expected: str, others: tuple[EPCISError, ...]) -> EPCISError:
    """The inverse of `EPCISError.__reduce__`."""
    return EPCISError(code, path, value, expected, others=others)
