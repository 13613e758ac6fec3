"""Empty copies of the state's tables, for one connection: whatever the ORM reads or writes there goes to the copies.

A temporary table hides the table of the same name, on SQLite and on PostgreSQL alike, for this connection only and
until the transaction ends. So a replay runs through the very code that the acts run through, beside a working system,
and the two states are compared inside the database, as both were at one moment.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, models, transaction

from supplychain.models import (
    Allocation,
    Batch,
    Containment,
    Content,
    Correction,
    Discrepancy,
    EventItem,
    Handoff,
    Hold,
    Item,
    Product,
    Recall,
    RecalledBatch,
    RecallNotice,
    RecallReport,
    Receipt,
    ReturnCheck,
)

PROJECTED: tuple[type[models.Model], ...] = (
    *(Handoff, Allocation, Item, Containment, Content, EventItem, Receipt, Hold, Discrepancy),
    *(Recall, RecalledBatch, RecallNotice, RecallReport),
    *(ReturnCheck, Correction),
)
# Of a batch and a product only some columns are state; the rest is master data and is copied.
PARTLY: dict[type[models.Model], dict[str, object]] = {
    Batch: {"state": "released", "holds": 0},
    Product: {"serials_issued": 0},
}
SHOWN = 20
_REFERENCES = re.compile(r' REFERENCES "\w+" \("\w+"\)(?: DEFERRABLE INITIALLY DEFERRED)?')


def _plain(*columns: str) -> dict[str, str]:
    return {column: column for column in columns}


# What a row says, in terms that do not depend on the primary keys that the two states gave their rows.
_ITEM = "(SELECT gtin || '/' || serial_number FROM {side}supplychain_item WHERE id = this.%s)"
_RECALL = "(SELECT entry_id FROM {side}supplychain_recall WHERE id = this.recall_id)"
_SHIPMENT = "(SELECT ship_event_id FROM {side}supplychain_handoff WHERE id = this.%s)"
_MEANING: dict[str, dict[str, str]] = {
    "handoff": _plain("ship_event_id", "sender_id", "receiver_id", "purpose", "state")
    | {"differences": "CAST(differences AS text)"},
    "item": _plain("gtin", "serial_number", "kind", "life", "batch_id", "made_by_id", "position", "last_event_id")
    | _plain("ended_by_id", "height", "holder_id", "place_id", "returned_by_id", "holds")
    | {"parent": _ITEM % "parent_id", "shipment": _SHIPMENT % "handoff_id"}
    | {"allocation": "(SELECT event_id FROM {side}supplychain_allocation WHERE id = this.allocation_id)"},
    "allocation": _plain("event_id", "product_id", "quantity", "is_minted", "reconciled_by_id")
    | _plain("applied", "destroyed", "unused")
    | {"differences": "CAST(differences AS text)"},
    "containment": {"child": _ITEM % "child_id", "parent": _ITEM % "parent_id"}
    | _plain("from_event_id", "position", "to_event_id"),
    "content": {"unit": _ITEM % "unit_id"} | _plain("batch_id", "packs"),
    "eventitem": {"item": _ITEM % "item_id"} | _plain("event_id", "field", "position"),
    "returncheck": {"item": _ITEM % "item_id"} | _plain("event_id", "outcome"),
    "correction": _plain("event_id", "declared_by_id", "reason"),
    "discrepancy": {"item": _ITEM % "item_id", "shipment": _SHIPMENT % "handoff_id"}
    | _plain("code", "epc", "claimant_id", "respondent_id", "raised_by_id", "against_id", "note")
    | _plain("standing", "resolution", "answered_by_id", "reply"),
    "receipt": {"shipment": _SHIPMENT % "handoff_id"} | _plain("event_id"),
    "hold": {"item": _ITEM % "item_id"}
    | _plain("batch_id", "event_id", "party_id", "authority", "reason", "lifted_by_id"),
    "recall": _plain("entry_id", "last_entry_id", "product_id", "party_id", "action", "is_whole_product", "severity")
    | _plain("depth", "reason", "text", "respond_by", "in_force_at", "lifted_at", "change_text")
    | {"scope": "CAST(scope AS text)"},
    "recalledbatch": {"recall": _RECALL} | _plain("batch_id"),
    "recallnotice": {"recall": _RECALL} | _plain("party_id", "packs", "dispensed", "is_addressed"),
    "recallreport": {"recall": _RECALL, "quantities": "CAST(quantities AS text)"}
    | _plain("party_id", "entry_id", "at"),
    "batch": _plain("id", "state", "holds"),
    "product": _plain("gtin", "serials_issued"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that one of the two states has and the other has not: its table, and its columns by name."""

    table: str
    columns: dict[str, object]
    is_stored: bool  # in the stored state; else in the replayed one

    def __str__(self) -> str:
        where = "stored, but no statement says so" if self.is_stored else "follows from the history, but is not stored"
        said = ", ".join(f"{name} {value}" for name, value in self.columns.items() if value is not None)
        return f"{self.table}: {where}: {said}"


