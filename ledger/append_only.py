"""Triggers by which the database itself refuses to change what was written. For migrations.

Triggers and not privileges alone: SQLite has no privileges, and on PostgreSQL most installations run as the owner.
A superuser can still switch triggers off; the audit finds what was changed then.

On SQLite a later migration that alters one of these tables copies it and so drops its triggers: it must run `install`
again.
"""

from collections.abc import Iterator, Mapping

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

NEVER = "FALSE"
REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


def install(schema_editor: BaseDatabaseSchemaEditor, allowed_update: Mapping[str, str]) -> None:
    """Guard tables. `allowed_update` gives for each the SQL condition on NEW and OLD under which an UPDATE may pass.

    A DELETE, and on PostgreSQL a TRUNCATE, never passes.
    """
    postgresql = schema_editor.connection.vendor == "postgresql"
    if postgresql:
        schema_editor.execute(REFUSE_FUNCTION, params=None)
    for table, condition in allowed_update.items():
        for statement in _on_postgresql(table, condition) if postgresql else _on_sqlite(table, condition):
            schema_editor.execute(statement, params=None)  # a "%" in it is no placeholder


def uninstall(schema_editor: BaseDatabaseSchemaEditor, allowed_update: Mapping[str, str]) -> None:
    """Take the guards away again; the shared function stays, other tables may use it."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for table in allowed_update:
        for event in ("update", "delete", "truncate") if postgresql else ("update", "delete"):
            on = f" ON {table}" if postgresql else ""
            schema_editor.execute(f"DROP TRIGGER {table}_{event}{on}")


def _on_postgresql(table: str, condition: str) -> Iterator[str]:
    when = "" if condition == NEVER else f"WHEN (NOT COALESCE({condition}, FALSE)) "
    for event, scope in (("UPDATE", f"FOR EACH ROW {when}"), ("DELETE", "FOR EACH ROW "), ("TRUNCATE", "")):
        name = f"{table}_{event.lower()}"
        yield f"CREATE TRIGGER {name} BEFORE {event} ON {table} {scope}EXECUTE FUNCTION ledger_refuse()"


def _on_sqlite(table: str, condition: str) -> Iterator[str]:
    when = "" if condition == NEVER else f"WHEN NOT COALESCE({condition}, FALSE) "
    for event, scope in (("UPDATE", when), ("DELETE", "")):
        yield (
            f"CREATE TRIGGER {table}_{event.lower()} BEFORE {event} ON {table} {scope}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: {event} refused'); END"
        )
