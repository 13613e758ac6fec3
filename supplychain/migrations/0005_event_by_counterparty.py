"""The events of a party's counterparties, newest first, along an index: one branch of what it may see."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("supplychain", "0004_drafts")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=Q(counterparty__isnull=False), fields=["counterparty", "-id"], name="event_by_counterparty"
            ),
        ),
    ]
