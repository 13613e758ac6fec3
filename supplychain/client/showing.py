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
from ledger.errors import MalformedError, VerificationError
from ledger.frame import parse_frame
from ledger.key_statement import KEY, RECOVER, REGISTER, REVOKE, ROTATE, STATEMENT_TYPE, parse_key_act
from supplychain.recalls.statement import RECALL, REPORT, parse_answer, parse_body
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

    Statements about recalls say all in the clear, in their own bytes; `event` and `secret` are empty then.

    Raises:
        MalformedError: the bytes are no statement.
        VerificationError: the event is not what the statement commits to (EVENT_DIFFERS), or it is of a kind that this
            program cannot show (KIND).
    """
    statement = parse_payload(payload)
    frame = parse_frame(statement)
    if frame.kind in (RECALL, REPORT):
        return Sheet(payload, frame.party, frame.log, tuple(_lines_of_body(frame.kind, statement)))
    if frame.kind != "event":
        raise VerificationError(f"a statement of kind {frame.kind!r}: expected an event", code="KIND")
    verify_event(dict(event), statement, secret=secret)
    return Sheet(payload, frame.party, frame.log, tuple(_lines(event, len(frame.after))))


def check_for(sheet: Sheet, *, party: str | None, log: str | None) -> None:
    """Check that a sheet is for this party and this log, as far as they are given.

    Raises:
        VerificationError: it is for another party (WRONG_PARTY) or another log (WRONG_LOG).
    """
    if party is not None and sheet.party != party:
        raise VerificationError(f"the statement is by {sheet.party}: expected {party}", code="WRONG_PARTY")
    if log is not None and sheet.log != log:
        raise VerificationError(f"the statement is for the log {sheet.log}: expected {log}", code="WRONG_LOG")


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


def _lines_of_body(kind: str, statement: Mapping[str, Any]) -> list[str]:
    """Every member of the body, after it has been read as strictly as the server reads it."""
    body = parse_body(statement).as_json() if kind == RECALL else parse_answer(statement).as_json()
    lines = [f"what      {kind.replace('_', ' ')}: {body.get('op', 'answer')}"]
    scope = body.pop("scope", {})
    lines += [f"product   {scope['gtin']}"] if scope else []
    lines += (
        [] if not scope else [f"lots ({len(scope['lots'])})"] if "lots" in scope else ["lots      ALL of the product"]
    )
    lines += [f"    {one}" for one in at_most(scope.get("lots", ()), SHOWN_EPCS)]
    lines += [f"serials   {one['from']} to {one['to']}" for one in scope.get("serials", ())]
    lines += [f"markets   {', '.join(scope['markets'])}"] if "markets" in scope else []
    lines += [f"{name:9} {value}" for name, value in sorted(body.pop("quantities", {}).items())]
    text = body.pop("text", "").splitlines()
    lines += [f"{name:9} {value}" for name, value in sorted(body.items()) if name != "op"]
    return [*lines, *(f"text      {one}" for one in text)]


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
    return _key_statement(log, party, nonce, {"op": REGISTER, **_own(spki)})


def rotation(*, log: str, party: str, spki: bytes, replaces: str, nonce: str) -> bytes:
    """The statement that puts the key `spki` into the place of the key named `replaces`; both have to sign it."""
    return _key_statement(log, party, nonce, {"op": ROTATE, **_own(spki), "replaces": replaces})


def recovery(
    *, log: str, party: str, spki: bytes, replaces: str, reason: str, invalid_from: int | None, nonce: str
) -> bytes:
    """The statement that puts the key `spki` into the place of a lost one, `replaces`.

    The new key signs it, and as many of the parties of the act `key_recovery` as the log's policy asks for.
    """
    since = {} if invalid_from is None else {"invalid_from": invalid_from}
    key = {"op": RECOVER, **_own(spki), "replaces": replaces, "reason": reason, **since}
    return _key_statement(log, party, nonce, key)


def read_recovery(payload: bytes) -> list[str]:
    """What a recovery says, line by line, for who is asked to help; each line is the signed bytes' own.

    Raises:
        MalformedError: the payload is no recovery of a key.
    """
    statement = parse_payload(payload)
    frame, act = parse_frame(statement), parse_key_act(statement)
    if act.op != RECOVER:
        raise MalformedError(f"a {act.op} of a key: expected a recovery", code="KEY_OTHER")
    since = [] if act.invalid_from is None else [f"suspect   the old key, from log index {act.invalid_from} on"]
    return [
        f"log       {frame.log}",
        f"party     {act.party} has lost its key",
        f"old key   {act.replaces}",
        f"new key   {act.keyid}, kept by: {act.custody}",
        f"reason    {act.reason}",
        *since,
    ]


def revocation(*, log: str, party: str, keyid: str, reason: str, invalid_from: int | None, nonce: str) -> bytes:
    """The statement that ends the key `keyid`, suspect since the log index `invalid_from` if there is one."""
    since = {} if invalid_from is None else {"invalid_from": invalid_from}
    return _key_statement(log, party, nonce, {"op": REVOKE, "keyid": keyid, "reason": reason, **since})


def _own(spki: bytes) -> dict[str, Any]:
    return {"keyid": keyid_of(spki), "spki": base64.b64encode(spki).decode(), "custody": "client"}


def _key_statement(log: str, party: str, nonce: str, key: dict[str, Any]) -> bytes:
    frame = {"type": STATEMENT_TYPE, "log": log, "party": party, "kind": KEY, "nonce": nonce, "after": []}
    return canonical({**frame, KEY: key})
