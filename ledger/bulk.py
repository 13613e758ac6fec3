"""The few statements that the ORM cannot say in sets. One block is a handful of these, whatever its length."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from ledger.models import Entry, Key, Tile

INSERT_LEAVES = {
    "postgresql": 'INSERT INTO ledger_leaf ("index", entry_id, block_id) '
    "SELECT %s + place - 1, seq, %s FROM unnest(%s::bigint[]) WITH ORDINALITY AS taken (seq, place)",
    "sqlite": 'INSERT INTO ledger_leaf ("index", entry_id, block_id) '
    "SELECT %s + taken.key, taken.value, %s FROM json_each(%s) AS taken",
}
READ_TILES = {
    "postgresql": 'SELECT tile.level, tile."index", tile.hashes FROM ledger_tile AS tile '
    'JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, at) ON tile.level = wanted.level AND "index" = at',
    "sqlite": 'SELECT tile.level, tile."index", tile.hashes FROM json_each(%s) AS level '
    "JOIN json_each(%s) AS at ON at.key = level.key "
    'JOIN ledger_tile AS tile ON tile.level = level.value AND tile."index" = at.value',
}
READ_LEAVES = (
    'SELECT leaf."index", leaf.entry_id, leaf.block_id, envelope, envelope_sha256, entry.entry_id, kind, party, keyid '
    "FROM ledger_leaf AS leaf LEFT JOIN ledger_entry AS entry ON entry.seq = leaf.entry_id "
    'WHERE leaf."index" >= %s AND leaf."index" < %s ORDER BY leaf."index"'
)
NO_ENTRY = (b"", b"", b"", "", "", "")
# Of the entry id only what the fold of keys needs: most entries are of no key.
READ_PENDING = (
    "SELECT seq, envelope_sha256, CASE WHEN kind IN ('key', 'policy') THEN entry.entry_id END "
    "FROM ledger_pending AS waiting JOIN ledger_entry AS entry ON seq = waiting.entry_id ORDER BY seq LIMIT %s"
)
DELETE_PENDING = {
    "postgresql": "DELETE FROM ledger_pending WHERE entry_id = ANY(%s::bigint[])",
    "sqlite": "DELETE FROM ledger_pending WHERE entry_id IN (SELECT value FROM json_each(%s))",
}
ENTRY_COLUMNS = ("entry_id", "envelope_sha256", "envelope", "kind", "party", "keyid", "received_at")
INSERT_ENTRY = (
    "INSERT INTO ledger_entry (entry_id, envelope_sha256, envelope, kind, party, keyid, received_at) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING seq"
)
# FOR SHARE: many may sign with a key at once, but who revokes it waits for them, and they for him. Without it a
# statement admitted while its key is being revoked could land behind the revocation. SQLite has one writer anyway.
KEY_COLUMNS = "SELECT keyid, party, spki, custody, revoked_by_id FROM ledger_key "
HOLD_KEYS = {
    "postgresql": KEY_COLUMNS + "WHERE keyid = ANY(%s) ORDER BY keyid FOR SHARE",
    "sqlite": KEY_COLUMNS + "WHERE keyid IN (SELECT value FROM json_each(%s))",  # noqa: S608 - two constants
}


def insert_leaves(*, first: int, seqs: Sequence[int | None], height: int) -> None:
    """Give the entries `seqs` the indexes from `first` on, in this order. None stands for the header's leaf."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_LEAVES[connection.vendor], [first, height, as_array(seqs)])


def read_pending(limit: int) -> list[tuple[int, bytes, bytes | None]]:
    """The oldest `limit` waiting entries in order: seq, envelope_sha256, and entry_id of those of keys."""
    with binary_cursor() as cursor:
        cursor.execute(READ_PENDING, [limit])
        return list(cursor.fetchall())


