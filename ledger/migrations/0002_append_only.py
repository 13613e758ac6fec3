"""What the log has written stays as it is."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from ledger import append_only
from ledger.append_only import NEVER

# Table -> the condition under which an UPDATE is allowed. A DELETE never is.
ALLOWED_UPDATE = {
    "ledger_entry": NEVER,
    "ledger_entryparent": NEVER,
    "ledger_leaf": NEVER,
    "ledger_block": NEVER,
    # A tile only grows at its end.
    "ledger_tile": (
        'NEW.id = OLD.id AND NEW.level = OLD.level AND NEW."index" = OLD."index" '
        "AND length(NEW.hashes) >= length(OLD.hashes) "
        "AND substr(NEW.hashes, 1, length(OLD.hashes)) = OLD.hashes"
    ),
    # A note only gains signature lines, and what is published stays published.
    "ledger_checkpoint": (
        "NEW.tree_size = OLD.tree_size AND NEW.signed_at = OLD.signed_at "
        "AND substr(NEW.note, 1, length(OLD.note)) = OLD.note "
        "AND (OLD.state = 'signed' OR (NEW.state = OLD.state AND NEW.published_at = OLD.published_at))"
    ),
    "ledger_log": (
        "NEW.id = OLD.id AND NEW.origin = OLD.origin AND NEW.vkey = OLD.vkey "
        "AND NEW.tree_size >= OLD.tree_size AND NEW.height >= OLD.height AND NEW.last_time_ms >= OLD.last_time_ms "
        "AND (NEW.tree_size > OLD.tree_size OR NEW.root_hash = OLD.root_hash)"
    ),
}


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, ALLOWED_UPDATE)
    if schema_editor.connection.vendor == "postgresql":
        # Hashes do not compress: keep PostgreSQL from trying at each append.
        schema_editor.execute("ALTER TABLE ledger_tile ALTER COLUMN hashes SET STORAGE EXTERNAL")


def uninstall(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, ALLOWED_UPDATE)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_ledger")]

    operations = [migrations.RunPython(install, uninstall)]
