"""What the verifier is given: a pedigree or a proof file, parsed strictly into one shape.

A pedigree is JSON: `{"v":1,"checkpoint":note,"items":[…],"keys":[…]}`; each item and each key is an entry with its place
in the log, `{"index":i,"proof":[base64…],"envelope":base64}`, and an item may carry `disclosed`: list members and sealed
fields of its statement, opened.

Source: design section 2.3.
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

from ledger.commitment import Opening
from ledger.envelope import Envelope, entry_id, parse_envelope, parse_json
from ledger.errors import MalformedError
from ledger.tlog.proof import MAGIC, MAX_PROOF, parse_proof_file

MAX_BUNDLE = 64_000_000
MAX_ENTRIES = 10_000
MAX_OPENINGS = 1_000


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed field, shown: its salt, and its value as the canonical text that was hashed."""

    salt: bytes
    value: str


@dataclass(frozen=True)
class Entry:
    """One entry with its place in the log and what is shown of it. `label` names it in messages."""

    label: str
    index: int
    proof: tuple[bytes, ...]
    envelope: Envelope
    envelope_bytes: bytes
    lists: dict[str, tuple[Opening, ...]] = field(default_factory=dict)
    sealed: dict[str, Sealed] = field(default_factory=dict)

    @property
    def entry_id(self) -> str:
        """The statement's identity, 64 hex."""
        return entry_id(self.envelope.payload).hex()


@dataclass(frozen=True, slots=True)
class Bundle:
    """All that is to be checked under one checkpoint."""

    checkpoint: bytes
    items: tuple[Entry, ...]
    keys: tuple[Entry, ...]
    is_pedigree: bool


def parse_bundle(data: bytes) -> Bundle:
    """The pedigree or proof file in `data`.

    Raises:
        MalformedError: it is neither, or any part of it is not as it must be (BUNDLE, or the part's own code).
    """
    if len(data) > MAX_BUNDLE:
        raise MalformedError(f"file of {len(data)} bytes: expected at most {MAX_BUNDLE}", code="BUNDLE")
    if data.startswith(MAGIC.encode()):
        return _from_proof_file(data)
    parsed = parse_json(data)
    _members(parsed, "pedigree", {"v", "checkpoint", "items", "keys"})
    if parsed["v"] != 1 or isinstance(parsed["v"], bool):
        raise _bad(f"version {parsed['v']!r}: expected 1")
    items = _list(parsed["items"], "items", MAX_ENTRIES)
    keys = _list(parsed["keys"], "keys", MAX_ENTRIES)
    if not items:
        raise _bad("no items: nothing to check")
    return Bundle(
        checkpoint=_text(parsed["checkpoint"], "checkpoint").encode(errors="replace"),
        items=tuple(_parse_item(one, f"item {number}") for number, one in enumerate(items)),
        keys=tuple(_parse_entry(one, f"key entry {number}") for number, one in enumerate(keys)),
        is_pedigree=True,
    )


def _from_proof_file(data: bytes) -> Bundle:
    proof = parse_proof_file(data)
    entry = Entry("entry", proof.index, proof.proof, parse_envelope(proof.extra), proof.extra)
    return Bundle(proof.checkpoint_note, (entry,), (), is_pedigree=False)


def _parse_entry(value: Any, label: str) -> Entry:
    _members(value, label, {"index", "proof", "envelope"}, {"disclosed"} if label.startswith("item") else set())
    index = _number(value["index"], f"{label} index")
    proof = tuple(_base64(one, f"{label} proof") for one in _list(value["proof"], f"{label} proof", MAX_PROOF))
    data = _base64(value["envelope"], f"{label} envelope")
    try:
        envelope = parse_envelope(data)
        _ = envelope.statement  # parsed here, so that a bad payload is a fault of the file and names its entry
    except MalformedError as error:
        raise MalformedError(f"{label}: {error}", code=error.code) from error
    return Entry(label, index, proof, envelope, data)


def _parse_item(value: Any, label: str) -> Entry:
    entry = _parse_entry(value, label)
    shown = value.get("disclosed", {})
    _members(shown, f"{label} disclosed", set(), {"lists", "sealed"})
    lists, sealed = shown.get("lists", {}), shown.get("sealed", {})
    if not isinstance(lists, dict) or not isinstance(sealed, dict):
        raise _bad(f"{label} disclosed: expected objects")
    sizes = entry.envelope.statement.get("lists", {})
    return Entry(
        label,
        entry.index,
        entry.proof,
        entry.envelope,
        entry.envelope_bytes,
        lists={name: _parse_openings(one, f"{label} {name}", sizes.get(name)) for name, one in lists.items()},
        sealed={name: _parse_sealed(one, f"{label} {name}") for name, one in sealed.items()},
    )


def _parse_openings(value: Any, label: str, committed: Any) -> tuple[Opening, ...]:
    size = committed.get("size") if isinstance(committed, dict) else None
    if not isinstance(size, int) or isinstance(size, bool):
        raise _bad(f"{label}: the statement commits to no such list")
    openings = _list(value if isinstance(value, list) else [value], label, MAX_OPENINGS)
    return tuple(_parse_opening(one, label, size) for one in openings)


def _parse_opening(value: Any, label: str, size: int) -> Opening:
    _members(value, label, {"epc", "salt", "index", "proof"})
    proof = tuple(_hex(one, f"{label} proof") for one in _list(value["proof"], f"{label} proof", MAX_PROOF))
    return Opening(
        _text(value["epc"], f"{label} epc"), _hex(value["salt"], f"{label} salt"), _number(value["index"], label), size, proof
    )


def _parse_sealed(value: Any, label: str) -> Sealed:
    _members(value, label, {"salt", "value"})
    return Sealed(_hex(value["salt"], f"{label} salt"), _text(value["value"], f"{label} value"))


def _members(value: Any, label: str, required: set[str], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    if not isinstance(value, dict):
        raise _bad(f"{label}: expected an object")
    if not required <= set(value) <= required | optional:
        raise _bad(f"{label}: members {sorted(value)[:8]}, expected {sorted(required | optional)}")


def _list(value: Any, label: str, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise _bad(f"{label}: expected a list of at most {most}")
    return value


def _number(value: Any, label: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _bad(f"{label}: {str(value)[:40]!r}, expected a whole number from 0")
    return value


def _text(value: Any, label: str) -> str:
    if not isinstance(value, str):
        raise _bad(f"{label}: expected text")
    return value


def _hex(value: Any, label: str) -> bytes:
    text = _text(value, label)
    if len(text) > 64 or len(text) % 2 or not set(text) <= set("0123456789abcdef"):
        raise _bad(f"{label}: {text[:70]!r}, expected lower-case hex")
    return bytes.fromhex(text)


def _base64(value: Any, label: str) -> bytes:
    try:
        data = base64.b64decode(_text(value, label), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(f"{label}: expected base64") from error
    if base64.b64encode(data).decode() != value:
        raise _bad(f"{label}: base64 with stray bits at its end")
    return data


def _bad(message: str) -> MalformedError:
    return MalformedError(message, code="BUNDLE")
