"""What an entry would be, for acts that are only tried out: stored inside a transaction that never commits."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction
from django.utils import timezone

from ledger import bulk
from ledger.envelope import entry_id
from ledger.envelope_fast import parse_payload
from ledger.errors import VerificationError
from ledger.frame import parse_frame
from ledger.models import Entry, EntryParent
from ledger.usecases.submit import check_log, find_parents

_is_rehearsing: ContextVar[bool] = ContextVar("ledger_is_rehearsing", default=False)


@contextmanager
def rehearsing() -> Iterator[None]:
    """Run the block in a transaction that is rolled back whatever happens in it."""
    token = _is_rehearsing.set(True)
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        _is_rehearsing.reset(token)


def store_rehearsed(payload: bytes, *, keyid: str) -> Entry:
    """Store the entry that `payload` will be once it is signed. Its identity is that of the real one: no signature is
    part of it, so later statements of the same rehearsal can build on it.

    Raises:
        MalformedError, VerificationError: as `submit` would, but for the signature.
    """
    if not _is_rehearsing.get():
        # An entry that nobody signed must never be committed.
        raise VerificationError("outside a rehearsal: expected `rehearsing()` around it", code="NOT_REHEARSING")
    frame = parse_frame(parse_payload(payload))
    check_log(frame)
    parents = find_parents(frame)
    identity = entry_id(payload)
    entry = Entry(
        entry_id=identity,
        envelope_sha256=hashlib.sha256(b"rehearsal" + identity).digest(),
        envelope=b"",
        kind=frame.kind,
        party=frame.party,
        keyid=keyid,
        received_at=timezone.now(),
    )
    if not bulk.insert_entry(entry):
        return Entry.objects.get(entry_id=identity)
    EntryParent.objects.bulk_create([EntryParent(child=entry, parent_id=seq) for seq in parents])
    return entry
