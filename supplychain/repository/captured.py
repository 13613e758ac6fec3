"""An event that a client wrote itself, on its way into the log: its own words are what its party states.

Nothing here touches the database: the use cases and their guards decide, as they do for their own events.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from supplychain.epcis.event_values import Event


@dataclass(frozen=True, slots=True)
class Captured:
    """`body` is the event with its identifiers in canonical form, as it is to be stated; `event` the same as it came,
    in typed values. `original` is its JSON text as it came, or "" if `body` says the same; `context` the key of the
    @context that it came under.
    """

    body: Mapping[str, Any]
    event: Event
    context: int
    original: str = ""

    def kept_as_it_came(self) -> "Captured":
        """The same for an event of which something else is stated than it says, word for word."""
        came = self.original or json.dumps(dict(self.body), ensure_ascii=False, separators=(",", ":"))
        return replace(self, original=came)
