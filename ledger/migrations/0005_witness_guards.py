"""What witnesses signed and why the log stood still stays written down."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from ledger import append_only
from ledger.append_only import NEVER

ALLOWED_UPDATE = {
    # A newer signature over the same head takes the place of the older one.
    "ledger_cosignature": (
        "NEW.id = OLD.id AND NEW.checkpoint_id = OLD.checkpoint_id AND NEW.witness_id = OLD.witness_id "
        "AND NEW.time >= OLD.time"
    ),
    "ledger_incident": NEVER,
}


def install(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, ALLOWED_UPDATE)


def uninstall(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, ALLOWED_UPDATE)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_checkpoint_quorum")]

    operations = [migrations.RunPython(install, uninstall)]
