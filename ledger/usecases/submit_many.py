"""Take many statements of one party into the log at once: what a document of a thousand events needs.

For statements that this process has composed itself, with a key in our custody. What `submit` checks for strangers'
bytes (that they parse, that they are canonical) holds here by construction; the rest is checked the same way, the
signatures included: a bit that fell over in memory must not reach the log.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from ledger import bulk, crypto_fast
from ledger.custody import SigningKey
from ledger.envelope import MAX_ENVELOPE, Envelope, check_low_s, entry_id, pae
from ledger.envelope_fast import encode
from ledger.errors import MalformedError, VerificationError
from ledger.frame import Frame
from ledger.models import EntryParent
from ledger.tasks import ring
from ledger.usecases.submit import check_log, find_parents

KIND = "event"
SIGNERS = 2


@dataclass(frozen=True, slots=True)
class Composed:
    """A statement of kind `event`: its canonical bytes, its nonce, and the entry ids (32 bytes) that it builds on."""

    payload: bytes
    nonce: str
    after: tuple[bytes, ...] = ()


def submit_many(*, log: str, party: str, key: SigningKey, statements: Sequence[Composed]) -> list[int]:
    """Sign `statements` of `party` with its `key` and admit them; returns the seq of each entry, in order.

    In the caller's transaction. None of them may be in the log yet: their nonces are new.

    Raises:
        MalformedError: an envelope is too large.
        VerificationError: the log takes no entries, the key is not the party's or is revoked, a parent is unknown.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("submit_many() outside a transaction: expected the caller's")
    frames = [Frame(log, party, KIND, one.nonce, one.after) for one in statements]
    if not frames:
        return []
    check_log(frames[0])
    spki = hold_own_key(party, key.keyid)
    now = timezone.now()
    # Signing and verifying let go of Python's lock: both cores have their share.
    with ThreadPoolExecutor(SIGNERS) as pool:
        signed = pool.map(lambda one: sign(one, key, spki), statements)
        rows = [(*one, KIND, party, key.keyid, now) for one in signed]
    seqs = bulk.insert_entries(rows)
    parents = [(seq, frame) for seq, frame in zip(seqs, frames, strict=True) if frame.after]
    EntryParent.objects.bulk_create(
        [EntryParent(child_id=seq, parent_id=parent) for seq, frame in parents for parent in find_parents(frame)],
        batch_size=1000,
    )
    ring()
    return seqs


def hold_own_key(party: str, keyid: str) -> bytes:
    """The public key, held until the transaction ends. It is the party's own and has not been revoked."""
    key = bulk.hold_keys([keyid]).get(keyid)
    if key is None:
        raise VerificationError(f"key {keyid[:16]}… is not registered in this log", code="KEY_UNKNOWN")
    if key.revoked_by_id is not None:
        raise VerificationError(f"key {keyid[:16]}… of {key.party} is revoked", code="KEY_REVOKED")
    if key.party != party:
        raise VerificationError(f"key {keyid[:16]}… is {key.party}'s, expected {party}'s", code="KEY_PARTY")
    return bytes(key.spki)


def sign(statement: Composed, key: SigningKey, spki: bytes) -> tuple[bytes, bytes, bytes]:
    """The entry id, the envelope's SHA-256 and the envelope of a statement, signed and verified."""
    signature = key.sign(statement.payload)
    check_low_s(signature.der)
    if not crypto_fast.verify_p256(spki, pae(statement.payload), signature.der):
        raise VerificationError("a signature that was just made is wrong: expected sound memory", code="SIGNATURE")
    envelope = encode(Envelope(statement.payload, (signature,)))
    if len(envelope) > MAX_ENVELOPE:
        raise MalformedError(f"envelope of {len(envelope)} bytes: expected at most {MAX_ENVELOPE}", code="OVERSIZE")
    return entry_id(statement.payload), hashlib.sha256(envelope).digest(), envelope
