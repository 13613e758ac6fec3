"""What a party signs: an event with its public fields in the clear and all else as commitments.

A statement shows little and proves much. Business step, times, lot and expiry are readable by everybody;
EPC lists are Merkle roots over salted leaves, so that one signed statement covers 100,000 packs and any one of them can
be shown without the rest; every other field is one salted digest. Who holds the event and its 32-byte secret can
recompute all of it. Byte formats: design section 3; commitments: `ledger.commitment`.

>>> statement = state_event({"type": "ObjectEvent", "action": "OBSERVE", "epcList": ["urn:a", "urn:b"],
...     "readPoint": {"id": "https://id.gs1.org/414/9506000140445"}}, log="example.org/log", party="9506000140445",
...     nonce="0" * 32, after=[], secret=bytes(32))
>>> sorted(statement.body["event"]), statement.body["lists"]["epcList"]["size"], list(statement.body["sealed"])
(['action', 'type'], 2, ['readPoint'])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.commitment import Opening, commit_list, sealed_digest, sealed_salt
from ledger.envelope_fast import canonical, canonical_with_floats
from ledger.errors import VerificationError
from supplychain.epcis.vocabulary import EPC_LISTS, ITEM_EXPIRATION_DATE, LOT_NUMBER

STATEMENT_TYPE = "medtrail.statement.v1"
CLEAR_FIELDS = (
    "type",
    "action",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "eventTime",
    "eventTimeZoneOffset",
)
CLEAR_ILMD = (LOT_NUMBER, ITEM_EXPIRATION_DATE)
EFFECT, NO_EFFECT = "effect", "none"
# The receiver of an event writes it, not its author: it cannot be under the author's signature.
UNSIGNED_FIELDS = ("recordTime",)


@dataclass(frozen=True, slots=True)
class CommittedList:
    """An EPC list with its commitment: `members` in EPC order, and the leaf hash of each (32 bytes)."""

    root: bytes
    members: tuple[str, ...]
    leaf_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement ready to be signed: `payload` are the canonical bytes, `body` the same as an object."""

    payload: bytes
    body: dict[str, Any]
    lists: dict[str, CommittedList]


def state_event(
    event: dict[str, Any],
    *,
    log: str,
    party: str,
    nonce: str,
    after: Sequence[str],
    secret: bytes,
    moves_goods: bool = True,
) -> Statement:
    """Turn an EPCIS event into the statement that `party` signs.

    `party` is a GLN-13; `nonce` 32 hex digits; `after` the entry ids (64 hex) that this builds on; `secret` 32 random
    bytes, one for each event, never used twice. `moves_goods` is False for an event that looks like an act of
    Medtrail's but speaks of other goods: its statement then says `"effect":"none"`, and no replay gives it one.

    Raises:
        ledger.errors.MalformedError: an EPC stands twice in a list, or a value has no canonical form.

    Source: design section 3.
    """
    lists = {field: _commit(secret, field, event[field]) for field in EPC_LISTS if event.get(field)}
    body = {
        "type": STATEMENT_TYPE,
        "log": log,
        "party": party,
        "kind": "event",
        "nonce": nonce,
        "after": sorted(after),
        "event": clear_fields(event),
        "lists": {field: {"size": len(one.members), "root": one.root.hex()} for field, one in lists.items()},
        "sealed": {field: digest.hex() for field, digest in _seal(secret, event).items()},
    }
    if not moves_goods:
        body[EFFECT] = NO_EFFECT
    return Statement(canonical(body), body, lists)


def moves_goods(body: dict[str, Any]) -> bool:
    """Whether a statement's event has the effect that `effects.read_effect` reads from it; else it has none."""
    return body.get(EFFECT) != NO_EFFECT


def clear_fields(event: dict[str, Any]) -> dict[str, Any]:
    """The part of an event that its statement shows to everybody."""
    clear = {field: event[field] for field in CLEAR_FIELDS if field in event}
    ilmd = {field: event["ilmd"][field] for field in CLEAR_ILMD if field in event.get("ilmd", {})}
    return clear | ({"ilmd": ilmd} if ilmd else {})


def sealed_fields(event: dict[str, Any]) -> dict[str, Any]:
    """The part of an event that its statement shows as digests: whatever is neither clear, a list, nor unsigned."""
    open_ones = {*CLEAR_FIELDS, *EPC_LISTS, *UNSIGNED_FIELDS, "ilmd"}
    rest = {field: value for field, value in event.items() if field not in open_ones}
    ilmd = {field: value for field, value in event.get("ilmd", {}).items() if field not in CLEAR_ILMD}
    return rest | ({"ilmd": ilmd} if ilmd else {})


def verify_event(event: dict[str, Any], body: dict[str, Any], *, secret: bytes) -> None:
    """Check that a stored event, with its secret, is what the statement `body` commits to.

    Steps: (1) clear fields are equal; (2) each list gives the committed size and root; (3) each sealed field gives its
    digest; (4) the statement commits to no list and no field that the event lacks. Left to the caller: the signature.

    Raises:
        VerificationError: names the first field that differs, code EVENT_DIFFERS.
    """
    again = state_event(
        event, log=body["log"], party=body["party"], nonce=body["nonce"], after=body["after"], secret=secret
    ).body
    for part in ("event", "lists", "sealed"):
        for field in sorted({*again[part], *body[part]}):
            if again[part].get(field) != body[part].get(field):
                raise VerificationError(
                    f"{part}.{field}: the stored event gives {again[part].get(field)!r}, "
                    f"the signed statement says {body[part].get(field)!r}",
                    code="EVENT_DIFFERS",
                )


def disclose_list(opening: Opening) -> dict[str, Any]:
    """One EPC of a list as a pedigree shows it: the EPC, its salt and its Merkle path, in hex."""
    return {
        "epc": opening.member,
        "salt": opening.salt.hex(),
        "index": opening.index,
        "proof": [one.hex() for one in opening.proof],
    }


def disclose_field(event: dict[str, Any], field: str, *, secret: bytes) -> dict[str, str]:
    """A sealed field as a pedigree shows it: its salt, and its value as the canonical text that was hashed."""
    value = canonical_with_floats(sealed_fields(event)[field])
    return {"salt": sealed_salt(secret, field).hex(), "value": value.decode()}


def _commit(secret: bytes, field: str, epcs: Sequence[str]) -> CommittedList:
    root, members, leaf_hashes = commit_list(secret, field, epcs)
    return CommittedList(root, tuple(members), tuple(leaf_hashes))


def _seal(secret: bytes, event: dict[str, Any]) -> dict[str, bytes]:
    return {
        field: sealed_digest(sealed_salt(secret, field), canonical_with_floats(value))
        for field, value in sealed_fields(event).items()
    }
