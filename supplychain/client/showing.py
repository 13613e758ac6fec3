"""What a person is about to sign, in words; and the proof that the words are what the bytes say.

The server may lie about what is in a statement. So nothing is shown that was not first computed again from the bytes
that will be signed: the event, with its secret, must give every commitment in the statement.

>>> at_most(["a", "b", "c"], 2)
['a', 'b', '… and 1 more']

Source: design section 3.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.envelope import canonical, keyid_of, parse_payload
from ledger.errors import VerificationError
from ledger.frame import parse_frame
from ledger.key_statement import KEY, REGISTER, STATEMENT_TYPE
from supplychain.statement import verify_event

SHOWN_EPCS = 10
LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A statement ready to be looked at: the bytes to sign, and the lines that say what they mean."""

    payload: bytes
    party: str
    log: str
    lines: tuple[str, ...]


def read_sheet(payload: bytes, event: Mapping[str, Any], secret: bytes) -> Sheet:
    """Check that `payload` commits to `event`, and say what it says.

    Raises:
        MalformedError: the bytes are no statement.
        VerificationError: the event is not what the statement commits to (EVENT_DIFFERS), or it is no event (KIND).
    """
    statement = parse_payload(payload)
    frame = parse_frame(statement)
    if frame.kind != "event":
        raise VerificationError(f"a statement of kind {frame.kind!r}: expected an event", code="KIND")
    verify_event(dict(event), statement, secret=secret)
    return Sheet(payload, frame.party, frame.log, tuple(_lines(event, len(frame.after))))


def _lines(event: Mapping[str, Any], parents: int) -> list[str]:
    lines = [
        f"what      {event.get('bizStep', event['type'])} ({event['type']}, {event.get('action', 'no action')})",
        f"when      {event['eventTime']}",
        f"where     {event.get('readPoint', {}).get('id', 'not said')}",
    ]
    lines += [f"to        {one['destination']}" for one in event.get("destinationList", []) if _possesses(one)]
    lines += [f"unit      {event['parentID']}"] if "parentID" in event else []
    lines += [f"{name:9} {value}" for name, value in sorted(event.get("ilmd", {}).items())]
    lines += [f"{name}: {value}" for name, value in sorted(event.items()) if name.startswith("medtrail:")]
    for field in LISTS:
        if epcs := event.get(field):
            lines += [f"{field} ({len(epcs)})", *(f"    {one}" for one in at_most(epcs, SHOWN_EPCS))]
    return [*lines, f"builds on {parents} earlier statement{'' if parents == 1 else 's'}"]


def _possesses(one: Mapping[str, Any]) -> bool:
    return one.get("type") == "possessing_party"


def at_most(values: Sequence[str], count: int) -> list[str]:
    """The first `count` values, and how many are left."""
    more = len(values) - count
    return [*values[:count], *([f"… and {more} more"] if more > 0 else [])]


def registration(*, log: str, party: str, spki: bytes, nonce: str) -> bytes:
    """The statement with which `party` (a GLN-13) asks the log `log` to take in its own key, as bytes to sign.

    `spki` is the public key in DER, `nonce` 32 random hex digits. Source: design section 2.6.
    """
    key = {"op": REGISTER, "keyid": keyid_of(spki), "spki": base64.b64encode(spki).decode(), "custody": "client"}
    frame = {"type": STATEMENT_TYPE, "log": log, "party": party, "kind": KEY, "nonce": nonce, "after": []}
    return canonical({**frame, KEY: key})
