"""A checkpoint goes forward over one more state, and keeps how it was published.

Its guard comes off and on again: the new one knows the new state, and SQLite copies the table and loses the old one.
"""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import Q

from ledger import append_only

BEFORE = {
    "ledger_checkpoint": (
        "NEW.tree_size = OLD.tree_size AND NEW.signed_at = OLD.signed_at "
        "AND substr(NEW.note, 1, length(OLD.note)) = OLD.note "
        "AND (OLD.state = 'signed' OR (NEW.state = OLD.state AND NEW.published_at = OLD.published_at))"
    )
}
AFTER = {
    "ledger_checkpoint": (
        "NEW.tree_size = OLD.tree_size AND NEW.signed_at = OLD.signed_at AND NEW.note = OLD.note "
        # Cosignatures are renewed, so they may change; the note under them may not.
        "AND (NEW.cosigned = '' OR substr(NEW.cosigned, 1, length(OLD.note)) = OLD.note) "
        "AND (OLD.state = 'signed' OR (OLD.state = 'quorum' AND NEW.state <> 'signed') "
        "OR (NEW.state = OLD.state AND NEW.published_at = OLD.published_at))"
    )
}


def take_old_guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, BEFORE)


def put_old_guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, BEFORE)


def put_new_guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.install(schema_editor, AFTER)


def take_new_guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    append_only.uninstall(schema_editor, AFTER)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_witnesses")]

    operations = [
        migrations.RunPython(take_old_guard, put_old_guard),
        migrations.AddField(
            model_name="checkpoint",
            name="cosigned",
            field=models.TextField(
                blank=True, default="", help_text="as it was published: the note and its cosignatures"
            ),
        ),
        migrations.AddField(
            model_name="checkpoint",
            name="asked_at",
            field=models.DateTimeField(null=True, help_text="since when the witnesses are asked to cosign this one"),
        ),
        migrations.AlterField(
            model_name="checkpoint",
            name="note",
            field=models.TextField(help_text="as the log signed it"),
        ),
        migrations.RemoveConstraint(model_name="checkpoint", name="ledger_checkpoint_state_known"),
        migrations.AddConstraint(
            model_name="checkpoint",
            constraint=models.CheckConstraint(
                condition=Q(state__in=["signed", "quorum", "published"]), name="ledger_checkpoint_state_known"
            ),
        ),
        migrations.RunPython(put_new_guard, take_new_guard),
    ]
