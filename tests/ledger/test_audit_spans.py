"""A long log is audited in spans, on all cores; what is found is still the first thing that is wrong."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from ledger import audit_files, audit_spans, custody
from ledger.errors import LedgerError
from ledger.models import Entry, Leaf, Log
from ledger.usecases.audit import audit
from ledger.usecases.register_key import register_key
from ledger.usecases.revoke_key import revoke_key
from tests.append_only import triggers_off
from tests.big_log import load, seal_all, signed_entries
from tests.ledger.cast import MAKER, WHOLESALER, Cast, open_cast, published

pytestmark = pytest.mark.django_db(transaction=True)
SPAN = 512


@pytest.fixture
def cast(own_log_folders: None, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Three spans in blocks of 300; in the second a key comes in, which signs the rest, and another one goes."""
    monkeypatch.setattr(audit_spans, "SPAN", SPAN)
    monkeypatch.setattr(audit_spans, "ALONE_BELOW", 0)
    monkeypatch.setattr(audit_files, "ALONE_BELOW", 0)
    cast = open_cast()
    put_many(cast.maker, MAKER, SPAN + 100, start=0)
    with transaction.atomic():
        key = custody.create_managed_key()
        register_key(party=MAKER, keyid=key.keyid, authority_keyid=cast.authority.keyid)
    revoke_key(party=MAKER, keyid=cast.maker.keyid, signer_keyid=key.keyid, reason="superseded")
    put_many(key, MAKER, SPAN, start=1_000_000)
    published()
    return cast


def put_many(key: custody.SigningKey, party: str, count: int, *, start: int) -> None:
    load(signed_entries(key, party, log=settings.LOG_ORIGIN, count=count, start=start))
    seal_all(block=300)


def finding() -> str:
    with pytest.raises(LedgerError) as error:
        list(audit())
    return str(error.value)


def entry_at(index: int) -> Entry:
    return Leaf.objects.select_related("entry").get(index=index).entry  # type: ignore[return-value]


def change(sql: str, *params: Any) -> None:
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute(sql, params)


def spoil(index: int) -> Entry:
    entry = entry_at(index)
    change("UPDATE ledger_entry SET party = 'x' WHERE seq = %s", entry.seq)
    return entry


def test_spans_on_all_cores_find_what_one_walk_finds(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    size = Log.objects.get().tree_size
    assert size > 2 * SPAN
    assert [step.done for step in audit() if step.what == "leaves"] == [SPAN, 2 * SPAN, size]
    later = spoil(2 * SPAN + 7)
    assert finding().startswith(f"entry {later.seq} (leaf {2 * SPAN + 7}): its column party says x")
    first = spoil(SPAN - 3)
    expected = f"entry {first.seq} (leaf {SPAN - 3}): its column party says x, its envelope {MAKER}"
    assert finding() == expected
    monkeypatch.setattr(audit_spans, "ALONE_BELOW", 1000)
    assert finding() == expected


def test_a_key_that_went_in_an_earlier_span_signs_nothing_in_a_later_one(cast: Cast) -> None:
    put_many(cast.maker, MAKER, 5, start=2_000_000)
    index = Log.objects.get().tree_size - 6
    assert finding() == (
        f"entry {entry_at(index).seq} (leaf {index}): "
        f"signed with key {cast.maker.keyid}, which is not valid at leaf {index}"
    )


def test_a_key_entry_that_is_wrong_is_named_by_its_own_span(cast: Cast) -> None:
    entry = Entry.objects.filter(kind="key", party=MAKER).order_by("seq")[1]
    change("UPDATE ledger_entry SET party = %s WHERE seq = %s", WHOLESALER, entry.seq)
    assert finding().startswith(f"entry {entry.seq} (leaf {entry.leaf.index}): its column party says {WHOLESALER}")


def test_a_published_file_is_checked_on_all_cores_too(cast: Cast) -> None:
    path = settings.LOG_PUBLIC_DIR / "tile/entries/003"
    path.write_bytes(path.read_bytes()[:-1])
    assert finding() == "published file tile/entries/003: its bytes are not those of the log"
