"""Statements about recalls, and the signatures under them, stay as they were written."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from ledger import append_only
from ledger.append_only import NEVER

ALLOWED_UPDATE = {
    "supplychain_declaration": NEVER,
    # Only to forget the person, when the account goes.
    "supplychain_approval": (
        "NEW.id = OLD.id AND NEW.proposal_id = OLD.proposal_id AND NEW.party_id = OLD.party_id "
        "AND NEW.keyid = OLD.keyid AND NEW.signature = OLD.signature AND NEW.user_id IS NULL"
    ),
    # It is signed word for word: only what becomes of it changes, once.
    "supplychain_proposal": (
        "NEW.id = OLD.id AND NEW.party_id = OLD.party_id AND NEW.payload = OLD.payload "
        "AND OLD.entry_id IS NULL AND OLD.dropped_at IS NULL"
    ),
}


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, ALLOWED_UPDATE)


def uninstall(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, ALLOWED_UPDATE)


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0014_recalls")]

    operations = [migrations.RunPython(install, uninstall)]
