"""People choose the place that they act from; a draft keeps the one that it was made at."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("supplychain", "0011_holds"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="place",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="supplychain.place"
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="place",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="supplychain.place",
            ),
        ),
        migrations.AddField(
            model_name="place",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
    ]
