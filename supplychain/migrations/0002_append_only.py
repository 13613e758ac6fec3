"""Events and refusals are evidence: they stay as they were written."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from ledger import append_only
from ledger.append_only import NEVER

# Table -> the condition under which an UPDATE is allowed. A DELETE never is.
ALLOWED_UPDATE = {
    # Only to destroy the secret: the commitments of the signed statement then mean nothing to anybody any more.
    "supplychain_event": (
        "NEW.id = OLD.id AND NEW.entry_id = OLD.entry_id AND NEW.body = OLD.body AND NEW.party_id = OLD.party_id "
        "AND NEW.nonce = OLD.nonce AND NEW.event_id = OLD.event_id AND length(NEW.secret) = 0"
    ),
    "supplychain_eventitem": NEVER,
    "supplychain_listtile": NEVER,
    # A stay ends once.
    "supplychain_containment": (
        "NEW.id = OLD.id AND NEW.child_id = OLD.child_id AND NEW.parent_id = OLD.parent_id "
        "AND NEW.from_event_id = OLD.from_event_id AND OLD.to_event_id IS NULL"
    ),
    # Only to forget the person, when the account goes.
    "supplychain_refusal": ("NEW.id = OLD.id AND NEW.act = OLD.act AND NEW.code = OLD.code AND NEW.user_id IS NULL"),
}


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, ALLOWED_UPDATE)


def uninstall(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, ALLOWED_UPDATE)


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0001_initial"), ("ledger", "0002_append_only")]

    operations = [migrations.RunPython(install, uninstall)]
