"""Nobody who could act until now is locked out, and every party has somebody who answers for it.

The member who has been there longest becomes responsible person and key holder beside the daily work, the others keep
the daily work. API keys keep all that they could do.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DAILY = ["operator"]
EVERYTHING = ["operator", "responsible_person", "key_holder"]
SCOPES = ["read", "trade", "recall", "admit", "keys", "sign"]


def give(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    memberships = apps.get_model("supplychain", "Membership").objects
    seen: set[int] = set()
    for member in memberships.order_by("pk").iterator():
        member.duties = DAILY if member.party_id in seen else EVERYTHING
        member.save(update_fields=["duties"])
        seen.add(member.party_id)
    apps.get_model("supplychain", "ApiKey").objects.update(scopes=SCOPES)


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0008_duties_and_scopes")]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
