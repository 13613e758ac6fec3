"""The invariants of design section 2.5, each as an outsider can check it, from the published files.

I6, I7, I10 and I12 are in test_cosign.py, test_views_witnessed.py and tests/conformance/test_c2sp_verifiers.py; I9 with
processes and signals in tests/faults/test_kill_points.py; I11's triggers in test_append_only.py.
"""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from ledger import crypto_ecdsa
from ledger.envelope import check_low_s, pae, parse_envelope
from ledger.errors import LedgerError
from ledger.keyring import Keyring
from ledger.models import Block, Entry, Leaf
from ledger.signer import Signer
from ledger.tlog.checkpoint import parse_checkpoint
from ledger.tlog.note import parse_note
from ledger.usecases.advance import advance
from ledger.usecases.audit import audit
from ledger.usecases.revoke_key import revoke_key
from ledger.usecases.seal import seal
from ledger.usecases.sign import sign
from tests.append_only import triggers_off
from tests.check_log import ENTRY, HEADER, check_log, read_leaves, tree_root
from tests.ledger.cast import WHOLESALER, Cast, event, open_cast, published, put, put_bytes, put_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Four blocks across the border of a tile; keys come and go."""
    cast = open_cast()
    published()
    put_events(cast, 255)
    published()
    put(event(WHOLESALER), cast.wholesaler)
    revoke_key(party=WHOLESALER, keyid=cast.wholesaler.keyid, signer_keyid=cast.authority.keyid, reason="left")
    published()
    put_events(cast, 3)
    published()
    return cast


def published_leaves() -> list[bytes]:
    folder = Path(settings.LOG_PUBLIC_DIR)
    return read_leaves(folder, check_log(folder).size)


def headers() -> list[tuple[int, dict[str, str]]]:
    """(leaf index, fields) of each published header."""
    return [
        (index, dict(line.split(" ") for line in leaf.decode().splitlines()[1:]))
        for index, leaf in enumerate(published_leaves())
        if HEADER.fullmatch(leaf)
    ]


def test_i1_indexes_have_no_gap_and_each_entry_has_one_leaf_whatever_is_sent_again(cast: Cast) -> None:
    """I1 and the resubmission of I9: neither the same bytes nor another signature give a second leaf."""
    before = published_leaves()
    assert all(ENTRY.fullmatch(leaf) or HEADER.fullmatch(leaf) for leaf in before)
    for entry in list(Entry.objects.filter(kind="event").order_by("seq")[:20]):
        assert not put_bytes(bytes(entry.envelope)).created
        if entry.keyid == cast.maker.keyid:
            assert not put(parse_envelope(bytes(entry.envelope)).statement, cast.maker).created
    assert advance() is None
    assert published_leaves() == before
    assert len(set(before)) == len(before) == Leaf.objects.count()


def test_i2_blocks_tile_the_log(cast: Cast) -> None:
    first = 0
    for index, header in headers():
        assert (int(header["first"]), int(header["first"]) + int(header["count"])) == (first, index)
        first = index + 1
    assert first == len(published_leaves())


def test_i3_prev_root_and_time_chain(cast: Cast) -> None:
    leaves = published_leaves()
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    prev, time = "0" * 64, -1
    for index, header in headers():
        assert header["prev"] == prev
        assert header["root"] == tree_root(hashes[:index]).hex()
        assert int(header["time"]) > time
        prev, time = sha256(leaves[index]).hexdigest(), int(header["time"])


def test_i4_a_published_path_never_changes_its_bytes_and_partial_tiles_are_beginnings(cast: Cast) -> None:
    folder = Path(settings.LOG_PUBLIC_DIR)
    seen: dict[str, bytes] = {}
    for _ in range(4):
        now = {path.relative_to(folder).as_posix(): path.read_bytes() for path in (folder / "tile").rglob("*")
               if path.is_file()}  # fmt: skip
        assert {name: now.get(name) for name in seen} == seen
        for name, content in now.items():
            full = re.sub(r"\.p/\d+$", "", name)
            assert now.get(full, content).startswith(content)
        seen = now
        put_events(cast, 2)
        published()


def test_i5_every_signed_head_is_a_beginning_of_every_later_one(cast: Cast) -> None:
    put_events(cast, 1)
    seal()
    sign()
    published()
    hashes = [sha256(b"\x00" + leaf).digest() for leaf in published_leaves()]
    heads = list(Signer(Path(settings.LOG_DIR), settings.LOG_ORIGIN).history())
    assert len(heads) == 5
    for head in heads:
        signed = parse_checkpoint(parse_note(head.note).text)
        assert (signed.size, signed.root_hash) == (head.size, tree_root(hashes[: head.size]))


def test_i8_stored_envelopes_hash_to_their_leaves_and_verify_with_a_key_active_there(cast: Cast) -> None:
    """With the second library, under keys that are proved from the log alone."""
    keyring = Keyring()
    leaves = published_leaves()
    for leaf in Leaf.objects.exclude(entry=None).order_by("index").select_related("entry"):
        assert leaf.entry is not None
        data = bytes(leaf.entry.envelope)
        assert leaves[leaf.index] == b"medtrail.entry.v1\n%b\n" % sha256(data).hexdigest().encode()
        envelope = parse_envelope(data)
        if leaf.entry.kind in {"key", "policy"}:
            keyring.apply(leaf.index, envelope, crypto_ecdsa)
        elif leaf.index % 16 == 0 or leaf.index > 255:
            for one in envelope.signatures:
                check_low_s(one.der)
                state = keyring.key_at(one.keyid, leaf.index)
                assert crypto_ecdsa.verify_p256(state.spki, pae(envelope.payload), one.der)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_entry SET party = 'x' WHERE seq = (SELECT min(seq) FROM ledger_entry)",
        'DELETE FROM ledger_leaf WHERE "index" = 5',
        "UPDATE ledger_block SET time_ms = time_ms + 1 WHERE height = 1",
    ],
)
def test_i11_nothing_is_changed_or_deleted_and_a_superuser_who_does_is_found_out(cast: Cast, sql: str) -> None:
    before = (Entry.objects.count(), Leaf.objects.count(), Block.objects.count())
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert (Entry.objects.count(), Leaf.objects.count(), Block.objects.count()) == before
    list(audit())
    with triggers_off(connection), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(LedgerError):
        list(audit())
