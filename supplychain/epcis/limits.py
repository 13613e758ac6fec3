"""How much of a document is read before it is refused.

>>> Limits().events, Limits(events=10).events
(10000, 10)
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one document; each has a sane default and can be announced to clients.

    `size` in bytes; `events` in a document; `epcs` in all lists of one event together; `elements` of an XML
    document; `depth` of what stands in an
    extension, ilmd or header; `errors` is how many are listed.
    """

    size: int = 64 * 1024 * 1024
    events: int = 10_000
    epcs: int = 100_000
    elements: int = 150_000
    depth: int = 32
    errors: int = 100


DEFAULT_LIMITS = Limits()
