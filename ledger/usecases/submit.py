"""Take a signed statement into the log: check it, store it, queue it for the next block."""

import hashlib
from dataclasses import dataclass

from django.db import connection
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from ledger import bulk
from ledger.envelope import check_low_s, entry_id
from ledger.envelope_fast import parse_envelope, parse_payload
from ledger.errors import VerificationError
from ledger.frame import Frame, parse_frame
from ledger.keys import check_signers, project
from ledger.models import Entry, EntryParent, Log
from ledger.queries import find_entry, find_log
from ledger.tasks import ring


@dataclass(frozen=True, slots=True)
class Submitted:
    """The entry in the log, and whether this submission put it there."""

    entry: Entry
    created: bool


def submit(*, envelope: bytes) -> Submitted:
    """Admit `envelope` in the caller's transaction; the same statement again gives the entry that is there.

    1. The envelope parses, is canonical, and its statement has the six fields.
    2. It is meant for this log, and the log takes entries.
    3. Every signature is low-S and right, under a key that is active; the first one is the party's own.
    4. Whatever it builds on is in the log.

    Left to the caller: whether what the statement says is allowed.

    Raises:
        MalformedError, VerificationError: the first check that failed; `code` says which.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError(
            "submit() outside a transaction: expected the caller's, so that both or none exist"
        )
    parsed = parse_envelope(envelope)
    statement = parse_payload(parsed.payload)
    frame = parse_frame(statement)
    identity = entry_id(parsed.payload)
    try:
        check_log(frame)
        for signature in parsed.signatures:
            check_low_s(signature.der)
        act = check_signers(parsed, frame)
        parents = find_parents(frame)
    except VerificationError:
        known = find_entry(identity)
        if known is None or bytes(known.envelope) != envelope:
            raise
        # It passed when it came first. Its key may be revoked by now, and a redelivery must not fail for that.
        return Submitted(known, created=False)
    entry = Entry(
        entry_id=identity,
        envelope_sha256=hashlib.sha256(envelope).digest(),
        envelope=envelope,
        kind=frame.kind,
        party=frame.party,
        keyid=parsed.signatures[0].keyid,
        received_at=timezone.now(),
    )
    if not bulk.insert_entry(entry):
        return Submitted(Entry.objects.get(entry_id=identity), created=False)
    EntryParent.objects.bulk_create([EntryParent(child=entry, parent_id=seq) for seq in parents])
    project(act, entry, statement)
    ring()
    return Submitted(entry, created=True)


def check_log(frame: Frame) -> None:
    log = find_log()
    if log is None:
        raise VerificationError("no log is open here: expected log_init to have run", code="LOG_NOT_OPEN")
    if frame.log != log.origin:
        raise VerificationError(f"statement for log {frame.log[:200]!r}: expected {log.origin!r}", code="WRONG_LOG")
    if log.state != Log.ACTIVE:
        raise VerificationError(f"log {log.origin} is frozen and takes no entries", code="LOG_FROZEN")


def find_parents(frame: Frame) -> list[int]:
    """The seq of each entry in `after`. They come before this one in the log, because they are stored already."""
    if not frame.after:
        return []
    found = {
        bytes(identity): seq
        for identity, seq in Entry.objects.filter(entry_id__in=frame.after).values_list("entry_id", "seq")
    }
    for identity in frame.after:
        if identity not in found:
            raise VerificationError(f"builds on {identity.hex()}: no such entry in this log", code="UNKNOWN_PARENT")
    return [found[identity] for identity in frame.after]
