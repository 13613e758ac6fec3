"""What the GS1 room raises: one error class, told apart by a stable code.

Every message names the thing, the value and what was expected, so that it can be shown to the person who typed or
scanned the value. The code is for programs: it is part of the interface and never changes its meaning.

>>> error = GS1Error("GTIN '12': expected 14 digits", code="LENGTH")
>>> error.code, str(error)
('LENGTH', "GTIN '12': expected 14 digits")

=================  ====================================================================================
LENGTH             too short or too long, or nothing at all
CHARACTER          a character that may not stand there; digits of other scripts are such characters
CHECK_DIGIT        the check digit (or check character pair) is not the one that the rest asks for
DATE               no such day
PREFIX             a GS1 company prefix or indicator that cannot be one
NDC                not a 10-digit NDC in one of its three spellings
UNKNOWN_AI         no GS1 Application Identifier
DUPLICATE_AI       the same Application Identifier twice
MISPLACED_AI       an Application Identifier where the syntax does not let it stand
SYNTAX             brackets or separators that do not fit together
URI                not a usable http(s) URI
NO_KEY             well-formed, but nothing in it says what it identifies
OTHER_KEY          identifies something that is neither a product nor a logistic unit
NOT_CANONICAL_EPC  an EPC in another than its one canonical spelling
OTHER_SYSTEM       a code of another numbering system, or no code at all
COUNT              a number of serials that cannot be minted
GUESS_MARGIN       serials would become too easy to guess
RANDOM_SOURCE      the source of random bytes does not give what it was asked for
=================  ====================================================================================
"""

from typing import Literal

Code = Literal[
    "LENGTH",
    "CHARACTER",
    "CHECK_DIGIT",
    "DATE",
    "PREFIX",
    "NDC",
    "UNKNOWN_AI",
    "DUPLICATE_AI",
    "MISPLACED_AI",
    "SYNTAX",
    "URI",
    "NO_KEY",
    "OTHER_KEY",
    "NOT_CANONICAL_EPC",
    "OTHER_SYSTEM",
    "COUNT",
    "GUESS_MARGIN",
    "RANDOM_SOURCE",
]


LONGEST_SHOWN = 80


def show(value: str) -> str:
    """A value as it goes into a message: quoted, control characters spelled out, cut after 80 characters.

    Values come from strangers; a message must stay one readable line whatever they sent.
    """
    return repr(value) if len(value) <= LONGEST_SHOWN else repr(value[:LONGEST_SHOWN]) + "…"


class GS1Error(ValueError):
    """A value that does not follow the GS1 rules. `code` is one of the table above; `str()` is the sentence."""

    def __init__(self, message: str, *, code: Code) -> None:
        super().__init__(message)
        self.code: Code = code

    def __reduce__(self) -> tuple[object, tuple[str, Code]]:
        """Survive the way through a task queue: exceptions are pickled by their arguments, and ours has a keyword."""
        return _rebuild, (str(self), self.code)


def _rebuild(message: str, code: Code) -> GS1Error:
    """The inverse of `GS1Error.__reduce__`."""
    return GS1Error(message, code=code)
