"""Long logs in little time: entries are loaded in bulk, then sealed by the sealer itself, in blocks of any length."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

from django.db import connection
from django.test import override_settings

from ledger.custody import SigningKey
from ledger.envelope import PAYLOAD_TYPE, entry_id
from ledger.models import Entry, EntryParent, Pending
from ledger.usecases.seal import seal

PAGE = 10_000
RECEIVED = datetime(2026, 11, 23, 8, tzinfo=UTC)
Loaded = tuple[bytes, bytes, bytes, str, str, str, datetime]  # the columns of an entry, as in COLUMNS
COLUMNS = ("entry_id", "envelope_sha256", "envelope", "kind", "party", "keyid", "received_at")


def signed_entries(key: SigningKey, party: str, *, log: str, count: int, start: int = 0) -> Iterator[Loaded]:
    """`count` statements as a wholesaler makes them, about 1,000 bytes each in their envelopes, really signed."""
    event = (
        '"event":{"action":"OBSERVE","bizStep":"shipping","disposition":"in_transit",'
        '"eventTime":"2026-11-23T08:00:00.000Z","eventTimeZoneOffset":"+00:00","type":"ObjectEvent"},"kind":"event",'
        f'"lists":{{"epcList":{{"root":"{"5e" * 32}","size":24}}}},"log":"{log}",'
    )
    sealed = f'"sealed":{{"bizLocation":"{"12e4" * 16}","readPoint":"{"ab" * 32}"}},"type":"medtrail.statement.v1"}}'
    for number in range(start, start + count):
        payload = f'{{"after":[],{event}"nonce":"{number:032x}","party":"{party}",{sealed}'.encode()
        signature = key.sign(payload)
        envelope = (
            f'{{"payload":"{base64.b64encode(payload).decode()}","payloadType":"{PAYLOAD_TYPE}",'
            f'"signatures":[{{"keyid":"{signature.keyid}","sig":"{base64.b64encode(signature.der).decode()}"}}]}}'
        ).encode()
        yield (
            entry_id(payload), hashlib.sha256(envelope).digest(), envelope, "event", party, signature.keyid, RECEIVED,
        )  # fmt: skip


def bare_entries(count: int, *, start: int = 0) -> Iterator[Loaded]:
    """`count` rows as the sealer sees them. It never looks inside an envelope, so there is nothing in these."""
    for number in range(start, start + count):
        name = b"entry %d" % number
        identity, envelope_sha256 = hashlib.sha256(b"id " + name).digest(), hashlib.sha256(name).digest()
        yield identity, envelope_sha256, name, "event", "9520001000003", "0" * 64, RECEIVED


def load(entries: Iterable[Loaded]) -> int:
    """Put `entries` into the table and the queue, in order. Returns how many."""
    rows, count = iter(entries), 0
    newest = Entry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    while page := list(islice(rows, PAGE)):
        copy(page)
        count += len(page)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_pending (entry_id) SELECT seq FROM ledger_entry WHERE seq > %s ORDER BY seq", [newest]
        )
    return count


def copy(page: Sequence[Loaded]) -> None:
    if connection.vendor != "postgresql":
        Entry.objects.bulk_create(Entry(**dict(zip(COLUMNS, row, strict=True))) for row in page)
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY ledger_entry ({', '.join(COLUMNS)}) FROM STDIN") as into:
        for row in page:
            into.write_row(row)


def build_on(parent: Entry, children: Sequence[Entry]) -> None:
    EntryParent.objects.bulk_create([EntryParent(child=child, parent=parent) for child in children])


def seal_all(*, block: int) -> int:
    """Seal all that waits, `block` entries at a time. Returns how many blocks that took."""
    blocks = 0
    with override_settings(LOG_BLOCK_MAX=block):
        while Pending.objects.exists():
            seal()
            blocks += 1
    return blocks
