"""What the verifier is given: a pedigree or a proof file, parsed strictly into one shape.

A pedigree is JSON: `{"v":1,"checkpoint":note,"items":[…],"keys":[…]}`; each item and each key is an entry with its
place in the log, `{"index":i,"proof":[base64…],"envelope":base64}`, and an item may carry `disclosed`: list members and
sealed fields of its statement, opened. A pedigree that has all key and policy entries of the log may carry the header
that closes its newest block, `"header":{"index":i,"proof":[…],"leaf":base64}`, which proves that. A proof file is
C2SP's; its `extra` is one entry's envelope, or the entry's leaf for those who may not see more.

Everything that a later step relies on has its type by then: no check meets a list where it expects text.

>>> parse_bundle(b'{"v":1,"checkpoint":"","items":[],"keys":[]}')
Traceback (most recent call last):
    ...
ledger.errors.MalformedError: items: none, expected at least one to check

Source: design section 2.3; C2SP tlog-proof.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from ledger.commitment import Opening
from ledger.envelope import Envelope, entry_id, parse_envelope, parse_json
from ledger.errors import MalformedError
from ledger.frame import Frame, parse_frame
from ledger.tlog.block import ENTRY_MAGIC, entry_leaf, parse_entry_leaf
from ledger.tlog.proof import MAGIC, MAX_PROOF, parse_proof_file
from ledger.verifier import reading

MAX_BUNDLE = 64_000_000
MAX_ENTRIES = 10_000
MAX_OPENINGS = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf and where it is said to be: `proof` leads from leaf `index` to the root. `label` names it for people."""

    label: str
    index: int
    proof: tuple[bytes, ...]
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed field, shown: its salt (16 bytes), and its value as the canonical JSON text that was hashed."""

    salt: bytes
    value: str


@dataclass(frozen=True)
class Entry:
    """A signed statement at its place, and what is shown of it. Signatures, place and openings are left to check."""

    place: Place
    envelope: Envelope
    frame: Frame
    lists: dict[str, tuple[Opening, ...]] = field(default_factory=dict)
    sealed: dict[str, Sealed] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.place.label

    @property
    def index(self) -> int:
        """Its leaf index, as claimed until the inclusion proof is checked."""
        return self.place.index

    @property
    def entry_id(self) -> bytes:
        """The statement's identity, 32 bytes."""
        return entry_id(self.envelope.payload)

    @property
    def event(self) -> dict[str, Any]:
        """The statement's clear event fields; empty for a statement about something else."""
        event = self.envelope.statement.get("event")
        return event if isinstance(event, dict) else {}

    @property
    def action(self) -> str:
        """The event's EPCIS action: ADD, OBSERVE or DELETE; "" where there is none."""
        return reading.text_or_nothing(self.event.get("action"))

    @property
    def biz_step(self) -> str:
        """The event's business step, such as `shipping`; "" where there is none."""
        return reading.text_or_nothing(self.event.get("bizStep"))


@dataclass(frozen=True, slots=True)
class Pedigree:
    """Many statements about one pack, and the entries that prove their keys, all under one checkpoint note.

    `header` is the place of the header that closes the newest block, None where the file shows none.
    """

    checkpoint: bytes
    items: tuple[Entry, ...]
    keys: tuple[Entry, ...]
    header: Place | None = None


@dataclass(frozen=True, slots=True)
class SingleProof:
    """One leaf under a checkpoint note. `entry` is None where the file shows the leaf only."""

    checkpoint: bytes
    place: Place
    entry: Entry | None


def parse_bundle(data: bytes) -> Pedigree | SingleProof:
    """The pedigree or proof file in `data`.

    Raises:
        MalformedError: it is neither, or any part of it is not as it must be (BUNDLE, or the part's own code).
    """
    if len(data) > MAX_BUNDLE:
        raise MalformedError(f"file of {len(data)} bytes: expected at most {MAX_BUNDLE}", code="OVERSIZE")
    if data.startswith(MAGIC.encode()):
        return _parse_single(data)
    parsed = parse_json(data)
    reading.members(parsed, "pedigree", {"v", "checkpoint", "items", "keys"}, {"header"})
    if reading.number(parsed["v"], "v") != 1:
        raise reading.bad(f"v: {parsed['v']}, expected version 1")
    checkpoint = reading.text(parsed["checkpoint"], "checkpoint").encode()
    items = reading.a_list(parsed["items"], "items", MAX_ENTRIES)
    keys = reading.a_list(parsed["keys"], "keys", MAX_ENTRIES)
    if not items:
        raise reading.bad("items: none, expected at least one to check")
    return Pedigree(
        checkpoint=checkpoint,
        items=tuple(_parse_item(one, f"item {number}") for number, one in enumerate(items)),
        keys=tuple(_parse_key(one, f"key entry {number}") for number, one in enumerate(keys)),
        header=_parse_header(parsed["header"]) if "header" in parsed else None,
    )


