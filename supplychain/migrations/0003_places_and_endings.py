"""Where an event was stated, and which event ended an item: an undo asks for both."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supplychain", "0002_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="place",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.place"
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.event"
            ),
        ),
    ]