def queue_unsealed() -> None:
    """Every entry that has no leaf waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_pending (entry_id) SELECT seq FROM ledger_entry AS entry "
            "WHERE NOT EXISTS (SELECT 1 FROM ledger_leaf WHERE entry_id = seq) "
            "AND NOT EXISTS (SELECT 1 FROM ledger_pending WHERE entry_id = seq) ORDER BY seq"
        )


def delete_pending(seqs: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_PENDING[connection.vendor], [as_array(seqs)])
        return int(cursor.rowcount)


def read_tiles(places: Collection[tuple[int, int]]) -> list[tuple[int, int, bytes]]:
    """(level, index, hashes) of those tiles at `places`, (level, index) each, that are there."""
    with binary_cursor() as cursor:
        cursor.execute(
            READ_TILES[connection.vendor],
            [as_array([level for level, _ in places]), as_array([index for _, index in places])],
        )
        return [(level, index, bytes(hashes)) for level, index, hashes in cursor.fetchall()]


def read_leaves(first: int, stop: int) -> Iterator[tuple[Any, ...]]:
    """The leaves `first` <= index < `stop` in order, each with its entry.

    Index, seq, height; envelope, envelope_sha256, entry_id, kind, party, keyid, all empty where there is no entry.
    """
    with binary_cursor() as cursor:
        cursor.execute(READ_LEAVES, [first, stop])
        for row in cursor.fetchall():
            yield row if row[3] is not None else row[:3] + NO_ENTRY


def write_tiles(tiles: Mapping[tuple[int, int], bytes]) -> None:
    """Insert each tile, or let the row that is there grow to it."""
    rows = [Tile(level=level, index=index, hashes=hashes) for (level, index), hashes in sorted(tiles.items())]
    Tile.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["level", "index"], update_fields=["hashes"], batch_size=100
    )


def hold_keys(keyids: Sequence[str]) -> dict[str, Key]:
    """Read the keys `keyids`, so far as a signature needs them, and keep them so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD_KEYS[connection.vendor], [as_array(keyids)])
        return {
            keyid: Key(keyid=keyid, party=party, spki=spki, custody=custody, revoked_by_id=revoked_by)
            for keyid, party, spki, custody, revoked_by in cursor.fetchall()
        }


def insert_entry(entry: Entry) -> bool:
    """Insert `entry` and its place in the queue; False when it is there already, whoever inserted it and when.

    `bulk_create(ignore_conflicts=True)` says neither whether it inserted nor which row.
    """
    fields = {field.attname: field for field in Entry._meta.concrete_fields}
    values = [fields[name].get_db_prep_save(getattr(entry, name), connection) for name in ENTRY_COLUMNS]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_ENTRY, values)
        row = cursor.fetchone()
        if row is None:
            return False
        cursor.execute("INSERT INTO ledger_pending (entry_id) VALUES (%s)", row)
    entry.seq = row[0]
    entry._state.adding = False
    entry._state.db = connection.alias
    return True


@contextmanager
def binary_cursor() -> Iterator[Any]:
    """A cursor that gives bytes as bytes: else PostgreSQL writes them in hex, for us to read them back."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    plain: Any = psycopg.Cursor(connection.connection)
    plain.format = psycopg.pq.Format.BINARY
    wrap = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
    with wrap(plain) as cursor:
        yield cursor


def insert_entries(rows: Sequence[Sequence[Any]]) -> list[int]:
    """Insert entries, each as its ENTRY_COLUMNS, and their places in the queue. Returns their keys, in order.

    All of them are new; one that is there already fails the whole.
    """
    seqs = reserve_keys("ledger_entry", "seq", len(rows))
    columns = ("seq", *ENTRY_COLUMNS)
    insert_rows("ledger_entry", columns, [(seq, *row) for seq, row in zip(seqs, rows, strict=True)])
    insert_rows("ledger_pending", ("entry_id",), [(seq,) for seq in seqs])
    return seqs


def reserve_keys(table: str, column: str, count: int) -> list[int]:
    """The next `count` primary keys of a table, for rows that are inserted with them in this transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, column, count]
            )
            return [key for (key,) in cursor.fetchall()]
        # SQLite has one writer: nobody takes a key meanwhile.
        cursor.execute("SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = %s), 0)", [table])
        last = int(cursor.fetchone()[0])
        return list(range(last + 1, last + count + 1))


def insert_rows(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows as they are: by COPY on PostgreSQL, many times as fast as inserting them. Names are our own."""
    names = ", ".join(f'"{one}"' for one in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns))
        plain = [tuple(map(connection.ops.adapt_unknown_value, row)) for row in rows]
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", plain)  # noqa: S608  (our own names)


def as_array(values: Sequence[int | None] | Sequence[str]) -> str | list[Any]:
    if connection.vendor == "sqlite":
        return json.dumps(list(values))
    if all(isinstance(one, str) for one in values):
        return list(values)
    # PostgreSQL's own spelling: psycopg takes four times as long over each number of a long list.
    return "{" + ",".join(["NULL" if one is None else str(one) for one in values]) + "}"