def _parse_single(data: bytes) -> SingleProof:
    file = parse_proof_file(data)
    if file.extra.startswith(ENTRY_MAGIC):
        parse_entry_leaf(file.extra)
        return SingleProof(file.checkpoint_note, Place("entry", file.index, file.proof, file.extra), None)
    entry = _entry("entry", file.index, file.proof, file.extra)
    return SingleProof(file.checkpoint_note, entry.place, entry)


def _parse_key(value: Any, label: str) -> Entry:
    return parse_entry(reading.members(value, label, {"index", "proof", "envelope"}), label)


def _parse_header(value: Any) -> Place:
    found = reading.members(value, "header", {"index", "proof", "leaf"})
    proof = reading.a_list(found["proof"], "header: proof", MAX_PROOF)
    return Place(
        "header",
        reading.number(found["index"], "header: index"),
        tuple(reading.base64(one, "header: proof") for one in proof),
        reading.base64(found["leaf"], "header: leaf"),
    )


def parse_entry(value: dict[str, Any], label: str) -> Entry:
    """The entry of an object with the members `index`, `proof` and `envelope`. Raises MalformedError."""
    proof = reading.a_list(value["proof"], f"{label}: proof", MAX_PROOF)
    return _entry(
        label,
        reading.number(value["index"], f"{label}: index"),
        tuple(reading.base64(one, f"{label}: proof") for one in proof),
        reading.base64(value["envelope"], f"{label}: envelope"),
    )


def _entry(label: str, index: int, proof: tuple[bytes, ...], data: bytes) -> Entry:
    try:
        envelope = parse_envelope(data)
        frame = parse_frame(envelope.statement)
    except MalformedError as error:
        raise MalformedError(f"{label}: {error}", code=error.code) from error
    leaf = entry_leaf(hashlib.sha256(data).digest())
    return Entry(Place(label, index, proof, leaf), envelope, frame)


def _parse_item(value: Any, label: str) -> Entry:
    members = reading.members(value, label, {"index", "proof", "envelope"}, {"disclosed"})
    entry = parse_entry(members, label)
    shown = reading.members(members.get("disclosed", {}), f"{label}: disclosed", set(), {"lists", "sealed"})
    lists = reading.an_object(shown.get("lists", {}), f"{label}: lists")
    sealed = reading.an_object(shown.get("sealed", {}), f"{label}: sealed")
    committed = reading.object_or_nothing(entry.envelope.statement.get("lists"))
    return Entry(
        entry.place,
        entry.envelope,
        entry.frame,
        lists={name: _parse_openings(one, f"{label}: {name[:80]}", committed.get(name)) for name, one in lists.items()},
        sealed={name: _parse_sealed(one, f"{label}: {name[:80]}") for name, one in sealed.items()},
    )


def _parse_openings(value: Any, label: str, committed: Any) -> tuple[Opening, ...]:
    """One opening, or a list of them. Their list's size is not said again: it is the signed one."""
    size = reading.object_or_nothing(committed).get("size")
    if type(size) is not int:
        raise reading.bad(f"{label}: the statement commits to no such list")
    openings = reading.a_list(value if isinstance(value, list) else [value], label, MAX_OPENINGS)
    return tuple(_parse_opening(one, label, size) for one in openings)


def _parse_opening(value: Any, label: str, size: int) -> Opening:
    found = reading.members(value, label, {"epc", "salt", "index", "proof"})
    proof = reading.a_list(found["proof"], f"{label}: proof", MAX_PROOF)
    return Opening(
        member=reading.text(found["epc"], f"{label}: epc"),
        salt=reading.hexadecimal(found["salt"], f"{label}: salt"),
        index=reading.number(found["index"], f"{label}: index"),
        size=size,
        proof=tuple(reading.hexadecimal(one, f"{label}: proof") for one in proof),
    )


def _parse_sealed(value: Any, label: str) -> Sealed:
    found = reading.members(value, label, {"salt", "value"})
    salt = reading.hexadecimal(found["salt"], f"{label}: salt")
    return Sealed(salt, reading.text(found["value"], f"{label}: value"))
