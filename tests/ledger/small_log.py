"""A whole log in memory with real keys: entries, blocks, checkpoint, policy file, pedigree; no database, clock or dice.

It is written against the formats, not against the server: the Merkle proofs come from the plain list of leaf hashes,
and what it publishes must pass the verifier as much as what the server publishes. Every run gives the same bytes.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ledger.commitment import commit_list, open_member, sealed_digest, sealed_salt
from ledger.envelope import P256_ORDER, Envelope, Signature, canonical, entry_id, keyid_of, pae, to_low_s
from ledger.tlog.block import NO_HASH, Header, entry_leaf, fold_keys
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import inclusion_proof, leaf_hash, root_hash
from ledger.tlog.note import (
    COSIGNATURE_V1,
    NoteSignature,
    cosignature_message,
    ed25519_signature_line,
    ed25519_vkey,
    make_verifier,
    signature_line,
)
from ledger.tlog.proof import ProofFile

ORIGIN = "log.example/medtrail"
EPOCH = 1_795_424_400_000  # UTC milliseconds of the first block; each one follows a second later


def seeded(label: str) -> bytes:
    """32 bytes that are the same in every run."""
    return hashlib.sha256(label.encode()).digest()


@dataclass(frozen=True)
class Person:
    """A party with one P-256 key."""

    party: str
    private: ec.EllipticCurvePrivateKey

    @property
    def spki(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def keyid(self) -> str:
        return keyid_of(self.spki)

    def sign(self, payload: bytes) -> Signature:
        der = self.private.sign(pae(payload), ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return Signature(self.keyid, to_low_s(der))

    def public(self, custody: str = "client") -> dict[str, Any]:
        return {"keyid": self.keyid, "spki": b64encode(self.spki).decode(), "custody": custody}


def person(party: str, key: str = "first") -> Person:
    number = int.from_bytes(seeded(f"{party} {key}"), "big") % (P256_ORDER - 1) + 1
    return Person(party, ec.derive_private_key(number, ec.SECP256R1()))


REGULATOR = person("9520009000005")
MAKER = person("9520001000003")
WHOLESALER = person("9520002000002")
PHARMACY = person("9520003000001")
FORGER = person("9520007000007")


@dataclass
class Stated:
    """What an event's author keeps: the secret, the lists in order, and the sealed values."""

    secret: bytes
    members: dict[str, list[str]] = field(default_factory=dict)
    leaf_hashes: dict[str, list[bytes]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


class SmallLog:
    """Entries are added, `seal` closes the block; `note`, `policy`, `entry`, `pedigree` and `proof_file` publish."""

    def __init__(self, origin: str = ORIGIN, *, witnesses: Sequence[str] = (), quorum: str = "none") -> None:
        self.origin = origin
        self.log_key = Ed25519PrivateKey.from_private_bytes(seeded(f"log {origin}"))
        self.witnesses = {name: Ed25519PrivateKey.from_private_bytes(seeded(f"witness {name}")) for name in witnesses}
        self.quorum = quorum
        self.groups: list[str] = []  # lines of the policy file
        self.cosigned_at = dict.fromkeys(witnesses, EPOCH // 1000 + 60)
        self.leaves: list[bytes] = []
        self.envelopes: dict[int, Envelope] = {}
        self.headers: list[Header] = []
        self.stated: dict[int, Stated] = {}
        self.key_indexes: list[int] = []
        self._keys = NO_HASH

    # --- Writing ------------------------------------------------------------------------------------------------------

    def statement(self, party: str, kind: str, after: Sequence[int] = (), **body: Any) -> dict[str, Any]:
        return {
            "type": "medtrail.statement.v1",
            "log": self.origin,
            "party": party,
            "kind": kind,
            "nonce": seeded(f"nonce {len(self.leaves)}").hex()[:32],
            "after": sorted(self.entry_id(index) for index in after),
            **body,
        }

    def add(self, statement: dict[str, Any], *signers: Person) -> int:
        """Sign and append, whether or not it is anybody's to say. Returns the leaf's index."""
        payload = canonical(statement)
        return self.add_envelope(Envelope(payload, tuple(one.sign(payload) for one in signers)))

    def add_envelope(self, envelope: Envelope) -> int:
        index = len(self.leaves)
        self.leaves.append(entry_leaf(envelope.sha256))
        self.envelopes[index] = envelope
        if envelope.statement["kind"] in ("key", "policy"):
            self.key_indexes.append(index)
            self._keys = fold_keys(self._keys, entry_id(envelope.payload))
        return index

    def found(self, *authorities: Person, acts: dict[str, Any] | None = None) -> int:
        named = [{"party": one.party, **one.public()} for one in authorities]
        policy = {"authorities": named, "acts": acts or {}}
        return self.add(self.statement(authorities[0].party, "policy", policy=policy), *authorities)

    def register(self, one: Person, authority: Person, **changes: Any) -> int:
        key = {"op": "register", **one.public()} | changes
        return self.add(self.statement(one.party, "key", key=key), one, authority)

    def say(
        self,
        one: Person,
        event: dict[str, Any],
        *,
        lists: dict[str, list[str]] | None = None,
        sealed: dict[str, Any] | None = None,
        after: Sequence[int] = (),
    ) -> int:
        """State an event with its commitments."""
        stated = Stated(seeded(f"secret {len(self.leaves)}"), values=sealed or {})
        committed: dict[str, Any] = {}
        for name, epcs in (lists or {}).items():
            root, stated.members[name], stated.leaf_hashes[name] = commit_list(stated.secret, name, epcs)
            committed[name] = {"size": len(epcs), "root": root.hex()}
        digests = {
            name: sealed_digest(sealed_salt(stated.secret, name), as_text(value).encode()).hex()
            for name, value in stated.values.items()
        }
        body = {"event": event, "lists": committed, "sealed": digests}
        index = self.add(self.statement(one.party, "event", after, **body), one)
        self.stated[index] = stated
        return index

    def seal(self) -> Header:
        last = self.headers[-1] if self.headers else None
        first = last.tree_size if last else 0
        header = Header(
            height=len(self.headers),
            prev=last.hash if last else NO_HASH,
            first=first,
            count=len(self.leaves) - first,
            root=root_hash(self.leaf_hashes),
            time=EPOCH + 1000 * len(self.headers),
            keys=self._keys,
        )
        self.leaves.append(header.encode())
        self.headers.append(header)
        return header

    # --- Publishing ---------------------------------------------------------------------------------------------------

    @property
    def leaf_hashes(self) -> list[bytes]:
        return [leaf_hash(leaf) for leaf in self.leaves]

    @property
    def vkey(self) -> str:
        return ed25519_vkey(self.origin, self.log_key.public_key().public_bytes_raw())

    @property
    def policy(self) -> str:
        lines = [f"log {self.vkey}"]
        for name, key in self.witnesses.items():
            lines.append(
                f"witness {name} {make_verifier(name, COSIGNATURE_V1, key.public_key().public_bytes_raw()).vkey}"
            )
        return "\n".join([*lines, *self.groups, f"quorum {self.quorum}", ""])

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.origin, len(self.leaves), root_hash(self.leaf_hashes))

    def note(self, *, cosigned_by: Sequence[str] | None = None) -> str:
        text = self.checkpoint.text
        public = self.log_key.public_key().public_bytes_raw()
        lines = [ed25519_signature_line(self.origin, public, self.log_key.sign(text.encode()))]
        for name in self.witnesses if cosigned_by is None else cosigned_by:
            key, seconds = self.witnesses[name], self.cosigned_at[name]
            signature = seconds.to_bytes(8, "big") + key.sign(cosignature_message(seconds, text))
            verifier = make_verifier(name, COSIGNATURE_V1, key.public_key().public_bytes_raw())
            lines.append(signature_line(NoteSignature(name, verifier.key_id, signature)))
        return text + "\n" + "".join(lines)

    def entry_id(self, index: int) -> str:
        return entry_id(self.envelopes[index].payload).hex()

    def entry(self, index: int) -> dict[str, Any]:
        return {
            "index": index,
            "proof": [b64encode(one).decode() for one in inclusion_proof(self.leaf_hashes, index)],
            "envelope": b64encode(self.envelopes[index].encode()).decode(),
        }

    def show(self, index: int, lists: dict[str, str], sealed: Sequence[str] = ()) -> dict[str, Any]:
        """What a pedigree discloses of an event: one EPC of each list named, and whole sealed fields."""
        stated = self.stated[index]
        shown: dict[str, Any] = {}
        for name, epc in lists.items():
            members = stated.members[name]
            opening = open_member(stated.secret, name, members, stated.leaf_hashes[name], members.index(epc))
            path = [one.hex() for one in opening.proof]
            shown.setdefault("lists", {})[name] = {
                "epc": epc, "salt": opening.salt.hex(), "index": opening.index, "proof": path,
            }  # fmt: skip
        for name in sealed:
            salt = sealed_salt(stated.secret, name).hex()
            shown.setdefault("sealed", {})[name] = {"salt": salt, "value": as_text(stated.values[name])}
        return shown

    def pedigree(self, *items: tuple[int, dict[str, Any]]) -> dict[str, Any]:
        return {
            "v": 1,
            "checkpoint": self.note(),
            "items": [self.entry(index) | ({"disclosed": shown} if shown else {}) for index, shown in items],
            "keys": [self.entry(index) for index in self.key_indexes],
        }

    def header_entry(self) -> dict[str, Any]:
        """The header that closes the newest block, at its place."""
        index = len(self.leaves) - 1
        proof = [b64encode(one).decode() for one in inclusion_proof(self.leaf_hashes, index)]
        return {"index": index, "proof": proof, "leaf": b64encode(self.leaves[index]).decode()}

    def proof_file(self, index: int) -> bytes:
        proof = tuple(inclusion_proof(self.leaf_hashes, index))
        return ProofFile(self.envelopes[index].encode(), index, proof, self.note().encode()).encode()


def as_text(value: Any) -> str:
    """The canonical text of a value without floats, which need not be an object."""
    return canonical({"v": value}).decode()[len('{"v":') : -1]


def as_file(pedigree: dict[str, Any]) -> bytes:
    """A pedigree as it is downloaded."""
    return json.dumps(pedigree, ensure_ascii=False, separators=(",", ":")).encode()