@contextmanager
def shadowed() -> Iterator[None]:
    """Hide the state's tables behind empty copies until the block ends; then all that was written is rolled back."""
    with _one_moment():
        for model in (*PARTLY, *PROJECTED):
            _hide(model)
        if Item.objects.exists():
            # Nothing may ever be replayed into the state itself.
            raise RuntimeError("the state's tables are not hidden: expected empty copies")
        yield
        transaction.set_rollback(True)


@contextmanager
def _one_moment() -> Iterator[None]:
    """A transaction that sees the database as it is now, however long it runs, and keeps nobody from writing."""
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    mode = getattr(connection, "transaction_mode", None)
    if connection.vendor == "sqlite":
        connection.transaction_mode = "DEFERRED"  # type: ignore[attr-defined]  # only temporary tables are written
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield
    finally:
        if connection.vendor == "sqlite":
            connection.transaction_mode = mode  # type: ignore[attr-defined]


def _hide(model: type[models.Model]) -> None:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for statement in _copies(table):
            cursor.execute(statement)
        if model in PARTLY:
            stored, replayed = _sides()
            cursor.execute(f"INSERT INTO {replayed}{table} SELECT * FROM {stored}{table}")  # noqa: S608  (own names)
    if model in PARTLY:
        model._default_manager.update(**PARTLY[model])


def _copies(table: str) -> list[str]:
    """The statements that make an empty copy of `table` with its indexes."""
    if connection.vendor == "postgresql":
        return [f"CREATE TEMP TABLE {table} (LIKE public.{table} INCLUDING ALL) ON COMMIT DROP"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM main.sqlite_master WHERE tbl_name = %s AND type IN ('table', 'index') AND sql IS NOT NULL "
            "ORDER BY type DESC",
            [table],
        )
        found = [sql for (sql,) in cursor.fetchall()]
    # A temporary table may refer to temporary tables only, and the rows that it refers to are not copied.
    plain = [_REFERENCES.sub("", sql).replace("CREATE TABLE", "CREATE TEMP TABLE", 1) for sql in found]
    return [re.sub(r'INDEX "(\w+)" ON', r'INDEX temp."\1" ON', sql, count=1) for sql in plain]


def compare_states() -> Iterator[Difference]:
    """The first rows of each table in which the stored and the replayed state differ."""
    stored, replayed = _sides()
    for name, columns in _MEANING.items():
        table = f"supplychain_{name}"
        here, there = _rows(stored, table, columns), _rows(replayed, table, columns)
        for one, other, is_stored in ((here, there, True), (there, here, False)):
            with connection.cursor() as cursor:
                cursor.execute(f"{one} EXCEPT {other} LIMIT {SHOWN}")
                for row in cursor.fetchall():
                    yield Difference(name, dict(zip(columns, row, strict=True)), is_stored)


def _rows(side: str, table: str, columns: dict[str, str]) -> str:
    listed = ", ".join(one.replace("{side}", side) for one in columns.values())
    return f"SELECT {listed} FROM {side}{table} AS this"  # noqa: S608  (our own names)


def _sides() -> tuple[str, str]:
    return ("public.", "pg_temp.") if connection.vendor == "postgresql" else ("main.", "temp.")
